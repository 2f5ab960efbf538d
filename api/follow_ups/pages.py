"""Pages of follow-ups: the list, and one with what fell short, on which its reader records what became of it."""

import uuid
from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from api.access.audits import may_read_audit
from api.follow_ups import actions, paging, queries, rules
from api.follow_ups.actions import FoundTheme
from api.follow_ups.queries import ShowFollowUps, ShownFollowUp
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, Problem, Stale, is_allowed
from api.rounds import actions as rounds
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_ACTIONS)]
Lead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]
Notifier = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
WritingReader = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
COLOURS: Final = {
    FollowUpState.WAITING: "yellow",
    FollowUpState.ALLOCATED: "blue",
    FollowUpState.DONE: "green",
    FollowUpState.NOT_NEEDED: "grey",
}
OUTCOME_COLOURS: Final = {
    FollowUpOutcome.CORRECTED: "green",
    FollowUpOutcome.PARTLY: "yellow",
    FollowUpOutcome.NOT: "red",
}
_REFUSED: Final = (Invalid, Stale, Conflict, NotAllowed)


@router.get("/follow-ups")
def list_follow_ups(
    request: Request,
    acting: Reader,
    page: Page,
    show: Annotated[ShowFollowUps, Query(description="Which follow-ups.")] = ShowFollowUps.OPEN,
) -> Response:
    found = queries.list_follow_ups(
        acting.session, show=show, after=paging.place_of(page), limit=page.to_fetch, by=acting.actor
    )
    shown, after = page.cut(found, key=paging.key_of)
    queries.record_seen(acting.session, acting.actor, shown)
    return render(
        request,
        "follow_ups/list.html",
        acting=acting,
        items=shown,
        after=after,
        first=page.after is None,
        show=show,
        shows=[{"value": each.value, "text": each.label} for each in ShowFollowUps],
        colours=COLOURS,
    )


@router.get("/audits/{audit_id}/follow-up")
def show_follow_up(request: Request, acting: Reader, audit_id: uuid.UUID) -> Response:
    return _page(request, acting, audit_id)


@router.post("/audits/{audit_id}/follow-up/notified")
def record_notified(request: Request, acting: Notifier, audit_id: uuid.UUID, form: PostedForm) -> Response:
    notified_on = form.date("notified_on", "The day")
    try:
        form.check()
        with acting.attempt():
            actions.record_notified(
                acting.session, audit_id=audit_id, notified_on=notified_on, version=form.version, by=acting.actor
            )
    except _REFUSED as problem:
        return _page(request, acting, audit_id, problem=problem, form=form)
    return redirect(f"/audits/{audit_id}/follow-up", notice="Recorded that they were notified.")


@router.post("/audits/{audit_id}/follow-up/reader")
def allocate(request: Request, acting: Lead, audit_id: uuid.UUID, form: PostedForm) -> Response:
    reader_id = identifier_in(form.text("reader_id"))
    try:
        with acting.attempt():
            actions.allocate(
                acting.session, audit_id=audit_id, reader_id=reader_id, version=form.version, by=acting.actor
            )
    except _REFUSED as problem:
        return _page(request, acting, audit_id, problem=problem, form=form)
    return redirect(f"/audits/{audit_id}/follow-up", notice="Follow-up allocated.")


@router.post("/audits/{audit_id}/follow-up/outcomes")
def record_outcomes(request: Request, acting: WritingReader, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = queries.find_follow_up(acting.session, audit_id=audit_id, by=acting.actor)
    themes = [_typed(form, each.key) for each in found.themes]
    try:
        with acting.attempt():
            actions.record(acting.session, audit_id=audit_id, themes=themes, version=form.version, by=acting.actor)
    except _REFUSED as problem:
        return _page(request, acting, audit_id, problem=problem, form=form)
    return redirect(f"/audits/{audit_id}/follow-up", notice="Follow-up recorded.")


def _typed(form: TypedForm, theme: str) -> FoundTheme:
    prefix = f"themes/{theme}/"
    outcome = next((each for each in FollowUpOutcome if each == form.text(f"{prefix}outcome")), None)
    return FoundTheme(theme, outcome, form.text(f"{prefix}words"), form.keep_names(prefix))


def _page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, by = acting.session, acting.actor
    found = queries.find_follow_up(session, audit_id=audit_id, by=by)
    return render(
        request,
        "follow_ups/follow_up.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        colours=COLOURS,
        outcome_colours=OUTCOME_COLOURS,
        outcomes=[{"value": each.value, "text": each.label} for each in FollowUpOutcome],
        reads_audit=may_read_audit(by, found.listed.audit),
        may_record_notified=is_allowed(rules.check_can_record_notified, by, found.follow_up),
        may_record=is_allowed(rules.check_can_record, by, found.follow_up),
        readers=_readers(acting, found),
    )


def _readers(acting: Transaction, found: ShownFollowUp) -> list[dict[str, str]] | None:
    """The choices of a reader; None where this person cannot choose one now."""
    session, by, audit = acting.session, acting.actor, found.listed.audit
    if not by.may(Permission.READ_ROUNDS):
        return None
    audit_round = rounds.find_round(session, round_id=audit.round_id, by=by)
    if not is_allowed(rules.check_can_allocate, session, by, found.follow_up, audit, audit_round):
        return None
    return [{"value": str(key), "text": name} for key, name in queries.readers_for(session, audit, by=by).items()]
