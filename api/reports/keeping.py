"""Keeping the tallies of open rounds up to date, in the background: so reports never count a whole round.

A change of an audit only marks it. Reports add what is marked to what is kept, so they are right at any moment.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, literal, select, update
from sqlmodel import Session, SQLModel, col

from api.audits.actions import template_of
from api.foundation.settings import Settings
from api.reports.breakdowns import Breakdown
from api.reports.counting import CountedRows, read_rows
from api.reports.round_counts import (
    counted_afresh,
    counts_of,
    every_split,
    rows_counted,
)
from api.reports.tallies import Tallies
from models import Audit, ChangedAudit, CountedAudit, OpenTally, Round, RoundState, new_id
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed
from models.storage.dialects import dialect_named
from models.storage.driver import identifier
from models.storage.portions import in_portions

# As many changes as one short transaction counts.
AT_ONCE: Final = 500
_IS_WHOLE: Final = col(OpenTally.breakdown) == Breakdown.WHOLE.value
_MARKS: Final = table_of(ChangedAudit)
_TALLIES: Final = table_of(OpenTally)


def _its_round(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (table.c.organisation_id == bindparam("its_organisation"), table.c.round_id == bindparam("its_round"))


_DELETE_MARK: Final = delete(_MARKS).where(
    *_its_round(_MARKS), _MARKS.c.audit_id == bindparam("its_audit"), _MARKS.c.id == bindparam("its_id")
)
_STORE_TALLY: Final = (
    update(_TALLIES)
    .where(*_its_round(_TALLIES), _TALLIES.c.breakdown == bindparam("its_breakdown"))
    .values(counts=bindparam("its_counts"), version=_TALLIES.c.version + 1)
)


def keep_up_to_date(database: Database, _: Settings) -> int:
    """Count what changed in every round; returns how many audits that were. Forgets what was kept of closed rounds."""
    with database.reading() as session:
        rounds = session.execute(select(col(ChangedAudit.organisation_id), col(ChangedAudit.round_id)).distinct()).all()
        closed = session.execute(
            select(col(OpenTally.organisation_id), col(OpenTally.round_id))
            .join(Round, (col(Round.organisation_id) == col(OpenTally.organisation_id)) & _is_of_round())
            .where(_IS_WHOLE, col(Round.state) == RoundState.CLOSED)
        ).all()
    return sum(bring_up_to_date(database, *each) for each in rounds) + sum(_forget(database, *each) for each in closed)


def bring_up_to_date(database: Database, organisation_id: int, round_id: uuid.UUID) -> int:
    """Count what changed in a round, a few audits a transaction; returns how many audits changed.

    What is counted is read and computed before the writer is requested, which others need meanwhile.
    """
    number = 0
    while True:
        with database.reading_one_moment() as session:
            counted = _counted(session, organisation_id, round_id)
        if not counted.marks:
            return number
        with database.writing() as session:
            if not _store(session, counted):
                continue  # another process has counted some of it: go on from there
        number += len({audit_id for audit_id, _ in counted.marks})
        if len(counted.marks) < AT_ONCE:
            return number


@dataclass(frozen=True, slots=True)
class _Counted:
    """Some of the changed audits of a round, the marks that say so, and the tallies and rows that include them.

    `version` is that of the tallies they were added to, and None where there were none.
    """

    organisation_id: int
    round_id: uuid.UUID
    marks: list[tuple[uuid.UUID, uuid.UUID]]
    is_open: bool = False
    version: int | None = None
    tallies: dict[str, str] = field(default_factory=dict)
    rows: dict[uuid.UUID, str] = field(default_factory=dict)
    gone: list[uuid.UUID] = field(default_factory=list)

    @property
    def own(self) -> dict[str, Any]:
        return {"organisation_id": self.organisation_id, "round_id": self.round_id}

    @property
    def its(self) -> dict[str, Any]:
        return {"its_organisation": self.organisation_id, "its_round": self.round_id}


def _counted(session: Session, organisation_id: int, round_id: uuid.UUID) -> _Counted:
    """Count some of the changed audits of a round; writes nothing."""
    marks = _marks(session, organisation_id, round_id)
    audit_round = session.get(Round, (organisation_id, round_id)) if marks else None
    if audit_round is None or audit_round.state is RoundState.CLOSED:
        return _Counted(organisation_id, round_id, marks)
    changed = {audit_id for audit_id, _ in marks}
    new = read_rows(session, audit_round, changed)
    gone = rows_counted(session, audit_round, {*changed, *map(identifier, new)})
    content = template_of(session, audit_round)
    version, kept = _kept(session, audit_round)
    minus, plus = CountedRows(content, list(gone.values())), CountedRows(content, list(new.values()))
    nothing = CountedRows(content, ())
    tallies = {}
    for each in every_split(content):
        before = Tallies.from_json(kept[each.value]) if version is not None else nothing.tallies(each)
        tallies[each.value] = before.plus(minus.tallies(each), -1).plus(plus.tallies(each)).to_json()
    rows = {identifier(key): row.to_json() for key, row in new.items() if gone.get(key) != row}
    deleted = [identifier(key) for key in gone if key not in new]
    return _Counted(organisation_id, round_id, marks, True, version, tallies, rows, deleted)


def _store(session: Session, counted: _Counted) -> bool:
    """Store what was counted and remove its marks; False, and nothing is stored, if the tallies have changed since."""
    if counted.is_open and not _store_tallies(session, counted):
        return False
    session.connection().execute(
        _DELETE_MARK, [{"its_audit": audit, "its_id": mark, **counted.its} for audit, mark in counted.marks]
    )
    if counted.rows:
        statement = _upsert(session, CountedAudit)
        keys = [column.name for column in table_of(CountedAudit).primary_key]
        rows = [{**counted.own, "audit_id": audit_id, "counted": row} for audit_id, row in counted.rows.items()]
        session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"counted": statement.excluded.counted}), rows
        )
    for ids in in_portions(counted.gone):
        of_round = _of_round(CountedAudit, counted.organisation_id, counted.round_id)
        session.execute(delete(table_of(CountedAudit)).where(*of_round, col(CountedAudit.audit_id).in_(ids)))
    return True


def _store_tallies(session: Session, counted: _Counted) -> bool:
    of_round = _of_round(OpenTally, counted.organisation_id, counted.round_id)
    held = session.scalar(select(col(OpenTally.version)).where(*of_round, _IS_WHOLE).with_for_update())
    if held != counted.version:
        return False
    if held is None:
        rows = [
            {**counted.own, "breakdown": breakdown, "counts": counts, "version": 1}
            for breakdown, counts in counted.tallies.items()
        ]
        # When two processes begin to keep the tallies of a round at the same time, the second inserts nothing.
        begun = _upsert(session, OpenTally).values(rows).on_conflict_do_nothing()
        return rows_changed(session, begun) == len(rows)
    tallies = [
        {"its_breakdown": breakdown, "its_counts": counts, **counted.its}
        for breakdown, counts in counted.tallies.items()
    ]
    session.connection().execute(_STORE_TALLY, tallies)
    return True


def _marks(session: Session, organisation_id: int, round_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Some of the marks of a round: which audit changed, and the identifier of that change."""
    query = select(col(ChangedAudit.audit_id), col(ChangedAudit.id))
    found = session.execute(query.where(*_of_round(ChangedAudit, organisation_id, round_id)).limit(AT_ONCE))
    return [(audit_id, mark) for audit_id, mark in found]


def _kept(session: Session, audit_round: Round) -> tuple[int | None, dict[str, str]]:
    """The stored tallies of a round with their version; None where there are none."""
    query = select(col(OpenTally.breakdown), col(OpenTally.counts), col(OpenTally.version))
    stored = session.execute(query.where(*_of_round(OpenTally, audit_round.organisation_id, audit_round.id))).all()
    version = next((version for breakdown, _, version in stored if breakdown == Breakdown.WHOLE.value), None)
    return version, {breakdown: counts for breakdown, counts, _ in stored}


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
    splits = every_split(template_of(session, audit_round))
    kept, counted = counts_of(session, audit_round, splits), counted_afresh(session, audit_round)
    return [each.value for each in splits if kept.by(each).to_json() != counted.by(each).to_json()]


def differing_rounds(database: Database) -> list[tuple[Round, list[str]]]:
    """The rounds that are not closed whose kept tallies differ from their audits, and by which breakdowns."""
    with database.reading() as session:
        is_open = col(Round.state) != RoundState.CLOSED
        rounds = session.scalars(select(Round).where(is_open).order_by(col(Round.organisation_id), col(Round.id))).all()
    found = []
    for audit_round in rounds:
        # Both counts of one moment, however many people work meanwhile.
        with database.reading_one_moment() as session:
            found.append((audit_round, differences(session, audit_round)))
    return [(audit_round, breakdowns) for audit_round, breakdowns in found if breakdowns]


def _is_of_round() -> Any:
    return col(Round.id) == col(OpenTally.round_id)


def _of_round(model: Any, organisation_id: int, round_id: uuid.UUID) -> tuple[Any, ...]:
    return (col(model.organisation_id) == organisation_id, col(model.round_id) == round_id)


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
    yield from in_portions(ids)


def _upsert(session: Session, model: type[SQLModel]) -> Any:
    table: Table = table_of(model)
    return dialect_named(session.get_bind().dialect.name).insert(table)
