"""Erasing everything stored of a case, or of one audit: what is to be read, searched and hashed, and the deletion."""

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
from models.evidence.erasing import AUDIT, CASE, delete_owned, owned_ids
from models.evidence.kept_others import SAMPLE, SNAPSHOT
from models.evidence.sealing import ENTRY, content_at_hand
from models.storage.bulk import table_of


@dataclass(frozen=True, slots=True)
class PreparedErasure:
    """What an erasure deletes, and what it says of what is left: read, searched and hashed before anybody waits for it.

    `root`: the table of `identifier`, which is a case or an audit. `ids`: what belongs to it, by table. `samples` and
    `snapshots`: the ones that lose a row, and the hashes of what is left of each. `newest`: the number of the newest
    event about these.
    """

    root: str
    identifier: uuid.UUID
    ids: Mapping[str, list[uuid.UUID]]
    copies: FoundCopies
    samples: Mapping[uuid.UUID, str]
    snapshots: Mapping[uuid.UUID, str]
    newest: int


def prepare_erasure(session: Session, *, case_file_id: uuid.UUID, by: Actor) -> PreparedErasure:
    """Look for all that the erasure of a stored case deletes, in a reading transaction."""
    return _prepare(session, CASE, case_file_id, by.organisation_id)


def prepare_erasure_of_audit(session: Session, *, audit_id: uuid.UUID, by: Actor) -> PreparedErasure:
    """Look for all that the erasure of one stored audit deletes, in a reading transaction. Its case stays."""
    return _prepare(session, AUDIT, audit_id, by.organisation_id)


def _prepare(session: Session, root: str, identifier: uuid.UUID, own: int) -> PreparedErasure:
    ids = owned_ids(session.connection(), own, identifier, root=root)
    samples, snapshots = _samples_of(session, own, root, identifier), _snapshots_of(session, own, ids[AUDIT])
    # First: what changes while the rest is read makes a newer one.
    newest = _newest_about(session, own, (*samples, *snapshots))
    reference, identifiers = _reference_of(session, own, root, identifier), _words_of(ids)
    return PreparedErasure(
        root,
        identifier,
        ids,
        find_copies(session, own, reference, identifiers),
        {each: _left_of_sample(session, own, each, identifier) for each in samples},
        {each: _left_of_snapshot(session, own, each, ids[AUDIT]) for each in snapshots},
        newest,
    )


def erase(
    session: Session, prepared: PreparedErasure, *, erasure_id: uuid.UUID | None = None, by: Actor
) -> Mapping[str, int]:
    """Delete a case or an audit, all that belongs to it and all copies of it; how many rows of each table.

    Stored counts of closed rounds, the content of snapshots and events stay. The caller has checked that it may be
    erased, and records who decided it; `erasure_id`: the decision, where it was one about this case. Raises Moved when
    what was prepared is no longer all.
    """
    own, root, identifier = by.organisation_id, prepared.root, prepared.identifier
    session.flush()
    connection = session.connection()
    _lock(session, own, root, identifier)
    ids = owned_ids(connection, own, identifier, root=root)
    samples, snapshots = _samples_of(session, own, root, identifier), _snapshots_of(session, own, ids[AUDIT])
    _lock_samples(session, own, samples)
    is_all = (
        _as_sets(ids) == _as_sets(prepared.ids)
        and (set(samples), set(snapshots)) == (set(prepared.samples), set(prepared.snapshots))
        and _newest_about(session, own, (*samples, *snapshots)) == prepared.newest
        and not (root == CASE and has_new_previews(session, own, prepared.copies))
    )
    if not is_all:
        raise Moved
    words = [*_reference_of(session, own, root, identifier), *_words_of(ids)]
    delete_copies(session, own, prepared.copies, ids, words)
    erased = delete_owned(connection, own, identifier, ids, root=root)
    session.expire_all()
    _record(session, prepared, ids, erasure_id, by)
    return erased


def _record(
    session: Session,
    prepared: PreparedErasure,
    ids: Mapping[str, Sequence[uuid.UUID]],
    erasure_id: uuid.UUID | None,
    by: Actor,
) -> None:
    """An event about each record that is gone, and about what lost a row."""
    said: dict[str, str | int | bool | None] = {} if erasure_id is None else {"erasure": str(erasure_id)}
    for identifier in ids[AUDIT]:
        events.record(session, "audit.erased", identifier, by=by, details=said)
    for identifier in ids["urgent_concern"]:
        events.record(session, "concern.erased", identifier, by=by, details={**said, "concern": str(identifier)})
    for identifier in ids["action"]:
        events.record(session, "action.erased", identifier, by=by, details=said)
    for identifier in ids.get("joint_case", ()):
        events.record(session, "joint-case.erased", identifier, by=by, details=said)
    for identifier in ids.get("joint_part", ()):
        events.record(session, "joint-part.erased", identifier, by=by, details=said)
    for identifier, left in prepared.samples.items():
        events.record(session, "sample.case-erased", identifier, by=by, details={**said, ENTRY: left})
    for identifier, left in prepared.snapshots.items():
        events.record(session, "snapshot.case-erased", identifier, by=by, details={**said, ENTRY: left})


def _as_sets(ids: Mapping[str, Sequence[uuid.UUID]]) -> dict[str, set[uuid.UUID]]:
    return {table: set(some) for table, some in ids.items()}


def _reference_of(session: Session, own: int, root: str, identifier: uuid.UUID) -> list[str]:
    """The reference of a case, which names it in a copy; of an audit none: that is its case's."""
    reference = select(col(StoredCaseFile.reference)).where(
        col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == identifier
    )
    return [session.execute(reference).scalar_one()] if root == CASE else []


def _words_of(ids: Mapping[str, Sequence[uuid.UUID]]) -> list[str]:
    """The identifiers that name what is erased in a copy."""
    return [str(identifier) for some in ids.values() for identifier in some]


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


def _lock(session: Session, own: int, root: str, identifier: uuid.UUID) -> None:
    """Let nobody add anything to the case or its audits meanwhile: they find them gone."""
    if root == CASE:
        case = (col(StoredCaseFile.organisation_id) == own, col(StoredCaseFile.id) == identifier)
        session.execute(select(col(StoredCaseFile.id)).where(*case).with_for_update())
    audits = (col(Audit.organisation_id) == own, col(Audit.case_file_id if root == CASE else Audit.id) == identifier)
    session.execute(select(col(Audit.id)).where(*audits).order_by(col(Audit.id)).with_for_update())


def _lock_samples(session: Session, own: int, samples: Sequence[uuid.UUID]) -> None:
    """Let nobody replace a case of these samples meanwhile."""
    mine = (col(Sample.organisation_id) == own, col(Sample.id).in_(samples))
    session.execute(select(col(Sample.id)).where(*mine).order_by(col(Sample.id)).with_for_update(key_share=True))


def _samples_of(session: Session, own: int, root: str, identifier: uuid.UUID) -> Sequence[uuid.UUID]:
    """The samples that have the case, and those from a list that has it: drawn, left out or neither, they cannot be
    drawn again without it. An audit is in none.
    """
    if root != CASE:
        return []
    lists = select(col(CaseListEntry.case_list_id)).where(
        col(CaseListEntry.organisation_id) == own, col(CaseListEntry.case_file_id) == identifier
    )
    query = select(col(Sample.id)).where(col(Sample.organisation_id) == own, col(Sample.case_list_id).in_(lists))
    found = set(session.execute(query).scalars())
    for model in (SampledCase, SampleExclusion):
        has_it = (col(model.organisation_id) == own, col(model.case_file_id) == identifier)
        found |= set(session.execute(select(col(model.sample_id)).where(*has_it)).scalars())
    return sorted(found)


def _snapshots_of(session: Session, own: int, audits: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    mine = (col(SnapshotAudit.organisation_id) == own, col(SnapshotAudit.audit_id).in_(audits))
    return sorted(session.execute(select(col(SnapshotAudit.snapshot_id)).where(*mine).distinct()).scalars())
