"""The conversation with the worker of an audit."""

from sqlmodel import Session

from checklists.templates.template import Template as TemplateContent
from models import Audit, Conversation


def conversation_of(session: Session, audit: Audit, template: TemplateContent) -> Conversation:
    """The conversation; an empty one of version 0, not stored, when nothing was ever written or nobody asks for it."""
    own = (audit.organisation_id, audit.id)
    found = session.get(Conversation, own, populate_existing=True) if template.further.conversation else None
    return found or Conversation(organisation_id=audit.organisation_id, audit_id=audit.id)
