"""A draft of format 1, written in format 2."""

import uuid

from sqlmodel import Session

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.foundation.permissions import Actor, Permission, check_may
from checklists.templates.versions.converting import in_format_2


def use_format_2(session: Session, *, template_id: uuid.UUID, number: int, version: int, by: Actor) -> FoundVersion:
    """Write a draft in format 2; it asks what it asked. One that is in format 2 already stays as it is.

    Raises Stale when the draft changed since `version`, Conflict when it is no longer a draft.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    found = actions.find_version(session, template_id=template_id, number=number, by=by)
    if found.is_draft and not found.content.is_format_1 and found.version.version == version:
        return found
    return actions.change_draft(
        session,
        template_id=template_id,
        number=number,
        content=in_format_2(found.content),
        version=version,
        by=by,
    )
