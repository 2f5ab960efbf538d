"""Deleting what is no longer kept: in the background, one audit or case a transaction, each looked at again under lock.

What a restored backup brings back is deleted again: its period has ended.
"""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from secrets import SystemRandom
from typing import Any, Final, TypeVar

from sqlalchemy import Select, delete, select
from sqlmodel import Session, SQLModel, col

from api.case_files.settling import hold_case_files, unsettled_list
from api.erasure.copies import has_new_jobs
from api.erasure.erasing import PreparedErasure, erase, prepare_erasure, prepare_erasure_of_audit
from api.foundation import events
from api.foundation.events import LONGEST_SILENCE
from api.foundation.local_time import local_date
from api.foundation.permissions import operator_of
from api.foundation.problems import Moved
from api.foundation.settings import Settings
from api.retention import watching
from api.retention.due import due_of, first_kept
from api.retention.queries import overdue, overdue_in_words, period_of_kind
from checklists.retention import RetentionKind
from models import Audit, Organisation, OutboxMessage, SignInLink, StoredCaseFile, WebSession
from models.clock import earliest
from models.storage.bulk import table_of
from models.storage.database import Database, rows_changed

Some = TypeVar("Some")

LOG: Final = logging.getLogger("caseaudit")
# How many rows one transaction deletes from tables whose rows have no parts.
ROWS_AT_ONCE: Final = 500
# Audits and cases of an organisation that one run looks at.
CASES_AT_ONCE: Final = 10_000
# After this long, the rest waits for the next run.
LONGEST_RUN: Final = 30.0
# Each run takes organisations and records in another order. Otherwise, records that cannot be deleted and take long to
# fail would keep the others waiting for ever.
_ORDER: Final = SystemRandom()

_ROOTS: Final[dict[RetentionKind, tuple[type[SQLModel], Callable[..., PreparedErasure], str]]] = {
    RetentionKind.AUDITS: (Audit, prepare_erasure_of_audit, "audit_id"),
    RetentionKind.CASE_FILES: (StoredCaseFile, prepare_erasure, "case_file_id"),
}
# Of the other kinds, the table and key of each query, in its order.
_ROWS: Final[dict[RetentionKind, tuple[Any, ...]]] = {
    RetentionKind.SIGN_INS: (WebSession.secret_hash, SignInLink.secret_hash),
    RetentionKind.EMAILS: (OutboxMessage.id,),
}


def delete_due(database: Database, settings: Settings) -> int:
    """Delete what is no longer kept, of every organisation and kind; how many records.

    A record that cannot be deleted now is logged, and tried again in the next run. Raises after all were tried.
    """
    ends = time.monotonic() + LONGEST_RUN
    number, failures = 0, list[Exception]()
    with database.reading() as session:
        organisations = session.execute(select(col(Organisation.id))).scalars().all()
    for own in _shuffled(organisations):
        for kind in RetentionKind:
            if kind in _ROOTS:
                number += _delete_whole(database, own, kind, ends, failures)
            else:
                number += _tried(partial(_delete_rows, database, own, kind, ends), failures)
    if number:
        database.empty_log()
    with database.reading() as session:
        said = overdue_in_words(overdue(session, local_date(earliest())))
        watching.remember(settings, said)
    if failures:
        raise ExceptionGroup("records that could not be deleted at the end of their retention period", failures)
    return number


def _shuffled(some: Sequence[Some]) -> list[Some]:
    return _ORDER.sample(some, len(some))


def _tried(delete_some: Callable[[], int], failures: list[Exception]) -> int:
    """How many records it deleted. A failure is noted, and keeps no other record waiting."""
    try:
        return delete_some()
    except Moved:
        LOG.info("A record changed while its deletion was prepared: it is deleted in the next run")
    except Exception as failure:  # noqa: BLE001 - raised when everything else was tried
        failures.append(failure)
    return 0


def _due(session: Session, own: int, kind: RetentionKind) -> tuple[Select[Any], ...]:
    today = _today(session, own)
    return due_of(kind, own, first_kept(period_of_kind(session, own, kind, today), today))


def _today(session: Session, own: int) -> date:
    """The day by which is deleted: today, unless the clock may be wrong.

    A machine that starts with a wrong year would otherwise delete everything. So the day is at most LONGEST_SILENCE
    after the newest event of more than a week ago: people have a week to notice.
    """
    at = earliest()
    newest = events.newest_before(session, own, at)
    return local_date(at if newest is None else min(at, newest + LONGEST_SILENCE))


def _delete_whole(database: Database, own: int, kind: RetentionKind, ends: float, failures: list[Exception]) -> int:
    """Delete audits or cases, each with all that belongs to it."""
    with database.reading() as session:
        (due,) = _due(session, own, kind)
        waiting: Sequence[uuid.UUID] = session.execute(due.limit(CASES_AT_ONCE)).scalars().all()
    number = 0
    for identifier in _shuffled(waiting):
        if time.monotonic() > ends:
            break
        number += _tried(partial(_delete_one, database, own, kind, identifier), failures)
    return number


def _delete_one(database: Database, own: int, kind: RetentionKind, identifier: uuid.UUID) -> int:
    model, prepare, named = _ROOTS[kind]
    by = operator_of(own)
    with database.reading_one_moment() as session:
        if not _is_due(session, own, kind, model, identifier):
            return 0
        prepared = prepare(session, **{named: identifier}, by=by)
    if prepared.copies.in_a_job:
        return 0
    with database.writing(own) as session:
        hold_case_files(session, own)
        if unsettled_list(session, own) is not None or has_new_jobs(session, own, prepared.copies):
            return 0
        if not _is_due(session, own, kind, model, identifier):
            return 0
        erased = erase(session, prepared, by=by)
        said: dict[str, str | int | bool | None] = {"kind": kind.value, "audits": erased.get("audit", 0)}
        events.record(session, "retention.applied", identifier, by=by, details=said)
    return 1


def _is_due(session: Session, own: int, kind: RetentionKind, model: type[SQLModel], identifier: uuid.UUID) -> bool:
    (due,) = _due(session, own, kind)
    return session.execute(due.where(table_of(model).c.id == identifier)).first() is not None


def _delete_rows(database: Database, own: int, kind: RetentionKind, ends: float) -> int:
    """Delete rows that have no parts, some at a time."""
    number = 0
    for place, key in enumerate(_ROWS[kind]):
        while time.monotonic() <= ends and (gone := _delete_some(database, own, kind, place, key)):
            number += gone
    return number


def _delete_some(database: Database, own: int, kind: RetentionKind, place: int, key: Any) -> int:
    with database.reading() as session:
        if session.execute(_due(session, own, kind)[place].limit(1)).first() is None:
            return 0
    with database.writing(own) as session:
        keys = session.execute(_due(session, own, kind)[place].limit(ROWS_AT_ONCE)).scalars().all()
        table = table_of(key.class_)
        are_these = (table.c.organisation_id == own, table.c[key.key].in_(keys))
        gone = rows_changed(session, delete(table).where(*are_these))
        said: dict[str, str | int | bool | None] = {"kind": kind.value, "number": gone}
        events.record(session, "retention.applied", events.THE_ORGANISATION, by=operator_of(own), details=said)
    return gone
