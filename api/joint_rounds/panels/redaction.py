"""Redacting texts of a case of a joint round for good: of what agencies and the panel wrote.

The old text is overwritten in its row, and no copy is kept. Ratings never change, so it is allowed in every state once
the panel is open; until then only an agency's own auditor sees what it wrote, and changes it.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlmodel import Session, SQLModel

from api.audits.redaction.actions import MARK, MOST_PLACES, RedactionReason
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid, check_version
from api.joint_rounds.panels.queries import AcrossAgencies, across_agencies, find_joint_case
from models import ChronologyEntry, JointAnswer, JointCase, JointCaseState

_OF_CASE: Final = {"words": "Why, and what the panel agreed", "practitioners_words": "What practitioners said"}
_OF_FINDING: Final = {
    "strengths": "strengths",
    "development": "points for development",
    "recommendations": "recommendations",
}


class RedactableText(NamedTuple):
    """A text that can be redacted: its place, what people read for it, and the column of its row.

    `part_id`: of the agency that wrote it; None for what the panel wrote.
    """

    place: str
    label: str
    row: SQLModel
    column: str
    part_id: uuid.UUID | None = None


def redactable_texts(across: AcrossAgencies) -> list[RedactableText]:
    """The texts of a case that hold something to redact, in the order of its page."""
    return [each for each in _every_text(across) if getattr(each.row, each.column) not in {"", MARK}]


def redact(
    session: Session,
    *,
    joint_case_id: uuid.UUID,
    places: Sequence[str],
    reason: RedactionReason,
    version: int,
    by: Actor,
) -> JointCase:
    """Redact these texts of a case for good. Raises Conflict before the panel is open, Invalid, NotAllowed, NotFound,
    Stale.
    """
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    found = find_joint_case(session, joint_case_id=joint_case_id, by=by, lock=True)
    check_can_redact(by, found.case)
    check_version(found.case.version, version)
    texts = {each.place: each for each in redactable_texts(across_agencies(session, found))}
    if not places or len(places) > MOST_PLACES or not set(places) <= texts.keys():
        raise Invalid.at("/places", "Select the texts to redact.")
    chosen = [texts[place] for place in dict.fromkeys(places)]
    for each in chosen:
        setattr(each.row, each.column, MARK)
        session.add(each.row)
    found.case.version += 1
    session.add(found.case)
    session.flush()
    details = {"reason": reason.value}
    events.record(session, "joint-case.redacted", joint_case_id, by=by, details=details)
    for part_id in dict.fromkeys(each.part_id for each in chosen):
        if part_id is not None:
            events.record(session, "joint-part.redacted", part_id, by=by, details=details)
    return found.case


def check_can_redact(by: Actor, case: JointCase) -> None:
    """Raise the Problem for which this person cannot redact texts of a case now."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    if case.state is JointCaseState.COLLECTING:
        raise Conflict("Open the panel of this case first. Until then each agency changes its own texts.")


def place_of_answer(answer: JointAnswer) -> str:
    """How a redaction names what an agency wrote of a theme."""
    return f"answers/{answer.joint_part_id}/{answer.theme}"


def place_of_entry(entry: ChronologyEntry) -> str:
    """How a redaction names an entry of a chronology."""
    return f"entries/{entry.joint_part_id}/{entry.place}"


def _every_text(across: AcrossAgencies) -> Iterator[RedactableText]:
    case = across.found.case
    for column, label in _OF_CASE.items():
        yield RedactableText(column, label, case, column)
    for each in across.parts:
        label = f"Who took part for {each.agency}"
        yield RedactableText(f"took_part/{each.part.agency_id}", label, each.part, "took_part")
    for theme in across.themes:
        label = theme.theme.label
        for given in theme.answers:
            if given.answer is not None:
                place, part_id = place_of_answer(given.answer), given.answer.joint_part_id
                yield RedactableText(place, f"{label}, {given.agency}", given.answer, "words", part_id)
        if theme.finding is not None:
            for column, name in _OF_FINDING.items():
                place = f"findings/{theme.theme.key}/{column}"
                yield RedactableText(place, f"{label}, {name}", theme.finding, column)
    for entry, agency in across.chronology:
        label = f"Chronology, {entry.month:%B %Y}, {agency}: {entry.kind.label.lower()}"
        yield RedactableText(place_of_entry(entry), label, entry, "words", entry.joint_part_id)
