"""Follow-ups: recording that a post was notified, choosing who reads, and recording whether what fell short was
corrected.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session

from api.audits.actions import get_audit, read_audit, round_of
from api.follow_ups import notifying, rules
from api.follow_ups.queries import find_listed, readers_for
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.notices import actions as notices
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState, themes_to_follow
from models import Audit, FollowUp, FollowUpTheme, NoticeKind, now

FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """What a follow-up has found of one theme: None where no outcome was selected."""

    theme: str
    outcome: FollowUpOutcome | None
    words: str
    keep_names: KeepReason | None = None


def record_notified(
    session: Session, *, audit_id: uuid.UUID, notified_on: date | None, version: int, by: Actor
) -> FollowUp:
    """Record on which day somebody without an account was notified of an audit.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    _, found = _locked(session, audit_id, by)
    rules.check_can_record_notified(by, found)
    check_version(found.version, version)
    if notified_on is None or not found.found_on <= notified_on <= local_date(now()):
        raise Invalid.at("/notified_on", "Enter a day between the day on which the audit was found and today")
    found.notified_on = notified_on
    notifying.withdraw(session, audit_id, NoticeKind.LOWEST_TO_NOTIFY, by=by)
    return _changed(session, found, "audit.follow-up-notified", by)


def allocate(
    session: Session, *, audit_id: uuid.UUID, reader_id: uuid.UUID | None, version: int, by: Actor
) -> FollowUp:
    """Choose who reads a follow-up, or somebody else instead: an auditor who has not read the case in its round.

    What fell short in the agreed answers is what they look at. Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    audit, found = _locked(session, audit_id, by)
    audit_round = round_of(session, audit)
    rules.check_can_allocate(session, by, found, audit, audit_round)
    check_version(found.version, version)
    if reader_id is None or reader_id not in readers_for(session, audit, by=by):
        raise Invalid.at("/reader_id", "Select a reader from the list")
    read = read_audit(session, audit)
    themes = themes_to_follow(read.template, read.answers_in_force)
    if not themes:
        raise Conflict("No theme of this audit applies, so there is nothing to follow up.")
    notifying.withdraw(session, audit_id, NoticeKind.FOLLOW_UP_GIVEN, NoticeKind.FOLLOW_UP_DUE, by=by)
    found.reader_id, found.state, found.themes = reader_id, FollowUpState.ALLOCATED, " ".join(themes)
    done = _changed(session, found, "audit.follow-up-allocated", by)
    notices.give_notice(session, NoticeKind.FOLLOW_UP_GIVEN, subject_id=audit_id, to=[reader_id], by=by)
    return done


def record(session: Session, *, audit_id: uuid.UUID, themes: Sequence[FoundTheme], version: int, by: Actor) -> FollowUp:
    """Record what a follow-up has found of every theme that it is about. It is then done, and never changes.

    Only by its reader. Raises Conflict, NotAllowed, NotFound, Stale, and Invalid with places `/themes/<theme>/…`.
    """
    audit, found = _locked(session, audit_id, by)
    rules.check_can_record(by, found)
    check_version(found.version, version)
    read = read_audit(session, audit)
    names = NameCheck.of(session, by)
    given = {each.theme: each for each in themes}
    faults = [] if len(given) == len(themes) else [Fault("/themes", "Each theme must be there once.")]
    faults += [
        Fault(f"/themes/{key}/theme", "This follow-up is not about this theme.") for key in _others(given, found)
    ]
    for key in found.themes.split():
        faults += _faults(read.template.theme(key).label, given.get(key) or FoundTheme(key, None, ""), names)
    raise_if_any(faults)
    session.add_all(
        FollowUpTheme(
            organisation_id=found.organisation_id,
            audit_id=found.audit_id,
            theme=key,
            answer=read.answers_in_force[key],
            outcome=outcome,
            words=given[key].words.strip(),
        )
        for key in found.themes.split()
        if (outcome := given[key].outcome) is not None
    )
    found.state, found.done_on = FollowUpState.DONE, local_date(now())
    done = _changed(session, found, "audit.follow-up-done", by)
    names.record(session, audit_id, by=by)
    notifying.withdraw(session, audit_id, NoticeKind.FOLLOW_UP_GIVEN, NoticeKind.FOLLOW_UP_DUE, by=by)
    return done


def _faults(label: str, each: FoundTheme, names: NameCheck) -> list[Fault]:
    place, faults = f"/themes/{each.theme}", []
    if each.outcome is None:
        faults.append(Fault(f"{place}/outcome", f"{label}: select whether it was corrected"))
    if len(each.words.split()) < FEWEST_WORDS:
        faults.append(Fault(f"{place}/words", f"{label}: enter what the file shows now, in at least 3 words"))
    return faults + names.check(f"{place}/words", each.words, keep=each.keep_names)


def _others(given: dict[str, FoundTheme], found: FollowUp) -> list[str]:
    return sorted(given.keys() - set(found.themes.split()))


def _locked(session: Session, audit_id: uuid.UUID, by: Actor) -> tuple[Audit, FollowUp]:
    """The audit, locked until this transaction ends, and its follow-up, of which the person knows. Raises NotFound."""
    audit = get_audit(session, audit_id, by, lock=True)
    if audit is None:
        raise NotFound("follow-up")
    return audit, find_listed(session, audit_id=audit_id, by=by).follow_up


def _changed(session: Session, found: FollowUp, kind: str, by: Actor) -> FollowUp:
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, kind, found.audit_id, by=by)
    return found
