"""Who may answer a part or return it to its auditor, and when: asked by actions, which refuse, and by pages."""

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed
from models import JointCase, JointCaseState, JointPart, JointRound, JointRoundState, PartState


def check_can_answer(by: Actor, part: JointPart, case: JointCase, joint_round: JointRound) -> None:
    """Raise the Problem for which this person cannot change or submit a part: only its auditor does, until then."""
    check_may(by, Permission.WRITE_JOINT_PARTS)
    if part.auditor_id != by.person_id:
        raise NotAllowed("Only the person who answers for the agency can do this.")
    if part.state is PartState.SUBMITTED:
        raise Conflict("This was returned and cannot be changed. Ask the quality lead to give it back to you.")
    _check_collects(case, joint_round)


def check_can_give_back(by: Actor, part: JointPart, case: JointCase, joint_round: JointRound) -> None:
    """Raise the Problem for which this person cannot give a returned part back to its auditor, unread."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    if part.state is not PartState.SUBMITTED:
        raise Conflict("This part is not returned.")
    _check_collects(case, joint_round)


def _check_collects(case: JointCase, joint_round: JointRound) -> None:
    if joint_round.state is JointRoundState.CLOSED:
        raise Conflict("This joint audit is closed, so it cannot be changed.")
    if case.state is not JointCaseState.COLLECTING:
        raise Conflict("The panel of this case is open, so no agency’s part can be changed.")
