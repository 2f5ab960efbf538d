"""What allocation adds to the pages of a round and of a sample: steps, and the link to exemptions."""

from sqlmodel import Session

from api.allocation.exemptions.actions import exemptions_of
from api.allocation.queries import count_unallocated
from api.foundation.pages.menu import Fragment
from api.rounds.hooks import ShownRound, Step
from checklists.plurals import plural
from models import Round, RoundState


def allocating_the_sample(seen: ShownRound) -> Step | None:
    """The step of allocating sampled cases, while there are some that nobody reads."""
    if seen.round.state is RoundState.CLOSED or not count_unallocated(seen.session, seen.round):
        return None
    is_due = seen.round.state is RoundState.PLANNED
    return Step("Allocate the sample", f"/rounds/{seen.round.id}/proposal", 20, is_due=is_due)


def allocating_case_files(seen: ShownRound) -> Step | None:
    """The step of allocating case files manually; due in a planned round when nothing else is."""
    if seen.round.state is RoundState.CLOSED:
        return None
    is_due = seen.round.state is RoundState.PLANNED and not seen.progress.allocated
    return Step("Allocate case files", f"/rounds/{seen.round.id}/allocate", 25, is_due=is_due)


def exemptions(seen: ShownRound) -> Fragment:
    """Links to the exemptions of the round, with their number, and to reallocating its audits."""
    found = exemptions_of(seen.session, round_id=seen.round.id, by=seen.actor)
    return Fragment(
        "allocation/_of_round.html",
        {"round_id": seen.round.id, "exemptions": len(found), "is_closed": seen.round.state is RoundState.CLOSED},
    )


def allocating_after_drawing(session: Session, audit_round: Round) -> Step | None:
    """The step of allocating the cases of the round's samples that nobody reads yet."""
    waiting = count_unallocated(session, audit_round)
    if audit_round.state is RoundState.CLOSED or not waiting:
        return None
    return Step(f"Allocate {plural(waiting, 'case')}", f"/rounds/{audit_round.id}/proposal", 10, is_due=True)
