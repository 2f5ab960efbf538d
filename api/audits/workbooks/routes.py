"""One's own audits as a workbook over REST: downloading it, checking what was typed, and saving an audit's sheet."""

import uuid
from typing import Annotated, Any, Final, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.workbooks.actions import check_can_save, plan_of_sheet, plan_workbook, save_sheet, sheets_to_write
from api.audits.workbooks.checking import KEEP_PATTERN, PlannedSheet
from api.audits.workbooks.reading import TypedSheet, sheets_in
from api.audits.workbooks.tokens import workbook_key
from api.audits.workbooks.writing import write_audit_workbook
from api.documents.files import MEDIA_TYPES, FileKind
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    IdempotencyKey,
    Transaction,
    computing,
    heavy_reading,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid

router = Router(tags=["Audits"])

HeavyScorer = Annotated[Transaction, heavy_reading(Permission.SCORE_AUDITS)]
WORKBOOK: Final = MEDIA_TYPES[FileKind.XLSX]
_FILE: Final[dict[str, Any]] = {"content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}}


class AuditWorkbookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: Annotated[Base64Bytes, Field(description="The workbook in base64, up to 700 kB.")]


class SheetIn(BaseModel):
    """The sheet of an audit, as the check of its workbook returned it."""

    model_config = ConfigDict(extra="forbid")

    sheet: TypedSheet
    keep: Annotated[
        dict[str, Annotated[str, Field(pattern=KEEP_PATTERN)]],
        Field(
            max_length=500,
            description="What to keep of each part that was changed meanwhile, by its key: `saved`, or `typed:` and "
            "the mark of the saved version that it replaces.",
        ),
    ] = {}


class CheckedSheetOut(BaseModel):
    """What the sheet of an audit would save."""

    audit_id: uuid.UUID
    reference: str
    changes: Annotated[list[str], Field(description="The keys of the parts that would be saved, such as theme/voice.")]
    conflicts: Annotated[
        dict[str, str],
        Field(description="The parts that were changed meanwhile, by key, each with the mark of its saved version."),
    ]
    sheet: Annotated[TypedSheet, Field(description="What was typed. Send it to save it.")]

    @classmethod
    def of(cls, plan: PlannedSheet) -> Self:
        return cls(
            audit_id=plan.found.audit.id,
            reference=plan.found.case_file.reference,
            changes=[part.key for part in plan.changed],
            conflicts={part.key: plan.stored_mark(part) for part in plan.conflicts},
            sheet=plan.sheet,
        )


class CheckedWorkbookOut(BaseModel):
    audits: list[CheckedSheetOut]


class SavedSheetOut(BaseModel):
    saved: Annotated[list[str], Field(description="The keys of the parts that were saved.")]


@router.get("/audit-workbook", response_class=Response, responses={200: {"description": "An .xlsx file.", **_FILE}})
def read_audit_workbook(acting: HeavyScorer) -> Response:
    """Your own audits that you can score now, as a workbook with a sheet for each."""
    return workbook_file(acting)


@router.post("/audit-workbooks", response_model=CheckedWorkbookOut)
def check_audit_workbook(acting: HeavyScorer, sent: AuditWorkbookIn) -> CheckedWorkbookOut:
    """Read a workbook that was filled in, and check every audit in it. Nothing is stored.

    Each error names its sheet and cell.
    """
    key = workbook_key(acting.settings)
    plan = plan_workbook(acting.session, sheets=sheets_in(sent.file), keep={}, key=key, by=acting.actor)
    plan.check()
    return CheckedWorkbookOut(audits=[CheckedSheetOut.of(each) for each in plan.sheets])


@router.post("/audits/{audit_id}/sheet", response_model=SavedSheetOut, responses=refusals(400, 404, 409, 412))
def save_audit_sheet(
    asking: Annotated[ActorRequest, computing(Permission.SCORE_AUDITS)],  # noqa: ARG001 - declares what it needs
    key: IdempotencyKey,
    audit_id: uuid.UUID,
    sent: SheetIn,
) -> Computed:
    """Save the sheet of one of your audits, all of it or nothing."""
    keep = {f"{audit_id}/{part}": choice for part, choice in sent.keep.items()}

    def prepare(acting: Transaction) -> TypedSheet:
        check_can_save(acting.session, audit_id=audit_id, by=acting.actor)
        secret = workbook_key(acting.settings)
        plan = plan_of_sheet(acting.session, sheet=sent.sheet, keep=keep, key=secret, by=acting.actor)
        if plan.found.audit.id != audit_id:
            raise Invalid.at("/sheet/token", "This sheet belongs to another audit.")
        plan.check()
        return sent.sheet

    def store(acting: Transaction, sheet: TypedSheet) -> Response:
        secret = workbook_key(acting.settings)
        plan = save_sheet(acting.session, sheet=sheet, keep=keep, key=secret, by=acting.actor)
        return json_reply(SavedSheetOut(saved=[part.key for part in plan.changed]))

    return Computed(prepare, store, key=key)


def workbook_file(acting: Transaction) -> Response:
    """The workbook to download."""
    sheets = sheets_to_write(acting.session, key=workbook_key(acting.settings), by=acting.actor)
    headers = {"Content-Disposition": 'attachment; filename="my-audits.xlsx"'}
    return Response(write_audit_workbook(sheets), 200, headers, media_type=WORKBOOK)
