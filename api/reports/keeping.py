"""Keeping the tallies of open rounds up to date, in the background: so reports never count a whole round.

A change of an audit only marks it. Reports add what is marked to what is kept, so they are right at any moment.
"""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Table, delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from api.foundation.settings import Settings
from api.reports.breakdowns import Breakdown
from api.reports.counting import AuditRow, CountedRows, PlainId, in_parts, read_rows
from api.reports.round_counts import (
    changed_audits,
    content_of,
    counted_afresh,
    counts_of,
    every_split,
    identifier,
    rows_counted,
)
from api.reports.tallies import Tallies
from models import Audit, ChangedAudit, CountedAudit, OpenTally, Round, RoundState, new_id
from models.storage.bulk import table_of
from models.storage.database import Database

# As many audits as one short transaction counts.
AT_ONCE: Final = 500


def keep_up_to_date(database: Database, _: Settings) -> int:
    """Count what changed in every round; returns how many audits that were. Forgets what was kept of closed rounds."""
    with database.reading() as session:
        rounds = session.execute(select(col(ChangedAudit.organisation_id), col(ChangedAudit.round_id)).distinct()).all()
        closed = session.execute(
            select(col(OpenTally.organisation_id), col(OpenTally.round_id))
            .join(Round, (col(Round.organisation_id) == col(OpenTally.organisation_id)) & _is_of_round())
            .where(col(OpenTally.breakdown) == Breakdown.WHOLE.value, col(Round.state) == RoundState.CLOSED)
        ).all()
    return sum(bring_up_to_date(database, *each) for each in rounds) + sum(_forget(database, *each) for each in closed)


def bring_up_to_date(database: Database, organisation_id: int, round_id: uuid.UUID) -> int:
    """Count what changed in a round, a few audits a transaction; returns how many audits changed."""
    number = 0
    while True:
        with database.writing() as session:
            counted = count_changed(session, organisation_id, round_id)
        number += counted
        if counted < AT_ONCE:
            return number


def count_changed(session: Session, organisation_id: int, round_id: uuid.UUID) -> int:
    """Count some of the changed audits of a round into its tallies; returns how many of them changed."""
    audit_round = session.get(Round, (organisation_id, round_id))
    if audit_round is None or audit_round.state is RoundState.CLOSED:
        return len(_unmark(session, organisation_id, round_id))
    kept = _locked(session, audit_round)
    changed = _unmark(session, organisation_id, round_id)
    if not changed:
        return 0
    # Read after the marks are gone: what changes from now on is marked again.
    new = read_rows(session, audit_round, changed)
    gone = rows_counted(session, audit_round, {*changed, *map(identifier, new)})
    _store_tallies(session, audit_round, kept, gone=list(gone.values()), new=list(new.values()))
    _store_rows(session, audit_round, gone, new)
    return len(changed)


def remake(database: Database, audit_round: Round) -> None:
    """Forget what is kept of a round, and count it again from its audits."""
    own = (audit_round.organisation_id, audit_round.id)
    with database.writing() as session:
        for model in (OpenTally, CountedAudit, ChangedAudit):
            session.execute(delete(table_of(model)).where(*_of_round(model, *own)))
        every = select(
            col(Audit.organisation_id),
            col(Audit.round_id),
            col(Audit.id),
            literal(new_id(), table_of(ChangedAudit).c.id.type),
        ).where(col(Audit.organisation_id) == own[0], col(Audit.round_id) == own[1])
        names = ["organisation_id", "round_id", "audit_id", "id"]
        session.execute(insert(table_of(ChangedAudit)).from_select(names, every))
    bring_up_to_date(database, *own)


def differences(session: Session, audit_round: Round) -> list[str]:
    """The breakdowns by which the kept tallies of a round are not what its audits say; the session reads one moment."""
    splits = every_split(content_of(session, audit_round))
    kept, counted = counts_of(session, audit_round, splits), counted_afresh(session, audit_round)
    return [each.value for each in splits if kept.by(each).to_json() != counted.by(each).to_json()]


def differing_rounds(database: Database) -> list[tuple[Round, list[str]]]:
    """The rounds that are not closed whose kept tallies differ from their audits, and by which breakdowns."""
    with database.reading() as session:
        is_open = col(Round.state) != RoundState.CLOSED
        rounds = session.scalars(select(Round).where(is_open).order_by(col(Round.organisation_id), col(Round.id))).all()
    found = []
    for audit_round in rounds:
        with database.reading() as session:
            if not database.is_sqlite:
                # Both counts of one moment, however many people work meanwhile.
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            found.append((audit_round, differences(session, audit_round)))
    return [(audit_round, breakdowns) for audit_round, breakdowns in found if breakdowns]


def _is_of_round() -> Any:
    return col(Round.id) == col(OpenTally.round_id)


def _of_round(model: Any, organisation_id: int, round_id: uuid.UUID) -> tuple[Any, ...]:
    return (col(model.organisation_id) == organisation_id, col(model.round_id) == round_id)


def _locked(session: Session, audit_round: Round) -> dict[str, str]:
    """The stored tallies of a round; until this transaction ends, nobody else brings them up to date."""
    of_round = _of_round(OpenTally, audit_round.organisation_id, audit_round.id)
    is_whole = col(OpenTally.breakdown) == Breakdown.WHOLE.value
    held = select(col(OpenTally.version)).where(*of_round, is_whole).with_for_update()
    if session.execute(held).first() is None:
        content = content_of(session, audit_round)
        nothing = CountedRows(content, ())
        rows = [
            {
                "organisation_id": audit_round.organisation_id,
                "round_id": audit_round.id,
                "breakdown": each.value,
                "counts": nothing.tallies(each).to_json(),
                "version": 1,
            }
            for each in every_split(content)
        ]
        session.execute(_upsert(session, OpenTally).on_conflict_do_nothing(), rows)
        session.execute(held)
    stored = session.execute(select(col(OpenTally.breakdown), col(OpenTally.counts)).where(*of_round))
    return dict(stored.all())


def _unmark(session: Session, organisation_id: int, round_id: uuid.UUID) -> list[uuid.UUID]:
    """Remove the marks of some of the changed audits of a round; returns those audits."""
    changed = changed_audits(session, organisation_id, round_id, most=AT_ONCE)
    if changed:
        table = table_of(ChangedAudit)
        of_round = _of_round(ChangedAudit, organisation_id, round_id)
        session.execute(delete(table).where(*of_round, table.c.audit_id.in_(changed)))
    return changed


def _store_tallies(
    session: Session, audit_round: Round, kept: dict[str, str], *, gone: list[AuditRow], new: list[AuditRow]
) -> None:
    content = content_of(session, audit_round)
    minus, plus = CountedRows(content, gone), CountedRows(content, new)
    table = table_of(OpenTally)
    for each in every_split(content):
        tallies = Tallies.from_json(kept[each.value]).plus(minus.tallies(each), -1).plus(plus.tallies(each))
        session.execute(
            update(table)
            .where(*_of_round(OpenTally, audit_round.organisation_id, audit_round.id), table.c.breakdown == each.value)
            .values(counts=tallies.to_json(), version=table.c.version + 1)
        )


def _store_rows(
    session: Session, audit_round: Round, gone: dict[PlainId, AuditRow], new: dict[PlainId, AuditRow]
) -> None:
    own = {"organisation_id": audit_round.organisation_id, "round_id": audit_round.id}
    rows = [
        {**own, "audit_id": identifier(key), "counted": row.to_json()}
        for key, row in new.items()
        if gone.get(key) != row
    ]
    if rows:
        statement = _upsert(session, CountedAudit)
        keys = [column.name for column in table_of(CountedAudit).primary_key]
        session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"counted": statement.excluded.counted}), rows
        )
    deleted = [identifier(key) for key in gone if key not in new]
    for ids in in_parts(deleted):
        of_round = _of_round(CountedAudit, audit_round.organisation_id, audit_round.id)
        session.execute(delete(table_of(CountedAudit)).where(*of_round, col(CountedAudit.audit_id).in_(ids)))


def _forget(database: Database, organisation_id: int, round_id: uuid.UUID) -> int:
    """Delete what was kept of a round that is closed: its tallies are stored for good."""
    for part in _counted_in_parts(database, organisation_id, round_id):
        with database.writing() as session:
            of_round = _of_round(CountedAudit, organisation_id, round_id)
            session.execute(delete(table_of(CountedAudit)).where(*of_round, col(CountedAudit.audit_id).in_(part)))
    with database.writing() as session:
        session.execute(delete(table_of(OpenTally)).where(*_of_round(OpenTally, organisation_id, round_id)))
    return 0


def _counted_in_parts(database: Database, organisation_id: int, round_id: uuid.UUID) -> Iterator[list[uuid.UUID]]:
    with database.reading() as session:
        of_round = _of_round(CountedAudit, organisation_id, round_id)
        ids = session.scalars(select(col(CountedAudit.audit_id)).where(*of_round)).all()
    yield from in_parts(ids)


def _upsert(session: Session, model: type[SQLModel]) -> Any:
    table: Table = table_of(model)
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)
