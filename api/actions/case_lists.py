"""Case lists: taking in the cases of one day, under pseudonyms, all or none."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, update
from sqlmodel import Session, col, select

from api.actions import events
from api.actions.names import check_label, tidy
from api.actions.teams import LONGEST_NAME
from api.permissions import Actor, Permission, check_may
from api.problems import AlreadyExists, Fault, Invalid, NotFound
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.identifiers import check_reference
from models import CaseFile, CaseList, CaseListEntry, Team, new_id, now
from models.bulk import insert_all, table_of
from models.clock import latest

MOST_CASES: Final = 100_000
FAULTS_SHOWN: Final = 50
MAKE_A_TEAM: Final = "make"

_FILES = table_of(CaseFile)
# What a list says of a case file, by the name of its column.
_SAID: Final = ("reference", "team_id", "status", "age_band", "category", "worker", "started_in", "closed_in", "key_id")


@dataclass(frozen=True, slots=True)
class TeamOfList:
    """A team by the name that a list gives it, and the active team of that name, if there is one."""

    name: str
    cases: int
    team_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What taking a list in does, or would do."""

    teams: tuple[TeamOfList, ...]
    new: int
    changed: int
    same: int
    # Open case files that other lists brought and this one lacks; they stay as they are.
    absent: int


def effect_of(session: Session, *, content: CaseListContent, by: Actor) -> Effect:
    """What taking this list in would do. Raises Invalid for a list that cannot be taken."""
    check_may(by, Permission.WRITE_CASE_FILES)
    _check(content)
    teams = _teams_of(session, content, by)
    chosen = {team.name: team.team_id or uuid.UUID(int=0) for team in teams}
    known = _known(session, by)
    new, changed = _sorted_out(known, content, chosen, by.organisation_id)
    listed = {case.reference for case in content.cases} | {case.formerly for case in content.cases}
    absent = sum(1 for file in known if file.key_id and file.reference not in listed and file.status != "closed")
    return Effect(teams, len(new), len(changed), len(content.cases) - len(new) - len(changed), absent)


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A list that can be taken in, and its digest."""

    content: CaseListContent
    digest: str


def checked(content: CaseListContent, *, by: Actor) -> CheckedList:
    """Check a list, before the writer is asked for. Raises Invalid with each fault."""
    check_may(by, Permission.WRITE_CASE_FILES)
    _check(content)
    return CheckedList(content, digest_of(content))


def take(
    session: Session,
    *,
    checked: CheckedList,
    teams: Mapping[str, uuid.UUID | str] | None = None,
    by: Actor,
) -> CaseList:
    """Take a list in: make the case files that are new, bring the others up to date, and keep who was on it.

    `teams` says, for a name on the list that is no active team's, which team it is, or MAKE_A_TEAM. One event tells
    of the whole list. Raises Invalid with each fault, and AlreadyExists for a list that has been taken in before.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    content, digest = checked.content, checked.digest
    taken = select(CaseList.id).where(
        col(CaseList.organisation_id) == by.organisation_id, col(CaseList.digest) == digest
    )
    if session.exec(taken).first() is not None:
        raise AlreadyExists("This very list has been taken in already: nothing was changed.")
    chosen = _chosen_teams(session, content, teams or {}, by)
    known = _known(session, by)
    new, changed = _sorted_out(known, content, chosen, by.organisation_id)
    ids = {file.reference: file.id for file in known} | {row["reference"]: row["id"] for row in (*new, *changed)}
    insert_all(session, {CaseFile: new})
    _change(session, changed, by)
    made = CaseList(
        organisation_id=by.organisation_id,
        id=new_id(),
        listed_on=content.on,
        source=content.source,
        key_id=content.key_id,
        cases=len(content.cases),
        made=len(new),
        digest=digest,
        taken_at=now(),
    )
    session.add(made)
    session.flush()
    insert_all(session, {CaseListEntry: _entries(made, content, chosen, ids)})
    events.record(
        session,
        "case-list.taken",
        made.id,
        by=by,
        details={"cases": made.cases, "made": made.made, "changed": len(changed), "key": content.key_id},
    )
    return made


def find(session: Session, *, case_list_id: uuid.UUID, by: Actor) -> CaseList:
    """The list. Raises NotFound."""
    check_may(by, Permission.WRITE_CASE_FILES)
    found = session.get(CaseList, (by.organisation_id, case_list_id))
    if found is None:
        raise NotFound("case list")
    return found


def list_case_lists(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[CaseList]:
    """The lists that were taken in, the newest first."""
    check_may(by, Permission.WRITE_CASE_FILES)
    query = select(CaseList).where(col(CaseList.organisation_id) == by.organisation_id)
    if after is not None:
        query = query.where(col(CaseList.id) < after)
    return session.exec(query.order_by(col(CaseList.id).desc()).limit(limit)).all()


def references_on(session: Session, case_list: CaseList, references: Iterable[str]) -> frozenset[str]:
    """Those of the references that stand on a list."""
    return frozenset(
        session.exec(
            select(CaseListEntry.reference).where(
                col(CaseListEntry.organisation_id) == case_list.organisation_id,
                col(CaseListEntry.case_list_id) == case_list.id,
                col(CaseListEntry.reference).in_(list(references)),
            )
        )
    )


def digest_of(content: CaseListContent) -> str:
    """SHA-256 of a list, whatever the order of its lines."""
    digest = hashlib.sha256(f"{content.on}\n{content.key_id}\n".encode())
    for case in sorted(content.cases, key=lambda each: each.reference):
        said = (case.reference, case.formerly, case.team, case.status, case.age_band, case.category, case.worker)
        digest.update(f"{said!r} {case.started} {case.closed}\n".encode())
    return digest.hexdigest()


def _check(content: CaseListContent) -> None:
    if not 1 <= len(content.cases) <= MOST_CASES:
        raise Invalid.at("/cases", f"A case list has from 1 to {MOST_CASES:,} cases. Send a list of another size.")
    if content.on > latest().date():
        raise Invalid.at("/listed_on", "A list cannot be made in the future. Give the day on which it was made.")
    faults = [
        Fault(f"/cases/{place}/{name}", words)
        for place, case in enumerate(content.cases)
        for name, words in _faults_of(case)
    ]
    seen: set[str] = set()
    for place, case in enumerate(content.cases):
        for name, reference in (("reference", case.reference), ("formerly", case.formerly)):
            if reference in seen:
                faults.append(Fault(f"/cases/{place}/{name}", "Another line has this reference. Keep one line a case."))
            elif reference:
                seen.add(reference)
    if faults:
        raise Invalid("Nothing of the list was taken in.", faults=tuple(faults[:FAULTS_SHOWN]))


def _faults_of(case: ListedCase) -> Iterable[tuple[str, str]]:
    for name, reference in (("reference", case.reference), ("formerly", case.formerly), ("worker", case.worker)):
        words = check_reference(reference) if reference or name == "reference" else None
        if words is not None:
            yield name, words
    if not tidy(case.team):
        yield "team", "Say which team works the case."
    for name, month in (("started", case.started), ("closed", case.closed)):
        if month is not None and month.day != 1:
            yield name, "Give the first day of the month: a whole date would tell a child apart."


def _teams_of(session: Session, content: CaseListContent, by: Actor) -> tuple[TeamOfList, ...]:
    active = {
        team.name.casefold(): team.id
        for team in session.exec(
            select(Team).where(col(Team.organisation_id) == by.organisation_id, col(Team.active))
        ).all()
    }
    counts: dict[str, int] = {}
    for case in content.cases:
        counts[tidy(case.team)] = counts.get(tidy(case.team), 0) + 1
    return tuple(TeamOfList(name, number, active.get(name.casefold())) for name, number in sorted(counts.items()))


def _chosen_teams(
    session: Session, content: CaseListContent, choices: Mapping[str, uuid.UUID | str], by: Actor
) -> dict[str, uuid.UUID]:
    """The team of each name on the list; makes those that are to be made."""
    own = set(
        session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id, col(Team.active))).all()
    )
    lines: dict[str, int] = {}
    for place, case in enumerate(content.cases):
        lines.setdefault(tidy(case.team), place)
    chosen: dict[str, uuid.UUID] = {}
    faults = [
        Fault(f"/teams/{place}", "Say of a name on the list, and of no other, which of your active teams it is.")
        for place, (name, choice) in enumerate(choices.items())
        if name not in lines or (isinstance(choice, uuid.UUID) and choice not in own)
    ]
    to_make: dict[str, list[str]] = {}
    for team in _teams_of(session, content, by):
        choice = team.team_id or choices.get(team.name)
        pointer = f"/cases/{lines[team.name]}/team"
        if isinstance(choice, uuid.UUID) and choice in own:
            chosen[team.name] = choice
        elif choice == MAKE_A_TEAM:
            faults += check_label(pointer, team.name, called="the team", longest=LONGEST_NAME)
            to_make.setdefault(team.name.casefold(), []).append(team.name)
        else:
            faults.append(
                Fault(pointer, "None of your active teams has this name. Say which it is, or that it is new.")
            )
    if faults:
        raise Invalid("Nothing of the list was taken in.", faults=tuple(faults[:FAULTS_SHOWN]))
    return chosen | _made_teams(session, to_make.values(), by)


def _made_teams(session: Session, names: Collection[Sequence[str]], by: Actor) -> dict[str, uuid.UUID]:
    """Teams that a list names, made on a lead's word that they are new. Names differing in case only are one team."""
    retired = {
        name.casefold()
        for name in session.exec(select(Team.name).where(col(Team.organisation_id) == by.organisation_id)).all()
    }
    made: dict[str, uuid.UUID] = {}
    for alike in names:
        if alike[0].casefold() in retired:
            raise Invalid.at("/cases", "A team of the list is retired here. Ask an administrator to restore it.")
        team = Team(organisation_id=by.organisation_id, id=new_id(), name=alike[0])
        session.add(team)
        session.flush()
        events.record(session, "team.made", team.id, by=by)
        made |= dict.fromkeys(alike, team.id)
    return made


def _known(session: Session, by: Actor) -> Sequence[Row[Any]]:
    columns = (_FILES.c.id, _FILES.c.version, *(_FILES.c[name] for name in _SAID))
    return (
        session.connection()
        .execute(_FILES.select().with_only_columns(*columns).where(_FILES.c.organisation_id == by.organisation_id))
        .all()
    )


def _sorted_out(
    known: Sequence[Row[Any]], content: CaseListContent, teams: Mapping[str, uuid.UUID], organisation_id: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The case files to make and those to change, as rows. One known under its former reference gets the new one."""
    by_reference = {file.reference: file for file in known}
    at = now()
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for case in content.cases:
        said = {
            "reference": case.reference,
            "team_id": teams[tidy(case.team)],
            "status": case.status,
            "age_band": case.age_band,
            "category": case.category,
            "worker": case.worker,
            "started_in": case.started,
            "closed_in": case.closed,
            "key_id": content.key_id,
        }
        file = by_reference.get(case.reference) or by_reference.get(case.formerly)
        if file is None:
            new.append({"organisation_id": organisation_id, "id": new_id(), **said, "version": 1, "created_at": at})
        elif any(getattr(file, name) != value for name, value in said.items()):
            changed.append({"id": file.id, **said, "version": file.version + 1})
    # Identifiers of the same millisecond sort by chance: given out in order, they keep the list as it was sent.
    for row, identifier in zip(new, sorted(row["id"] for row in new), strict=True):
        row["id"] = identifier
    return new, changed


_CHANGE = (
    update(_FILES)
    .where(_FILES.c.organisation_id == bindparam("own"), _FILES.c.id == bindparam("its_id"))
    .values({name: bindparam(f"new_{name}") for name in (*_SAID, "version")})
)


def _change(session: Session, rows: Sequence[Mapping[str, Any]], by: Actor) -> None:
    if rows:
        values = [
            {
                "own": by.organisation_id,
                "its_id": row["id"],
                **{f"new_{name}": row[name] for name in (*_SAID, "version")},
            }
            for row in rows
        ]
        session.connection().execute(_CHANGE, values)


def _entries(
    made: CaseList, content: CaseListContent, teams: Mapping[str, uuid.UUID], ids: Mapping[str, uuid.UUID]
) -> list[dict[str, Any]]:
    return [
        {
            "organisation_id": made.organisation_id,
            "case_list_id": made.id,
            "case_file_id": ids[case.reference],
            "reference": case.reference,
            "team_id": teams[tidy(case.team)],
            "status": case.status,
            "age_band": case.age_band,
            "category": case.category,
            "worker": case.worker,
            "started_in": case.started,
            "closed_in": case.closed,
        }
        for case in content.cases
    ]
