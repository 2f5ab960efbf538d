"""The page on which retention periods are read, set and confirmed, with what is deleted when."""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.local_time import day_in_words, local_date
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import moment_in_words, redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Problem, is_allowed
from api.retention import actions
from api.retention.actions import ShownChange
from api.retention.months import in_words
from api.retention.queries import Going, periods, read_plan
from checklists.retention import LONGEST_MONTHS, SHORTEST_MONTHS, Period, RetentionKind
from models import now

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, heavy_reading(Permission.REDACT_AUDITS)]
# Not `writing`: a refusal shows the page, whose plan is counted from every audit that goes.
Setter = Annotated[ActorRequest, computing(Permission.ERASE_CASES)]
Decider = Annotated[ActorRequest, computing(Permission.REDACT_AUDITS)]

CONFIRMED = "Shorter period confirmed. It applies in 30 days."


@router.get("/retention")
def show_retention(request: Request, acting: Reader) -> Response:
    return _page(request, acting)


@router.post("/retention", response_model=None)
def set_period(request: Request, asking: Setter, form: PostedForm) -> Computed:  # noqa: ARG001 - declares what it needs
    def read(_: Transaction) -> tuple[RetentionKind, int]:
        kind = form.one_of("kind", RetentionKind, "Select a kind of record.")
        months = form.whole_number("months", "Months", least=SHORTEST_MONTHS, most=LONGEST_MONTHS)
        return form.given(kind), form.given(months)

    def store(acting: Transaction, wanted: tuple[RetentionKind, int]) -> Response:
        kind, months = wanted
        change = actions.set_period(acting.session, kind=kind, months=months, by=acting.actor)
        if change.confirmed:
            return redirect("/retention", notice="Retention period changed.")
        return redirect(
            "/retention", notice="Shorter period requested. Another quality lead or a moderator must confirm it."
        )

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _page(request, acting, problem=problem, form=form)

    return Computed(read, store, refused=refused)


@router.post("/retention/{change_id}", response_model=None)
def decide(
    request: Request,
    asking: Decider,  # noqa: ARG001 - declares what it needs
    change_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    def read(_: Transaction) -> bool:
        decision = form.one_of("decision", ("confirm", "decline"), "Select confirm or decline.")
        return form.given(decision) == "confirm"

    def store(acting: Transaction, confirmed: bool) -> Response:
        actions.decide(acting.session, change_id=change_id, confirmed=confirmed, by=acting.actor)
        return redirect("/retention", notice=CONFIRMED if confirmed else "Declined. The period stays as it is.")

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _page(request, acting, problem=problem)

    return Computed(read, store, refused=refused)


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    session, by = acting.session, acting.actor
    today = local_date(now())
    plan = read_plan(session, today=today, by=by)
    changes = actions.list_changes(session, by=by)
    applying = periods(session, by.organisation_id, today)
    return render(
        request,
        "retention/periods.html",
        acting=acting,
        refusal=problem,
        faults=() if problem is None else problem.faults or (Fault("", problem.detail),),
        form=form,
        periods=[(kind.label, _period(period), kind.counted_from) for kind, period in applying.items()],
        plan=[(day_in_words(each.day), _what(each), f"{each.number:,}", f"{each.kept:,}") for each in plan.going],
        is_all=plan.is_all,
        until=day_in_words(plan.until),
        waiting=[(each, in_words(each.change.months)) for each in changes if each.change.decided_at is None],
        decided=[_decided(each, each.change.decided_at) for each in changes if each.change.decided_at is not None],
        may_set=is_allowed(actions.check_can_set, by),
        kinds=[{"value": kind.value, "text": kind.label} for kind in RetentionKind],
    )


def _decided(shown: ShownChange, at: datetime) -> tuple[str, ...]:
    change = shown.change
    names = (shown.asked_by, shown.decided_by)
    return (moment_in_words(at), change.kind.label, in_words(change.months), shown.state, *names)


def _period(period: Period) -> str:
    if period.shorter is None:
        return in_words(period.months)
    return f"{in_words(period.months)}; from {day_in_words(period.shorter.on)}: {in_words(period.shorter.months)}"


def _what(going: Going) -> str:
    return f"Audits of {going.what}" if going.kind is RetentionKind.AUDITS else going.kind.label
