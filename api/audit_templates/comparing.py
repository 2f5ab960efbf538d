"""What has changed between two versions of a template."""

import uuid
from dataclasses import dataclass

from sqlmodel import Session

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.foundation.permissions import Actor
from checklists.templates.versions.differences import Difference, differences

_MOST_VERSIONS = 200


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """The differences of a version to an earlier one; `before` is None, and nothing differs, where there is none."""

    found: FoundVersion
    before: FoundVersion | None
    differences: tuple[Difference, ...]


def earlier_numbers(session: Session, found: FoundVersion, *, by: Actor) -> list[int]:
    """The numbers of the versions before this one that the actor may see, newest first."""
    versions = actions.list_versions(session, by=by, limit=_MOST_VERSIONS, template_id=found.template.id)
    return [each.version.number for each in versions if each.version.number < found.version.number]


def compare_versions(
    session: Session, *, template_id: uuid.UUID, number: int, since: int | None, by: Actor
) -> VersionChanges:
    """What has changed since another version; without `since`, since the one before. Raises NotFound."""
    found = actions.find_version(session, template_id=template_id, number=number, by=by)
    if since is None:
        since = next(iter(earlier_numbers(session, found, by=by)), None)
    if since is None:
        return VersionChanges(found, None, ())
    before = actions.find_version(session, template_id=template_id, number=since, by=by)
    return VersionChanges(found, before, differences(found.content, before.content))
