"""Erasing everything stored of a case: what is to be read, searched and hashed for it, and then the deletion."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.erasure.copies import FoundCopies, delete_copies, find_copies, has_new_previews
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Moved
from models import (
    Audit,
    CaseListEntry,
    Event,
    Sample,
    SampledCase,
    SampleExclusion,
    SnapshotAudit,
    StoredCaseFile,
)
from models.evidence.erasing import delete_case, owned_ids
from models.evidence.kept_others import SAMPLE, SNAPSHOT
from models.evidence.sealing import ENTRY, content_at_hand
from models.storage.bulk import table_of


@dataclass(frozen=True, slots=True)
class PreparedErasure:
    """What an erasure deletes, and what it says of what is left: read, searched and hashed before anybody waits for it.

    `ids`: what belongs to the case, by table. `samples` and `snapshots`: the ones that lose a row, and the hashes of
    what is left of each. `newest`: the number of the newest event about these.
    """

    case_file_id: uuid.UUID
    ids: Mapping[str, list[uuid.UUID]]
    copies: FoundCopies
    samples: Mapping[uuid.UUID, str]
    snapshots: Mapping[uuid.UUID, str]
    newest: int


def prepare_erasure(session: Session, *, case_file_id: uuid.UUID, by: Actor) -> PreparedErasure:
    """Look for all that the erasure of a stored case deletes, in a reading transaction."""
    own = by.organisation_id
    ids = owned_ids(session.connection(), own, case_file_id)
    samples, snapshots = _samples_of(session, own, case_file_id), _snapshots_of(session, own, ids["audit"])
    # First: what changes while the rest is read makes a newer one.
    newest = _newest_about(session, own, (*samples, *snapshots))
    reference, *identifiers = _words_of(session, own, case_file_id, ids)
    return PreparedErasure(
        case_file_id,
        ids,
        find_copies(session, own, reference, identifiers),
        {each: _left_of_sample(session, own, each, case_file_id) for each in samples},
        {each: _left_of_snapshot(session, own, each, ids["audit"]) for each in snapshots},
        newest,
    )


def erase_case(session: Session, prepared: PreparedErasure, *, erasure_id: uuid.UUID, by: Actor) -> Mapping[str, int]:
    """Delete a case, all that belongs to it and all copies of it; how many rows of each table.

    Stored counts of closed rounds, the content of snapshots and events stay. The caller has checked that it may be
    erased, and records who decided it. Raises Moved when what was prepared is no longer all.
    """
    own, case_file_id = by.organisation_id, prepared.case_file_id
    session.flush()
    connection = session.connection()
    _lock(session, own, case_file_id)
    ids = owned_ids(connection, own, case_file_id)
    samples, snapshots = _samples_of(session, own, case_file_id), _snapshots_of(session, own, ids["audit"])
    _lock_samples(session, own, samples)
    is_all = (
        _as_sets(ids) == _as_sets(prepared.ids)
        and (set(samples), set(snapshots)) == (set(prepared.samples), set(prepared.snapshots))
        and _newest_about(session, own, (*samples, *snapshots)) == prepared.newest
        and not has_new_previews(session, own, prepared.copies)
    )
    if not is_all:
        raise Moved
    delete_copies(session, own, prepared.copies, ids, _words_of(session, own, case_file_id, ids))
    erased = delete_case(connection, own, case_file_id, ids)
    session.expire_all()
    said: dict[str, str | int | bool | None] = {"erasure": str(erasure_id)}
    for identifier in ids["audit"]:
        events.record(session, "audit.erased", identifier, by=by, details=said)
    for identifier in ids["urgent_concern"]:
        events.record(session, "concern.erased", identifier, by=by, details={**said, "concern": str(identifier)})
    for identifier in ids["action"]:
        events.record(session, "action.erased", identifier, by=by, details=said)
    for identifier, left in prepared.samples.items():
        events.record(session, "sample.case-erased", identifier, by=by, details={**said, ENTRY: left})
    for identifier, left in prepared.snapshots.items():
        events.record(session, "snapshot.case-erased", identifier, by=by, details={**said, ENTRY: left})
    return erased


def _as_sets(ids: Mapping[str, Sequence[uuid.UUID]]) -> dict[str, set[uuid.UUID]]:
    return {table: set(some) for table, some in ids.items()}


def _words_of(session: Session, own: int, case_file_id: uuid.UUID, ids: Mapping[str, Sequence[uuid.UUID]]) -> list[str]:
    """What names the case in a copy: its reference, and the identifiers of all that belongs to it."""
    reference = session.execute(
        select(col(StoredCaseFile.reference)).where(
            col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == case_file_id
        )
    ).scalar_one()
    return [reference, *(str(identifier) for some in ids.values() for identifier in some)]


def _left_of_sample(session: Session, own: int, sample_id: uuid.UUID, case_file_id: uuid.UUID) -> str:
    rows = {}
    for model in (SampleExclusion, SampledCase):
        table = table_of(model)
        of_others = (
            table.c.organisation_id == own,
            table.c.sample_id == sample_id,
            table.c.case_file_id != case_file_id,
        )
        rows[table.name] = [dict(row) for row in session.execute(select(table).where(*of_others)).mappings()]
    for row in rows[table_of(SampledCase).name]:
        if row["stands_for_id"] == case_file_id:
            row["stands_for_id"] = None
    return content_at_hand(SAMPLE, own, sample_id, rows, ["excluded", "cases"])


def _left_of_snapshot(session: Session, own: int, snapshot_id: uuid.UUID, audits: Sequence[uuid.UUID]) -> str:
    table = table_of(SnapshotAudit)
    of_others = (table.c.organisation_id == own, table.c.snapshot_id == snapshot_id, table.c.audit_id.not_in(audits))
    rows = [dict(row) for row in session.execute(select(table).where(*of_others)).mappings()]
    return content_at_hand(SNAPSHOT, own, snapshot_id, {table.name: rows}, ["audits"])


def _newest_about(session: Session, own: int, subjects: Sequence[uuid.UUID]) -> int:
    """The number of the newest event about one of these: whatever changes in them makes another; 0 without any."""
    newest = select(func.max(col(Event.number))).where(
        col(Event.organisation_id) == own, col(Event.subject_id).in_(subjects)
    )
    return session.execute(newest).scalar() or 0


def _lock(session: Session, own: int, case_file_id: uuid.UUID) -> None:
    """Let nobody add anything to the case or its audits meanwhile: they find them gone."""
    case = (col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == case_file_id)
    session.execute(select(col(StoredCaseFile.id)).where(*case).with_for_update())
    audits = (col(Audit.organisation_id) == own, col(Audit.case_file_id) == case_file_id)
    session.execute(select(col(Audit.id)).where(*audits).order_by(col(Audit.id)).with_for_update())


def _lock_samples(session: Session, own: int, samples: Sequence[uuid.UUID]) -> None:
    """Let nobody replace a case of these samples meanwhile."""
    mine = (col(Sample.organisation_id) == own, col(Sample.id).in_(samples))
    session.execute(select(col(Sample.id)).where(*mine).order_by(col(Sample.id)).with_for_update(key_share=True))


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
