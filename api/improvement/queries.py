"""Queries of actions: one with its chain, and worklists."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, false, func, null, or_, true
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit, readable_audits
from api.access.people import roles_with
from api.foundation import access_log
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission
from api.improvement.findings import Finding
from api.improvement.impact.re_audits import re_audits_of
from api.improvement.readable import (
    join_with_audit,
    live_child_level_actions,
    of_teams_of,
    owned_by,
    readable_actions,
    readable_practice_actions,
)
from api.improvement.rules import decides_on, is_owner
from api.people import actions as people
from api.rounds.closing import is_blind_in
from checklists.actions.action_states import CLOSED_STATES, UNDONE_STATES
from models import (
    Action,
    ActionKind,
    ActionNote,
    ActionState,
    ActionStep,
    ActionTeam,
    Audit,
    CaseFile,
    Person,
    Recommendation,
    RoleGrant,
    Round,
    RoundState,
    Team,
    now,
)
from models.storage.joins import linked

DUE_SOON_DAYS: Final = 14
OFTEN_MOVED: Final = 2


class Worklist(StrEnum):
    """Whose actions a list shows."""

    MINE = "mine"
    MY_TEAMS = "my-teams"
    ALL = "all"

    @property
    def label(self) -> str:
        return {"mine": "Mine", "my-teams": "My teams’", "all": "All actions I can read"}[self.value]


class Show(StrEnum):
    """Which actions of a list are shown."""

    OPEN = "open"
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    WAITING = "waiting-for-impact"
    MOVED = "due-date-moved-twice"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return {
            "open": "Open",
            "due-soon": f"Due within {DUE_SOON_DAYS} days",
            "overdue": "Overdue",
            "waiting-for-impact": "Done, waiting for evidence of impact",
            "due-date-moved-twice": "Due date moved twice or more",
            "closed": "Closed",
        }[self.value]


@dataclass(frozen=True, slots=True)
class FoundAction:
    """An action as this person may see it. In lists without figures, steps and notes."""

    action: Action
    owner: str
    teams: tuple[tuple[uuid.UUID, str], ...]
    # Of a child-level action, and else empty.
    reference: str
    round_title: str
    reads_audit: bool
    # Whether the person decides on it: changes it, drops it, confirms its impact.
    decides: bool
    is_owner: bool
    finding: Finding
    steps: tuple[ActionStep, ...] = ()
    notes: tuple[ActionNote, ...] = ()
    names: dict[uuid.UUID, str] = field(default_factory=dict)
    audit: Audit | None = None
    recommendation: Recommendation | None = None
    # Of a practice action: the rounds that audit its themes again, for people who may read rounds.
    re_audits: tuple[Round, ...] = ()

    @property
    def about(self) -> str:
        """The teams that the action is about, in words."""
        return ", ".join(name for _, name in self.teams) or "The whole service"

    @property
    def is_overdue(self) -> bool:
        return self.action.state in UNDONE_STATES and self.action.due_on < local_date(now())

    @property
    def progress_notes(self) -> list[ActionNote]:
        return [note for note in self.notes if note.due_to is None]

    @property
    def moves_of_due_date(self) -> list[ActionNote]:
        return [note for note in self.notes if note.due_to is not None]

    def name_of(self, person_id: uuid.UUID | None) -> str:
        """The name of somebody involved."""
        return self.names.get(person_id, "Someone") if person_id else ""


def find_actions(
    session: Session,
    by: Actor,
    *,
    kind: ActionKind,
    worklist: Worklist = Worklist.ALL,
    show: Show = Show.OPEN,
    round_id: uuid.UUID | None = None,
    team_id: uuid.UUID | None = None,
    after: tuple[date, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[FoundAction]:
    """The actions of one kind that a person may read, the earliest due date first."""
    conditions = [col(Action.kind) == kind, *_shown(show)]
    if worklist is Worklist.MINE:
        conditions.append(owned_by(by))
    elif worklist is Worklist.MY_TEAMS:
        conditions.append(of_teams_of(by))
    if round_id is not None:
        conditions.append(col(Action.round_id) == round_id)
    if team_id is not None:
        of_team = select(ActionTeam.action_id).where(
            col(ActionTeam.organisation_id) == by.organisation_id, col(ActionTeam.team_id) == team_id
        )
        conditions.append(col(Action.id).in_(of_team))
    if after is not None:
        due_on, identifier = after
        conditions.append(
            or_(col(Action.due_on) > due_on, and_(col(Action.due_on) == due_on, col(Action.id) > identifier))
        )
    query = _practice_query(by) if kind is ActionKind.PRACTICE else _live_child_level_query(session, by)
    rows = session.execute(query.where(*conditions).order_by(col(Action.due_on), col(Action.id)).limit(limit)).all()
    return _found(session, by, rows)


def record_seen(session: Session, by: Actor, found: Iterable[FoundAction]) -> None:
    """Note that these actions are shown: anybody who reads one for a child has seen something of the audit."""
    for audit_id in dict.fromkeys(each.action.audit_id for each in found):
        if audit_id is not None:
            access_log.record_view(session, "audit.actions-read", audit_id, by=by)


def actions_of_recommendation(session: Session, by: Actor, recommendation_id: uuid.UUID) -> list[FoundAction]:
    """The actions of a recommendation, in the order in which they were proposed."""
    query = _query(by).where(col(Action.recommendation_id) == recommendation_id)
    return _found(session, by, session.execute(query.order_by(col(Action.id)).limit(100)).all())


def actions_of_audit(session: Session, by: Actor, audit_id: uuid.UUID) -> list[FoundAction]:
    """The child-level actions of an audit, proposed ones too, in the order in which they were proposed."""
    # Most audits have none, and to build what says which of them a person may read takes longer than to ask.
    if session.connection().execute(_ANY_OF_AUDIT, {"own": by.organisation_id, "audit": audit_id}).first() is None:
        return []
    query = _query(by).where(col(Action.audit_id) == audit_id)
    return _found(session, by, session.execute(query.order_by(col(Action.id)).limit(100)).all())


_ANY_OF_AUDIT: Final = (
    select_columns(col(Action.id))
    .where(col(Action.organisation_id) == bindparam("own"), col(Action.audit_id) == bindparam("audit"))
    .limit(1)
)


def find_one(session: Session, by: Actor, action_id: uuid.UUID) -> FoundAction | None:
    """An action with its steps and notes; None for one that the person may not read."""
    rows = session.execute(_query(by).where(col(Action.id) == action_id)).all()
    found = _found(session, by, rows, whole=True)
    return found[0] if found else None


def count_readable(session: Session, readable: ColumnElement[bool], *, show: Show) -> int:
    """How many actions meet a condition of `api.improvement.readable`, which may ask the audit of an action."""
    query = select(func.count()).select_from(Action).outerjoin(Audit, join_with_audit())
    return session.exec(query.where(readable, *_shown(show))).one()


def possible_owners(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    """The people who can own an action, by name: active, with a role that lets them work on it."""
    roles = roles_with(Permission.PROGRESS_ACTIONS)
    rows = session.exec(
        select(Person.id, Person.name)
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(col(Person.organisation_id) == by.organisation_id, col(Person.active), col(RoleGrant.role).in_(roles))
        .distinct()
        .order_by(col(Person.name), col(Person.id))
    )
    return dict(rows.all())


def names_of_rounds(session: Session, by: Actor, rounds: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """The titles of these rounds."""
    own = (col(Round.organisation_id) == by.organisation_id, col(Round.id).in_([each for each in rounds if each]))
    return dict(session.execute(select_columns(col(Round.id), col(Round.title)).where(*own)).all())


def recommendation_of(session: Session, action: Action) -> Recommendation | None:
    """The recommendation behind an action."""
    if action.recommendation_id is None:
        return None
    return session.get_one(Recommendation, (action.organisation_id, action.recommendation_id))


def steps_of(session: Session, action: Action) -> Sequence[ActionStep]:
    """The steps of an action, in their order."""
    own = (col(ActionStep.organisation_id) == action.organisation_id, col(ActionStep.action_id) == action.id)
    return session.exec(select(ActionStep).where(*own).order_by(col(ActionStep.number))).all()


def notes_of(session: Session, action: Action) -> Sequence[ActionNote]:
    """The notes of an action, the newest first."""
    own = (col(ActionNote.organisation_id) == action.organisation_id, col(ActionNote.action_id) == action.id)
    return session.exec(select(ActionNote).where(*own).order_by(col(ActionNote.id).desc())).all()


def _shown(show: Show) -> tuple[ColumnElement[bool], ...]:
    today = local_date(now())
    undone = col(Action.state).in_(UNDONE_STATES)
    match show:
        case Show.OPEN:
            return (col(Action.state).not_in(CLOSED_STATES),)
        case Show.DUE_SOON:
            return (undone, col(Action.due_on).between(today, today + timedelta(days=DUE_SOON_DAYS)))
        case Show.OVERDUE:
            return (undone, col(Action.due_on) < today)
        case Show.WAITING:
            return (col(Action.state) == ActionState.DONE,)
        case Show.MOVED:
            return (col(Action.state).not_in(CLOSED_STATES), col(Action.due_moves) >= OFTEN_MOVED)
        case Show.CLOSED:
            return (col(Action.state).in_(CLOSED_STATES),)


def _query(by: Actor) -> Any:
    reads_audit = and_(col(Audit.id).is_not(None), readable_audits(by))
    return (
        select_columns(Action, func.coalesce(col(Round.title), ""), reads_audit, Audit)
        .outerjoin(Audit, join_with_audit())
        .outerjoin(Round, linked(Round.id, Action.round_id))
        .where(readable_actions(by))
        .execution_options(populate_existing=True)
    )


def _live_child_level_query(session: Session, by: Actor) -> Any:
    """Of child-level actions, the live ones: those whose audit was submitted.

    For somebody who may read every audit no condition asks an audit. So in the order of its index a list ends after its
    rows: with conditions that ask one, PostgreSQL reads and sorts every action before it takes the first.
    """
    reads_audit = true() if may_read_every_audit(by) else and_(col(Audit.id).is_not(None), readable_audits(by))
    return (
        select_columns(Action, func.coalesce(col(Round.title), ""), reads_audit, Audit)
        .outerjoin(Audit, join_with_audit())
        .outerjoin(Round, linked(Round.id, Action.round_id))
        .where(live_child_level_actions(session, by))
        .execution_options(populate_existing=True)
    )


def _practice_query(by: Actor) -> Any:
    return (
        select_columns(Action, func.coalesce(col(Round.title), ""), false(), null())
        .outerjoin(Round, linked(Round.id, Action.round_id))
        .where(readable_practice_actions(by))
        .execution_options(populate_existing=True)
    )


def _case_files_of(session: Session, by: Actor, audits: Iterable[Audit | None]) -> dict[uuid.UUID, Any]:
    """The references and teams of the case files of these audits: read separately, so that a list reads only the case
    files of its own rows, however many there are.
    """
    wanted = {audit.case_file_id for audit in audits if audit is not None}
    if not wanted:
        return {}
    own = (col(CaseFile.organisation_id) == by.organisation_id, col(CaseFile.id).in_(wanted))
    columns = (col(CaseFile.id), col(CaseFile.reference), col(CaseFile.team_id))
    return {row.id: row for row in session.execute(select_columns(*columns).where(*own))}


def _found(session: Session, by: Actor, rows: Sequence[Any], *, whole: bool = False) -> list[FoundAction]:
    of_actions = _teams_of(session, by, [row[0].id for row in rows])
    case_files = _case_files_of(session, by, [row[3] for row in rows])
    team_ids = {row[0].id: row[3].team_id or case_files[row[3].case_file_id].team_id for row in rows if row[3]}
    of_cases = _names_of_teams(session, by, set(team_ids.values())) if team_ids else {}
    involved = {each for row in rows for each in (row[0].owner_id, row[0].created_by_id, row[0].closed_by_id)}
    notes = {row[0].id: tuple(notes_of(session, row[0])) for row in rows} if whole else {}
    involved |= {note.written_by_id for of_one in notes.values() for note in of_one}
    involved.discard(None)
    names = people.names_of(session, involved, by=by) if involved else {}
    found = []
    for action, round_title, reads_audit, audit in rows:
        team_id = team_ids.get(action.id)
        finding = Finding.read(action.finding)
        if not whole or not _sees_figures(session, by, action):
            finding = finding.without_figures()
        teams = ((team_id, of_cases[team_id]),) if team_id else of_actions.get(action.id, ())
        found.append(
            FoundAction(
                action,
                names.get(action.owner_id, "") or action.owner_post,
                tuple(teams),
                case_files[audit.case_file_id].reference if audit else "",
                round_title,
                bool(reads_audit),
                decides_on(by, action, audit, reads_audit=bool(reads_audit)),
                is_owner(by, action),
                finding,
                tuple(steps_of(session, action)) if whole else (),
                notes.get(action.id, ()),
                names,
                audit,
                recommendation_of(session, action) if whole else None,
                tuple(re_audits_of(session, by, action)) if whole else (),
            )
        )
    return found


def _sees_figures(session: Session, by: Actor, action: Action) -> bool:
    """Whether the figures of a finding may be shown: to people who may read every audit that was counted.

    While the round is open, a person who reads a case of it sees only figures that they had counted themselves: those
    of others may count another reading of the case. It depends on nothing that another reader does.
    """
    if not may_read_every_audit(by) or action.round_id is None:
        return False
    audit_round = session.get_one(Round, (action.organisation_id, action.round_id))
    if audit_round.state is RoundState.CLOSED or action.created_by_id == by.person_id:
        return True
    return not is_blind_in(session, audit_round, by=by)


def _teams_of(
    session: Session, by: Actor, actions: Iterable[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
    rows = session.execute(
        select_columns(col(ActionTeam.action_id), col(Team.id), col(Team.name))
        .join(Team, linked(Team.id, ActionTeam.team_id))
        .where(col(ActionTeam.organisation_id) == by.organisation_id, col(ActionTeam.action_id).in_(list(actions)))
        .order_by(col(Team.name))
    )
    for action_id, team_id, name in rows:
        found.setdefault(action_id, []).append((team_id, name))
    return found


def _names_of_teams(session: Session, by: Actor, teams: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    own = (col(Team.organisation_id) == by.organisation_id, col(Team.id).in_(list(teams)))
    return dict(session.execute(select_columns(col(Team.id), col(Team.name)).where(*own)).all())
