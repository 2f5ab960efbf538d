"""Finishing case lists after their import: their changes are written into known case files, or an abandoned list is
removed. `api.case_files.unsettled` says which lists.

Nobody sees a difference meanwhile: `CaseFile` shows all changes of an imported list, and none of an abandoned one. So
the work is done some cases at a time, in short transactions.
"""

import uuid
from typing import Any, Final

from sqlalchemy import Row, delete, select, update
from sqlmodel import Session

from api.case_files.tags import add_tags, tag_rows, tags_by_category
from models import CaseFileChange, CaseFileHarm, CaseListEntry, ImportState, StoredCaseFile, StoredCaseList, StoredTeam
from models.storage.bulk import table_of

CASES_AT_ONCE: Final = 500
_LOCK: Final = 2022022104

_LISTS, _FILES, _CHANGES = table_of(StoredCaseList), table_of(StoredCaseFile), table_of(CaseFileChange)
_ENTRIES, _TEAMS, _HARMS = table_of(CaseListEntry), table_of(StoredTeam), table_of(CaseFileHarm)
# What a list says of a case file, by the name of its column.
LISTED_FIELDS: Final = (
    "reference",
    "team_id",
    "status",
    "age_band",
    "category",
    "worker",
    "started_in",
    "closed_in",
    "re_referral",
    "counts",
    "characteristics",
    "key_id",
)


def block_imports(session: Session, organisation_id: int) -> None:
    """Prevent the organisation's lists from being finished until this transaction ends: their input may change."""
    _lock(session, "pg_advisory_xact_lock_shared", organisation_id)


def hold_case_files(session: Session, organisation_id: int) -> None:
    """Wait for changes to what a list uses, and prevent others until this transaction ends."""
    _lock(session, "pg_advisory_xact_lock", organisation_id)


def _lock(session: Session, function: str, organisation_id: int) -> None:
    if session.connection().dialect.name == "postgresql":  # a writer to SQLite is alone
        session.connection().exec_driver_sql(f"SELECT {function}(%s, %s)", (_LOCK, organisation_id))


def unsettled_list(session: Session, organisation_id: int, *, lock: bool = False) -> Row[Any] | None:
    """The organisation's list that is not settled, if there is one."""
    mine = (_LISTS.c.organisation_id == organisation_id, _LISTS.c.state != ImportState.SETTLED)
    query = select(_LISTS).where(*mine)
    return session.connection().execute(query.with_for_update(key_share=True) if lock else query).one_or_none()


def settle_one(session: Session, organisation_id: int, case_file_id: uuid.UUID) -> None:
    """Write into one case file what an imported list says of it, so that it can be changed."""
    listed = unsettled_list(session, organisation_id)
    if listed is not None and listed.state is ImportState.SETTLING:
        _settle(session, listed, [_CHANGES.c.case_file_id == case_file_id])


def clear_some(session: Session, organisation_id: int) -> bool:
    """Settle or remove some cases of the organisation's list; returns whether there may be more of them."""
    listed = unsettled_list(session, organisation_id, lock=True)
    if listed is None or listed.state is ImportState.STORING:
        return False
    if listed.state is ImportState.GIVEN_UP:
        return _remove_some(session, listed)
    if _settle(session, listed, []):
        return True
    session.connection().execute(update(_LISTS).where(*_list_of(listed)).values(state=ImportState.SETTLED))
    return False


def _list_of(listed: Row[Any]) -> tuple[Any, ...]:
    return _LISTS.c.organisation_id == listed.organisation_id, _LISTS.c.id == listed.id


def _settle(session: Session, listed: Row[Any], which: list[Any]) -> bool:
    """Write some changes into their case files; returns whether there were any."""
    connection = session.connection()
    own = (_CHANGES.c.organisation_id == listed.organisation_id, _CHANGES.c.case_list_id == listed.id)
    # Locked: otherwise a concurrent edit of one of these case files would be overwritten.
    some = (
        select(_CHANGES.c.case_file_id)
        .where(*own, *which)
        .order_by(_CHANGES.c.case_file_id)
        .limit(CASES_AT_ONCE)
        .with_for_update()
    )
    ids = list(connection.execute(some).scalars())
    if not ids:
        return False
    these = (*own, _CHANGES.c.case_file_id.between(ids[0], ids[-1]))
    connection.execute(
        update(_FILES)
        .where(
            _FILES.c.organisation_id == listed.organisation_id,
            _FILES.c.organisation_id == _CHANGES.c.organisation_id,
            _FILES.c.id == _CHANGES.c.case_file_id,
            *these,
        )
        .values({name: _CHANGES.c[name] for name in (*LISTED_FIELDS, "version")})
    )
    tags = tags_by_category(session, listed.organisation_id)
    if tags:
        changed = connection.execute(select(_CHANGES.c.case_file_id, _CHANGES.c.category).where(*these)).all()
        add_tags(session, tag_rows(listed.organisation_id, [(each[0], each[1]) for each in changed], tags))
    connection.execute(delete(_CHANGES).where(*these))
    return True


def _remove_some(session: Session, listed: Row[Any]) -> bool:
    connection = session.connection()
    own = (_ENTRIES.c.organisation_id == listed.organisation_id, _ENTRIES.c.case_list_id == listed.id)
    some = select(_ENTRIES.c.case_file_id).where(*own).order_by(_ENTRIES.c.case_file_id).limit(CASES_AT_ONCE)
    ids = list(connection.execute(some).scalars())
    if ids:
        between = (ids[0], ids[-1])
        mine = _CHANGES.c.organisation_id == listed.organisation_id, _CHANGES.c.case_list_id == listed.id
        connection.execute(delete(_CHANGES).where(*mine, _CHANGES.c.case_file_id.between(*between)))
        connection.execute(delete(_ENTRIES).where(*own, _ENTRIES.c.case_file_id.between(*between)))
        brought = _FILES.c.organisation_id == listed.organisation_id, _FILES.c.brought_by == listed.id
        these = (*brought, _FILES.c.id.between(*between))
        own_tags = (
            _HARMS.c.organisation_id == listed.organisation_id,
            _HARMS.c.case_file_id.in_(select(_FILES.c.id).where(*these)),
        )
        connection.execute(delete(_HARMS).where(*own_tags))
        connection.execute(delete(_FILES).where(*these))
        return True
    brought = _TEAMS.c.organisation_id == listed.organisation_id, _TEAMS.c.brought_by == listed.id
    connection.execute(delete(_TEAMS).where(*brought))
    connection.execute(delete(_LISTS).where(*_list_of(listed)))
    return False
