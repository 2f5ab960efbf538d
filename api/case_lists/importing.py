"""Importing a case list: prepared without holding the writer, stored in short invisible pieces, and made visible by the
last.

The new case files and teams of a list refer to it, and nobody sees them until the list is imported. Its changes of
known case files are stored beside them, become visible at the same moment, and are written into them afterwards
(`api.case_files.settling`). So the last piece writes only a few rows, however long the list.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Row, func, update
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from api.case_files.settling import clear_some, hold_case_files, unsettled_list
from api.case_files.tags import TagsByCategory, known_tags, tag_rows
from api.case_files.unsettled import give_up
from api.case_lists.actions import CheckedList, known_case_files, listed_fields_of, sort_cases
from api.case_lists.teams import ChosenTeams, chosen_teams
from api.foundation import events
from api.foundation.jobs import handover
from api.foundation.jobs.long_work import Piece
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Moved
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from models import (
    CaseFileChange,
    CaseFileHarm,
    CaseList,
    CaseListEntry,
    ImportState,
    StoredCaseFile,
    StoredCaseList,
    StoredTeam,
    new_id,
    now,
)
from models.storage.bulk import ReadyRows, Rows, insert_ready, make_ready, table_of
from models.storage.database import rows_changed

CASES_OF_A_PIECE: Final = 500
# A list of up to this many cases is stored in one piece: that takes no longer than others can wait.
MOST_AT_ONCE: Final = 1_000
LONGEST_IMPORT_SECONDS: Final = 5
_MOVED: Final = "Case files or teams in this list have changed. Nothing was imported. Send the list again."

_LISTS, _FILES = table_of(StoredCaseList), table_of(StoredCaseFile)
_ENTRIES, _CHANGES = table_of(CaseListEntry), table_of(CaseFileChange)


@dataclass(frozen=True, slots=True)
class PreparedPiece:
    """Some cases of a list, prepared to be stored together: their rows packed, since those of a long list are many."""

    cases: int
    rows: bytes


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """A list that is ready to be imported, and the data that its preparation used. Plain values: it may come from
    another process.
    """

    organisation_id: int
    case_list_id: uuid.UUID
    listed_on: date
    source: str
    key_id: str
    digest: str
    cases: int
    made: int
    changed: int
    # Whether known case files get references under another key.
    renames: bool
    teams: ChosenTeams
    # The versions of the known case files on the list, added up: a version only ever increases.
    versions: int
    # Whether an earlier list is not settled or removed yet.
    waits: bool
    pieces: tuple[PreparedPiece, ...]

    @property
    def is_stored_at_once(self) -> bool:
        return self.cases <= MOST_AT_ONCE


def prepare_import(
    session: Session, *, checked: CheckedList, teams: Mapping[str, uuid.UUID | str] | None = None, by: Actor
) -> PreparedImport:
    """Sort a list and prepare it for storing; writes nothing.

    `teams` says which team a name on the list means when no active team has it, or MAKE_A_TEAM. Raises Invalid with
    each fault, AlreadyExists for a list that was imported before, and Conflict while another is being stored.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    content = checked.content
    before = unsettled_list(session, by.organisation_id)
    _check_may_begin(session, checked.digest, before, by)
    chosen = chosen_teams(session, content, teams or {}, by)
    tags = known_tags(session, by.organisation_id)
    sorted_out = sort_cases(known_case_files(session, by), content, chosen.ids, tags)
    # Identifiers of the same millisecond sort randomly: sorting them first keeps the list in the order that was sent.
    ids = sorted(new_id() for _ in sorted_out.new)
    lines = [_Line(its_id, case, 1, StoredCaseFile) for its_id, case in zip(ids, sorted_out.new, strict=True)]
    lines += [
        _Line(file.id, case, file.version + 1, CaseFileChange, file.characteristics)
        for case, file in sorted_out.changed
    ]
    lines += [_Line(file.id, case, file.version, None, file.characteristics) for case, file in sorted_out.same]
    # Rows that are adjacent on disk are stored together, and removed together.
    lines.sort(key=lambda line: line.case_file_id)
    made = _RowBuilder(session, by.organisation_id, new_id(), content, chosen.ids, tags.by_category)
    known = (*sorted_out.changed, *sorted_out.same)
    return PreparedImport(
        organisation_id=by.organisation_id,
        case_list_id=made.case_list_id,
        listed_on=content.on,
        source=content.source,
        key_id=content.key_id,
        digest=checked.digest,
        cases=len(lines),
        made=len(sorted_out.new),
        changed=len(sorted_out.changed),
        renames=any(case.reference != file.reference for case, file in sorted_out.changed),
        teams=chosen,
        versions=sum(file.version for _, file in known),
        waits=before is not None,
        pieces=tuple(
            made.piece(lines[start : start + CASES_OF_A_PIECE]) for start in range(0, len(lines), CASES_OF_A_PIECE)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A case of a list with its case file: a new one, one that changes, or one that does not."""

    case_file_id: uuid.UUID
    case: ListedCase
    version: int
    table: type[SQLModel] | None
    # The characteristics of its case file before.
    characteristics: str = ""


@dataclass(frozen=True, slots=True)
class _RowBuilder:
    """Builds the rows of one list."""

    session: Session
    organisation_id: int
    case_list_id: uuid.UUID
    content: CaseListContent
    teams: Mapping[str, uuid.UUID]
    tags: TagsByCategory

    def piece(self, lines: Sequence[_Line]) -> PreparedPiece:
        own, at = {"organisation_id": self.organisation_id}, now()
        files: list[dict[str, Any]] = []
        entries: list[dict[str, Any]] = []
        changes: list[dict[str, Any]] = []
        for line in lines:
            said = listed_fields_of(line.case, self.content, self.teams, before=line.characteristics)
            if line.table is StoredCaseFile:
                brought = {"version": line.version, "created_at": at, "brought_by": self.case_list_id}
                files.append({**own, "id": line.case_file_id, **said, **brought})
            of_list = {**own, "case_list_id": self.case_list_id, "case_file_id": line.case_file_id}
            if line.table is CaseFileChange:
                changes.append({**of_list, **said, "version": line.version})
            said.pop("key_id")
            said.pop("characteristics")
            entries.append({**of_list, **said})
        tags = tag_rows(self.organisation_id, ((file["id"], file["category"]) for file in files), self.tags)
        rows: Rows = {StoredCaseFile: files, CaseFileHarm: tags, CaseListEntry: entries, CaseFileChange: changes}
        return PreparedPiece(len(lines), handover.packed(make_ready(self.session, rows)))


def pieces_of(prepared: PreparedImport) -> Iterator[Piece]:
    """What is stored of a list before `finish_import`: each piece in a short writing transaction of its own, in this
    order.

    The next piece is requested when the one before has been committed. A piece raises Moved when its input has changed
    or the list was given up, and Conflict when another list is being stored.
    """
    if prepared.waits:
        yield from _clearing(prepared.organisation_id)
    if not prepared.is_stored_at_once:
        yield lambda session, by: begin_import(session, prepared, by=by)
        for place in range(len(prepared.pieces)):
            yield partial(_store, prepared, place)


def _store(prepared: PreparedImport, place: int, session: Session, by: Actor) -> None:
    store_piece(session, prepared, place, by=by)


def give_up_pieces(prepared: PreparedImport) -> Iterator[Piece]:
    """The pieces that remove an unfinished list: each in a short writing transaction, like `pieces_of`."""
    was_begun = False

    def mark(session: Session, _: Actor) -> None:
        nonlocal was_begun
        was_begun = give_up(session, prepared.organisation_id, prepared.case_list_id)

    if not prepared.is_stored_at_once:
        yield mark
        if was_begun:
            yield from _clearing(prepared.organisation_id)


def _clearing(organisation_id: int) -> Iterator[Piece]:
    more = True

    def clear(session: Session, _: Actor) -> None:
        nonlocal more
        more = clear_some(session, organisation_id)

    while more:
        yield clear


def begin_import(session: Session, prepared: PreparedImport, *, by: Actor) -> None:
    """Begin a list, which nobody sees yet, and create its new teams. Raises AlreadyExists, Conflict, or Moved."""
    check_may(by, Permission.WRITE_CASE_FILES)
    before = unsettled_list(session, by.organisation_id)
    _check_may_begin(session, prepared.digest, before, by)
    if before is not None or not prepared.teams.are_in_use(session, by) or not prepared.teams.are_free(session, by):
        raise Moved(_MOVED)
    own, at = {"organisation_id": by.organisation_id}, now()
    begun = {
        **own,
        "id": prepared.case_list_id,
        "listed_on": prepared.listed_on,
        "source": prepared.source,
        "key_id": prepared.key_id,
        "cases": prepared.cases,
        "made": prepared.made,
        "digest": prepared.digest,
        "taken_at": at,
        "state": ImportState.STORING,
        "stored": 0,
    }
    of_team = {**own, "active": True, "version": 1, "created_at": at, "brought_by": prepared.case_list_id}
    teams = [{**of_team, "id": team_id, "name": name} for name, team_id in prepared.teams.to_make.items()]
    _insert(session, make_ready(session, {StoredCaseList: [begun], StoredTeam: teams}))


def store_piece(session: Session, prepared: PreparedImport, place: int, *, by: Actor) -> None:
    """Store one piece of a list that was begun. Raises Moved."""
    check_may(by, Permission.WRITE_CASE_FILES)
    piece = prepared.pieces[place]
    before = place * CASES_OF_A_PIECE
    _update_own_list(session, prepared, before, {"stored": before + piece.cases})
    _insert(session, handover.unpacked(piece.rows))


def finish_import(session: Session, prepared: PreparedImport, *, by: Actor) -> CaseList:
    """Complete the import when all pieces are stored: from this commit on everybody sees all of the list.

    Writes one event. Raises Moved when a case file or a team that it uses has changed meanwhile.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    hold_case_files(session, by.organisation_id)
    state = ImportState.SETTLING if prepared.changed else ImportState.SETTLED
    _update_own_list(session, prepared, prepared.cases, {"state": state, "taken_at": now()})
    if not prepared.teams.are_in_use(session, by) or not _is_unchanged(session, prepared):
        raise Moved(_MOVED)
    for team_id in prepared.teams.to_make.values():
        events.record(session, "team.made", team_id, by=by)
    events.record(
        session,
        "case-list.taken",
        prepared.case_list_id,
        by=by,
        details={
            "cases": prepared.cases,
            "made": prepared.made,
            "changed": prepared.changed,
            "key": prepared.key_id,
        },
    )
    return session.get_one(CaseList, (by.organisation_id, prepared.case_list_id))


def complete_import(session: Session, prepared: PreparedImport, *, by: Actor) -> CaseList:
    """Complete the import when `pieces_of` are stored; a short list is stored here. Raises what the parts raise."""
    if not prepared.is_stored_at_once:
        return finish_import(session, prepared, by=by)
    begin_import(session, prepared, by=by)
    for place in range(len(prepared.pieces)):
        store_piece(session, prepared, place, by=by)
    taken = finish_import(session, prepared, by=by)
    while clear_some(session, by.organisation_id):
        pass
    return taken


def _check_may_begin(session: Session, digest: str, before: Row[Any] | None, by: Actor) -> None:
    taken = select(CaseList.id).where(
        col(CaseList.organisation_id) == by.organisation_id, col(CaseList.digest) == digest
    )
    if session.exec(taken).first() is not None:
        raise AlreadyExists("This list has already been imported. Nothing was changed.")
    if before is not None and before.state is ImportState.STORING:
        which = "This list" if before.digest == digest else "Another case list"
        raise Conflict(
            f"{which} is being imported: {before.stored:,} of {before.cases:,} cases so far. Check the case lists "
            "in 1 minute, and send your list again if it is not there.",
            headers={"Retry-After": str(LONGEST_IMPORT_SECONDS)},
        )


def _update_own_list(session: Session, prepared: PreparedImport, stored: int, values: Mapping[str, Any]) -> None:
    """Change the list's own row, if this import still owns it: nobody else can then give it up meanwhile."""
    itself = (_LISTS.c.organisation_id == prepared.organisation_id, _LISTS.c.id == prepared.case_list_id)
    as_left = (_LISTS.c.state == ImportState.STORING, _LISTS.c.stored == stored)
    if not rows_changed(session, update(_LISTS).where(*itself, *as_left).values(values)):
        raise Moved("The import stopped because no progress was made. Send the list again.")


def _is_unchanged(session: Session, prepared: PreparedImport) -> bool:
    connection, own, listed = session.connection(), prepared.organisation_id, prepared.case_list_id
    versions = connection.execute(
        select_columns(func.sum(_FILES.c.version))
        .join_from(
            _ENTRIES,
            _FILES,
            (_FILES.c.organisation_id == _ENTRIES.c.organisation_id) & (_FILES.c.id == _ENTRIES.c.case_file_id),
        )
        .where(_ENTRIES.c.organisation_id == own, _ENTRIES.c.case_list_id == listed)
    ).scalar_one()
    if versions != prepared.versions + prepared.made:
        return False
    if not prepared.renames:
        return True
    lookalike = (
        select_columns(_FILES.c.id)
        .join_from(
            _CHANGES,
            _FILES,
            (_FILES.c.organisation_id == _CHANGES.c.organisation_id) & (_FILES.c.reference == _CHANGES.c.reference),
        )
        .where(
            _CHANGES.c.organisation_id == own, _CHANGES.c.case_list_id == listed, _FILES.c.id != _CHANGES.c.case_file_id
        )
    )
    return connection.execute(lookalike.limit(1)).first() is None


def _insert(session: Session, rows: ReadyRows) -> None:
    try:
        insert_ready(session, rows)
    except IntegrityError:
        # Another transaction has just used a reference or the name of a team, or deleted a case file.
        raise Moved(_MOVED) from None
