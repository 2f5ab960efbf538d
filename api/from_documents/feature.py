"""Templates from documents: what this room registers."""

from api.foundation.feature import Feature
from api.from_documents import pages, routes

FEATURE = Feature(routes=(routes.router,), pages=(pages.router,))
