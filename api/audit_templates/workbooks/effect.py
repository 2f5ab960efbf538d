"""What an uploaded workbook would make: a new template, the next version of one, or another content of its draft."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Stale
from checklists.templates.template import Template as TemplateContent
from checklists.templates.versions.differences import Difference, differences
from models import Template, TemplateVersionState

_NEW = "new"


@dataclass(frozen=True, slots=True)
class WorkbookEffect:
    """The template of a workbook, and the newest version of the template of its key; None where there is none."""

    content: TemplateContent
    newest: FoundVersion | None
    # The parts of an XLSForm that a template cannot have.
    left_out: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What differs from the newest version: computed when asked, which saving does not."""
        return () if self.newest is None else differences(self.content, self.newest.content)

    @property
    def replaces_draft(self) -> bool:
        return self.newest is not None and self.newest.version.state is TemplateVersionState.DRAFT

    @property
    def seen(self) -> str:
        """Names what was compared, so that nothing else is replaced than what a person saw."""
        if self.newest is None:
            return _NEW
        version = self.newest.version
        return f"{version.template_id}/{version.number}/{version.version}"


def effect_of(session: Session, content: TemplateContent, *, left_out: Sequence[str] = (), by: Actor) -> WorkbookEffect:
    """What the template would become; stores nothing."""
    check_may(by, Permission.WRITE_TEMPLATES)
    template_id = _template_of_key(session, content.key, by)
    if template_id is None:
        return WorkbookEffect(content, None, tuple(left_out))
    number = actions.list_versions(session, by=by, limit=1, template_id=template_id)[0].version.number
    newest = actions.find_version(session, template_id=template_id, number=number, by=by)
    return WorkbookEffect(content, newest, tuple(left_out))


def apply(session: Session, content: TemplateContent, *, seen: str, by: Actor) -> FoundVersion:
    """Make the draft that `effect_of` showed. Raises Stale when the template changed since `seen`."""
    effect = effect_of(session, content, by=by)
    if effect.seen != seen:
        raise Stale("The template changed after you uploaded the workbook. Check again what it would make.")
    if effect.newest is None:
        return actions.create_template(session, content=content, by=by)
    draft = effect.newest
    template_id = draft.version.template_id
    if not effect.replaces_draft:
        draft = actions.new_version(session, template_id=template_id, from_number=draft.version.number, by=by)
    return actions.change_draft(
        session,
        template_id=template_id,
        number=draft.version.number,
        content=content,
        version=draft.version.version,
        by=by,
    )


def _template_of_key(session: Session, key: str, by: Actor) -> uuid.UUID | None:
    own = (col(Template.organisation_id) == by.organisation_id, col(Template.key) == key)
    return session.exec(select(Template.id).where(*own)).one_or_none()
