"""Templates from documents: what this room registers."""

from api.foundation.feature import Feature, RoutesAt

FEATURE = Feature(
    routes=(RoutesAt("api.from_documents.routes", "/template-outlines"),),
    pages=(RoutesAt("api.from_documents.pages", "/templates/from-document"),),
)
