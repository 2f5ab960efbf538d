"""The cases of a joint round drawn as a sample, by the same draw as for a round; its cases are then in the round."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid
from api.joint_rounds.planning.actions import MOST_CASES, add_cases, cases_of, check_can_plan, find_joint_round
from api.sampling import actions as sampling
from api.sampling.actions import PreparedSample
from api.sampling.drawn_for import DrawnFor, for_joint_round
from api.sampling.frames import SamplePlan
from models import JointRound, Sample


def drawn_for(session: Session, *, joint_round_id: uuid.UUID, by: Actor) -> DrawnFor:
    """A joint round that can be given a sample. Raises Conflict when it was opened, NotAllowed, NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by)
    check_can_plan(by, found)
    return for_joint_round(session, found)


def prepare_joint_sample(
    session: Session, *, joint_round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor
) -> PreparedSample:
    """Draw a sample for a joint round and prepare it for storing; writes nothing.

    Raises Conflict when it was opened, Invalid with each fault or shortfall, NotAllowed, NotFound.
    """
    prepared = sampling.prepare(
        session, drawn_for(session, joint_round_id=joint_round_id, by=by), plan=plan, seed=seed, by=by
    )
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by)
    room = MOST_CASES - len(cases_of(session, found))
    if prepared.planned.size > room:
        raise Invalid.at("/size", f"A joint audit has {MOST_CASES} cases at most. Draw {room} or fewer.")
    return prepared


def store_joint_sample(session: Session, prepared: PreparedSample, *, joint_round_id: uuid.UUID, by: Actor) -> Sample:
    """Store a sample with its frame's hash and its elimination log, and add its cases to the joint round.

    Raises Conflict when it was opened, and Moved when it or the cases that the frame depends on have changed.
    """
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_plan(by, found)
    made = sampling.store(session, prepared, for_joint_round(session, found), by=by)
    ids = prepared.planned.frame.ids
    add_cases(session, found, [ids[each.reference] for each in prepared.planned.drawn.selected], by=by)
    return made


def samples_of_joint_round(session: Session, found: JointRound) -> Sequence[Sample]:
    """The samples of a joint round, in the order they were drawn."""
    own = (col(Sample.organisation_id) == found.organisation_id, col(Sample.joint_round_id) == found.id)
    return session.exec(select(Sample).where(*own).order_by(col(Sample.id))).all()
