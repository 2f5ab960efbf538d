"""Downloading one's own audits as a workbook, and saving what was typed into it: each audit wholly or not at all."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlmodel import Session

from api.access.audits import check_can_score
from api.audits.actions import ReadAudit, check_is_open, find_audit, read_audit
from api.audits.case.actions import describe_case
from api.audits.conclusion.actions import write_conclusion
from api.audits.scoring.actions import change_audit, score_found
from api.audits.scoring.drafts import discard_drafts
from api.audits.workbooks.checking import (
    PlannedSheet,
    new_case,
    new_conclusion,
    new_judgement,
    new_scores,
    plan_sheet,
)
from api.audits.workbooks.content import CASE, CONCLUSION, WHOLE, mark_of, parts_of, stored_cells
from api.audits.workbooks.reading import FILE, TypedSheet, refuse_workbook
from api.audits.workbooks.tokens import BadTokenError, SheetToken, open_sheet, sign_sheet
from api.audits.workbooks.writing import SheetToWrite
from api.audits.worklists import list_my_audits
from api.foundation import access_log, events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound
from api.foundation.text.free_text import NameCheck
from checklists.templates.template import Template as TemplateContent

# A workbook with more sheets would be slow to open, and the reader of uploads takes a hundred.
MOST_AUDITS: Final = 90
MOST_SHEETS: Final = 100
_NOT_SIGNED: Final = (
    "The hidden cells of this sheet are not as they were written. Download the workbook again, and copy what you typed."
)
_OTHER_AUDITOR: Final = "This sheet is of another auditor’s audit. Delete the sheet."
_GONE: Final = "This audit is no longer allocated to you. Delete the sheet."
_OTHER_ROWS: Final = (
    "The rows of this sheet are not as they were. Download the workbook again, and copy what you typed."
)
_TWICE: Final = "There are 2 sheets of this audit. Delete one."
_OTHER_TEMPLATE: Final = "The audit asks something else now. Download the workbook again, and copy what you typed."


def sheets_to_write(session: Session, *, key: bytes, by: Actor) -> list[SheetToWrite]:
    """The actor's own audits that they may score now, soonest due first, each with its signature."""
    check_may(by, Permission.SCORE_AUDITS)
    found = []
    for item in list_my_audits(session, by, limit=MOST_AUDITS):
        audit = find_audit(session, audit_id=item.audit.id, by=by)
        access_log.record_view(session, "audit.workbook-downloaded", audit.audit.id, by=by)
        found.append(SheetToWrite(audit, sign_sheet(_token_of(audit), key=key, by=by)))
    return found


def _token_of(found: ReadAudit) -> SheetToken:
    stored = stored_cells(found)
    marks = tuple(mark_of(part, stored) for part in parts_of(found.template))
    return SheetToken(found.audit.id, found.audit.auditor_id, _layout_of(found.template), marks)


def _layout_of(template: TemplateContent) -> str:
    """A digest of which rows the sheet of an audit has."""
    rows = [(part.key, [(row.key, *row.columns) for row in part.rows]) for part in parts_of(template)]
    return sha256(repr(rows).encode()).hexdigest()[:16]


@dataclass(slots=True)
class PlannedWorkbook:
    """What a workbook would save, sheet by sheet, and every fault with its sheet and cell."""

    sheets: list[PlannedSheet] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def to_save(self) -> list[PlannedSheet]:
        return [plan for plan in self.sheets if plan.changed or plan.conflicts]

    def check(self) -> None:
        """Raise Invalid for the faults of all sheets."""
        refuse_workbook(self.faults)


def plan_workbook(
    session: Session, *, sheets: Sequence[TypedSheet], keep: Mapping[str, str], key: bytes, by: Actor
) -> PlannedWorkbook:
    """What the sheets would save; writes nothing.

    `keep`: by audit and part, such as "<audit>/theme/voice", for what was changed meanwhile.
    """
    check_may(by, Permission.SCORE_AUDITS)
    if len(sheets) > MOST_SHEETS:
        raise Invalid.at(FILE, f"This workbook has more than {MOST_SHEETS} sheets. Upload fewer audits at a time.")
    made, seen = PlannedWorkbook(), set[uuid.UUID]()
    for sheet in sheets:
        try:
            plan = plan_of_sheet(session, sheet=sheet, keep=keep, key=key, by=by)
        except (Invalid, NotAllowed, Conflict) as problem:
            made.faults.append(Fault(FILE, sheet.fault("", "", problem.detail)))
            continue
        if plan.found.audit.id in seen:
            made.faults.append(Fault(FILE, sheet.fault("", "", _TWICE)))
        seen.add(plan.found.audit.id)
        made.sheets.append(plan)
        made.faults += plan.faults
    return made


def plan_of_sheet(
    session: Session, *, sheet: TypedSheet, keep: Mapping[str, str], key: bytes, by: Actor, lock: bool = False
) -> PlannedSheet:
    """What one sheet would save. Raises Invalid for a sheet that is not the actor's own or not as it was written, and
    NotAllowed or Conflict for changes of an audit that can no longer be scored.
    """
    try:
        token = open_sheet(sheet.token, key=key, by=by)
    except BadTokenError:
        raise Invalid(_NOT_SIGNED) from None
    if token.person_id != by.person_id:
        raise Invalid(_OTHER_AUDITOR)
    try:
        found = find_audit(session, audit_id=token.audit_id, by=by, lock=lock)
    except NotFound:
        raise Invalid(_GONE) from None
    parts = parts_of(found.template)
    if token.template != _layout_of(found.template):
        raise Invalid(_OTHER_TEMPLATE)
    if sheet.cells.keys() != {row.key for part in parts for row in part.rows}:
        raise Invalid(_OTHER_ROWS)
    # The same layout has the same parts.
    marks = {part.key: mark for part, mark in zip(parts, token.marks, strict=True)}
    own = {part.key: keep.get(f"{found.audit.id}/{part.key}", "") for part in parts}
    plan = plan_sheet(found, sheet, marks, own, NameCheck.of(session, by))
    if plan.changed or plan.conflicts or plan.faults:
        check_can_score(by, found.audit)
        check_is_open(found.round)
    return plan


def check_can_save(session: Session, *, audit_id: uuid.UUID, by: Actor) -> None:
    """Raise NotFound, NotAllowed or Conflict for an audit that the actor cannot score."""
    found = find_audit(session, audit_id=audit_id, by=by)
    check_can_score(by, found.audit)
    check_is_open(found.round)


def save_sheet(session: Session, *, sheet: TypedSheet, keep: Mapping[str, str], key: bytes, by: Actor) -> PlannedSheet:
    """Save what was typed into the sheet of an audit, all of it or nothing.

    Raises Invalid with the sheet and cell of every fault, and Stale while it is not decided what to keep of a part that
    was changed meanwhile.
    """
    plan = plan_of_sheet(session, sheet=sheet, keep=keep, key=key, by=by, lock=True)
    plan.check()
    if not plan.changed:
        return plan
    found, scores = plan.found, new_scores(plan)
    audit_id = found.audit.id
    if plan.part(CASE) is not None:
        describe_case(session, audit_id=audit_id, new=new_case(plan), version=found.case.version, by=by)
    if scores:
        score_found(session, found=read_audit(session, found.audit), scores=[new for _, new in scores], by=by)
        discard_drafts(session, found.audit, {new.theme for _, new in scores})
    if plan.part(CONCLUSION) is not None:
        new = new_conclusion(plan)
        write_conclusion(session, audit_id=audit_id, new=new, version=found.conclusion.version, by=by)
    if plan.part(WHOLE) is not None:
        mode, own = new_judgement(plan)
        change_audit(
            session,
            audit_id=audit_id,
            mode=mode,
            overall_override=own.overall,
            override_reason=own.reason,
            cap_reason=own.cap_reason,
            version=found.audit.version,
            by=by,
            keep_names=own.keep_names,
        )
    details = {"parts": " ".join(part.key.rpartition("/")[2] for part in plan.changed)}
    events.record(session, "audit.workbook-uploaded", audit_id, by=by, details=details)
    return plan
