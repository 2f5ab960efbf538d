"""Giving codes to passages, and finishing a theme."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.coding.codes.queries import list_codes
from api.coding.passages.given import finished_coders
from api.coding.passages.reading import read_passages
from api.coding.rules import CodedRound, coded_round
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Fault, Invalid
from models import CodedPassage, FinishedCoding

# More would write for longer than others should wait.
MOST_CHANGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Coding:
    """What a person changes about the codes of one passage: which it gets, and which it loses.

    `digest` is that of the text that they read: see `digest_of`.
    """

    audit_id: uuid.UUID
    part: str
    digest: str
    gets: frozenset[uuid.UUID]
    loses: frozenset[uuid.UUID] = frozenset()


def give_codes(session: Session, *, round_id: uuid.UUID, theme: str, codings: Sequence[Coding], by: Actor) -> int:
    """Change the person's own codes of passages of a theme. Returns how many passages changed.

    Only what is named changes, so that two windows of one person take nothing from each other. Raises Conflict, Invalid
    for a passage or code that is not there, NotAllowed, NotFound.
    """
    coded = coded_round(session, round_id, by=by)
    coded.check_theme(theme)
    wanted = [each for each in codings if each.gets or each.loses]
    if sum(len(each.gets | each.loses) for each in wanted) > MOST_CHANGES:
        raise Invalid.at("passages", f"Add and remove up to {MOST_CHANGES:,} codes at once.")
    if not wanted:
        return 0
    audits = read_passages(session, coded, theme, by=by, audits=[each.audit_id for each in wanted])
    there = {(audit.audit_id, each.place.part) for audit in audits for each in audit.passages}
    _check(wanted, there, {code.id for code in list_codes(session, coded)})
    stored = _stored(session, coded, theme, wanted)
    changed = set()
    for each in wanted:
        passage = (each.audit_id, each.part)
        for code_id in sorted(each.gets | each.loses):
            row = stored.get((*passage, code_id))
            is_given = code_id in each.gets
            if _gives(session, coded, theme, each, code_id, row) if is_given else _takes_away(session, row):
                changed.add(passage)
    session.flush()
    if changed:
        events.record(session, "round.passages-coded", round_id, by=by)
    return len(changed)


def finish_theme(session: Session, *, round_id: uuid.UUID, theme: str, by: Actor) -> None:
    """Say that one has coded a theme: its codes are kept as they are for agreement, and others' codes are shown.

    Raises Conflict when it is finished already, NotAllowed, NotFound.
    """
    coded = coded_round(session, round_id, by=by)
    coded.check_theme(theme)
    if coded.coder_id in finished_coders(session, coded, theme):
        raise Conflict("You have finished coding this theme already.")
    codes = [code.id for code in list_codes(session, coded)]
    own = (
        col(CodedPassage.organisation_id) == by.organisation_id,
        col(CodedPassage.theme) == theme,
        col(CodedPassage.coder_id) == coded.coder_id,
        col(CodedPassage.code_id).in_(codes),
    )
    session.execute(
        update(CodedPassage).where(*own).values(given_blind=True), execution_options={"synchronize_session": False}
    )
    session.add(
        FinishedCoding(organisation_id=by.organisation_id, round_id=round_id, theme=theme, coder_id=coded.coder_id)
    )
    session.flush()
    events.record(session, "round.coding-finished", round_id, by=by, details={"themes": theme})


def _check(wanted: Sequence[Coding], there: Collection[tuple[uuid.UUID, str]], codes: Collection[uuid.UUID]) -> None:
    faults = []
    for at, each in enumerate(wanted):
        if (each.audit_id, each.part) not in there:
            faults.append(Fault(f"/passages/{at}", "This passage is no longer there. Open the page again"))
        elif not each.gets <= set(codes):
            faults.append(Fault(f"/passages/{at}", "Select codes of this round. Open the page again to see them"))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _stored(
    session: Session, coded: CodedRound, theme: str, wanted: Sequence[Coding]
) -> dict[tuple[uuid.UUID, str, uuid.UUID], CodedPassage]:
    rows = session.exec(
        select(CodedPassage).where(
            col(CodedPassage.organisation_id) == coded.round.organisation_id,
            col(CodedPassage.theme) == theme,
            col(CodedPassage.coder_id) == coded.coder_id,
            col(CodedPassage.audit_id).in_([each.audit_id for each in wanted]),
        )
    )
    return {(row.audit_id, row.part, row.code_id): row for row in rows}


def _gives(
    session: Session, coded: CodedRound, theme: str, coding: Coding, code_id: uuid.UUID, row: CodedPassage | None
) -> bool:
    """Give a code to a passage as it was read; whether that changes anything."""
    if row is None:
        row = CodedPassage(
            organisation_id=coded.round.organisation_id,
            audit_id=coding.audit_id,
            theme=theme,
            part=coding.part,
            code_id=code_id,
            coder_id=coded.coder_id,
            digest=coding.digest,
        )
    elif row.given and row.digest == coding.digest:
        return False
    row.given, row.digest = True, coding.digest
    session.add(row)
    return True


def _takes_away(session: Session, row: CodedPassage | None) -> bool:
    """Take a code from a passage; whether that changes anything. What was given when a coder finished stays as that."""
    if row is None or not row.given:
        return False
    if row.given_blind:
        row.given = False
        session.add(row)
    else:
        session.delete(row)
    return True
