"""Pages of samples: planned, previewed, drawn, and changed from the reserve."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from api.case_files.words import plain_choices
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
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.rendering import in_words, percent, plural, redirect, render
from api.foundation.pages.start_page import next_step_or
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem
from api.jobs.pages import asked as job_asked
from api.people.key_holder.queries import key_holder_of
from api.people.teams.queries import team_choices
from api.rounds import actions as rounds
from api.sampling import actions, plan_form
from api.sampling import plans as sample_plans
from api.sampling.actions import PreparedSample
from api.sampling.frames import Feature, FrameRules, SamplePlan
from api.sampling.hooks import STEPS
from api.sampling.long_work import DrawSample
from api.sampling.plans import MOST_MONTHS, MOST_MONTHS_OPEN, PlannedSample
from api.sampling.queries import Strata, elimination_log, kinds_of, named_exclusions
from api.sampling.sample_list import sample_file
from checklists.samples.sample_sizes import expected_interval
from checklists.samples.sampling import SizeRule
from models import Exclusion, RoundState, SampledState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]

SHARES_SHOWN: Final = (Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
# The fields of the form, each under the name that a fault of the action points at.
FIELDS: Final = {
    "/size": "size",
    "/share_percent": "share_percent",
    "/strata": "strata",
    "/smallest_stratum": "smallest_stratum",
    "/most_of_a_worker": "most_of_a_worker",
    "/rules": "case_list",
    "/seed": "seed",
}


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
        return _plan_page(request, acting, round_id, form=form, as_before=as_before)
    seed = sample_plans.new_seed()
    try:
        planned = actions.plan_sample(session, round_id=round_id, plan=_plan_of(form), seed=seed, by=actor)
    except Invalid as problem:
        return _plan_page(request, acting, round_id, form=form, problem=problem, as_before=as_before)
    return _plan_page(request, acting, round_id, form=form, planned=planned, as_before=as_before)


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
        asked = _plan_of(form)
        if not form.has("draw"):
            planned = actions.plan_sample(acting.session, round_id=round_id, plan=asked, seed=seed, by=acting.actor)
            return _plan_page(request, acting, round_id, form=form, planned=planned)
        return actions.prepare_sample(acting.session, round_id=round_id, plan=asked, seed=seed, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedSample) -> Response:
        made = actions.store_sample(acting.session, prepared, round_id=round_id, by=acting.actor)
        return _show_drawn(acting, made.id)

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _plan_page(request, acting, round_id, form=form, problem=problem)

    def work(_: Transaction) -> DrawSample:
        return DrawSample(round_id, _plan_of(form), seed)

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


def _plan_of(form: TypedForm) -> SamplePlan:
    """The plan that was typed. Raises Invalid with each fault at its field."""
    case_list = _identifier(form.text("case_list"))
    if case_list is None:
        form.faults.append(Fault("case_list", "Select a case list to draw from."))
    size = form.whole_number("size", "Number of cases", least=1, most=case_lists.MOST_CASES, needed=False)
    share = _percent(form, "share_percent")
    if not form.text("size").strip() and not form.text("share_percent").strip():
        form.faults.append(Fault("size", "Enter the number of cases to draw, or a share of the list."))
    smallest = form.whole_number("smallest_stratum", "Minimum from each group", most=10_000, needed=False)
    most = form.whole_number("most_of_a_worker", "Maximum for each practitioner", least=1, most=10_000, needed=False)
    months = form.whole_number("months_since_audit", "Number of months", most=MOST_MONTHS, needed=False)
    closed_before = form.date("closed_before", "The closing date", needed=False)
    rule = form.text("rule") or SizeRule.PROPORTIONAL
    if rule not in set(SizeRule):
        form.faults.append(Fault("rule", "Select how to divide the sample between groups."))
    strata = [Feature(word) for word in form.texts("strata") if word in set(Feature)]
    statuses = form.texts("only_statuses")
    teams = [team for team in map(_identifier, form.texts("only_teams")) if team is not None]
    bands = form.texts("only_age_bands")
    categories = form.texts("only_categories")
    least = form.whole_number("least_months_open", "Months open", most=MOST_MONTHS_OPEN, needed=False)
    re_referral = {"yes": True, "no": False}.get(form.text("re_referral"))
    longest = form.whole_number("most_months_open", "Months open", most=MOST_MONTHS_OPEN, needed=False)
    named = _named(form)
    return SamplePlan(
        form.given(case_list),
        size,
        share,
        tuple(strata),
        SizeRule(rule),
        smallest or 0,
        most,
        FrameRules(
            form.has("with_closed"),
            closed_before,
            months or 0,
            tuple(statuses),
            tuple(teams),
            named,
            form.keep_names(),
            tuple(bands),
            tuple(categories),
            tuple(form.texts("only_involving")),
            least,
            longest,
            re_referral,
        ),
    )


def _named(form: TypedForm) -> dict[str, str]:
    """The cases that the lead leaves out: a line each, the reference and then the reason."""
    named = {}
    for number, line in enumerate(form.text("named").splitlines(), start=1):
        reference, _, reason = line.strip().partition(" ")
        if reference and not reason.strip():
            form.faults.append(Fault("named", f"Line {number}: enter the reference, a space and the reason."))
        elif reference:
            named[reference.rstrip(",;:").upper()] = reason.strip()
    return named


def _percent(form: TypedForm, name: str) -> float | None:
    typed = form.text(name).strip().removesuffix("%").strip()
    if not typed:
        return None
    whole, _, rest = typed.partition(".")
    if typed.isascii() and whole.isdecimal() and (not rest or rest.isdecimal()) and len(typed) <= 8:
        return float(typed)
    form.faults.append(Fault(name, "Share must be a percentage, such as 5 or 2.5."))
    return None


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _on_its_field(fault: Fault) -> Fault:
    """A fault of the action, at the field of the page that it belongs to."""
    if fault.pointer.startswith("/rules/named"):
        return replace(fault, pointer="named")
    parts = [part for part in fault.pointer.split("/") if not part.isdecimal()]
    return Fault(FIELDS.get(fault.pointer, parts[-1]), fault.detail)


def _plan_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    planned: PlannedSample | None = None,
    problem: Problem | None = None,
    as_before: bool = False,
) -> Response:
    session, actor = acting.session, acting.actor
    audit_round = rounds.find_round(session, round_id=round_id, by=actor)
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so you cannot draw a sample.")
    lists = case_lists.list_case_lists(session, by=actor, limit=50)
    words = sample_plans.words_of(session, audit_round)
    return render(
        request,
        "sampling/plan.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=_on_its_field,
        audit_round=audit_round,
        lists=[
            {"value": str(each.id), "text": f"{in_words(each.listed_on)}, {plural(each.cases, 'case')}"}
            for each in lists
        ],
        planned=planned,
        as_before=as_before,
        strata_rows=() if planned is None else _rows_of(actions.strata_of_plan(session, planned)),
        log_rows=() if planned is None else _log_rows(planned.frame.log),
        helped=() if planned is None else _helped(planned.size, len(planned.frame.cases)),
        usual_months=plan_form.USUAL_MONTHS,
        features=choices_of(tuple(Feature)),
        statuses=plain_choices(words.statuses),
        age_bands=plain_choices(words.age_bands),
        categories=plain_choices(words.categories),
        tags=[{"value": tag.key, "text": tag.label} for tag in sample_plans.tags_of(session, audit_round)],
        teams=team_choices(session, actor, retired=True),
    )


def _sample_page(
    request: Request, acting: Transaction, sample_id: uuid.UUID, *, redrawn: actions.Redrawn | None = None
) -> Response:
    session = acting.session
    sample = actions.find_sample(session, sample_id=sample_id, by=acting.actor)
    audit_round = rounds.find_round(session, round_id=sample.round_id, by=acting.actor)
    cases = actions.cases_of(session, sample)
    strata = actions.strata_of_sample(session, sample)
    return render(
        request,
        "sampling/sample.html",
        acting=acting,
        sample=sample,
        audit_round=audit_round,
        case_list=case_lists.find_case_list(session, case_list_id=sample.case_list_id, by=acting.actor),
        cases=cases,
        references={case.case_file_id: reference for case, reference in cases},
        strata_rows=_rows_of(strata),
        labels={stratum.key: stratum.label for stratum in strata},
        log_rows=_log_rows(elimination_log(session, sample)),
        named=named_exclusions(session, sample),
        kinds=kinds_of(session, sample, sample_plans.tags_of(session, audit_round)),
        features=[feature.label.lower() for feature in actions.strata_of(sample)],
        selected=SampledState.SELECTED,
        key_holder=key_holder_of(session, acting.actor.organisation_id),
        steps=[step for find_step in STEPS if (step := find_step(session, audit_round))],
        redrawn=redrawn,
    )


def _rows_of(strata: Strata) -> list[tuple[str, str, str]]:
    return [(each.label, f"{each.frame:,}", f"{each.size:,}") for each in strata]


def _log_rows(log: Mapping[Exclusion, int]) -> list[tuple[str, str]]:
    return [(reason.label, f"{number:,}") for reason, number in log.items()]


def _helped(size: int, frame: int) -> list[tuple[str, str]]:
    """For a few true shares, the range in which samples of this size would show them."""
    rows = []
    for share in SHARES_SHOWN:
        shown = expected_interval(size, frame, share)
        rows.append((percent(share), f"{percent(shown.low)} to {percent(shown.high)}"))
    return rows
