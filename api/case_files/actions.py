"""Case files: creating and changing pseudonymous references with their bands."""

import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from api.case_files.queries import visible_case_files
from api.case_files.settling import block_imports, settle_one
from api.case_files.tags import harms_in_use, replace_tags
from api.case_files.words import not_a_word, words_in_use, words_of_references
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, Moved, NotFound, Stale
from checklists.cases import CaseWords
from checklists.privacy.references import check_reference, reference_from
from models import (
    CaseFile,
    CaseFileChange,
    CaseFileHarm,
    StoredCaseFile,
    Team,
    new_id,
    now,
)
from models.storage.bulk import ReadyRows, insert_ready, make_ready
from models.storage.database import rows_changed
from models.storage.dialects import is_among

MOST_IN_ONE_CALL = 1000


@dataclass(frozen=True, slots=True)
class NewCaseFile:
    """A case file to be created. Without a reference the service generates a random one."""

    team_id: uuid.UUID
    status: str
    age_band: str
    forms_of_harm: tuple[str, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class FoundCaseFile:
    """A case file with its tags."""

    case_file: CaseFile
    forms_of_harm: tuple[str, ...]


def new_reference() -> str:
    """A reference from 80 random bits: it contains nothing of the child or the council."""
    return reference_from(secrets.token_bytes(10))


def create_case_file(session: Session, *, case_file: NewCaseFile, by: Actor) -> FoundCaseFile:
    """Create one case file. Raises Invalid with each fault and its place."""
    return create_case_files(session, case_files=[case_file], by=by, one=True)[0]


def create_case_files(
    session: Session, *, case_files: Sequence[NewCaseFile], by: Actor, one: bool = False
) -> list[FoundCaseFile]:
    """Prepare and store a list of case files in one transaction. Raises what the two parts raise."""
    return store_case_files(session, prepare_case_files(session, case_files=case_files, by=by, one=one), by=by)


@dataclass(frozen=True, slots=True)
class PreparedCaseFiles:
    """Case files that have been checked, as they will be stored, and the data that the check used."""

    made: list[FoundCaseFile]
    rows: ReadyRows
    events: list[dict[str, object]]
    teams: frozenset[uuid.UUID]
    harms: frozenset[str]
    references: tuple[str, ...]


def prepare_case_files(
    session: Session, *, case_files: Sequence[NewCaseFile], by: Actor, one: bool = False
) -> PreparedCaseFiles:
    """Check a list of case files and prepare it for storing; writes nothing.

    Raises Invalid; its faults point at `/<place in the list>/<field>`.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    wanted = {case_file.team_id for case_file in case_files}
    teams = active_teams(session, by, wanted)
    harms = harms_in_use(session, by.organisation_id)
    words = words_in_use(session, by.organisation_id)
    references = [case_file.reference for case_file in case_files]
    taken = references_taken(session, by, references)
    own_words = words_of_references(session, by.organisation_id, references)
    faults: list[Fault] = []
    seen: set[str] = set()
    for place, case_file in enumerate(case_files):
        prefix = "" if one else f"/{place}"
        faults += faults_of_words(case_file, prefix=prefix, words=words)
        faults += faults_of_case_file(
            case_file, prefix=prefix, teams=teams, harms=harms, taken=taken | seen, own_words=own_words
        )
        if case_file.reference:
            seen.add(case_file.reference)
    if faults:
        raise Invalid(faults[0].detail if one else "No case files were created.", faults=tuple(faults))
    rows = [row_of(case_file, by=by) for case_file in case_files]
    # Identifiers of the same millisecond sort randomly: sorting them first keeps the list in the order that was sent.
    for row, identifier in zip(rows, sorted(row["id"] for row in rows), strict=True):
        row["id"] = identifier
    named = [tuple(sorted(set(case_file.forms_of_harm))) for case_file in case_files]
    return PreparedCaseFiles(
        [FoundCaseFile(CaseFile(**row), keys) for row, keys in zip(rows, named, strict=True)],
        make_ready(session, rows_with(rows, named, by=by)),
        creation_events(rows, by=by),
        frozenset(wanted),
        frozenset(chain.from_iterable(named)),
        tuple(seen),
    )


def store_case_files(session: Session, prepared: PreparedCaseFiles, *, by: Actor) -> list[FoundCaseFile]:
    """Create the case files, all or none.

    Raises Moved when a team, a form of harm or a reference has changed meanwhile.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    if prepared.references:
        block_imports(session, by.organisation_id)
    if (
        active_teams(session, by, set(prepared.teams)) != prepared.teams
        or not prepared.harms <= harms_in_use(session, by.organisation_id)
        or references_taken(session, by, prepared.references)
    ):
        raise Moved
    try:
        insert_ready(session, prepared.rows)
    except IntegrityError:
        # Another transaction has just used one of the references.
        raise Moved from None
    events.record_prepared(session, prepared.events)
    return prepared.made


def row_of(case_file: NewCaseFile, *, by: Actor, at: datetime | None = None) -> dict[str, Any]:
    """A new case file as a row, of this moment or another, with its reference."""
    return {
        "organisation_id": by.organisation_id,
        "id": new_id(),
        "reference": case_file.reference or new_reference(),
        "team_id": case_file.team_id,
        "status": str(case_file.status),
        "age_band": str(case_file.age_band),
        "version": 1,
        "created_at": at or now(),
    }


def rows_with(
    case_files: Sequence[dict[str, Any]], harms: Sequence[Iterable[str]], *, by: Actor
) -> dict[type[SQLModel], list[dict[str, Any]]]:
    """Checked case files with their tags, as rows for each table."""
    return {
        StoredCaseFile: list(case_files),
        CaseFileHarm: [
            {"organisation_id": by.organisation_id, "case_file_id": row["id"], "form_of_harm": harm}
            for row, keys in zip(case_files, harms, strict=True)
            for harm in sorted(set(keys))
        ],
    }


def creation_events(case_files: Sequence[dict[str, Any]], *, by: Actor) -> list[dict[str, object]]:
    """The events of these new case files."""
    return [events.row("case-file.made", row["id"], by=by) for row in case_files]


def change_case_file(
    session: Session,
    *,
    case_file_id: uuid.UUID,
    team_id: uuid.UUID,
    status: str,
    age_band: str,
    forms_of_harm: tuple[str, ...],
    version: int,
    by: Actor,
) -> FoundCaseFile:
    """Change the bands of a case file. Submitted audits keep the bands that they were submitted with.

    Raises Stale when somebody changed it since `version`, Invalid with each fault.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    block_imports(session, by.organisation_id)
    settle_one(session, by.organisation_id, case_file_id)
    found = find_case_file(session, case_file_id=case_file_id, by=by)
    wanted = NewCaseFile(team_id, status, age_band, forms_of_harm)
    teams = active_teams(session, by, {team_id}) | {found.case_file.team_id}
    harms = harms_in_use(session, by.organisation_id) | set(found.forms_of_harm)
    faults = faults_of_case_file(wanted, prefix="", teams=teams, harms=harms, taken=frozenset())
    if (status, age_band) != (found.case_file.status, found.case_file.age_band):
        faults += faults_of_words(wanted, prefix="", words=words_in_use(session, by.organisation_id))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    mine = (col(StoredCaseFile.organisation_id) == by.organisation_id, col(StoredCaseFile.id) == case_file_id)
    changed = rows_changed(
        session,
        update(StoredCaseFile)
        .where(*mine, col(StoredCaseFile.version) == version)
        .values(team_id=team_id, status=str(status), age_band=str(age_band), version=version + 1),
    )
    if not changed:
        raise Stale
    replace_tags(session, by.organisation_id, case_file_id, found.forms_of_harm, forms_of_harm)
    events.record(session, "case-file.changed", case_file_id, by=by)
    return find_case_file(session, case_file_id=case_file_id, by=by)


def find_case_file(session: Session, *, case_file_id: uuid.UUID, by: Actor) -> FoundCaseFile:
    """The case file and its tags. Raises NotFound for what the actor may not see."""
    case_file = session.exec(
        select(CaseFile)
        .where(col(CaseFile.id) == case_file_id, *visible_case_files(by))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case_file is None:
        raise NotFound("case file")
    return FoundCaseFile(case_file, harms_of(session, [case_file])[case_file.id])


def lock_case_files(session: Session, organisation_id: int, case_file_ids: Collection[uuid.UUID]) -> None:
    """Lock these case files until this transaction ends."""
    mine = (col(StoredCaseFile.organisation_id) == organisation_id, col(StoredCaseFile.id).in_(case_file_ids))
    query = select(StoredCaseFile.id).where(*mine).order_by(col(StoredCaseFile.id))
    session.execute(query.with_for_update(key_share=True))


# Made once: every page of an audit asks it.
_TAGS = (
    select(col(CaseFileHarm.case_file_id), col(CaseFileHarm.form_of_harm))
    .where(
        col(CaseFileHarm.organisation_id) == bindparam("own"),
        is_among(col(CaseFileHarm.case_file_id), "case_files"),
    )
    .order_by(col(CaseFileHarm.form_of_harm))
)


def harms_of(session: Session, case_files: Sequence[CaseFile]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The tags of each of these case files of one organisation."""
    tags: dict[uuid.UUID, tuple[str, ...]] = {case_file.id: () for case_file in case_files}
    if not case_files:
        return tags
    session.flush()
    named = {"own": case_files[0].organisation_id, "case_files": list(tags)}
    rows = session.connection().execute(_TAGS, named)
    for case_file_id, harm in rows:
        tags[case_file_id] = (*tags[case_file_id], harm)
    return tags


_TEAMS = select(col(Team.id)).where(
    col(Team.organisation_id) == bindparam("own"),
    is_among(col(Team.id), "wanted"),
    col(Team.active),
)


def active_teams(session: Session, actor: Actor, wanted: set[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of the wanted teams that are the organisation's and still active."""
    found = session.connection().execute(_TEAMS, {"own": actor.organisation_id, "wanted": wanted})
    return frozenset(found.scalars())


def references_taken(session: Session, actor: Actor, references: Iterable[str | None]) -> frozenset[str]:
    """Those of the references that a case file of the organisation has, or gets with a list that is being imported."""
    wanted = {reference for reference in references if reference}
    if not wanted:
        return frozenset()
    queries = (
        select(table.reference).where(
            col(table.organisation_id) == actor.organisation_id, col(table.reference).in_(wanted)
        )
        for table in (StoredCaseFile, CaseFileChange)
    )
    return frozenset(reference for query in queries for reference in session.exec(query))


def faults_of_words(case_file: NewCaseFile, *, prefix: str, words: CaseWords) -> list[Fault]:
    """A fault for a status or an age band that is in none of the organisation's lists."""
    faults = []
    if case_file.status not in words.statuses:
        faults.append(Fault(f"{prefix}/status", not_a_word("status", words.statuses)))
    if case_file.age_band not in words.age_bands:
        faults.append(Fault(f"{prefix}/age_band", not_a_word("age band", words.age_bands)))
    return faults


def faults_of_case_file(
    case_file: NewCaseFile,
    *,
    prefix: str,
    teams: frozenset[uuid.UUID],
    harms: frozenset[str],
    taken: frozenset[str] | set[str],
    own_words: frozenset[str] = frozenset(),
) -> list[Fault]:
    """What is wrong with a case file, each fault with its place; nothing that was typed is repeated."""
    faults = []
    if case_file.team_id not in teams:
        faults.append(Fault(f"{prefix}/team_id", "Select one of your organisation’s active teams."))
    for place, harm in enumerate(case_file.forms_of_harm):
        if harm not in harms:
            faults.append(
                Fault(
                    f"{prefix}/forms_of_harm/{place}",
                    (
                        "This form of harm is not in any of your published templates. Use the key of a published "
                        "form of harm."
                    ),
                )
            )
    if case_file.reference is not None:
        fault = check_reference(case_file.reference, own_words)
        if fault is None and case_file.reference in taken:
            fault = "Another case file has this reference. Enter a different reference."
        if fault is not None:
            faults.append(Fault(f"{prefix}/reference", fault))
    return faults
