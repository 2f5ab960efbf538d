"""What programs ask of one version beside its content: what has changed in it, and that a draft uses format 2."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.audit_templates import comparing, conversion
from api.audit_templates.comparing import VersionChanges
from api.audit_templates.routes import VERSION_ADDRESS, Number, Reader, WholeVersionOut, Writer
from api.foundation.http.dependencies import IfMatch
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from checklists.templates.versions.differences import Changed, Difference, PartKind

router = Router(tags=["Templates"])


class DifferenceOut(BaseModel):
    """One part of a template that differs between two versions."""

    kind: PartKind
    changed: Changed
    key: Annotated[str, Field(description="The key of the part.")]
    label: Annotated[str, Field(description="The part's label.")]
    entries: Annotated[list[str], Field(description="The entries that differ, in words.")]
    comparable: Annotated[
        bool | None,
        Field(description="True if its answers can be compared with earlier answers. Null for a part without answers."),
    ]
    reason: Annotated[str, Field(description="Why they cannot be compared. Empty if they can.")]

    @classmethod
    def of(cls, found: Difference) -> Self:
        return cls(
            kind=found.kind,
            changed=found.changed,
            key=found.key,
            label=found.label,
            entries=list(found.entries),
            comparable=found.comparable,
            reason=found.reason,
        )


class ChangesOut(BaseModel):
    """What has changed in a version since an earlier one."""

    number: int
    since: Annotated[int | None, Field(description="The number of the earlier version. Null if there is none.")]
    items: list[DifferenceOut]

    @classmethod
    def of(cls, changes: VersionChanges) -> Self:
        return cls(
            number=changes.found.version.number,
            since=None if changes.before is None else changes.before.version.number,
            items=[DifferenceOut.of(each) for each in changes.differences],
        )


@router.get(VERSION_ADDRESS + "/changes", response_model=ChangesOut, responses=refusals(404))
def read_template_changes(
    acting: Reader,
    template_id: uuid.UUID,
    number: Number,
    since: Annotated[
        int | None,
        Query(ge=1, le=1_000_000, description="The version to compare with. If left out, the previous version."),
    ] = None,
) -> ChangesOut:
    """What has changed in a version since another: its themes, questions, facts, ratings and rules, matched by key."""
    changes = comparing.compare_versions(
        acting.session, template_id=template_id, number=number, since=since, by=acting.actor
    )
    return ChangesOut.of(changes)


@router.post(VERSION_ADDRESS + "/use-format-2", response_model=WholeVersionOut, responses=refusals(404, 409, 412, 428))
def use_format_2(acting: Writer, template_id: uuid.UUID, number: Number, version: IfMatch) -> Response:
    """Write a draft of format 1 in format 2. It asks what it asked: limiting themes become a cap with the same meaning,
    and the same texts are asked. A draft in format 2 stays as it is.
    """
    found = conversion.use_format_2(
        acting.session, template_id=template_id, number=number, version=version, by=acting.actor
    )
    return json_reply(WholeVersionOut.of(found), version=found.version.version)
