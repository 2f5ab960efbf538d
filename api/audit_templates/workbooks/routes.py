"""Templates as workbooks over REST: downloading one, and reading one that was filled in. Nothing is stored."""

import uuid
from typing import Annotated, Any, Final, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.audit_templates.routes import VERSION_ADDRESS, Number
from api.audit_templates.workbooks.checking import template_in
from api.audit_templates.workbooks.effect import WorkbookEffect, effect_of
from api.audit_templates.workbooks.writing import write_template_workbook
from api.documents.files import MEDIA_TYPES, FileKind
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import etag
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.templates.template import Template as TemplateContent

router = Router(tags=["Templates"])

WORKBOOK: Final = MEDIA_TYPES[FileKind.XLSX]
_FILE: Final[dict[str, Any]] = {"content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}}


class WorkbookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: Annotated[Base64Bytes, Field(description="The workbook in base64, up to 700 kB.")]


class WorkbookOut(BaseModel):
    """What a workbook holds, and what it would make. To make it, send `content` as a template or as a draft."""

    content: TemplateContent
    template_id: Annotated[uuid.UUID | None, Field(description="The template of the same key, if there is one.")]
    newest: Annotated[int | None, Field(description="The number of its newest version.")]
    is_draft: Annotated[bool, Field(description="Whether that version is a draft, which the content would replace.")]
    version: Annotated[int | None, Field(description="The ETag of that version, for If-Match.")]
    changes: Annotated[list[str], Field(description="The parts that differ from that version.")]
    left_out: Annotated[
        list[str],
        Field(description="The parts of an XLSForm that a template cannot have, by sheet and cell."),
    ]

    @classmethod
    def of(cls, effect: WorkbookEffect) -> Self:
        newest = None if effect.newest is None else effect.newest.version
        return cls(
            content=effect.content,
            template_id=None if newest is None else newest.template_id,
            newest=None if newest is None else newest.number,
            is_draft=effect.replaces_draft,
            version=None if newest is None else newest.version,
            changes=[f"{each.label}: {each.changed.value}" for each in effect.differences],
            left_out=list(effect.left_out),
        )


@router.get("/template-workbook", response_class=Response, responses={200: {"description": "An .xlsx file.", **_FILE}})
def read_empty_template_workbook(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_TEMPLATES)],  # noqa: ARG001 - declares who may
) -> Response:
    """An empty workbook to fill in, with notes and drop-downs."""
    return empty_workbook()


@router.get(
    VERSION_ADDRESS + "/workbook",
    response_class=Response,
    responses={200: {"description": "The template as an .xlsx file.", **_FILE}, **refusals(404)},
)
def read_template_workbook(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_TEMPLATES)], template_id: uuid.UUID, number: Number
) -> Response:
    """The template as a workbook that can be changed and uploaded."""
    return workbook_of(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


@router.post(
    "/template-workbooks",
    response_model=WorkbookOut,
)
def check_template_workbook(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_TEMPLATES)], sent: WorkbookIn
) -> WorkbookOut:
    """Read a workbook that was filled in, or an XLSForm. Each fault names its sheet and cell. Nothing is stored."""
    read = template_in(sent.file)
    return WorkbookOut.of(effect_of(acting.session, read.content, left_out=read.left_out, by=acting.actor))


def empty_workbook() -> Response:
    """The empty workbook as a file to download."""
    return as_workbook(write_template_workbook(), "empty-template.xlsx")


def workbook_of(found: FoundVersion) -> Response:
    """A version as a workbook to download."""
    name = f"{found.template.key}-version-{found.version.number}.xlsx"
    return as_workbook(write_template_workbook(found.content), name, ETag=etag(found.version.version))


def as_workbook(content: bytes, name: str, **headers: str) -> Response:
    """A workbook to download under this name."""
    named = {"Content-Disposition": f'attachment; filename="{name}"', **headers}
    return Response(content, 200, named, media_type=WORKBOOK)
