"""Drafts of case lists: what a person previewed on the page and may import, kept for them for a day at most."""

import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select

from api.case_files.words import words_in_use
from api.case_lists.actions import CheckedList
from api.case_lists.pseudonyms.list_file import read_case_list, write_case_list
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Invalid
from checklists.case_list import CaseList as CaseListContent
from models import CaseListDraft, now
from models.clock import earliest
from models.storage.database import Database

KEPT: Final = timedelta(days=1)
# Level 1 takes a third of the time of the usual one, and the list is nearly as small.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class PreparedDraft:
    """A compressed list, and its digest, by which its person asks for it again."""

    digest: str
    content: bytes


def prepare_draft(checked: CheckedList) -> PreparedDraft:
    """Compress a list. It holds pseudonyms and bands, and nothing else of the file that it came from."""
    return PreparedDraft(checked.digest, zlib.compress(write_case_list(checked.content), _LEVEL))


def keep_draft(session: Session, prepared: PreparedDraft, *, by: Actor) -> None:
    """Store this draft in place of the person's previous one."""
    check_may(by, Permission.WRITE_CASE_FILES)
    session.execute(delete(CaseListDraft).where(*_of(by)))
    session.add(
        CaseListDraft(
            organisation_id=by.organisation_id,
            person_id=person_of(by),
            digest=prepared.digest,
            content=prepared.content,
            made_at=now(),
        )
    )
    session.flush()


def find_draft(session: Session, *, digest: str, by: Actor) -> CaseListContent:
    """The list with this digest that the person previewed. Raises Invalid when it is no longer stored."""
    check_may(by, Permission.WRITE_CASE_FILES)
    query = select(CaseListDraft.content).where(*_of(by), col(CaseListDraft.digest) == digest)
    content = session.exec(query).one_or_none()
    if content is None:
        raise Invalid.at(
            "file",
            "The preview has expired, or you have previewed another list since. Select the file again.",
        )
    return read_case_list(zlib.decompress(content), words_in_use(session, by.organisation_id))


def delete_draft(session: Session, *, digest: str, by: Actor) -> None:
    """Delete the person's draft of this list."""
    session.execute(delete(CaseListDraft).where(*_of(by), col(CaseListDraft.digest) == digest))


def delete_old_drafts(database: Database) -> None:
    """Delete the drafts that are older than KEPT."""
    with database.writing() as session:
        session.execute(delete(CaseListDraft).where(col(CaseListDraft.made_at) < earliest() - KEPT))


def _of(by: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(CaseListDraft.organisation_id) == by.organisation_id, col(CaseListDraft.person_id) == by.person_id
