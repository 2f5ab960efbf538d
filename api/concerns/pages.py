"""Pages of urgent concerns: raising one on an audit, the list, and one concern with its actions."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.parts import audit_path_of, case_rows
from api.concerns import actions, basis
from api.concerns.page_parts import STATE_COLOURS
from api.concerns.queries import OPEN, audit_of, concerns_for, in_hours, person_at, record_seen
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.outbox import queue as outbox
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from models import ConcernOutcome, ConcernState, now

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_CONCERNS)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_CONCERNS)]
Lead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]
MOST_SHOWN = 100


@router.get("/audits/{audit_id}/concern")
def ask_what_was_seen(
    request: Request,
    acting: ReadingWriter,
    audit_id: uuid.UUID,
    theme: Annotated[str, Query(max_length=60, description="The theme that the concern is about.")] = "",
) -> Response:
    return _raise_page(request, acting, audit_id, theme=theme)


@router.post("/audits/{audit_id}/concern")
def raise_concern(request: Request, acting: WritingWriter, audit_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.raise_concern(
            acting.session,
            audit_id=audit_id,
            person_id=_person_of(form),
            words=form.text("words"),
            themes=form.typed.get("themes", ()),
            hours=acting.settings.concern_hours,
            by=acting.actor,
            keep_names=form.keep_names(),
        )
        return redirect(f"/concerns/{made.id}", notice="Urgent concern raised.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _raise_page(request, acting, audit_id, form=form, problem=problem)


@router.get("/concerns")
def list_concerns(request: Request, acting: Reader) -> Response:
    session, actor = acting.session, acting.actor
    return render(
        request,
        "concerns/list.html",
        acting=acting,
        open_concerns=record_seen(session, actor, concerns_for(session, actor, states=OPEN, limit=MOST_SHOWN)),
        closed=record_seen(
            session, actor, concerns_for(session, actor, states=(ConcernState.CLOSED,), newest=True, limit=MOST_SHOWN)
        ),
        colours=STATE_COLOURS,
    )


@router.get("/concerns/{concern_id}")
def show(request: Request, acting: Reader, concern_id: uuid.UUID) -> Response:
    return _page(request, acting, concern_id)


@router.post("/concerns/{concern_id}/acknowledge")
def acknowledge(request: Request, acting: WritingWriter, concern_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.acknowledge(
                acting.session,
                concern_id=concern_id,
                words=form.text("words"),
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Conflict) as problem:
        return _page(request, acting, concern_id, form=form, problem=problem)
    return redirect(f"/concerns/{concern_id}", notice="Concern acknowledged. Close the concern after you have acted.")


@router.post("/concerns/{concern_id}/close")
def close(request: Request, acting: WritingWriter, concern_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.close_concern(
                acting.session,
                concern_id=concern_id,
                outcome=next((each for each in ConcernOutcome if each == form.text("outcome")), None),
                done=form.text("done"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Conflict, Stale) as problem:
        return _page(request, acting, concern_id, form=form, problem=problem)
    return redirect(f"/concerns/{concern_id}", notice="Urgent concern closed.")


@router.post("/concerns/{concern_id}/reassign")
def reassign(request: Request, acting: Lead, concern_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.reassign(
                acting.session,
                concern_id=concern_id,
                person_id=_person_of(form),
                hours=acting.settings.concern_hours,
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Conflict, Stale) as problem:
        return _page(request, acting, concern_id, form=form, problem=problem)
    return redirect(f"/concerns/{concern_id}", notice="Another person has been asked to act.")


def _person_of(form: TypedForm) -> uuid.UUID | None:
    try:
        return uuid.UUID(form.text("person_id"))
    except ValueError:
        return None


def _choices(people: Mapping[uuid.UUID, str]) -> list[dict[str, str]]:
    return [{"value": str(person_id), "text": name} for person_id, name in people.items()]


def _faults(problem: Problem | None) -> Sequence[Fault]:
    return () if problem is None else problem.faults or (Fault("", problem.detail),)


def _raise_page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    *,
    theme: str = "",
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    people = actions.possible_responders(
        acting.session, audit=found.audit, raised_by=acting.actor.person_id, by=acting.actor
    )
    return render(
        request,
        "concerns/raise.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        audit_path=audit_path_of(found),
        people=_choices(people),
        themes=[{"value": each.key, "text": each.label} for each in found.template.themes],
        first_themes=[theme],
        first_asked=str(person_at(acting.session, acting.actor, acting.settings.concern_person) or ""),
        hours=acting.settings.concern_hours,
    )


def _page(
    request: Request,
    acting: Transaction,
    concern_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    seen = actions.find_concern(acting.session, concern_id=concern_id, by=acting.actor)
    concern = seen.concern
    people: Mapping[uuid.UUID, str] = {}
    if actions.may_reassign(acting.actor, concern):
        people = actions.possible_responders(
            acting.session,
            audit=audit_of(acting.session, concern),
            raised_by=concern.raised_by_id,
            by=acting.actor,
        )
    about = basis.find_basis(acting.session, concern_id=concern_id, by=acting.actor) if seen.reads_basis else None
    faults = _faults(problem)
    if isinstance(problem, Stale):
        faults = (
            Fault("", ("The concern changed after you opened this page. Read the concern again before you continue.")),
        )
    return render(
        request,
        "concerns/concern.html",
        acting=acting,
        status=409 if isinstance(problem, Stale) else 200 if problem is None else problem.status,
        faults=faults,
        form=form,
        seen=seen,
        basis=about,
        case=case_rows(acting.session, about.found) if about else [],
        may_act=actions.may_act(acting.actor, concern),
        people=_choices({each: name for each, name in people.items() if each != concern.person_id}),
        outcomes=[{"value": outcome.value, "text": outcome.label} for outcome in ConcernOutcome],
        is_asked=acting.actor.person_id == concern.person_id,
        time_left=in_hours(concern.answer_by - max(now(), concern.asked_at)),
        sends_mail=bool(acting.settings.smtp_host),
        is_unreached=outbox.notice_failed(
            acting.session,
            organisation_id=concern.organisation_id,
            concern_id=concern.id,
            person_id=concern.person_id,
        ),
        colours=STATE_COLOURS,
    )
