"""What the state of a round allows. Actions refuse, and pages offer, by the same functions."""

from api.foundation.problems import Conflict
from models import Round, RoundState


def may_be_opened(audit_round: Round) -> bool:
    """Whether it is planned."""
    return audit_round.state is RoundState.PLANNED


def may_be_closed(audit_round: Round) -> bool:
    """Whether it is open."""
    return audit_round.state is RoundState.OPEN


def check_may_be_opened(audit_round: Round) -> None:
    """Raises Conflict for a round that is open or closed."""
    if not may_be_opened(audit_round):
        raise Conflict(f"This round is already {audit_round.state.value}.")


def check_may_be_closed(audit_round: Round) -> None:
    """Raises Conflict for a round that is not open, with what to do about a planned one."""
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened, so it cannot be closed. Open the round first.")
    if not may_be_closed(audit_round):
        raise Conflict("This round is already closed.")


def check_may_be_changed(audit_round: Round) -> None:
    """Raises Conflict for a closed round."""
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so it cannot be changed.")
