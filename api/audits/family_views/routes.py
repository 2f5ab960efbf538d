"""Family views over REST."""

import uuid
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.actions import ReadAudit
from api.audits.family_views import actions
from api.audits.family_views.actions import NewView, version_of_views
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView, decode_family_answers
from checklists.templates.asks import MOST_FAMILY_QUESTIONS

router = Router(prefix="/audits", tags=["Audits"])

_Key = Annotated[str, Field(min_length=1, max_length=60)]


class FamilyViewIn(BaseModel):
    """What is said of one of the family: `how` they gave their views, or why there is `no_view`."""

    model_config = ConfigDict(extra="forbid")

    how: HowAsked | None = None
    no_view: WhyNoView | None = None
    answers: Annotated[
        dict[_Key, _Key],
        Field(
            max_length=MOST_FAMILY_QUESTIONS, description="The selected answers, by the key of the template's question."
        ),
    ] = {}
    words: Annotated[FreeText, Field(description="A summary of their views in the auditor's words.")] = ""
    keep_names: KeepNames = None

    def to_new(self) -> NewView:
        return NewView(self.how or "", self.no_view or "", self.answers, self.words, self.keep_names)


_MEMBERS: Final = tuple(who.value for who in FamilyMember)


class FamilyViewsIn(BaseModel):
    """Family views. A family member who is not listed has no recorded views."""

    model_config = ConfigDict(extra="forbid")

    child: FamilyViewIn | None = None
    parent: FamilyViewIn | None = None
    carer: FamilyViewIn | None = None
    other: FamilyViewIn | None = None

    def to_new(self) -> dict[str, NewView]:
        said = {who: getattr(self, who) for who in _MEMBERS}
        return {who: view.to_new() for who, view in said.items() if view is not None}


class FamilyViewOut(BaseModel):
    """What is said of one of the family."""

    who: FamilyMember
    how: HowAsked | None
    no_view: WhyNoView | None
    answers: dict[str, str]
    words: str


class FamilyViewsOut(BaseModel):
    """Family views. They do not affect any grade."""

    views: list[FamilyViewOut]
    version: Annotated[int, Field(description="0 when no family views have been recorded.")]

    @classmethod
    def of(cls, found: ReadAudit) -> Self:
        return cls(
            views=[
                FamilyViewOut(
                    who=FamilyMember(view.who),
                    how=HowAsked(view.how) if view.how else None,
                    no_view=WhyNoView(view.no_view) if view.no_view else None,
                    answers=decode_family_answers(found.template, view.answers),
                    words=view.words,
                )
                for view in found.family_views.values()
            ],
            version=version_of_views(found.family_views),
        )


@router.get("/{audit_id}/family-views", response_model=FamilyViewsOut, responses=refusals(404))
def read_family_views(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    """Whose views there are and what they say, and why there are no others."""
    found = FamilyViewsOut.of(actions.find_family_views(acting.session, audit_id=audit_id, by=acting.actor))
    return json_reply(found, version=found.version)


@router.put("/{audit_id}/family-views", response_model=FamilyViewsOut, responses=refusals(404, 409, 412, 428))
def write_family_views(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    views: FamilyViewsIn,
) -> Response:
    """Replace all family views of an audit. If-Match is their own version: `"0"` when there are none yet."""
    found = FamilyViewsOut.of(
        actions.write_family_views(
            acting.session, audit_id=audit_id, new=views.to_new(), version=version, by=acting.actor
        )
    )
    return json_reply(found, version=found.version)
