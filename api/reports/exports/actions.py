"""Exports: requested, written in the background in pieces, and fetched by the person who requested them."""

import csv
import io
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, not_, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.documents.writers.printable import plain_cell, printable
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound
from api.foundation.settings import Settings
from api.reports.tallies import counted_answers, is_counted
from api.rounds import actions as rounds
from checklists.reports.tallies import decode_answers
from models import Audit, CaseFile, Export, ExportFile, ExportState, Round, RoundState, Score, new_id, now
from models.audits.template import published_content
from models.clock import AHEAD, earliest, latest
from models.storage.database import Database, rows_changed
from models.storage.joins import linked

AUDITS_OF_A_PIECE: Final = 500
SILENT_AFTER: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=7)
FILE_NAME: Final = "answers.zip"
HEAD: Final = (
    "Audit",
    "Case file",
    "Learning domain",
    "Theme",
    "Answer",
    "Rationale",
    "Impact on the child",
    "Evidence",
)


def request_export(session: Session, *, round_id: uuid.UUID, by: Actor) -> Export:
    """Request every counted answer of a round with its free text. Raises NotFound, NotAllowed, Conflict."""
    check_may(by, Permission.READ_REPORTS)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who may read every audit take their words along.")
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened: there is nothing to export yet.")
    made = Export(organisation_id=by.organisation_id, id=new_id(), round_id=round_id, person_id=by.person_id)
    session.add(made)
    session.flush()
    events.record(session, "export.asked", made.id, by=by, details={"round": str(round_id)})
    return made


def find_export(session: Session, *, export_id: uuid.UUID, by: Actor) -> Export:
    """The actor's own export. Raises NotFound, also for somebody else's."""
    check_may(by, Permission.READ_REPORTS)
    found = session.get(Export, (by.organisation_id, export_id))
    if found is None or found.person_id != by.person_id:
        raise NotFound("export")
    return found


def of_person(session: Session, *, by: Actor) -> Sequence[Export]:
    """The actor's own exports, newest first."""
    check_may(by, Permission.READ_REPORTS)
    return session.exec(
        select(Export)
        .where(col(Export.organisation_id) == by.organisation_id, col(Export.person_id) == by.person_id)
        .order_by(col(Export.id).desc())
        .limit(100)
    ).all()


def cancel_export(session: Session, *, export_id: uuid.UUID, by: Actor) -> Export:
    """Cancel the actor's own export and keep no file of it. Raises NotFound, and Conflict when it has finished."""
    found = find_export(session, export_id=export_id, by=by)
    itself = (col(Export.organisation_id) == by.organisation_id, col(Export.id) == export_id)
    going_on = col(Export.state).in_((ExportState.WAITING, ExportState.WRITING))
    if not rows_changed(session, update(Export).where(*itself, going_on).values(state=ExportState.CANCELLED)):
        raise Conflict("This export has ended, so it cannot be cancelled.")
    session.refresh(found)
    return found


def fetch_export(session: Session, *, export_id: uuid.UUID, by: Actor) -> bytes:
    """The file of a finished export: a zip with one CSV. Raises NotFound, NotAllowed, Conflict."""
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who may read every audit take their words along.")
    export = find_export(session, export_id=export_id, by=by)
    if export.state is not ExportState.READY:
        raise Conflict("This export is not ready yet. Come back when its page says that it is.")
    return session.get_one(ExportFile, (by.organisation_id, export_id)).content


def delete_old_exports(database: Database) -> None:
    """Delete the exports that were asked for longer ago than KEPT, with their files.

    One that is dated in the future was asked for while the clock ran ahead: it is dated now.
    """
    old = col(Export.made_at) < earliest() - KEPT
    with database.writing() as session:
        session.execute(update(Export).where(col(Export.made_at) > latest() + AHEAD).values(made_at=now()))
        gone = select_columns(col(Export.organisation_id), col(Export.id)).where(old)
        for organisation_id, export_id in session.execute(gone).all():
            session.execute(
                delete(ExportFile).where(
                    col(ExportFile.organisation_id) == organisation_id, col(ExportFile.export_id) == export_id
                )
            )
        session.execute(delete(Export).where(old))


class CancelledError(Exception):
    """The export was cancelled while it was being written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An export that this process is writing."""

    organisation_id: int
    export_id: uuid.UUID
    round_id: uuid.UUID
    person_id: uuid.UUID


def claim_export(database: Database) -> Claim | None:
    """Take one export that waits, or whose writer has gone silent; None when there is none. Two never take the same."""
    moment = now()
    beats = col(Export.beat_at).between(moment - SILENT_AFTER, moment + AHEAD)
    silent = and_(col(Export.state) == ExportState.WRITING, not_(beats))
    wanted = or_(col(Export.state) == ExportState.WAITING, silent)
    with database.reading() as session:
        if session.exec(select(Export.id).where(wanted).limit(1)).first() is None:
            return None
    with database.writing() as session:
        found = session.exec(select(Export).where(wanted).order_by(col(Export.made_at)).limit(1)).first()
        if found is None:
            return None
        taken = rows_changed(
            session,
            update(Export)
            .where(col(Export.organisation_id) == found.organisation_id, col(Export.id) == found.id, wanted)
            .values(state=ExportState.WRITING, beat_at=moment, written=0),
        )
        return Claim(found.organisation_id, found.id, found.round_id, found.person_id) if taken else None


def write_export(database: Database, claimed: Claim) -> None:
    """Write the claimed export, a piece of AUDITS_OF_A_PIECE audits at a time, noting its progress after each.

    Each piece is a short transaction: nobody who works waits for it. One that is cancelled meanwhile is written no
    further. When it cannot be written, it is marked failed and the error goes on to the caller.
    """
    try:
        content = _written(database, claimed)
    except CancelledError:
        return
    except Exception:
        _mark(database, claimed, state=ExportState.FAILED)
        raise
    with database.writing(claimed.organisation_id) as session:
        if _note(session, claimed, state=ExportState.READY, finished_at=now()):
            file = ExportFile(organisation_id=claimed.organisation_id, export_id=claimed.export_id, content=content)
            session.merge(file)


def _written(database: Database, claimed: Claim) -> bytes:
    with database.reading() as session:
        audit_round = session.get_one(Round, (claimed.organisation_id, claimed.round_id))
        template = published_content(
            session, claimed.organisation_id, audit_round.template_id, audit_round.template_version
        )
        number = session.execute(select_columns(func.count()).select_from(Audit).where(*_counted(claimed))).scalar_one()
    if template is None:
        raise NotFound("template version")
    _mark(database, claimed, audits=number)
    packed = io.BytesIO()
    order = {key: place for place, key in enumerate(template.theme_keys)}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("answers.csv", "w") as raw:
        out = io.TextIOWrapper(raw, "utf-8-sig", newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(HEAD)
        after, written = None, 0
        while True:
            with database.reading() as session:
                audits = session.execute(_piece(claimed, after)).all()
                scores = session.execute(_scores(claimed, [audit.id for audit in audits])).all() if audits else []
            if not audits:
                break
            references = {audit.id: audit.reference for audit in audits}
            answers = {audit.id: decode_answers(template, audit.line) for audit in audits}
            for row in sorted(scores, key=lambda each: (each.audit_id, order.get(each.theme, 0))):
                theme, answer = template.theme(row.theme), answers[row.audit_id][row.theme]
                cells = (template.domain_of(row.theme).title, theme.label, template.scale.label(answer))
                words = (row.rationale, row.impact, row.evidence)
                line = (str(row.audit_id), references[row.audit_id], *cells, *words)
                writer.writerow([plain_cell(printable(text)) for text in line])
            after, written = audits[-1][0], written + len(audits)
            _mark(database, claimed, written=written)
        out.flush()
        out.detach()
    return packed.getvalue()


def _counted(claimed: Claim) -> tuple[Any, ...]:
    return (
        col(Audit.organisation_id) == claimed.organisation_id,
        col(Audit.round_id) == claimed.round_id,
        is_counted(Audit),
        # It is for one person: readings they are blind to when it is written are left out.
        visible_under_blind_reading(claimed.person_id),
    )


def _piece(claimed: Claim, after: uuid.UUID | None) -> Any:
    query = (
        select_columns(col(Audit.id), col(CaseFile.reference), counted_answers().label("line"))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(*_counted(claimed))
        .order_by(col(Audit.id))
        .limit(AUDITS_OF_A_PIECE)
    )
    return query if after is None else query.where(col(Audit.id) > after)


def _scores(claimed: Claim, audits: Sequence[uuid.UUID]) -> Any:
    return select_columns(
        col(Score.audit_id),
        col(Score.theme),
        col(Score.rationale),
        col(Score.impact),
        col(Score.evidence),
    ).where(col(Score.organisation_id) == claimed.organisation_id, col(Score.audit_id).in_(audits))


def _mark(database: Database, claimed: Claim, **values: Any) -> None:
    """Record progress. Raises CancelledError when the export was cancelled."""
    with database.writing(claimed.organisation_id) as session:
        if not _note(session, claimed, **values):
            raise CancelledError


def _note(session: Session, claimed: Claim, **values: Any) -> bool:
    """Record progress; False when the export was cancelled and nothing was recorded."""
    this = (col(Export.organisation_id) == claimed.organisation_id, col(Export.id) == claimed.export_id)
    writing = col(Export.state) == ExportState.WRITING
    return bool(rows_changed(session, update(Export).where(*this, writing).values(beat_at=now(), **values)))


def write_next_export(database: Database, _: Settings) -> None:
    """Write one of the exports that wait, as background work: so a round of it ends in time however many there are."""
    claimed = claim_export(database)
    if claimed is not None:
        write_export(database, claimed)
