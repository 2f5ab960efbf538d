"""Pages of the sample of a joint round: planned, previewed and drawn."""

import uuid
from typing import Annotated, Any

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Long, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.rendering import redirect
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from api.jobs.pages import asked as job_asked
from api.joint_rounds.samples import actions
from api.joint_rounds.samples.long_work import DrawJointSample
from api.sampling import actions as sampling
from api.sampling.actions import PreparedSample
from api.sampling.page_parts import plan_of, plan_page
from api.sampling.plans import new_seed
from checklists.plurals import plural

router = Router(include_in_schema=False)


@router.get("/joint-rounds/{joint_round_id}/samples/new")
def plan(
    request: Request,
    acting: Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)],
    joint_round_id: uuid.UUID,
) -> Response:
    return _page(request, acting, joint_round_id)


@router.post("/joint-rounds/{joint_round_id}/samples/new", response_model=None)
def preview_or_draw(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_JOINT_ROUNDS)],  # noqa: ARG001 - declares what it needs
    joint_round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    """First shows what the plan would draw; draws it when it is sent again from the preview."""
    seed = form.text("seed").strip() or new_seed()

    def prepare(acting: Transaction) -> Response | PreparedSample:
        prepared = actions.prepare_joint_sample(
            acting.session, joint_round_id=joint_round_id, plan=plan_of(form), seed=seed, by=acting.actor
        )
        if form.has("draw"):
            return prepared
        return _page(request, acting, joint_round_id, form=form, planned=prepared.planned)

    def store(acting: Transaction, prepared: PreparedSample) -> Response:
        made = actions.store_joint_sample(acting.session, prepared, joint_round_id=joint_round_id, by=acting.actor)
        return _show_drawn(acting, made.id)

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _page(request, acting, joint_round_id, form=form, problem=problem)

    def work(_: Transaction) -> DrawJointSample:
        return DrawJointSample(joint_round_id, plan_of(form), seed)

    if not form.has("draw"):
        return Computed(prepare, store, refused=refused)
    return Computed(prepare, store, key=key_of(form), refused=refused, long=Long(work, job_asked, _show_drawn))


def _show_drawn(acting: Transaction, sample_id: uuid.UUID) -> Response:
    made = sampling.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    notice = f"Sample of {plural(made.size, 'case')} drawn and added to the joint audit."
    return redirect(f"/joint-rounds/{made.joint_round_id}", notice=notice)


def _page(
    request: Request, acting: Transaction, joint_round_id: uuid.UUID, *, form: TypedForm | None = None, **shown: Any
) -> Response:
    drawn_for = actions.drawn_for(acting.session, joint_round_id=joint_round_id, by=acting.actor)
    return plan_page(request, acting, drawn_for, form=form, **shown)
