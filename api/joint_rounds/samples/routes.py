"""Samples of joint rounds over REST: planned and drawn. A drawn one is read as the samples of rounds are."""

import uuid
from typing import Annotated

from starlette.responses import Response

from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Long,
    Transaction,
    computing,
    reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.jobs.routes import ASKED
from api.jobs.routes import asked as job_asked
from api.joint_rounds.planning.actions import find_joint_round
from api.joint_rounds.samples import actions
from api.joint_rounds.samples.long_work import DrawJointSample
from api.sampling.actions import PreparedSample
from api.sampling.plans import new_seed
from api.sampling.routes import PlannedSampleOut, SampleOut, SamplePlanIn, Samples, show_drawn

router = Router(prefix="/joint-rounds", tags=["Joint audits"])

Lead = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]


@router.post("/{joint_round_id}/samples/plan", response_model=PlannedSampleOut, responses=refusals(404, 409))
def plan_joint_sample(acting: Lead, joint_round_id: uuid.UUID, plan: SamplePlanIn) -> PlannedSampleOut:
    """Preview the cases that a plan would draw for a joint round, without drawing them."""
    prepared = actions.prepare_joint_sample(
        acting.session,
        joint_round_id=joint_round_id,
        plan=plan.to_plan(),
        seed=plan.seed or new_seed(),
        by=acting.actor,
    )
    return PlannedSampleOut.of(acting.session, prepared.planned)


@router.post(
    "/{joint_round_id}/samples", status_code=201, response_model=SampleOut, responses=refusals(400, 404, 409) | ASKED
)
def draw_joint_sample(
    asking: Annotated[ActorRequest, computing(Permission.WRITE_JOINT_ROUNDS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    joint_round_id: uuid.UUID,
    plan: SamplePlanIn,
) -> Computed:
    """Draw a sample, record how it was drawn, and add its cases to a joint round that is not open yet."""
    seed = plan.seed or new_seed()

    def prepare(acting: Transaction) -> tuple[PreparedSample, Response]:
        prepared = actions.prepare_joint_sample(
            acting.session, joint_round_id=joint_round_id, plan=plan.to_plan(), seed=seed, by=acting.actor
        )
        shown = SampleOut.of_prepared(acting.session, prepared)
        return prepared, json_reply(shown, status=201, version=shown.version, location=f"/api/v1/samples/{shown.id}")

    def store(acting: Transaction, ready: tuple[PreparedSample, Response]) -> Response:
        prepared, shown = ready
        actions.store_joint_sample(acting.session, prepared, joint_round_id=joint_round_id, by=acting.actor)
        return shown

    def work(_: Transaction) -> DrawJointSample:
        return DrawJointSample(joint_round_id, plan.to_plan(), seed)

    return Computed(prepare, store, key=key, long=Long(work, job_asked, show_drawn))


@router.get("/{joint_round_id}/samples", response_model=Samples, responses=refusals(404))
def list_joint_samples(acting: Lead, joint_round_id: uuid.UUID) -> Samples:
    """The samples of a joint round, in the order they were drawn."""
    found = find_joint_round(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    drawn = actions.samples_of_joint_round(acting.session, found)
    return Samples(items=[SampleOut.of(acting.session, each) for each in drawn])
