"""Erasing everything stored of a case, in the transaction that records it."""

import uuid
import zlib
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, delete, func, literal, or_, select
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor
from models import (
    Audit,
    CaseListDraft,
    CaseListEntry,
    Export,
    ExportFile,
    IdempotentRequest,
    Job,
    Notice,
    OutboxMessage,
    Sample,
    SnapshotAudit,
    StoredCaseFile,
)
from models.evidence.erasing import delete_case, owned_ids


def erase_case(session: Session, *, case_file_id: uuid.UUID, erasure_id: uuid.UUID, by: Actor) -> Mapping[str, int]:
    """Delete a case, all that belongs to it and all copies of it; how many rows of each table.

    Stored counts of closed rounds, the content of snapshots and events stay. The caller has checked that it may be
    erased, and records who decided it.
    """
    own = by.organisation_id
    session.flush()
    connection = session.connection()
    _lock(session, own, case_file_id)
    ids = owned_ids(connection, own, case_file_id)
    samples, snapshots = _samples_of(session, own, case_file_id), _snapshots_of(session, own, ids["audit"])
    reference = session.execute(
        select(col(StoredCaseFile.reference)).where(
            col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == case_file_id
        )
    ).scalar_one()
    _delete_copies(session, own, ids, reference)
    erased = delete_case(connection, own, case_file_id, ids)
    session.expire_all()
    said: dict[str, str | int | bool | None] = {"erasure": str(erasure_id)}
    for identifier in ids["audit"]:
        events.record(session, "audit.erased", identifier, by=by, details=said)
    for identifier in ids["urgent_concern"]:
        events.record(session, "concern.erased", identifier, by=by, details={**said, "concern": str(identifier)})
    for identifier in ids["action"]:
        events.record(session, "action.erased", identifier, by=by, details=said)
    for identifier in samples:
        events.record(session, "sample.case-erased", identifier, by=by, details=said)
    for identifier in snapshots:
        events.record(session, "snapshot.case-erased", identifier, by=by, details=said)
    return erased


def _lock(session: Session, own: int, case_file_id: uuid.UUID) -> None:
    """Let nobody add anything to the case or its audits meanwhile: they find them gone."""
    case = (col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == case_file_id)
    session.execute(select(col(StoredCaseFile.id)).where(*case).with_for_update())
    audits = (col(Audit.organisation_id) == own, col(Audit.case_file_id) == case_file_id)
    session.execute(select(col(Audit.id)).where(*audits).order_by(col(Audit.id)).with_for_update())


def _samples_of(session: Session, own: int, case_file_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The samples from a list that had the case: drawn, left out or neither, they cannot be drawn again without it."""
    lists = select(col(CaseListEntry.case_list_id)).where(
        col(CaseListEntry.organisation_id) == own, col(CaseListEntry.case_file_id) == case_file_id
    )
    mine = (col(Sample.organisation_id) == own, col(Sample.case_list_id).in_(lists))
    return sorted(session.execute(select(col(Sample.id)).where(*mine)).scalars())


def _snapshots_of(session: Session, own: int, audits: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    mine = (col(SnapshotAudit.organisation_id) == own, col(SnapshotAudit.audit_id).in_(audits))
    return sorted(session.execute(select(col(SnapshotAudit.snapshot_id)).where(*mine).distinct()).scalars())


def _delete_copies(session: Session, own: int, ids: Mapping[str, Sequence[uuid.UUID]], reference: str) -> None:
    """Delete what was written of the case for a while: exports, previews, replies to programs, refusals, notices."""
    rounds = select(col(Audit.round_id)).where(col(Audit.organisation_id) == own, col(Audit.id).in_(ids["audit"]))
    exports = (
        select(col(Export.id)).where(col(Export.organisation_id) == own, col(Export.round_id).in_(rounds))
    ).scalar_subquery()
    session.execute(
        delete(ExportFile).where(col(ExportFile.organisation_id) == own, col(ExportFile.export_id).in_(exports))
    )
    # An export that is being written finds its row deleted, and stops.
    session.execute(delete(Export).where(col(Export.organisation_id) == own, col(Export.round_id).in_(rounds)))
    _delete_previews(session, own, reference)
    every = [identifier for some in ids.values() for identifier in some]
    for model in (Notice, OutboxMessage):
        session.execute(delete(model).where(col(model.organisation_id) == own, col(model.subject_id).in_(every)))
    words = [reference, *map(str, every)]
    refused = (col(Job.refusal).contains(each, autoescape=True) for each in words)
    session.execute(delete(Job).where(col(Job.organisation_id) == own, or_(*refused)))
    replies = (col(IdempotentRequest.location).contains(each, autoescape=True) for each in words)
    session.execute(
        delete(IdempotentRequest).where(
            col(IdempotentRequest.organisation_id) == own,
            or_(*replies, *(_in_body(session, each) for each in words)),
        )
    )


def _delete_previews(session: Session, own: int, reference: str) -> None:
    """Delete the case lists that somebody previewed and that have the case: at most one a person, for a day."""
    mine = col(CaseListDraft.organisation_id) == own
    previews = session.execute(select(col(CaseListDraft.person_id), col(CaseListDraft.content)).where(mine)).all()
    people = [person for person, content in previews if _may_have(content, reference)]
    session.execute(delete(CaseListDraft).where(mine, col(CaseListDraft.person_id).in_(people)))


def _may_have(compressed: bytes, words: str) -> bool:
    """Whether these words are in compressed text, or nobody can tell."""
    try:
        return words.encode() in zlib.decompress(compressed)
    except zlib.error:
        return True


def _in_body(session: Session, words: str) -> ColumnElement[bool]:
    """That these words are in the body of a stored reply."""
    body, wanted = col(IdempotentRequest.body), literal(words.encode())
    if session.connection().dialect.name == "postgresql":
        return func.position(wanted.op("IN")(body)) > 0
    return func.instr(body, wanted) > 0
