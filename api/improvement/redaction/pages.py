"""The page on which a moderator or a quality lead removes text from an action."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.audits.redaction.actions import RedactionReason
from api.audits.redaction.forms import choices_of_texts, read_form
from api.foundation.http.dependencies import Transaction, database_of, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale
from api.improvement import actions as improvement
from api.improvement.redaction import actions

router = Router(include_in_schema=False)

ReadingRedactor = Annotated[Transaction, reading(Permission.REDACT_AUDITS)]
WritingRedactor = Annotated[Transaction, writing(Permission.REDACT_AUDITS)]


@router.get("/actions/{action_id}/redact")
def ask_what_to_redact(request: Request, acting: ReadingRedactor, action_id: uuid.UUID) -> Response:
    return _page(request, acting, action_id)


@router.post("/actions/{action_id}/redact")
def redact(request: Request, acting: WritingRedactor, action_id: uuid.UUID, form: PostedForm) -> Response:
    found = improvement.find_action(acting.session, action_id=action_id, by=acting.actor)
    try:
        with acting.attempt():
            text, places, reason = read_form(form, actions.texts_of(found))
            actions.redact_action(
                acting.session,
                action_id=action_id,
                place=text.place,
                places=places,
                reason=reason,
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale, Conflict) as problem:
        return _page(request, acting, action_id, problem=problem, form=form)
    response = redirect(f"/actions/{action_id}", notice="The text is permanently redacted.")
    response.background = BackgroundTask(database_of(request).empty_log)
    return response


def _page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = improvement.find_action(acting.session, action_id=action_id, by=acting.actor)
    return render(
        request,
        "improvement/redaction/redact.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        texts=choices_of_texts(actions.texts_of(found)),
        reasons=choices_of(tuple(RedactionReason)),
        is_stale=isinstance(problem, Stale),
    )
