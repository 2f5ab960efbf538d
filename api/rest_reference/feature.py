"""The reference of the REST interface: what this room registers."""

from api.foundation.feature import Feature, RoutesAt

FEATURE = Feature(
    routes=(RoutesAt("api.rest_reference.routes", "/openapi.json"),),
    pages=(RoutesAt("api.rest_reference.pages", "/rest"),),
)
