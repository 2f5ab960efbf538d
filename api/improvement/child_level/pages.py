"""Pages on which a child-level action is proposed or changed."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.parts import audit_path_of
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, NotFound, Problem, Stale
from api.improvement import actions as improvement
from api.improvement import rules
from api.improvement.child_level import actions
from api.improvement.child_level.actions import NewChildAction
from api.improvement.child_level.owners import owners_for_child
from api.improvement.defaults.actions import MOST_DAYS, defaults_of
from api.improvement.planning_pages import identifier_in
from api.improvement.queries import FoundAction
from models import ActionState, Audit

router = Router(include_in_schema=False)

ReadingWorker = Annotated[Transaction, reading(Permission.PROGRESS_ACTIONS)]
WritingWorker = Annotated[Transaction, writing(Permission.PROGRESS_ACTIONS)]


@router.get("/audits/{audit_id}/actions/new")
def ask_what_must_happen(
    request: Request,
    acting: ReadingWorker,
    audit_id: uuid.UUID,
    theme: Annotated[str, Query(max_length=60, description="The theme that the action comes from.")] = "",
) -> Response:
    return _new_page(request, acting, audit_id, theme=theme)


@router.post("/audits/{audit_id}/actions/new")
def propose_child_action(request: Request, acting: WritingWorker, audit_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.propose_child_action(acting.session, audit_id=audit_id, new=_new_of(form), by=acting.actor)
        path = f"/audits/{audit_id}"
        if made.state is not ActionState.PROPOSED:
            return redirect(f"/actions/{made.id}", notice="Action added. Its owner can see it.")
        if made.themes:
            path += f"/themes/{made.themes}"
        return redirect(path, notice="Action proposed. Its owner can see it when you submit the audit.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _new_page(request, acting, audit_id, theme=form.text("theme"), problem=problem, form=form)


@router.get("/child-actions/{action_id}/edit")
def ask_what_changes(request: Request, acting: ReadingWorker, action_id: uuid.UUID) -> Response:
    return _edit_page(request, acting, action_id)


@router.post("/child-actions/{action_id}/edit")
def change_child_action(request: Request, acting: WritingWorker, action_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_child_action(
                acting.session, action_id=action_id, new=_new_of(form), version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        return _edit_page(request, acting, action_id, problem=problem, form=form)
    return redirect(f"/actions/{action_id}", notice="Action changed.")


def _new_of(form: TypedForm) -> NewChildAction:
    days = form.text("due_days").strip()
    return NewChildAction(
        words=form.text("words"),
        theme=form.text("theme"),
        owner_id=identifier_in(form.text("owner_id")),
        owner_post=form.text("owner_post"),
        # A text that is not a number becomes 0, which is refused; an empty one means as many as the organisation chose.
        due_days=(int(days) if days.isascii() and days.isdecimal() and len(days) <= 4 else 0) if days else None,
        reason=form.text("reason"),
        keep_names=form.keep_names(),
    )


def _new_page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    *,
    theme: str,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    rules.check_can_propose_for_child(acting.actor, found.audit)
    return render(
        request,
        "improvement/child_level/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        reference=found.case_file.reference,
        subject=found.template.own_words.subject,
        back=audit_path_of(found),
        action=None,
        theme=theme if found.template.has_theme(theme) else "",
        themes=[{"value": each.key, "text": each.label} for each in found.template.themes],
        is_live=rules.adds_live_actions(acting.actor, found.audit),
        is_stale=False,
        owners=_owners(acting, found.audit),
        days=defaults_of(acting.session, acting.actor.organisation_id).child_days,
        most_days=MOST_DAYS,
    )


def _edit_page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found: FoundAction = improvement.find_action(acting.session, action_id=action_id, by=acting.actor)
    action = found.action
    if found.audit is None:
        raise NotFound("action")
    rules.check_can_change(acting.actor, action, decides=found.decides)
    return render(
        request,
        "improvement/child_level/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        reference=found.reference,
        back=f"/actions/{action.id}",
        action=action,
        theme=action.themes,
        themes=[],
        is_live=action.state is not ActionState.PROPOSED,
        is_stale=isinstance(problem, Stale),
        owners=_owners(acting, found.audit),
        days=action.due_days or defaults_of(acting.session, acting.actor.organisation_id).child_days,
        most_days=MOST_DAYS,
    )


def _owners(acting: Transaction, audit: Audit) -> list[dict[str, str]]:
    people = owners_for_child(acting.session, audit, by=acting.actor)
    return [{"value": str(person_id), "text": name} for person_id, name in people.items()]
