"""Findings: written, changed and deleted."""

import uuid
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session, col, func, select

from api.coding.codes.queries import list_codes
from api.coding.findings.queries import find_finding
from api.coding.rules import CodedRound, coded_round
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from models import WrittenFinding, new_id

FEWEST_WORDS: Final = 3
LONGEST_SENTENCE: Final = 400
MOST_FINDINGS: Final = 100


@dataclass(frozen=True, slots=True)
class NewFinding:
    """What a finding says: a sentence, the code whose count is shown with it, and an example in paraphrase."""

    words: str
    code_id: uuid.UUID | None = None
    example: str = ""
    keep_names: KeepReason | None = field(default=None, compare=False)


def write_finding(session: Session, *, round_id: uuid.UUID, theme: str, new: NewFinding, by: Actor) -> WrittenFinding:
    """Write a finding about a theme. Raises Conflict, Invalid, NotAllowed, NotFound."""
    coded = coded_round(session, round_id, by=by)
    coded.check_theme(theme)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, coded, names, new))
    made = WrittenFinding(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=round_id,
        theme=theme,
        code_id=new.code_id,
        words=new.words.strip(),
        example=new.example.strip(),
        created_by_id=coded.coder_id,
    )
    session.add(made)
    session.flush()
    events.record(session, "finding.written", made.id, by=by)
    names.record(session, made.id, by=by)
    return made


def change_finding(
    session: Session, *, round_id: uuid.UUID, finding_id: uuid.UUID, new: NewFinding, version: int, by: Actor
) -> WrittenFinding:
    """Change a finding. Raises Conflict, Invalid, NotAllowed, NotFound, Stale."""
    coded = coded_round(session, round_id, by=by)
    found = find_finding(session, coded, finding_id, lock=True)
    check_version(found.version, version)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, coded, names, new, was=found))
    found.words, found.example, found.code_id = new.words.strip(), new.example.strip(), new.code_id
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "finding.changed", found.id, by=by)
    names.record(session, found.id, by=by)
    return found


def delete_finding(session: Session, *, round_id: uuid.UUID, finding_id: uuid.UUID, version: int, by: Actor) -> None:
    """Delete a finding. Raises Conflict, NotAllowed, NotFound, Stale."""
    coded = coded_round(session, round_id, by=by)
    found = find_finding(session, coded, finding_id, lock=True)
    check_version(found.version, version)
    session.delete(found)
    session.flush()
    events.record(session, "finding.deleted", finding_id, by=by)


def _faults(
    session: Session, coded: CodedRound, names: NameCheck, new: NewFinding, was: WrittenFinding | None = None
) -> list[Fault]:
    faults = []
    if len(new.words.split()) < FEWEST_WORDS or len(new.words) > LONGEST_SENTENCE:
        asked = f"Enter the finding in one sentence of at least 3 words, in {LONGEST_SENTENCE} characters or fewer"
        faults.append(Fault("/words", asked))
    if new.code_id is not None and new.code_id not in {code.id for code in list_codes(session, coded)}:
        faults.append(Fault("/code_id", "Select a code of this round"))
    if was is None and _number(session, coded) >= MOST_FINDINGS:
        faults.append(Fault("/words", f"A round can have {MOST_FINDINGS} findings at most. Delete some first"))
    faults += names.check("/words", new.words, keep=new.keep_names, was=was.words if was else "")
    faults += names.check("/example", new.example, keep=new.keep_names, was=was.example if was else "")
    return faults


def _number(session: Session, coded: CodedRound) -> int:
    return session.exec(
        select(func.count())
        .select_from(WrittenFinding)
        .where(
            col(WrittenFinding.organisation_id) == coded.round.organisation_id,
            col(WrittenFinding.round_id) == coded.round.id,
        )
    ).one()
