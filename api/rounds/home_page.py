"""The rounds that a quality lead follows, on the home page."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from api.foundation.local_time import day_in_words
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.rounds.progress import RoundCounts, counts_of_rounds, is_overdue
from api.rounds.queries import list_rounds
from checklists.plurals import plural
from models import Round, RoundState

MOST: Final = 5


def rounds_to_follow(session: Session, by: Actor) -> Sequence[Task]:
    """Open and planned rounds with their next step, the newest first."""
    if not by.may(Permission.WRITE_ROUNDS):
        return []
    found = list_rounds(session, by=by, limit=MOST, states=(RoundState.OPEN, RoundState.PLANNED))
    counts = counts_of_rounds(session, found, by=by)
    return [_task(audit_round, counts[audit_round.id]) for audit_round in found]


def _task(audit_round: Round, counts: RoundCounts) -> Task:
    path, due = f"/rounds/{audit_round.id}", f"Due {day_in_words(audit_round.due_on)}."
    submitted = f"{counts.submitted:,} of {plural(counts.allocated, 'audit')} submitted."
    if audit_round.state is RoundState.PLANNED:
        step = f"Open {audit_round.title}" if counts.allocated else f"Allocate audits in {audit_round.title}"
        return Task(step, path, due, "Planned", "grey")
    if counts.allocated and counts.submitted == counts.allocated:
        return Task(f"Close {audit_round.title}", path, submitted, "All submitted", "green")
    if is_overdue(audit_round):
        return Task(
            f"Chase overdue audits of {audit_round.title}",
            path,
            f"{submitted} {due}",
            f"{counts.overdue} overdue",
            "red",
        )
    return Task(f"Check the progress of {audit_round.title}", path, f"{submitted} {due}", "Open", "blue")
