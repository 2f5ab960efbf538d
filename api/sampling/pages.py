"""Pages of samples: planned, previewed, drawn, and changed from the reserve."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from api.case_lists import actions as case_lists
from api.documents.files import FileKind
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    Long,
    Transaction,
    computing,
    heavy_reading,
    reading,
)
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.home_page import next_step_or
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem
from api.jobs.pages import asked as job_asked
from api.people.key_holder.queries import key_holder_of
from api.rounds import actions as rounds
from api.sampling import actions, plan_form
from api.sampling import plans as sample_plans
from api.sampling.actions import PreparedSample
from api.sampling.drawn_for import for_round, of_sample
from api.sampling.hooks import STEPS
from api.sampling.long_work import DrawSample
from api.sampling.page_parts import log_rows_of, plan_of, plan_page, rows_of
from api.sampling.queries import elimination_log, kinds_of, named_exclusions
from api.sampling.sample_list import sample_file
from checklists.plurals import plural
from models import SampledState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]


@router.get("/rounds/{round_id}/samples/new")
def plan(
    request: Request,
    acting: Annotated[Transaction, heavy_reading(Permission.ALLOCATE_AUDITS)],
    round_id: uuid.UUID,
    size: Annotated[int | None, Query(ge=1, description="The number of cases to preview a sample of.")] = None,
) -> Response:
    """The form of a plan; with a size also the preview of the usual plan, or of that of the round before."""
    session, actor = acting.session, acting.actor
    form, as_before = plan_form.proposed(session, round_id=round_id, size=size, by=actor)
    if form is None or size is None:
        return _page_of_round(request, acting, round_id, form=form, as_before=as_before)
    seed = sample_plans.new_seed()
    try:
        planned = actions.plan_sample(session, round_id=round_id, plan=plan_of(form), seed=seed, by=actor)
    except Invalid as problem:
        return _page_of_round(request, acting, round_id, form=form, problem=problem, as_before=as_before)
    return _page_of_round(request, acting, round_id, form=form, planned=planned, as_before=as_before)


@router.post("/rounds/{round_id}/samples/new", response_model=None)
def preview_or_draw(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    """First shows what the plan would draw; draws it when it is sent again from the preview."""
    seed = form.text("seed").strip() or sample_plans.new_seed()

    def prepare(acting: Transaction) -> Response | PreparedSample:
        asked = plan_of(form)
        if not form.has("draw"):
            planned = actions.plan_sample(acting.session, round_id=round_id, plan=asked, seed=seed, by=acting.actor)
            return _page_of_round(request, acting, round_id, form=form, planned=planned)
        return actions.prepare_sample(acting.session, round_id=round_id, plan=asked, seed=seed, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedSample) -> Response:
        made = actions.store_sample(acting.session, prepared, round_id=round_id, by=acting.actor)
        return _show_drawn(acting, made.id)

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _page_of_round(request, acting, round_id, form=form, problem=problem)

    def work(_: Transaction) -> DrawSample:
        return DrawSample(round_id, plan_of(form), seed)

    if not form.has("draw"):
        return Computed(prepare, store, refused=refused)
    return Computed(prepare, store, key=key_of(form), refused=refused, long=Long(work, job_asked, _show_drawn))


def _show_drawn(acting: Transaction, sample_id: uuid.UUID) -> Response:
    made = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    return redirect(
        next_step_or(f"/samples/{made.id}", acting.session, by=acting.actor),
        notice=f"Sample of {plural(made.size, 'case')} drawn. Allocate the cases next.",
    )


@router.get("/samples/{sample_id}")
def show(request: Request, acting: ReadingLead, sample_id: uuid.UUID) -> Response:
    return _sample_page(request, acting, sample_id)


@router.get("/samples/{sample_id}/cases.{kind}")
def download(
    acting: Annotated[Transaction, heavy_reading(Permission.ALLOCATE_AUDITS)], sample_id: uuid.UUID, kind: FileKind
) -> Response:
    sample = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
    return file_answer(acting, sample_file(acting.session, sample, kind, by=acting.actor), "sample.fetched", sample_id)


@router.get("/samples/{sample_id}/redraw")
def redraw(request: Request, acting: ReadingLead, sample_id: uuid.UUID) -> Response:
    return _sample_page(
        request, acting, sample_id, redrawn=actions.redraw_sample(acting.session, sample_id=sample_id, by=acting.actor)
    )


def _page_of_round(
    request: Request, acting: Transaction, round_id: uuid.UUID, *, form: TypedForm | None = None, **shown: Any
) -> Response:
    audit_round = sample_plans.require_open_round(rounds.find_round(acting.session, round_id=round_id, by=acting.actor))
    return plan_page(request, acting, for_round(acting.session, audit_round), form=form, **shown)


def _sample_page(
    request: Request, acting: Transaction, sample_id: uuid.UUID, *, redrawn: actions.Redrawn | None = None
) -> Response:
    session = acting.session
    sample = actions.find_sample(session, sample_id=sample_id, by=acting.actor)
    drawn_for = of_sample(session, sample)
    steps = []
    if sample.round_id is not None:
        audit_round = rounds.find_round(session, round_id=sample.round_id, by=acting.actor)
        steps = [step for find_step in STEPS if (step := find_step(session, audit_round))]
    cases = actions.cases_of(session, sample)
    strata = actions.strata_of_sample(session, sample)
    return render(
        request,
        "sampling/sample.html",
        acting=acting,
        sample=sample,
        drawn_for=drawn_for,
        taken_out=actions.taken_out_of(session, sample),
        case_list=case_lists.find_case_list(session, case_list_id=sample.case_list_id, by=acting.actor),
        cases=cases,
        references={case.case_file_id: reference for case, reference in cases},
        strata_rows=rows_of(strata),
        labels={stratum.key: stratum.label for stratum in strata},
        log_rows=log_rows_of(elimination_log(session, sample), drawn_for),
        named=named_exclusions(session, sample),
        kinds=kinds_of(session, sample, sample_plans.tags_of(drawn_for)),
        features=[feature.label.lower() for feature in actions.strata_of(sample)],
        selected=SampledState.SELECTED,
        key_holder=key_holder_of(session, acting.actor.organisation_id),
        steps=steps,
        redrawn=redrawn,
    )
