"""When the panel of a case opens, may be recorded and is finished: asked by actions, which refuse, and by pages."""

from api.foundation.permissions import Actor
from api.foundation.problems import Conflict
from api.joint_rounds.planning.actions import check_can_lead
from models import JointCase, JointCaseState, JointRound


def check_can_open_panel(by: Actor, case: JointCase, joint_round: JointRound) -> None:
    """Raise the Problem for which this person cannot open the panel of a case."""
    check_can_lead(by, joint_round)
    if case.state is not JointCaseState.COLLECTING:
        raise Conflict("The panel of this case is open already.")


def check_can_record_panel(by: Actor, case: JointCase, joint_round: JointRound) -> None:
    """Raise the Problem for which this person cannot record what a panel agreed on, or finish it."""
    check_can_lead(by, joint_round)
    if case.state is JointCaseState.COLLECTING:
        raise Conflict("Open the panel of this case first.")
    if case.state is JointCaseState.FINISHED:
        raise Conflict("The panel of this case is finished, so it cannot be changed.")
