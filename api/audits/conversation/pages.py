"""The page on which an auditor writes down the conversation with the worker."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.conversation import actions
from api.audits.conversation.actions import NewConversation
from api.audits.conversation.parts import TITLE, conversation_section
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale
from checklists.audits.conversation import Participant

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
OVERTAKEN = "The conversation was changed in another window since you opened this page. Nothing you typed is lost."
# Where a person came from, or is to go next.
LIST = "list"


@router.get("/audits/{audit_id}/conversation")
def show_form(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not (can_score(acting.actor, found) and found.template.further.conversation):
        return redirect(f"{audit_path_of(found)}#conversation")
    return _page(request, acting, found, came_from=came_from)


@router.post("/audits/{audit_id}/conversation")
def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    words = _words(found, form)
    try:
        with acting.attempt():
            held_on = form.date("held_on", "The day of the conversation", needed=False)
            form.check()
            new = _typed(form, held_on, words)
            actions.write_conversation(
                acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor
            )
    except (Conflict, NotAllowed) as problem:
        return _not_saved(request, acting, found, words, problem)
    except (Invalid, Stale) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)
    onward = () if form.text("do") == LIST else ("check",)
    return redirect(audit_path_of(found, *onward), notice="The conversation is saved.")


def _typed(form: TypedForm, held_on: date | None, words: str) -> NewConversation:
    return NewConversation(held_on, form.texts("took_part"), form.texts("obstacles"), words, form.keep_names())


def _words(found: ReadAudit, form: TypedForm) -> str:
    """The words as they were typed. What a browser only returns is the stored text, whatever its line ends are."""
    typed, was = form.text("obstacle_words"), found.conversation.obstacle_words
    return was if typed == was.replace("\r\n", "\n").replace("\r", "\n").rstrip() else typed


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    """The form; after a refusal with what was typed, and after a change in another window with what is saved now."""
    is_overtaken = isinstance(problem, Stale)
    version = str(found.conversation.version)
    return render(
        request,
        "audits/conversation/conversation.html",
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", OVERTAKEN)] if is_overtaken else None,
        # Saving again replaces what this page shows as saved.
        typed=None if form is None else {**form.typed, "version": [version]} if is_overtaken else form.typed,
        found=found,
        title=TITLE,
        section=conversation_section(found),
        audit_path=audit_path_of(found),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=version,
        participants=choices_of(tuple(Participant)),
        obstacles=[{"value": each.key, "text": each.label} for each in found.template.obstacles],
    )


def _not_saved(request: Request, acting: Transaction, found: ReadAudit, words: str, problem: Problem) -> Response:
    """Why nothing can be saved any more, with the words as they were typed, to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        typed_texts=[("What got in the way", words)] if words else [],
    )
