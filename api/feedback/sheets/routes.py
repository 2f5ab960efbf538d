"""The feedback on an audit over REST: written, shared, linked to, and reflected on."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER
from api.feedback.sheets import actions
from api.feedback.sheets.actions import NewSheet
from api.feedback.sheets.document import SheetKind, sheet_document
from api.feedback.sheets.pages import link_to_give
from api.feedback.sheets.queries import ShownSheet
from api.feedback.sheets.reflections import NewReflection, type_reflection
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, heavy_reading, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate

router = Router(tags=["Feedback"])

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_AUDITS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_FEEDBACK)]


class FeedbackIn(BaseModel):
    """Feedback as it was given to the practitioner."""

    model_config = ConfigDict(extra="forbid")

    works_well: Annotated[FreeText, Field(description="What is working well.")] = ""
    think_about: Annotated[FreeText, Field(description="What the practitioner should think about.")] = ""
    given_on: Annotated[WrittenDate, Field(description="The day on which it was given.")]
    keep_names: KeepNames = None


class SheetThemeOut(BaseModel):
    key: str
    label: str


class SheetQuestionOut(BaseModel):
    theme: str
    question: str


class FeedbackOut(BaseModel):
    """Feedback on an audit, and the practitioner's reflection."""

    code: Annotated[str, Field(description="The code on the sheet. It gives no access.")]
    works_well: str
    think_about: str
    themes: Annotated[
        list[SheetThemeOut], Field(description="The themes that fell short when the feedback was written.")
    ]
    questions: list[SheetQuestionOut]
    given_by: str
    given_on: date
    shared_at: Annotated[datetime | None, Field(description="When it was shared with the team of the case.")]
    reflection: str
    reflected_at: datetime | None

    @classmethod
    def of(cls, shown: ShownSheet) -> Self:
        sheet = shown.sheet
        return cls(
            code=shown.code,
            works_well=sheet.works_well,
            think_about=sheet.think_about,
            themes=[SheetThemeOut(key=theme.key, label=theme.label) for theme in shown.themes],
            questions=[SheetQuestionOut(theme=theme, question=prompt) for theme, prompt in shown.questions],
            given_by=shown.given_by,
            given_on=sheet.given_on,
            shared_at=sheet.shared_at,
            reflection=sheet.reflection,
            reflected_at=sheet.reflected_at,
        )


class LinkOut(BaseModel):
    link: Annotated[str | None, Field(description="The link, in this response only: it is not stored.")]
    expires_at: datetime


class ReflectionIn(BaseModel):
    """A reflection as the practitioner wrote it on the sheet."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=20, description="The code at the foot of the sheet.")]
    words: Annotated[FreeText, Field(min_length=1, description="What the practitioner says.")]
    keep_names: KeepNames = None


@router.get("/audits/{audit_id}/feedback", response_model=FeedbackOut, responses=refusals(404))
def read_feedback(acting: Reader, audit_id: uuid.UUID) -> Response:
    """The feedback on an audit, with the practitioner's reflection. 404 when none was given."""
    return _shown(acting, audit_id)


@router.put("/audits/{audit_id}/feedback", response_model=FeedbackOut, responses=refusals(404, 409, 412, 428))
def write_feedback(acting: Writer, audit_id: uuid.UUID, version: IfMatch, new: FeedbackIn) -> Response:
    """Record the feedback given on a submitted audit. If-Match is its own version: `"0"` when there is none yet."""
    wanted = NewSheet(new.works_well, new.think_about, new.given_on, new.keep_names)
    actions.write_sheet(acting.session, audit_id=audit_id, new=wanted, version=version, by=acting.actor)
    return _shown(acting, audit_id)


@router.get("/audits/{audit_id}/feedback.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_sheet_as_file(acting: FileReader, audit_id: uuid.UUID, kind: SheetKind) -> Response:
    """The sheet for supervision, on one page, without anything that identifies."""
    shown = actions.find_sheet(acting.session, audit_id=audit_id, by=acting.actor)
    return file_answer(
        acting, render_file(sheet_document(shown), FileKind(kind.value)), "audit.feedback-fetched", audit_id
    )


@router.post("/audits/{audit_id}/feedback/sharing", response_model=FeedbackOut, responses=refusals(404, 409, 412, 428))
def share_feedback(acting: Writer, audit_id: uuid.UUID, version: IfMatch) -> Response:
    """Share this version of the feedback with the team of the case, for good. By a quality lead."""
    actions.share_sheet(acting.session, audit_id=audit_id, version=version, by=acting.actor)
    return _shown(acting, audit_id)


@router.post(
    "/audits/{audit_id}/feedback/links", status_code=201, response_model=LinkOut, responses=refusals(400, 404, 409)
)
def make_link(request: Request, acting: Writer, key: IdempotencyKey, audit_id: uuid.UUID) -> Response:
    """Make a one-time link for the practitioner. Links made before stop working."""

    def make() -> SecretReply:
        made = actions.make_link(acting.session, audit_id=audit_id, by=acting.actor)
        link = link_to_give(request, acting.settings, made.secret)
        return SecretReply(
            json_reply(LinkOut(link=link, expires_at=made.expires_at), status=201),
            again=json_reply(LinkOut(link=None, expires_at=made.expires_at), status=201),
        )

    return run_once(acting, key, make)


@router.post("/reflections", response_model=FeedbackOut, responses=refusals(409))
def type_in_reflection(acting: Writer, new: ReflectionIn) -> Response:
    """Record a reflection that the practitioner wrote on the sheet, by its code."""
    sheet = type_reflection(
        acting.session, code=new.code, new=NewReflection(new.words, new.keep_names), by=acting.actor
    )
    return _shown(acting, sheet.audit_id)


def _shown(acting: Transaction, audit_id: uuid.UUID) -> Response:
    shown = actions.find_sheet(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(FeedbackOut.of(shown), version=shown.sheet.version)
