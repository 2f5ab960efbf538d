"""Having seen: who has seen an audit of a case in a round cannot read that case blind, whatever has changed since.

A reading is judged when it is submitted, by what is recorded of its auditor: see `api.foundation.identity.having_seen`.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, literal, not_, or_, select, true
from sqlmodel import Session, col

from api.access.blindness import PEOPLE_REMEMBERED
from api.foundation.identity.having_seen import has_seen, insert_seen, insertion_of_seen
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, AuditState, BlindRecord, HasListed, HasSeen, HowSeen, Round, now
from models.storage.bulk import table_of
from models.storage.dialects import dialect_named, is_among
from models.storage.joins import linked, table_alias
from models.storage.portions import in_portions

_OTHER: Final = table_alias(Audit)
_RECORDS: Final = table_of(BlindRecord)
_SEEN: Final = table_of(HasSeen)
_MOST: Final = 500


def wrote_audit(session: Session, actor: Actor, audit: Audit) -> bool:
    """Whether the audit is the person's own work: they are its auditor, were it before, or recorded it."""
    if audit.auditor_id == actor.person_id:
        return True
    if actor.person_id is None:
        return False
    key = (audit.organisation_id, audit.round_id, audit.case_file_id, actor.person_id, audit.id)
    found = session.get(HasSeen, key, populate_existing=True)
    return found is not None and found.wrote


def has_read_the_case(session: Session, actor: Actor, audit: Audit) -> bool:
    """Whether the person is or was the auditor of any audit of the case in this round, or recorded one."""
    this = (col(Audit.organisation_id) == audit.organisation_id, col(Audit.id) == audit.id)
    query = select(col(Audit.id)).where(*this, has_read_its_case(actor))
    return session.execute(query).first() is not None


def has_read_its_case(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition of `has_read_the_case`, for the person and an audit."""
    return false() if actor.person_id is None else _has_read(actor.person_id)


@lru_cache(maxsize=PEOPLE_REMEMBERED)
def _has_read(person_id: uuid.UUID) -> ColumnElement[bool]:
    own = exists().where(
        linked(_OTHER.round_id, Audit.round_id),
        col(_OTHER.case_file_id) == col(Audit.case_file_id),
        col(_OTHER.auditor_id) == person_id,
    )
    wrote = exists().where(
        linked(HasSeen.round_id, Audit.round_id),
        col(HasSeen.case_file_id) == col(Audit.case_file_id),
        col(HasSeen.person_id) == person_id,
        col(HasSeen.wrote),
    )
    return or_(own.correlate(Audit), wrote.correlate(Audit))


def people_who_saw(
    session: Session,
    audit_round: Round,
    case_files: Collection[uuid.UUID] | Select[Any],
    *,
    apart_from: Collection[uuid.UUID] = (),
    withdrawn_too: bool = False,
) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    """Each of these cases with each person who has, or may have, seen an audit of it in this round.

    `case_files`: their identifiers, or a query of them, which takes two statements however many there are.
    `apart_from`: audits that do not count, because they are about to be the person's own. Withdrawn audits count where
    they are asked for: a case that nobody else reads may be read again, but not as a blind reading.
    """
    named = {"own": audit_round.organisation_id, "round": audit_round.id, "apart_from": apart_from}
    queries = _saw(of_query=isinstance(case_files, Select), withdrawn_too=withdrawn_too)
    if isinstance(case_files, Select):
        for query in queries:
            yield from session.execute(query.where(col(Audit.case_file_id).in_(case_files)), named)
        return
    for some in in_portions(case_files):
        for query in queries:
            yield from session.execute(query, {**named, "cases": some})


@cache
def _saw(*, of_query: bool, withdrawn_too: bool) -> tuple[Select[uuid.UUID, uuid.UUID], Select[uuid.UUID, uuid.UUID]]:
    of_cases = [
        col(Audit.organisation_id) == bindparam("own"),
        col(Audit.round_id) == bindparam("round"),
        not_(is_among(col(Audit.id), "apart_from")),
    ]
    if not of_query:
        of_cases.append(is_among(col(Audit.case_file_id), "cases"))
    if not withdrawn_too:
        of_cases.append(col(Audit.state) != AuditState.WITHDRAWN)
    seen = select(col(Audit.case_file_id), col(HasSeen.person_id)).join(HasSeen, _of_audit())
    listed = select(col(Audit.case_file_id), col(HasListed.person_id)).join(HasListed, _may_show())
    return seen.where(*of_cases).distinct(), listed.where(*of_cases).distinct()


def listed_by(session: Session, audit_round: Round) -> set[uuid.UUID]:
    """Who has listed, exported or released answers of a round."""
    of_round = (
        col(HasListed.organisation_id) == audit_round.organisation_id,
        col(HasListed.round_id) == audit_round.id,
    )
    return set(session.scalars(select(col(HasListed.person_id)).where(*of_round)))


def carry_over(session: Session, organisation_id: int, audits: Sequence[uuid.UUID]) -> None:
    """Record what the auditors of these new audits may have seen of the case in lists, exports and releases before."""
    statement = _carried_over(session.connection().dialect.name)
    for some in in_portions(audits):
        session.execute(statement, {"own": organisation_id, "audits": some, "moment": now()})


@cache
def _carried_over(dialect: str) -> Any:
    found = (
        select(
            col(_OTHER.organisation_id),
            col(_OTHER.round_id),
            col(_OTHER.case_file_id),
            col(_OTHER.auditor_id),
            col(Audit.id),
            bindparam("moment", type_=_SEEN.c.first_seen_at.type),
            col(HasListed.how),
            false(),
        )
        .join(Audit, _same_case() & (col(Audit.auditor_id) != col(_OTHER.auditor_id)))
        .join(HasListed, _may_show() & (col(HasListed.person_id) == col(_OTHER.auditor_id)))
        .where(
            col(_OTHER.organisation_id) == bindparam("own"),
            is_among(col(_OTHER.id), "audits"),
        )
    )
    return insertion_of_seen(dialect, found)


def record_readings(session: Session, organisation_id: int, audits: Sequence[uuid.UUID]) -> None:
    """Record of each of these audits, submitted now, whether it is a blind reading: its auditor had seen no other audit
    of the case.
    """
    _record(session, organisation_id, audits, blind=not_(_saw_another(Audit.auditor_id)))


def taint(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID], *, writer: uuid.UUID, is_recorder: bool = False
) -> None:
    """Record that these audits hold what this person wrote: not blind for good where they had seen another audit of the
    case, unless they had only recorded it.

    Who records may have seen it in a list; for an auditor that was carried over when they were given the case.
    """
    person = literal(writer, type_=_SEEN.c.person_id.type)
    saw = _saw_another(person, not_recorded=True)
    if is_recorder:
        saw = or_(saw, _may_have_listed_another(person))
    _record(session, organisation_id, audits, only=saw, blind=false(), taints=True)


def hand_over(session: Session, organisation_id: int, audits: Sequence[uuid.UUID], *, former: uuid.UUID) -> None:
    """Record that these audits, which are somebody else's now with the answers so far, were this person's before."""
    has_seen(session, organisation_id, former, audits, how=HowSeen.WROTE, wrote=True)
    taint(session, organisation_id, audits, writer=former)


def record_complete_pairs(session: Session, organisation_id: int, audits: Sequence[uuid.UUID]) -> None:
    """Record that the readers of these audits, where both readings are submitted, may see each other's from now on."""
    for one, other in ((Audit, _OTHER), (_OTHER, Audit)):
        for start in range(0, len(audits), _MOST):
            found = (
                select(
                    col(Audit.organisation_id),
                    col(Audit.round_id),
                    col(Audit.case_file_id),
                    col(one.auditor_id),
                    col(other.id),
                    literal(now(), type_=_SEEN.c.first_seen_at.type),
                    literal(HowSeen.BOTH_IN, type_=_SEEN.c.how.type),
                    false(),
                )
                .join(_OTHER, _same_case() & (col(Audit.auditor_id) != col(_OTHER.auditor_id)))
                .where(
                    col(Audit.organisation_id) == organisation_id,
                    col(Audit.id).in_(audits[start : start + _MOST]),
                    col(Audit.state).in_(SUBMITTED_STATES),
                    col(_OTHER.state).in_(SUBMITTED_STATES),
                )
            )
            insert_seen(session, found)


def blind_records(session: Session, organisation_id: int, rounds: Collection[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """Whether each reading of these rounds was blind when it was submitted; one without a record is left out."""
    query = (
        select(col(BlindRecord.audit_id), col(BlindRecord.blind))
        .join(Audit, linked(Audit.id, BlindRecord.audit_id))
        .where(col(Audit.organisation_id) == organisation_id, col(Audit.round_id).in_(rounds))
    )
    return dict(session.execute(query).all())


def _of_audit() -> ColumnElement[bool]:
    return and_(
        linked(HasSeen.round_id, Audit.round_id),
        col(HasSeen.case_file_id) == col(Audit.case_file_id),
        col(HasSeen.audit_id) == col(Audit.id),
    )


def _may_show() -> ColumnElement[bool]:
    """The condition that a list of answers may have shown its reader this audit: it is submitted, and not their own."""
    return and_(
        linked(HasListed.round_id, Audit.round_id),
        col(Audit.submitted_at).is_not(None),
        col(Audit.auditor_id) != col(HasListed.person_id),
    )


def _same_case() -> ColumnElement[bool]:
    return and_(
        linked(_OTHER.round_id, Audit.round_id),
        col(_OTHER.case_file_id) == col(Audit.case_file_id),
        col(_OTHER.id) != col(Audit.id),
    )


def _saw_another(person: Any, *, not_recorded: bool = False) -> ColumnElement[bool]:
    """The condition that this person has seen another audit of the same case."""
    where = [
        linked(HasSeen.round_id, Audit.round_id),
        col(HasSeen.case_file_id) == col(Audit.case_file_id),
        HasSeen.person_id == person,
        col(HasSeen.audit_id) != col(Audit.id),
    ]
    if not_recorded:
        where.append(col(HasSeen.how) != HowSeen.RECORDED)
    return exists().where(*where).correlate(Audit)


def _may_have_listed_another(person: Any) -> ColumnElement[bool]:
    """The condition that this person has listed answers of the round, and that another audit of the case is submitted
    which they did not record themselves.
    """
    recorded = exists().where(
        linked(HasSeen.round_id, _OTHER.round_id),
        col(HasSeen.case_file_id) == col(_OTHER.case_file_id),
        HasSeen.person_id == person,
        col(HasSeen.audit_id) == col(_OTHER.id),
        col(HasSeen.how) == HowSeen.RECORDED,
    )
    listed = exists().where(linked(HasListed.round_id, _OTHER.round_id), HasListed.person_id == person)
    other = exists().where(
        _same_case(),
        col(_OTHER.submitted_at).is_not(None),
        col(_OTHER.auditor_id) != person,
        listed.correlate(_OTHER),
        not_(recorded.correlate(_OTHER)),
    )
    return other.correlate(Audit)


def _record(
    session: Session,
    organisation_id: int,
    audits: Sequence[uuid.UUID],
    *,
    blind: ColumnElement[bool],
    only: ColumnElement[bool] | None = None,
    taints: bool = False,
) -> None:
    for start in range(0, len(audits), _MOST):
        found = select(col(Audit.organisation_id), col(Audit.id), blind, true() if taints else false()).where(
            col(Audit.organisation_id) == organisation_id, col(Audit.id).in_(audits[start : start + _MOST])
        )
        if only is not None:
            found = found.where(only)
        new = dialect_named(session.connection().dialect.name).insert(_RECORDS)
        new = new.from_select([column.name for column in _RECORDS.columns], found)
        kept = {"blind": new.excluded.blind & ~_RECORDS.c.taints, "taints": new.excluded.taints | _RECORDS.c.taints}
        session.execute(
            new.on_conflict_do_update(index_elements=[column.name for column in _RECORDS.primary_key], set_=kept)
        )
