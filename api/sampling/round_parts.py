"""What samples add to the page of a round: the step of drawing one, and those that were drawn."""

from api.foundation.pages.menu import Fragment
from api.rounds.hooks import ShownRound, Step
from api.sampling import actions
from models import RoundState


def drawing(seen: ShownRound) -> Step | None:
    """The step of drawing a sample, for a planned round that has neither a sample nor an audit."""
    if seen.round.state is not RoundState.PLANNED or seen.progress.allocated:
        return None
    if actions.samples_of_round(seen.session, round_id=seen.round.id, by=seen.actor):
        return None
    return Step("Draw a sample", f"/rounds/{seen.round.id}/samples/new", 10, is_due=True)


def samples(seen: ShownRound) -> Fragment:
    """The samples of the round."""
    return Fragment(
        "sampling/_of_round.html",
        {
            "round_id": seen.round.id,
            "samples": actions.samples_of_round(seen.session, round_id=seen.round.id, by=seen.actor),
            "is_open": seen.round.state is not RoundState.CLOSED,
        },
    )
