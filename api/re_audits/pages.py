"""Planning a re-audit on one page: what change to look for, which themes, how many cases, which cases."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, heavy_reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem, is_allowed
from api.re_audits import actions, queries
from api.re_audits.actions import NewReAudit
from api.re_audits.queries import LARGEST_RISE, MOST_CASES, USUAL_RISE, check_can_plan
from api.rounds.hooks import ShownRound, Step
from api.rounds.queries import theme_choices

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
SAME, NEW = "same", "new"


@router.get("/rounds/{round_id}/re-audit")
def show_proposal(
    request: Request,
    acting: ReadingLead,
    round_id: uuid.UUID,
    rise: Annotated[str, Query(max_length=9, description="The rise to look for, in percentage points.")] = "",
    size: Annotated[str, Query(max_length=9, description="The number of cases.")] = "",
    themes: Annotated[
        list[str], Query(alias="theme", max_length=200, description="Themes to select, such as those of an action.")
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    asked = TypedForm({"rise": [rise or str(USUAL_RISE)], "size": [size]})
    return _page(request, acting, round_id, asked=asked, themes=tuple(themes))


@router.post("/rounds/{round_id}/re-audit")
def plan_re_audit(request: Request, acting: WritingLead, round_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        new, size = _new(form)
        made = actions.plan_re_audit(acting.session, round_id=round_id, new=new, by=acting.actor)
        if form.text("cases") == SAME:
            return redirect(f"/rounds/{made.id}/allocate?previous=yes", notice="Re-audit planned. Allocate the cases.")
        return redirect(f"/rounds/{made.id}/samples/new?size={size}", notice="Re-audit planned. Draw its sample.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _page(request, acting, round_id, asked=form, problem=problem, form=form)


def _new(form: TypedForm) -> tuple[NewReAudit, int]:
    """What was typed, and the number of cases. Raises Invalid with each fault at its field."""
    title = form.text("title").strip()
    if not title:
        form.faults.append(Fault("title", "Enter a title for the round."))
    scope = tuple(form.texts("scope"))
    if not scope:
        form.faults.append(Fault("scope", "Select at least one theme."))
    if form.text("cases") not in {NEW, SAME}:
        form.faults.append(Fault("cases", "Select new cases or the same cases."))
    period_from = form.date("period_from", "The first day of the period")
    period_to = form.date("period_to", "The last day of the period")
    due_on = form.date("due_on", "The due date")
    size = form.whole_number("size", "Number of cases", least=1, most=MOST_CASES)
    days = form.given(period_from), form.given(period_to), form.given(due_on)
    return NewReAudit(title, scope, *days), size or 1


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    asked: TypedForm,
    themes: tuple[str, ...] = (),
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    rise = asked.whole_number("rise", "Rise", least=1, most=LARGEST_RISE, needed=False)
    size = asked.whole_number("size", "Number of cases", least=1, most=MOST_CASES, needed=False)
    if form is None and asked.faults:
        problem, form = Invalid(asked.faults[0].detail, faults=tuple(asked.faults)), asked
    found = queries.propose(
        acting.session, round_id=round_id, rise=rise or USUAL_RISE, size=size or None, by=acting.actor
    )
    return render(
        request,
        "re_audits/plan.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        proposed=actions.proposed(found.earlier, themes or found.below_target),
        choices=theme_choices(found.template),
        most=MOST_CASES,
    )


def planning(seen: ShownRound) -> Step | None:
    """The step of planning a re-audit of a closed round."""
    if not is_allowed(check_can_plan, seen.round, by=seen.actor):
        return None
    return Step("Plan a re-audit", f"/rounds/{seen.round.id}/re-audit", 8)
