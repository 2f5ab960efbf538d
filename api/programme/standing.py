"""Lines that are paused, continued or ended, and rounds that a second person exempts."""

import uuid
from datetime import date
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from api.access.notified import active_people
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.notices import actions as notices
from api.programme.actions import find_line, find_programme, rows_of, starts_in
from checklists.programme.dates import due_to_be_planned
from models import LineState, NoticeKind, PlannedState, ProgrammeLine, ProgrammeRound, Role
from models.clock import steady


class LineMove(StrEnum):
    """What can be done with a line."""

    PAUSE = "pause"
    CONTINUE = "continue"
    END = "end"


_FROM: Final = {
    LineMove.PAUSE: (LineState.ACTIVE,),
    LineMove.CONTINUE: (LineState.PAUSED,),
    LineMove.END: (LineState.ACTIVE, LineState.PAUSED),
}
_TO: Final = {
    LineMove.PAUSE: LineState.PAUSED,
    LineMove.CONTINUE: LineState.ACTIVE,
    LineMove.END: LineState.ENDED,
}
_EVENTS: Final[dict[LineMove, str]] = {
    LineMove.PAUSE: "programme.line-paused",
    LineMove.CONTINUE: "programme.line-continued",
    LineMove.END: "programme.line-ended",
}


def check_can_move(line: ProgrammeLine, move: LineMove, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot pause, continue or end a line."""
    check_may(by, Permission.WRITE_ROUNDS)
    if line.state not in _FROM[move]:
        raise Conflict(f"This line is {line.state.value}, so you cannot {move.value} it.")


def move_line(session: Session, *, line_id: uuid.UUID, move: LineMove, version: int, by: Actor) -> ProgrammeLine:
    """Pause, continue or end a line.

    While it is paused no round of it is planned; the rounds that should have been planned meanwhile are passed over
    when it continues, and never planned later. Raises Conflict, NotFound, Stale.
    """
    line = find_line(session, line_id=line_id, by=by, lock=True)
    check_version(line.version, version)
    check_can_move(line, move, by=by)
    if move is LineMove.CONTINUE:
        _pass_over(session, line, by)
    line.state = _TO[move]
    line.version += 1
    session.add(line)
    session.flush()
    events.record(session, _EVENTS[move], line_id, by=by)
    return line


def _pass_over(session: Session, line: ProgrammeLine, by: Actor) -> None:
    """Note each round that should have been planned by today, and was not because its line was paused."""
    programme = find_programme(session, programme_id=line.programme_id, by=by)
    rows = rows_of(session, line)
    today = local_date(steady())
    waiting = {day for day, row in rows.items() if row.state is PlannedState.EXEMPTION_ASKED}
    for day in due_to_be_planned(starts_in(programme, line), rows.keys() - waiting, today=today):
        if day in waiting:
            _withdraw_notice(session, line, by)
            session.delete(rows[day])
            session.flush()
        session.add(
            ProgrammeRound(
                organisation_id=line.organisation_id,
                line_id=line.id,
                starts_on=day,
                state=PlannedState.PASSED_OVER,
                expected=line.size,
            )
        )


def ask_for_exemption(
    session: Session,
    *,
    line_id: uuid.UUID,
    starts_on: date,
    reason: str,
    keep_names: KeepReason | None = None,
    by: Actor,
) -> ProgrammeRound:
    """Ask a second quality lead to exempt the round that begins on this day. Until then it remains planned.

    Raises Conflict when it was planned, passed over or asked about before, Invalid, NotFound.
    """
    line = find_line(session, line_id=line_id, by=by, lock=True)
    if line.state is LineState.ENDED:
        raise Conflict("This line has ended, so it has no more rounds.")
    programme = find_programme(session, programme_id=line.programme_id, by=by)
    if starts_on not in starts_in(programme, line):
        raise Invalid.at("/starts_on", "Select a round of this line.")
    if starts_on in rows_of(session, line):
        raise Conflict("This round was planned, passed over or asked about before, so you cannot ask for an exemption.")
    reason = reason.strip()
    if not reason:
        raise Invalid.at("/reason", "Enter why this round should be exempt.")
    names = NameCheck.of(session, by)
    raise_if_any(names.check("/reason", reason, keep=keep_names))
    made = ProgrammeRound(
        organisation_id=by.organisation_id,
        line_id=line_id,
        starts_on=starts_on,
        state=PlannedState.EXEMPTION_ASKED,
        expected=line.size,
        reason=reason,
        asked_by_id=by.person_id,
    )
    session.add(made)
    session.flush()
    names.record(session, line_id, by=by)
    events.record(session, "programme.exemption-asked", line_id, by=by, details={"starts_on": starts_on.isoformat()})
    leads = active_people(session, by.organisation_id, (Role.QUALITY_LEAD,))
    notices.give_notice(session, NoticeKind.EXEMPTION_WAITS, subject_id=line_id, to=leads.keys(), by=by)
    return made


def check_can_decide(row: ProgrammeRound | None, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot decide on an exemption."""
    check_may(by, Permission.WRITE_ROUNDS)
    if row is None or row.state is not PlannedState.EXEMPTION_ASKED:
        raise Conflict("No exemption of this round waits for a decision.")
    if row.asked_by_id == by.person_id:
        raise NotAllowed("You asked for this exemption. Another quality lead decides.")


def decide_exemption(
    session: Session, *, line_id: uuid.UUID, starts_on: date, approved: bool, by: Actor
) -> ProgrammeRound | None:
    """Approve an exemption that somebody else asked for, or decline it: then the round remains planned.

    Raises Conflict when none waits, NotAllowed for the person who asked, NotFound.
    """
    line = find_line(session, line_id=line_id, by=by, lock=True)
    row = rows_of(session, line).get(starts_on)
    if row is None:
        raise NotFound("exemption")
    check_can_decide(row, by=by)
    details = {"starts_on": starts_on.isoformat()}
    if approved:
        row.state, row.decided_by_id = PlannedState.EXEMPT, by.person_id
        session.add(row)
        session.flush()
        events.record(session, "programme.exemption-approved", line_id, by=by, details=details)
    else:
        session.delete(row)
        session.flush()
        events.record(session, "programme.exemption-declined", line_id, by=by, details=details)
    if not any(each.state is PlannedState.EXEMPTION_ASKED for each in rows_of(session, line).values()):
        _withdraw_notice(session, line, by)
    return row if approved else None


def _withdraw_notice(session: Session, line: ProgrammeLine, by: Actor) -> None:
    notices.withdraw_notices(session, NoticeKind.EXEMPTION_WAITS, subject_ids=[line.id], by=by)
