"""Exports: requested, written in the background in pieces, and fetched by the person who requested them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import and_, delete, not_, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.documents.document import file_name
from api.documents.files import WrittenFile
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound, problem_around
from api.foundation.settings import Settings
from api.rounds import actions as rounds
from models import Export, ExportFile, ExportState, Round, RoundState, new_id, now
from models.clock import AHEAD, earliest, latest
from models.storage.database import Database, rows_changed
from models.storage.failures import is_lost

AUDITS_OF_A_PIECE: Final = 500
SILENT_AFTER: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=7)
NOT_NAMED: Final = "Only people who can view the list of people can export auditors’ names."


def may_name_auditors(by: Actor) -> bool:
    """Whether the actor may export who audited: those who may read the list of people may."""
    return by.may(Permission.READ_PEOPLE)


def request_export(session: Session, *, round_id: uuid.UUID, has_names: bool = False, by: Actor) -> Export:
    """Request every counted answer of a round with its free text; with `has_names`, auditors by name.

    Otherwise auditors are numbered. Raises NotFound, NotAllowed, Conflict.
    """
    check_may(by, Permission.READ_REPORTS)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can export their answers.")
    if has_names and not may_name_auditors(by):
        raise NotAllowed(NOT_NAMED)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened, so there is nothing to export yet.")
    made = Export(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=round_id,
        person_id=by.person_id,
        has_names=has_names,
    )
    session.add(made)
    session.flush()
    details = {"round": str(round_id), "names": "yes" if has_names else "no"}
    events.record(session, "export.asked", made.id, by=by, details=details)
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


def fetch_export(session: Session, *, export_id: uuid.UUID, by: Actor) -> WrittenFile:
    """The file of a finished export: a zip of CSV files and their codebook. Raises NotFound, NotAllowed, Conflict."""
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can export their answers.")
    export = find_export(session, export_id=export_id, by=by)
    if export.has_names and not may_name_auditors(by):
        raise NotAllowed(NOT_NAMED)
    if export.state is not ExportState.READY:
        raise Conflict("This export is not ready yet. Check the export page for its progress.")
    title = session.get_one(Round, (by.organisation_id, export.round_id)).title
    content = session.get_one(ExportFile, (by.organisation_id, export_id)).content
    return WrittenFile(content, "application/zip", f"{file_name('answers', title, local_date(export.made_at))}.zip")


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
    has_names: bool = False


def claim_export(database: Database) -> Claim | None:
    """Claim an export that waits, or whose writer stopped reporting; None when there is none. No two processes claim
    the same.
    """
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
        claimed = Claim(found.organisation_id, found.id, found.round_id, found.person_id, found.has_names)
        return claimed if taken else None


def write_export(database: Database, claimed: Claim) -> None:
    """Write the claimed export, a piece of AUDITS_OF_A_PIECE audits at a time, noting its progress after each.

    Each piece is a short transaction: nobody who works waits for it. One that is cancelled meanwhile is written no
    further. When it cannot be written or stored, it is marked failed and the error goes on to the caller. When the
    database was lost or busy, or the disk is full, it is claimed again after a while.
    """
    try:
        content = _written(database, claimed)
        with database.writing(claimed.organisation_id) as session:
            if _note(session, claimed, state=ExportState.READY, finished_at=now()):
                file = ExportFile(organisation_id=claimed.organisation_id, export_id=claimed.export_id, content=content)
                session.merge(file)
    except CancelledError:
        return
    except Exception as error:
        if not is_lost(error) and problem_around(error) is None:
            _mark(database, claimed, state=ExportState.FAILED)
        raise


def _written(database: Database, claimed: Claim) -> bytes:
    # Not at the top: a server looks for exports every two seconds, and on most days writes none.
    from api.reports.exports.reading import count_audits, counted_conditions, name_auditors, read_piece, read_scope
    from api.reports.exports.writing import ExportWriter

    counted = counted_conditions(claimed.organisation_id, claimed.round_id, claimed.person_id)
    with database.reading() as session:
        database.narrow(session, claimed.organisation_id)
        scope = read_scope(session, claimed.organisation_id, claimed.round_id, has_names=claimed.has_names)
        auditors = name_auditors(session, counted, claimed.round_id, has_names=claimed.has_names)
        number = count_audits(session, counted)
    _mark(database, claimed, audits=number)
    writer = ExportWriter(scope)

    def read_next(session: Session, *, after: uuid.UUID | None) -> Sequence[tuple[Any, Any]]:
        return read_piece(session, scope, counted, auditors, after=after, limit=AUDITS_OF_A_PIECE)

    after, written = None, 0
    while True:
        with database.reading() as session:
            piece = database.read_report(session, claimed.organisation_id, partial(read_next, after=after))
        if not piece:
            return writer.finish(made_on=local_date(now()))
        for audit, answers in piece:
            writer.write(audit, answers)
        after, written = piece[-1][0].audit_id, written + len(piece)
        _mark(database, claimed, written=written)


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
    """Write one waiting export, as background work: only one, so that each run ends in time however many wait."""
    claimed = claim_export(database)
    if claimed is not None:
        write_export(database, claimed)
