"""FHIR: what this room registers."""

from api.foundation.feature import Feature, RoutesAt

FEATURE = Feature(
    routes=(RoutesAt("api.fhir.routes", "/fhir"), RoutesAt("api.fhir.responses.routes", "/fhir/QuestionnaireResponse"))
)
