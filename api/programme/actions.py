"""Audit programmes and their lines: planned and changed by quality leads."""

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from api.access.people import can_still
from api.audits import actions as audits
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.names import check_title, tidy
from api.joint_rounds.planning import actions as joint_rounds
from api.joint_rounds.planning.actions import MOST_CASES as MOST_JOINT_CASES
from checklists.audits.scope import scope_faults
from checklists.programme.dates import MOST_DAYS_OF_A_PROGRAMME, Cadence, starts_of
from models import (
    LineKind,
    LineState,
    Person,
    Programme,
    ProgrammeLine,
    ProgrammeRound,
    Team,
    TemplateVersion,
    TemplateVersionState,
    new_id,
    now,
)
from models.audits.template import published_content

LONGEST_TITLE: Final = 120
# Short enough that a round can be called after it and its month.
LONGEST_LINE_TITLE: Final = 90
MOST_CASES, MOST_DAYS, MOST_MONTHS, MOST_OF_EACH = 1000, 120, 24, 100
MOST_LINES: Final = 60
# The columns of a line that are lists, separated by spaces.
LISTS: Final = ("scope", "only_teams", "agencies", "auditors")
# What a joint audit does not have: its agencies choose who answers, and a panel grades it.
_NOT_OF_JOINT_AUDITS: Final = (
    *("scope", "auditors", "each_auditor"),
    *("double_percent", "target_percent", "lowest_percent"),
)
# What is fixed once a round of the line was decided on: otherwise another plan would plan the same months again.
_FIXED: Final = ("cadence", "first_on")


@dataclass(frozen=True, slots=True)
class NewProgramme:
    """A programme: its title, its days, and the quality lead in whose name its rounds are planned."""

    title: str
    first_day: date
    last_day: date
    lead_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of a programme. No teams, auditors or themes: all of them. Agencies: it plans joint audits of them.

    `days_to_finish`: from the day on which a round begins until its audits are due. `months_judged`: before that day.
    `each_auditor`: how many audits each auditor is expected to do in each round.
    """

    title: str
    kind: LineKind
    template_id: uuid.UUID
    template_version: int
    cadence: Cadence
    first_on: date
    size: int
    days_to_finish: int = 28
    months_judged: int = 6
    double_percent: int = 0
    scope: tuple[str, ...] = ()
    only_teams: tuple[uuid.UUID, ...] = ()
    agencies: tuple[uuid.UUID, ...] = ()
    auditors: tuple[uuid.UUID, ...] = ()
    each_auditor: int | None = None
    target_percent: int | None = None
    lowest_percent: int | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """What is stored of it."""
        lists = {name: " ".join(map(str, getattr(self, name))) for name in LISTS}
        return asdict(self) | lists


def create_programme(session: Session, *, new: NewProgramme, by: Actor) -> Programme:
    """Create a programme without lines. Raises Invalid with each fault."""
    check_may(by, Permission.WRITE_ROUNDS)
    _check_programme(session, new, by)
    made = Programme(organisation_id=by.organisation_id, id=new_id(), created_at=now(), **_columns(new))
    session.add(made)
    session.flush()
    events.record(session, "programme.made", made.id, by=by)
    return made


def change_programme(
    session: Session, *, programme_id: uuid.UUID, new: NewProgramme, version: int, by: Actor
) -> Programme:
    """Change a programme. Raises Stale when it changed since `version`, Invalid, NotFound."""
    found = find_programme(session, programme_id=programme_id, by=by, lock=True)
    check_version(found.version, version)
    _check_programme(session, new, by)
    for name, value in _columns(new).items():
        setattr(found, name, value)
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "programme.changed", programme_id, by=by)
    return found


def _columns(new: NewProgramme) -> dict[str, Any]:
    return asdict(new) | {"title": tidy(new.title)}


def add_line(session: Session, *, programme_id: uuid.UUID, new: NewLine, by: Actor) -> ProgrammeLine:
    """Add a line to a programme. Raises Invalid with each fault, Conflict for too many lines, NotFound."""
    programme = find_programme(session, programme_id=programme_id, by=by, lock=True)
    if len(lines_of(session, programme)) >= MOST_LINES:
        raise Conflict(f"A programme has at most {MOST_LINES} lines. Plan another programme.")
    _check_line(session, programme, new, by)
    made = ProgrammeLine(
        organisation_id=by.organisation_id,
        id=new_id(),
        programme_id=programme_id,
        created_at=now(),
        **_line_columns(new),
    )
    session.add(made)
    session.flush()
    events.record(session, "programme.line-added", made.id, by=by, details={"programme": str(programme_id)})
    return made


def change_line(session: Session, *, line_id: uuid.UUID, new: NewLine, version: int, by: Actor) -> ProgrammeLine:
    """Change a line; rounds that exist stay as they are.

    Once a round of it was planned, passed over or exempt, how often and from when it has rounds is fixed. Raises
    Conflict then and for a line that has ended, Stale, Invalid, NotFound.
    """
    line = find_line(session, line_id=line_id, by=by, lock=True)
    check_version(line.version, version)
    check_can_change_line(line, by=by)
    _check_line(session, find_programme(session, programme_id=line.programme_id, by=by), new, by)
    columns = _line_columns(new)
    if rows_of(session, line) and any(getattr(line, name) != columns[name] for name in _FIXED):
        raise Conflict(
            "This line already has rounds, so you cannot change how often it has them, or when the first one begins. "
            "End it, and add another line."
        )
    for name, value in columns.items():
        setattr(line, name, value)
    line.problem = ""
    return _changed(session, line, "programme.line-changed", by)


def check_can_change_line(line: ProgrammeLine, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot change a line."""
    check_may(by, Permission.WRITE_ROUNDS)
    if line.state is LineState.ENDED:
        raise Conflict("This line has ended, so it cannot be changed.")


def _line_columns(new: NewLine) -> dict[str, Any]:
    return new.columns | {"title": tidy(new.title)}


def _changed(session: Session, line: ProgrammeLine, kind: str, by: Actor) -> ProgrammeLine:
    line.version += 1
    session.add(line)
    session.flush()
    events.record(session, kind, line.id, by=by)
    return line


def find_programme(session: Session, *, programme_id: uuid.UUID, by: Actor, lock: bool = False) -> Programme:
    """The programme. Raises NotFound."""
    check_may(by, Permission.WRITE_ROUNDS)
    own = (col(Programme.organisation_id) == by.organisation_id, col(Programme.id) == programme_id)
    query = select(Programme).where(*own).execution_options(populate_existing=True)
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("audit programme")
    return found


def find_line(session: Session, *, line_id: uuid.UUID, by: Actor, lock: bool = False) -> ProgrammeLine:
    """The line. Raises NotFound."""
    check_may(by, Permission.WRITE_ROUNDS)
    own = (col(ProgrammeLine.organisation_id) == by.organisation_id, col(ProgrammeLine.id) == line_id)
    query = select(ProgrammeLine).where(*own).execution_options(populate_existing=True)
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("line of an audit programme")
    return found


def lines_of(session: Session, programme: Programme) -> list[ProgrammeLine]:
    """The lines of a programme, in the order in which they were added."""
    own = (
        col(ProgrammeLine.organisation_id) == programme.organisation_id,
        col(ProgrammeLine.programme_id) == programme.id,
    )
    return list(session.exec(select(ProgrammeLine).where(*own).order_by(col(ProgrammeLine.id))))


def rows_of(session: Session, line: ProgrammeLine) -> dict[date, ProgrammeRound]:
    """What became of the planned rounds of a line so far, by the day on which each begins."""
    own = (col(ProgrammeRound.organisation_id) == line.organisation_id, col(ProgrammeRound.line_id) == line.id)
    query = select(ProgrammeRound).where(*own).order_by(col(ProgrammeRound.starts_on))
    return {row.starts_on: row for row in session.exec(query.execution_options(populate_existing=True))}


def starts_in(programme: Programme, line: ProgrammeLine) -> tuple[date, ...]:
    """The days on which the rounds of a line begin, by the plan."""
    return starts_of(line.first_on, line.cadence, last_day=programme.last_day)


def possible_leads(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    """The people in whose name rounds may be planned, by name."""
    rows = session.exec(
        select(Person.id, Person.name)
        .where(col(Person.organisation_id) == by.organisation_id, can_still(Person.id, Permission.WRITE_ROUNDS))
        .order_by(col(Person.name), col(Person.id))
    )
    return dict(rows.all())


def _check_programme(session: Session, new: NewProgramme, by: Actor) -> None:
    faults = check_title("/title", tidy(new.title), called="the programme", longest=LONGEST_TITLE)
    if new.last_day < new.first_day:
        faults.append(Fault("/last_day", "The last day must be on or after the first day."))
    elif new.last_day - new.first_day > timedelta(days=MOST_DAYS_OF_A_PROGRAMME):
        faults.append(Fault("/last_day", "A programme covers at most 2 years. Enter an earlier last day."))
    if new.lead_id not in possible_leads(session, by):
        faults.append(Fault("/lead_id", "Select an active quality lead."))
    _raise(faults)


def _check_line(session: Session, programme: Programme, new: NewLine, by: Actor) -> None:
    faults = check_title("/title", tidy(new.title), called="the line", longest=LONGEST_LINE_TITLE)
    if not programme.first_day <= new.first_on <= programme.last_day:
        faults.append(Fault("/first_on", "The first round must begin within the days of the programme."))
    faults += _faults_of_numbers(new)
    faults += _faults_of_agencies(session, new, by)
    version = session.get(TemplateVersion, (by.organisation_id, new.template_id, new.template_version))
    if version is None or version.state is not TemplateVersionState.PUBLISHED:
        faults.append(Fault("/template_version", "Select a published version of one of your templates."))
    elif new.scope:
        content = published_content(session, by.organisation_id, new.template_id, new.template_version)
        faults += [Fault("/scope", words) for words in scope_faults(content, new.scope)] if content else []
    if not set(new.auditors) <= audits.active_auditors(session, by).keys():
        faults.append(Fault("/auditors", "Select active people with the auditor role."))
    own_teams = set(session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id)))
    if not set(new.only_teams) <= own_teams:
        faults.append(Fault("/only_teams", "Select teams of your organisation."))
    _raise(faults)


def _faults_of_numbers(new: NewLine) -> Iterator[Fault]:
    limits = {
        "size": (new.size, 1, MOST_CASES),
        "days_to_finish": (new.days_to_finish, 1, MOST_DAYS),
        "months_judged": (new.months_judged, 1, MOST_MONTHS),
        "double_percent": (new.double_percent, 0, 100),
        "each_auditor": (new.each_auditor, 1, MOST_OF_EACH),
        "target_percent": (new.target_percent, 1, 100),
        "lowest_percent": (new.lowest_percent, 0, 99),
    }
    for name, (number, least, most) in limits.items():
        if number is not None and not least <= number <= most:
            yield Fault(f"/{name}", f"Enter a whole number from {least} to {most:,}.")


def _faults_of_agencies(session: Session, new: NewLine, by: Actor) -> Iterator[Fault]:
    if new.kind is not LineKind.MULTI_AGENCY:
        if new.agencies:
            yield Fault("/agencies", "Only a multi-agency audit has agencies. Select none, or select that kind.")
        return
    yield from joint_rounds.faults_of_agencies(session, new.agencies, by)
    if new.size > MOST_JOINT_CASES:
        yield Fault("/size", f"A joint audit has {MOST_JOINT_CASES} cases at most.")
    for name in _NOT_OF_JOINT_AUDITS:
        if getattr(new, name):
            yield Fault(f"/{name}", "A multi-agency audit does not have this. Leave it empty.")


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
