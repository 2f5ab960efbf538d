"""The addresses and names of FHIR that are used here."""

import uuid
from typing import Final

MEDIA_TYPE: Final = "application/fhir+json"
FHIR_VERSION: Final = "4.0.1"
_STRUCTURES: Final = "http://hl7.org/fhir/StructureDefinition/"

ITEM_WEIGHT: Final = _STRUCTURES + "itemWeight"
ORDINAL_VALUE: Final = _STRUCTURES + "ordinalValue"
# Where files have the weight of an answer; the last is of an earlier version of FHIR.
WEIGHTS: Final = (ITEM_WEIGHT, ORDINAL_VALUE, _STRUCTURES + "questionnaire-ordinalValue")
WEIGHT_PROPERTIES: Final = ("itemWeight", "weight", "ordinalValue", "ordinal-value")
ITEM_CONTROL: Final = _STRUCTURES + "questionnaire-itemControl"
ITEM_CONTROLS: Final = "http://hl7.org/fhir/questionnaire-item-control"
HELP: Final = "help"
ENTRY_FORMAT: Final = _STRUCTURES + "entryFormat"
MONTH_FORMAT: Final = "YYYY-MM"
MIN_VALUE: Final = _STRUCTURES + "minValue"
MAX_VALUE: Final = _STRUCTURES + "maxValue"

_OWN: Final = "urn:caseaudit:"
BESIDE, BESIDE_PART, BESIDE_VALUE = _OWN + "beside", "part", "value"
MEETS_STANDARD: Final = _OWN + "meets-standard"
TEMPLATE_KEY: Final = _OWN + "template"
LISTS: Final = _OWN + "answers:"


def canonical_of(template_id: uuid.UUID) -> str:
    """The address that names a template in every version."""
    return f"urn:uuid:{template_id}"


def id_of(template_id: uuid.UUID, number: int) -> str:
    """The identifier of a version of a template as a questionnaire."""
    return f"{template_id}.{number}"
