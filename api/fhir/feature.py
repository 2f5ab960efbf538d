"""FHIR: what this room registers."""

from api.fhir.names import MEDIA_TYPE
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import REFUSAL_FORMATS, RefusalFormat

FEATURE = Feature(
    routes=(
        RoutesAt("api.fhir.routes", "/fhir"),
        RoutesAt("api.fhir.responses.routes", "/fhir/QuestionnaireResponse"),
    ),
    provides=(
        REFUSAL_FORMATS.by(RefusalFormat("/api/v1/fhir", MEDIA_TYPE, Later("api.fhir.outcomes", "outcome_of_refusal"))),
    ),
)
