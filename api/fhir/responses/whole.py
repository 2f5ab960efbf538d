"""What a response says as a whole, beside its items: round, auditor, case file and questionnaire."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.fhir import names
from api.fhir.resources import Element
from api.fhir.responses.faults import refused, shown
from api.fhir.responses.places import CASE_FILE
from api.fhir.responses.resources import QuestionnaireResponse, Reference
from api.foundation.problems import Fault

# The extensions of a response that are read.
READ: Final = frozenset({names.ROUND, names.TEAM, names.SAMPLING_WEIGHT})
_NOT_RECORDED: Final = "The service records audits that are complete. Send a response with the status completed."


def round_of(sent: QuestionnaireResponse) -> uuid.UUID:
    """The round that a response says it belongs to. Raises Invalid."""
    try:
        return uuid.UUID(str(sent.value_of(names.ROUND)))
    except ValueError:
        wanted = f"Send the extension {names.ROUND} once, with the identifier of a round of this service."
        raise refused([Fault(sent.pointer_to(names.ROUND), wanted)]) from None


def case_of(sent: QuestionnaireResponse, case_file: Mapping[str, Any]) -> dict[str, Any]:
    """A known case file by its identifier, or a new one with its reference, if the response says one."""
    identifier = sent.subject.identifier if sent.subject is not None else None
    if identifier is not None and identifier.system == names.CASE_FILE:
        return {"case_file_id": identifier.value}
    reference = {} if identifier is None else {"reference": identifier.value}
    team = sent.value_of(names.TEAM)
    return {CASE_FILE: {**case_file, **({} if team is None else {"team_id": team}), **reference}}


def is_known_case(sent: Reference) -> bool:
    """Whether it names a case file by its identifier in this service."""
    return sent.identifier is not None and sent.identifier.system == names.CASE_FILE


def faults_of_whole(sent: QuestionnaireResponse, of: str) -> Iterator[Fault]:
    """What is wrong beside the items. `of`: the questionnaire that the round asks."""
    if sent.status != "completed":
        yield Fault("/status", _NOT_RECORDED)
    if sent.questionnaire != of:
        yield Fault("/questionnaire", f"The round of this response asks the questionnaire {of}.")
    for name in sent.unread:
        yield Fault(f"/{shown(name)}", "An audit has no such part. Remove it.")
    if sent.author is None:
        yield Fault("/author", "Name the auditor who read the case file.")
    yield from _faults_of_reference("author", sent.author, (names.PERSON,))
    yield from _faults_of_reference("subject", sent.subject, (names.CASE_FILE, names.CASE_REFERENCE))
    for number, each in enumerate(sent.extension):
        wanted = "value_decimal" if each.url == names.SAMPLING_WEIGHT else "value_string"
        alone = len(sent.extensions(each.url)) == 1 and not each.says_more
        if each.url in READ and (getattr(each, wanted) is None or not alone):
            name = "valueDecimal" if each.url == names.SAMPLING_WEIGHT else "valueString"
            yield Fault(f"/extension/{number}", f"Send this extension once, with a {name} and nothing else.")


def _faults_of_reference(name: str, sent: Reference | None, systems: tuple[str, ...]) -> Iterator[Fault]:
    if sent is None:
        return
    identifier = sent.identifier
    if identifier is None or not identifier.value or any(_beside_value(each) for each in (sent, identifier)):
        yield Fault(f"/{name}", "Name it by one identifier, with its system and value, and by nothing else.")
    elif identifier.system not in systems:
        yield Fault(f"/{name}/identifier/system", f"The system must be {' or '.join(systems)}.")


def _beside_value(part: Element) -> bool:
    return bool(part.unread or part.extension)
