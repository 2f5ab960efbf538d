"""Urgent concerns: raised on an audit, acknowledged by a person, and closed with what was done.

This never replaces calling the duty team or the emergency services: it makes sure that somebody else knows too.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, delete
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit, may_read_every_audit
from api.access.concerns import reads_case
from api.access.notified import active_people, people_beside
from api.access.people import can_still
from api.audits.actions import get_audit, round_of, template_of
from api.concerns.queries import FoundConcern, concerns_for
from api.foundation import access_log, events
from api.foundation.background import total_of_each
from api.foundation.identity.having_seen import has_seen
from api.foundation.outbox import queue as outbox
from api.foundation.permissions import Actor, Permission, check_may, operator_of, person_of
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, check_version
from api.foundation.settings import Settings
from api.foundation.text.free_text import KeepReason, NameCheck, given, raise_if_any
from api.notices import actions as notices
from api.people import actions as people
from models import (
    Audit,
    ConcernNotice,
    ConcernOutcome,
    ConcernState,
    HowSeen,
    NoticeKind,
    Role,
    UrgentConcern,
    new_id,
    now,
)
from models.clock import AHEAD, Deadlines
from models.storage.database import Database

FEWEST_WORDS = 4
MOST_WAITING: Final = 1000  # unacknowledged concerns checked in one pass
DEADLINES: Final = Deadlines()
_WHO_ACTS = (Role.QUALITY_LEAD, Role.MODERATOR)


def possible_responders(
    session: Session, *, audit: Audit, raised_by: uuid.UUID | None, by: Actor
) -> dict[uuid.UUID, str]:
    """Who may be asked to act on a concern of this audit, by name: moderators and quality leads.

    Not the person who raises it, unless there is nobody else. Readers of the case are left out too, but not where a
    reader chooses: they would learn who else reads it. The person who is asked counts as having seen the audit.
    """
    if reads_case(session, by, audit):
        found = active_people(session, audit.organisation_id, _WHO_ACTS)
    else:
        found = people_beside(session, audit, _WHO_ACTS)
    others = {person_id: name for person_id, name in found.items() if person_id != raised_by}
    return others or ({raised_by: found[raised_by]} if raised_by is not None and raised_by in found else {})


def raise_concern(
    session: Session,
    *,
    audit_id: uuid.UUID,
    person_id: uuid.UUID | None,
    words: str,
    hours: int,
    by: Actor,
    themes: Collection[str] = (),
    keep_names: KeepReason | None = None,
) -> UrgentConcern:
    """Report that a child may be at risk now, and ask a person to act and to acknowledge it within this many hours.

    Anybody who may read the audit may raise one, whatever the state of the audit and its round. `themes`: those whose
    answers it is about, which the person asked may then read. Raises Invalid, NotFound.
    """
    check_may(by, Permission.WRITE_CONCERNS)
    # Nothing is locked, so that a concern is never delayed. If the audit is signed off or its round closed at the same
    # moment, that counts as first, and a concern may be raised after it.
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    faults = []
    if person_id not in possible_responders(session, audit=audit, raised_by=by.person_id, by=by):
        faults.append(Fault("/person_id", "Select the person who should act"))
    known = template_of(session, round_of(session, audit)).theme_keys
    if not set(themes) <= set(known):
        faults.append(Fault("/themes", "Select themes from this audit's template"))
    names, said = _said(session, "/words", words, keep_names, by)
    if len(words.split()) < FEWEST_WORDS:
        said = [Fault("/words", "Describe your concern in at least one sentence")]
    raise_if_any([*faults, *said])
    asked, at = given(person_id), now()
    made = UrgentConcern(
        organisation_id=by.organisation_id,
        id=new_id(),
        audit_id=audit.id,
        raised_by_id=person_of(by),
        raised_at=at,
        words=words.strip(),
        themes=" ".join(key for key in known if key in themes),
        person_id=asked,
        asked_at=at,
        answer_by=at + timedelta(hours=hours),
    )
    session.add(made)
    session.flush()
    _notify(session, made, asked, by)
    _moved(session, "concern.raised", made, by=by, person=asked)
    names.record(session, audit.id, by=by)
    return made


def find_concern(session: Session, *, concern_id: uuid.UUID, by: Actor) -> FoundConcern:
    """A concern with its case. Raises NotFound for one that the actor may not read."""
    found = concerns_for(session, by, concern_id=concern_id, limit=1)
    if not found:
        raise NotFound("concern")
    access_log.record_view(session, "concern.read", found[0].concern.audit_id, by=by)
    return found[0]


def may_act(by: Actor, concern: UrgentConcern) -> bool:
    """Whether to offer acknowledging and closing: to the person asked, the one who acknowledged it, and quality leads.

    Never to the person who raised it, unless nobody else could be asked.
    """
    if not by.may(Permission.WRITE_CONCERNS):
        return False
    asked = by.person_id == concern.person_id
    if by.person_id == concern.raised_by_id:
        return asked
    return asked or by.person_id == concern.acknowledged_by_id or may_read_every_audit(by)


def may_reassign(by: Actor, concern: UrgentConcern) -> bool:
    """Whether to offer asking another person: to quality leads, until it is closed."""
    return (
        by.may(Permission.ALLOCATE_AUDITS)
        and by.may(Permission.WRITE_CONCERNS)
        and concern.state is not ConcernState.CLOSED
    )


def acknowledge(
    session: Session, *, concern_id: uuid.UUID, words: str = "", by: Actor, keep_names: KeepReason | None = None
) -> UrgentConcern:
    """Acknowledge a concern. Of two simultaneous calls one succeeds, and the other names that person; repeating it
    changes nothing.

    Needs no version: it is valid whatever else has changed. Raises Conflict, Invalid, NotAllowed.
    """
    concern = _to_act(session, concern_id, by)
    if concern.state is not ConcernState.RAISED:
        if concern.state is ConcernState.ACKNOWLEDGED and concern.acknowledged_by_id == by.person_id:
            return concern
        raise Conflict(f"{_name(session, concern.acknowledged_by_id, by)} has already acknowledged this concern.")
    names, faults = _said(session, "/words", words, keep_names, by)
    raise_if_any(faults)
    concern.state, concern.acknowledged_at, concern.acknowledged_by_id = ConcernState.ACKNOWLEDGED, now(), by.person_id
    concern.acknowledgement = words.strip()
    # Nobody else has to act now; the person who does sees it on every page until it is closed.
    notices.withdraw_notices(session, NoticeKind.CONCERN, subject_ids=[concern.id], by=by)
    return _change(session, concern, "concern.acknowledged", names, by)


def close_concern(
    session: Session,
    *,
    concern_id: uuid.UUID,
    outcome: ConcernOutcome | None,
    done: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> UrgentConcern:
    """Close an acknowledged concern for good, with its outcome and what was done.

    Raises Conflict, Invalid, NotAllowed, Stale.
    """
    concern = _to_act(session, concern_id, by)
    if concern.state is ConcernState.CLOSED:
        raise Conflict(f"{_name(session, concern.closed_by_id, by)} has already closed this concern.")
    if concern.state is ConcernState.RAISED:
        raise Conflict("Acknowledge this concern before you close it.")
    check_version(concern.version, version)
    faults = [] if outcome is not None else [Fault("/outcome", "Select the outcome")]
    names, said = _said(session, "/done", done, keep_names, by)
    if len(done.split()) < FEWEST_WORDS:
        said = [Fault("/done", "Describe what was done in at least one sentence")]
    raise_if_any([*faults, *said])
    concern.state, concern.closed_at, concern.closed_by_id = ConcernState.CLOSED, now(), by.person_id
    concern.outcome, concern.done = outcome, done.strip()
    return _change(session, concern, "concern.closed", names, by)


def reassign(
    session: Session, *, concern_id: uuid.UUID, person_id: uuid.UUID | None, hours: int, version: int, by: Actor
) -> UrgentConcern:
    """Ask another person to act: they have to acknowledge it, within a new time limit.

    Only for quality leads. Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    concern = _locked(session, concern_id, by)
    if concern.state is ConcernState.CLOSED:
        raise Conflict(f"{_name(session, concern.closed_by_id, by)} has already closed this concern.")
    check_version(concern.version, version)
    audit = session.get_one(Audit, (by.organisation_id, concern.audit_id))
    responders = possible_responders(session, audit=audit, raised_by=concern.raised_by_id, by=by)
    if person_id is None or person_id not in responders:
        raise Invalid.at("/person_id", "Select the person who should act")
    if person_id == concern.person_id:
        raise Invalid.at("/person_id", "Select someone else. This person has already been asked to act.")
    _cancel_notification(session, concern, concern.person_id, by)
    at = now()
    concern.person_id, concern.asked_at, concern.answer_by = person_id, at, at + timedelta(hours=hours)
    concern.state, concern.acknowledged_at, concern.acknowledged_by_id = ConcernState.RAISED, None, None
    concern.acknowledgement = ""
    concern.version += 1
    session.add(concern)
    session.flush()
    _notify(session, concern, person_id, by)
    _moved(session, "concern.reassigned", concern, by=by, person=person_id)
    return concern


def escalate_overdue(database: Database, *, moment: datetime, deadlines: Deadlines = DEADLINES) -> int:
    """Notify the quality leads of every concern that was not acknowledged in time, once each; returns how many.

    One that waits for a person who has left, or can no longer act, is escalated at once.

    A clock change delays none: time that this process has seen pass still counts, and a concern dated in the future,
    raised before the clock was set back, is escalated at once, since nobody can say how long it has waited. One that
    cannot be escalated does not block the others.
    """
    early = col(UrgentConcern.asked_at) > moment + AHEAD
    can_act = can_still(UrgentConcern.person_id, Permission.MODERATE_AUDITS)
    with database.reading() as session:
        waiting = session.execute(
            select_columns(
                col(UrgentConcern.organisation_id),
                col(UrgentConcern.id),
                col(UrgentConcern.asked_at),
                col(UrgentConcern.answer_by),
                can_act.label("can_act"),
            )
            .where(*_UNHEARD)
            .order_by(case((early, 0), (~can_act, 0), else_=1), col(UrgentConcern.answer_by))
            .limit(MOST_WAITING)
        ).all()
    ends = {
        tuple(row): moment if row.asked_at > moment + AHEAD or not row.can_act else row.answer_by for row in waiting
    }
    due = deadlines.passed(ends, moment=moment)
    return total_of_each(
        _escalate,
        ((database, row.organisation_id, row.id, row.asked_at, moment) for row in waiting if tuple(row) in due),
        failure="an urgent concern was not escalated",
    )


_UNHEARD: Final = (col(UrgentConcern.state) == ConcernState.RAISED, col(UrgentConcern.escalated_at).is_(None))


def _escalate(
    database: Database, organisation_id: int, concern_id: uuid.UUID, asked_at: datetime, moment: datetime
) -> bool:
    with database.writing() as session:
        this = (
            col(UrgentConcern.organisation_id) == organisation_id,
            col(UrgentConcern.id) == concern_id,
            # A person who was asked again has their full time.
            col(UrgentConcern.asked_at) == asked_at,
        )
        concern = session.exec(
            select(UrgentConcern).where(*this, *_UNHEARD).with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        if concern is None:
            return False
        concern.escalated_at = moment
        concern.version += 1
        session.add(concern)
        session.flush()
        operator = operator_of(concern.organisation_id)
        audit = session.get_one(Audit, (concern.organisation_id, concern.audit_id))
        for lead in people_beside(session, audit, (Role.QUALITY_LEAD,)).keys() - {concern.person_id}:
            _notify(session, concern, lead, operator)
        _moved(session, "concern.escalated", concern, by=operator, person=concern.person_id)
    return True


def needs_notification(session: Session, *, organisation_id: int, concern_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether an email about the concern is still needed: nobody has acknowledged it, and the person is involved."""
    concern = session.get(UrgentConcern, (organisation_id, concern_id))
    notice = session.get(ConcernNotice, (organisation_id, concern_id, person_id))
    return concern is not None and notice is not None and concern.state is ConcernState.RAISED


def _locked(session: Session, concern_id: uuid.UUID, by: Actor) -> UrgentConcern:
    """The concern, locked until this transaction ends. Raises NotFound."""
    check_may(by, Permission.WRITE_CONCERNS)
    session.exec(
        select(UrgentConcern)
        .where(col(UrgentConcern.organisation_id) == by.organisation_id, col(UrgentConcern.id) == concern_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    found = concerns_for(session, by, concern_id=concern_id, limit=1)
    if not found:
        raise NotFound("concern")
    return found[0].concern


def _to_act(session: Session, concern_id: uuid.UUID, by: Actor) -> UrgentConcern:
    concern = _locked(session, concern_id, by)
    if not may_act(by, concern):
        raise NotAllowed(
            "Only the person asked to act or a quality lead can do this. The person who raised the concern cannot."
        )
    return concern


def _said(
    session: Session, pointer: str, words: str, keep: KeepReason | None, by: Actor
) -> tuple[NameCheck, list[Fault]]:
    names = NameCheck.of(session, by)
    return names, names.check(pointer, words, keep=keep)


def _change(session: Session, concern: UrgentConcern, kind: str, names: NameCheck, by: Actor) -> UrgentConcern:
    concern.version += 1
    session.add(concern)
    session.flush()
    _moved(session, kind, concern, by=by)
    names.record(session, concern.audit_id, by=by)
    return concern


def _moved(session: Session, kind: str, concern: UrgentConcern, *, by: Actor, person: uuid.UUID | None = None) -> None:
    """The event in the history of the audit, with its concern and, where somebody is asked, the person."""
    details: Mapping[str, str] = {"concern": str(concern.id), **({"person": str(person)} if person else {})}
    events.record(session, kind, concern.audit_id, by=by, details=details)


def _notify(session: Session, concern: UrgentConcern, person_id: uuid.UUID, by: Actor) -> None:
    own = concern.organisation_id
    has_seen(session, own, person_id, [concern.audit_id], how=HowSeen.ASKED)
    session.merge(ConcernNotice(organisation_id=own, concern_id=concern.id, person_id=person_id, made_at=now()))
    session.flush()
    outbox.queue_concern_notice(session, organisation_id=own, concern_id=concern.id, person_id=person_id)
    notices.give_notice(session, NoticeKind.CONCERN, subject_id=concern.id, to=[person_id], by=by)


def _cancel_notification(session: Session, concern: UrgentConcern, person_id: uuid.UUID, by: Actor) -> None:
    session.execute(
        delete(ConcernNotice).where(
            col(ConcernNotice.organisation_id) == concern.organisation_id,
            col(ConcernNotice.concern_id) == concern.id,
            col(ConcernNotice.person_id) == person_id,
        )
    )
    outbox.cancel_concern_notice(
        session, organisation_id=concern.organisation_id, concern_id=concern.id, person_id=person_id
    )
    notices.withdraw_notices(session, NoticeKind.CONCERN, subject_ids=[concern.id], by=by, person_id=person_id)


def _name(session: Session, person_id: uuid.UUID | None, by: Actor) -> str:
    names = people.names_of(session, {person_id}, by=by) if person_id else {}
    return next(iter(names.values()), "Someone")


def escalate_overdue_now(database: Database, _: Settings) -> None:
    """Escalate what is overdue now, as background work."""
    escalate_overdue(database, moment=now())
