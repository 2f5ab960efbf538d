"""Queries of follow-ups: one with what fell short, lists, and who could read one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.allocation.rules import auditors_for, cases_for
from api.audits.actions import active_auditors, read_audit, round_of
from api.follow_ups.rules import may_see_answers, readable_follow_ups
from api.foundation import access_log
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from api.people import actions as people
from checklists.allocation import Rule, breaches
from checklists.audits.follow_up import OPEN_FOLLOW_UPS, FollowUpOutcome, FollowUpState, outcome_of_file
from checklists.audits.scoring import overall_label
from models import Audit, CaseFile, FollowUp, FollowUpTheme, HasSeen, Round, Team, now
from models.storage.joins import linked

# Who has seen or moderated the audit may read its follow-up; who read the case, or works it, may not.
_NO_READER: Final = frozenset({Rule.OWN_TEAM, Rule.OWN_CASELOAD, Rule.ALREADY_READS})


class ShowFollowUps(StrEnum):
    """Which follow-ups of a list are shown."""

    OPEN = "open"
    OVERDUE = "overdue"
    NOT_NOTIFIED = "not-notified"
    DONE = "done"

    @property
    def label(self) -> str:
        return {"open": "Open", "overdue": "Overdue", "not-notified": "Not notified yet", "done": "Done"}[self.value]


@dataclass(frozen=True, slots=True)
class ListedFollowUp:
    """A follow-up in a list, with the round, reference and team of its audit, and the name of its reader."""

    follow_up: FollowUp
    audit: Audit
    round_title: str
    reference: str
    team: str
    reader: str
    contact: str

    @property
    def is_overdue(self) -> bool:
        return self.follow_up.state in OPEN_FOLLOW_UPS and self.follow_up.due_on < local_date(now())

    @property
    def is_notified_late(self) -> bool:
        """Whether the day until which somebody was to be notified has passed, and nobody was."""
        found = self.follow_up
        return (
            found.notified_on is None
            and found.state is not FollowUpState.NOT_NEEDED
            and found.notify_by < local_date(now())
        )


@dataclass(frozen=True, slots=True)
class ThemeToFollow:
    """A theme that fell short: its answer and texts then, and what the follow-up has found, once it has."""

    key: str
    label: str
    answer: str
    rationale: str
    impact: str
    evidence: str
    outcome: FollowUpOutcome | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class ShownFollowUp:
    """A follow-up as a person may know it. `why` and `themes` are empty for a person who was only notified of the
    audit.
    """

    listed: ListedFollowUp
    why: tuple[str, ...]
    themes: tuple[ThemeToFollow, ...]
    sees_answers: bool

    @property
    def follow_up(self) -> FollowUp:
        return self.listed.follow_up

    @property
    def outcome(self) -> FollowUpOutcome | None:
        """The outcome of the whole file; None until the follow-up is done, or for somebody who does not see it."""
        found = [each.outcome for each in self.themes if each.outcome is not None]
        return outcome_of_file(found) if found else None


def find_follow_up(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ShownFollowUp:
    """The follow-up of an audit. Raises NotFound for one that the person may not know of."""
    listed = find_listed(session, audit_id=audit_id, by=by)
    sees = may_see_answers(by, listed.follow_up)
    return ShownFollowUp(
        listed=listed,
        why=_why(session, listed) if sees else (),
        themes=_themes(session, listed) if sees else (),
        sees_answers=sees,
    )


def find_listed(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ListedFollowUp:
    """The same without what fell short. Raises NotFound."""
    check_may(by, Permission.READ_ACTIONS)
    rows = _listed(session, by, col(FollowUp.audit_id) == audit_id, limit=1)
    if not rows:
        raise NotFound("follow-up")
    record_seen(session, by, rows)
    return rows[0]


def needs_follow_up(session: Session, audit_id: uuid.UUID, *, by: Actor) -> bool:
    """Whether an audit has a follow-up that the person may know of, done or not."""
    query = select_columns(col(FollowUp.audit_id)).join(Audit, linked(Audit.id, FollowUp.audit_id))
    of_audit = (col(FollowUp.audit_id) == audit_id, col(FollowUp.state) != FollowUpState.NOT_NEEDED)
    return session.execute(query.where(readable_follow_ups(by), *of_audit)).first() is not None


def list_follow_ups(
    session: Session,
    *,
    show: ShowFollowUps,
    after: tuple[date, uuid.UUID] | None,
    limit: int,
    by: Actor,
) -> list[ListedFollowUp]:
    """The follow-ups that the person may know of, the earliest due first."""
    check_may(by, Permission.READ_ACTIONS)
    conditions = [_shown(show)]
    if after is not None:
        due_on, audit_id = after
        same = and_(col(FollowUp.due_on) == due_on, col(FollowUp.audit_id) > audit_id)
        conditions.append(or_(col(FollowUp.due_on) > due_on, same))
    return _listed(session, by, *conditions, limit=limit)


def record_seen(session: Session, by: Actor, shown: Sequence[ListedFollowUp]) -> None:
    """Note that a list shows these: who reads that an audit needs a follow-up has seen something of it."""
    for each in shown:
        access_log.record_view(session, "audit.follow-up-read", each.audit.id, by=by)


def count_to_do(session: Session, by: Actor) -> dict[FollowUpState, int]:
    """How many follow-ups wait: the ones that the person reads, and for quality leads those due without a reader."""
    mine = col(FollowUp.reader_id) == by.person_id
    due = and_(col(FollowUp.state) == FollowUpState.WAITING, col(FollowUp.due_on) <= local_date(now()))
    waiting = or_(and_(col(FollowUp.state) == FollowUpState.ALLOCATED, mine), due) if may_read_every_audit(by) else mine
    rows = session.execute(
        select_columns(col(FollowUp.state), func.count())
        .select_from(FollowUp)
        .join(Audit, linked(Audit.id, FollowUp.audit_id))
        .where(readable_follow_ups(by), col(FollowUp.state).in_(OPEN_FOLLOW_UPS), waiting)
        .group_by(col(FollowUp.state))
    ).all()
    return dict(rows)


def readers_for(session: Session, audit: Audit, *, by: Actor) -> dict[uuid.UUID, str]:
    """The auditors who could read a follow-up, by name: none who reads or read the case in its round, or works it."""
    names = active_auditors(session, by)
    audit_round = round_of(session, audit)
    case = cases_for(session, audit_round, [audit.case_file_id], by=by).get(audit.case_file_id)
    if case is None:
        return {}
    wrote = set(
        session.exec(
            select(HasSeen.person_id).where(
                col(HasSeen.organisation_id) == audit.organisation_id,
                col(HasSeen.round_id) == audit.round_id,
                col(HasSeen.case_file_id) == audit.case_file_id,
                col(HasSeen.wrote),
            )
        )
    )
    found = auditors_for(session, audit_round, names, by=by)
    return {
        person_id: name
        for person_id, name in names.items()
        if person_id not in wrote and person_id in found and not _NO_READER & {*breaches(case, found[person_id])}
    }


def _shown(show: ShowFollowUps) -> ColumnElement[bool]:
    is_open = col(FollowUp.state).in_(OPEN_FOLLOW_UPS)
    return {
        ShowFollowUps.OPEN: is_open,
        ShowFollowUps.OVERDUE: and_(is_open, col(FollowUp.due_on) < local_date(now())),
        ShowFollowUps.NOT_NOTIFIED: and_(
            col(FollowUp.state) != FollowUpState.NOT_NEEDED, col(FollowUp.notified_on).is_(None)
        ),
        ShowFollowUps.DONE: col(FollowUp.state) == FollowUpState.DONE,
    }[show]


def _listed(session: Session, by: Actor, *conditions: ColumnElement[bool], limit: int) -> list[ListedFollowUp]:
    rows: Sequence[Any] = session.execute(
        select_columns(FollowUp, Audit, col(Round.title), col(CaseFile.reference), col(Team.name))
        .join(Audit, linked(Audit.id, FollowUp.audit_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .outerjoin(Team, linked(Team.id, Audit.team_id))
        .where(readable_follow_ups(by), *conditions)
        .order_by(col(FollowUp.due_on), col(FollowUp.audit_id))
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    wanted = {found.reader_id for found, *_ in rows} | {found.contact_id for found, *_ in rows}
    names = people.names_of(session, [each for each in wanted if each is not None], by=by)
    return [
        ListedFollowUp(
            follow_up=found,
            audit=audit,
            round_title=title,
            reference=reference,
            team=team or "",
            reader=names.get(found.reader_id, ""),
            contact=found.contact_post or names.get(found.contact_id, ""),
        )
        for found, audit, title, reference, team in rows
    ]


def _why(session: Session, listed: ListedFollowUp) -> tuple[str, ...]:
    """What was at the lowest rating, in words."""
    template = read_audit(session, listed.audit).template
    found, worst = listed.follow_up, template.scale.worst
    themes = (template.theme(key).label for key in found.of_themes.split())
    whole = (f"Overall judgement: {overall_label(template, worst)}",) if found.of_overall else ()
    return (*whole, *(f"{label}: {template.scale.label(worst)}" for label in themes))


def _themes(session: Session, listed: ListedFollowUp) -> tuple[ThemeToFollow, ...]:
    read = read_audit(session, listed.audit)
    own = (
        col(FollowUpTheme.organisation_id) == listed.audit.organisation_id,
        col(FollowUpTheme.audit_id) == listed.audit.id,
    )
    rows = session.exec(select(FollowUpTheme).where(*own).execution_options(populate_existing=True))
    found = {each.theme: each for each in rows}
    themes = []
    for key in listed.follow_up.themes.split():
        score, done = read.every_score.get(key), found.get(key)
        themes.append(
            ThemeToFollow(
                key=key,
                label=read.template.theme(key).label,
                answer=read.template.scale.label(done.answer if done else read.answers_in_force[key]),
                rationale=score.rationale if score else "",
                impact=score.impact if score else "",
                evidence=score.evidence if score else "",
                outcome=done.outcome if done else None,
                words=done.words if done else "",
            )
        )
    return tuple(themes)
