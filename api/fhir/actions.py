"""Making drafts of questionnaires."""

from sqlmodel import Session

from api.audit_templates.actions import FoundVersion
from api.audit_templates.workbooks.effect import apply, effect_of
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict
from checklists.templates.template import Template


def make_draft(session: Session, content: Template, *, by: Actor) -> FoundVersion:
    """A draft of a new template, or the next version of the template of the same key.

    Raises Conflict when that template has a draft: nobody has seen what would be lost.
    """
    effect = effect_of(session, content, by=by)
    if effect.replaces_draft:
        raise Conflict("The template with this key has a draft. Publish or discard the draft, then send this again.")
    return apply(session, content, seen=effect.seen, by=by)
