"""The page on which an auditor writes down the conversation with the worker."""

from typing import Any

from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.conversation import actions
from api.audits.conversation.actions import NewConversation
from api.audits.conversation.parts import TITLE, conversation_section
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import TypedForm
from checklists.audits.conversation import Participant

router = Router(include_in_schema=False)


def _typed(found: ReadAudit, form: TypedForm) -> TypedSection:
    words = form.text_or_stored("obstacle_words", found.conversation.obstacle_words)

    def write(acting: Transaction) -> None:
        held_on = form.date("held_on", "The date of the conversation", needed=False)
        form.check()
        new = NewConversation(held_on, form.texts("took_part"), form.texts("obstacles"), words, form.keep_names())
        actions.write_conversation(
            acting.session, audit_id=found.audit.id, new=new, version=form.version, by=acting.actor
        )

    return TypedSection(write, [("Barriers to the work", words)])


def _shown(found: ReadAudit) -> dict[str, Any]:
    return {
        "title": TITLE,
        "section": conversation_section(found),
        "participants": choices_of(tuple(Participant)),
        "obstacles": [{"value": each.key, "text": each.label} for each in found.template.obstacles],
    }


add_section(
    router,
    SectionForm(
        path="conversation",
        anchor="conversation",
        page="audits/conversation/conversation.html",
        changed="The conversation was",
        saved="Conversation saved.",
        is_asked=lambda found: found.template.further.conversation,
        version=lambda found: found.conversation.version,
        shown=_shown,
        typed=_typed,
    ),
)
