"""The addresses and names of FHIR that are used here."""

import uuid
from typing import Final

MEDIA_TYPE: Final = "application/fhir+json"
FHIR_VERSION: Final = "4.0.1"
_STRUCTURES: Final = "http://hl7.org/fhir/StructureDefinition/"

ITEM_WEIGHT: Final = _STRUCTURES + "itemWeight"
ORDINAL_VALUE: Final = _STRUCTURES + "ordinalValue"
# The extensions that hold the weight of an answer; the last is from an earlier version of FHIR.
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
# Added to the linkId of a group, or of a question for the family, that has the name of an item which audits answer.
AGAIN: Final = ".again"
# Marks an item about the audit that is not part of its template.
OF_AUDIT: Final = _OWN + "of-audit"

# What an audit is about, as identifiers and extensions of a response.
CASE_FILE, CASE_REFERENCE, PERSON = _OWN + "case-file", _OWN + "case-reference", _OWN + "person"
ROUND, TEAM, SAMPLING_WEIGHT = _OWN + "round", _OWN + "team", _OWN + "sampling-weight"
# In a refusal: what it is about, and that a text may be kept for a reason.
PROBLEM, MAY_BE_KEPT = _OWN + "problem", _OWN + "may-be-kept"
# Why a text that looks like a name is kept.
KEEP_NAMES: Final = _OWN + "keep-names"
# What came of an audit after it was submitted, or beside it: read by others, and never recorded from a response.
STATE, READING = _OWN + "state", _OWN + "reading"
WITHDRAWAL_REASON, RETURN_REASON = _OWN + "withdrawal-reason", _OWN + "return-reason"
FIRST_JUDGEMENT, JUDGED_AT = _OWN + "first-judgement", _OWN + "first-judged-at"
AGREED_ANSWER, AGREED_AT = _OWN + "agreed-answer", _OWN + "agreed-at"
AGREED_OVERALL, AGREED_OVERALL_REASON = _OWN + "agreed-overall", _OWN + "agreed-overall-reason"
# The exact text in Base64, beside a copy with spaces in place of the characters that FHIR does not allow.
EXACT_TEXT: Final = _OWN + "exact-text"
DATA_ABSENT: Final = _STRUCTURES + "data-absent-reason"
# The absent reasons by the answers of a question that is answered with a number or a month.
ABSENT_REASONS: Final = {"not-evidenced": "unknown", "not-applicable": "not-applicable"}
# Marks a resource in a list, which comes without its items.
SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def canonical_of(template_id: uuid.UUID | str) -> str:
    """The address that names a template in every version."""
    return f"urn:uuid:{template_id}"


def id_of(template_id: uuid.UUID, number: int) -> str:
    """The identifier of a version of a template as a questionnaire."""
    return f"{template_id}.{number}"
