"""The page on which an auditor writes down the conversation with the worker."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import save_section, show_section
from api.audits.conversation import actions
from api.audits.conversation.actions import NewConversation
from api.audits.conversation.parts import TITLE, conversation_section
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from checklists.audits.conversation import Participant

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


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
    words = form.text_or_stored("obstacle_words", found.conversation.obstacle_words)

    def write() -> None:
        held_on = form.date("held_on", "The date of the conversation", needed=False)
        form.check()
        new = _typed(form, held_on, words)
        actions.write_conversation(acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor)

    def show_again(fresh: ReadAudit, problem: Problem) -> Response:
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)

    return save_section(
        request,
        acting,
        found,
        form,
        write=write,
        texts=[("Barriers to the work", words)],
        show_again=show_again,
        notice="Conversation saved.",
    )


def _typed(form: TypedForm, held_on: date | None, words: str) -> NewConversation:
    return NewConversation(held_on, form.texts("took_part"), form.texts("obstacles"), words, form.keep_names())


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return show_section(
        request,
        acting,
        found,
        page="audits/conversation/conversation.html",
        called="The conversation was",
        version=found.conversation.version,
        came_from=came_from,
        problem=problem,
        form=form,
        title=TITLE,
        section=conversation_section(found),
        participants=choices_of(tuple(Participant)),
        obstacles=[{"value": each.key, "text": each.label} for each in found.template.obstacles],
    )
