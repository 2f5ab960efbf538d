"""The reference of the REST interface: what this room registers."""

from api.foundation.feature import Feature, RoutesAt

FEATURE = Feature(pages=(RoutesAt("api.rest_reference.pages", "/rest"),))
