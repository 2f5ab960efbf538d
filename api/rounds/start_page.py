"""The rounds that a quality lead follows, on the start page."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from api.foundation.local_time import day_in_words
from api.foundation.pages.start_page import Task
from api.foundation.permissions import Actor, Permission
from api.rounds.progress import is_overdue, progress_of
from api.rounds.queries import list_rounds
from models import Round, RoundState

MOST: Final = 5


def rounds_to_follow(session: Session, by: Actor) -> Sequence[Task]:
    """Open and planned rounds with their next step, the newest first."""
    if not by.may(Permission.WRITE_ROUNDS):
        return []
    found = list_rounds(session, by=by, limit=MOST, states=(RoundState.OPEN, RoundState.PLANNED))
    return [_task(session, audit_round, by) for audit_round in found]


def _task(session: Session, audit_round: Round, by: Actor) -> Task:
    path, due = f"/rounds/{audit_round.id}", f"Due {day_in_words(audit_round.due_on)}."
    progress = progress_of(session, audit_round, by=by)
    submitted = f"{progress.submitted} of {progress.allocated} audits submitted."
    if audit_round.state is RoundState.PLANNED:
        step = f"Open {audit_round.title}" if progress.allocated else f"Allocate audits in {audit_round.title}"
        return Task(step, path, due, "Planned", "grey")
    if progress.allocated and progress.submitted == progress.allocated:
        return Task(f"Close {audit_round.title}", path, submitted, "All submitted", "green")
    if is_overdue(audit_round):
        return Task(
            f"Chase overdue audits of {audit_round.title}",
            path,
            f"{submitted} {due}",
            f"{progress.overdue} overdue",
            "red",
        )
    return Task(f"Check the progress of {audit_round.title}", path, f"{submitted} {due}", "Open", "blue")
