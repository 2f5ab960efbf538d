"""Disagreeing with an answer for a team, and the moderator's decision. Neither changes the answer."""

import uuid
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import ReadAudit, find_audit, get_audit, read_audit
from api.feedback import rules
from api.feedback.readable import is_of_team
from api.feedback.representations import notifying
from api.feedback.representations.queries import (
    SharedSheet,
    ShownRepresentation,
    WaitingRepresentation,
    find_shared,
    representations_of,
    shared_with,
    waiting_for_answer,
)
from api.feedback.sheets.queries import ShownSheet
from api.foundation import access_log, events
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Conflict, Fault, NotFound
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from models import Representation, now

FEWEST_WORDS: Final = 3


def list_shared(session: Session, *, after: uuid.UUID | None, limit: int, by: Actor) -> list[SharedSheet]:
    """The feedback that was shared with the person's teams; for a quality lead with any team. The newest first."""
    check_may(by, Permission.WRITE_REPRESENTATIONS)
    return shared_with(session, by, after=after, limit=limit)


def read_shared(
    session: Session, *, sheet_id: uuid.UUID, by: Actor
) -> tuple[ShownSheet, str, list[ShownRepresentation]]:
    """Shared feedback: the sheet, the reference of its case, and what the team disagrees with. Nothing else of the
    audit. Raises NotFound.
    """
    check_may(by, Permission.WRITE_REPRESENTATIONS)
    found = find_shared(session, sheet_id, by)
    if found is None:
        raise NotFound("feedback")
    shown, reference = found
    access_log.record_view(session, "audit.feedback-read", shown.audit.id, by=by)
    return shown, reference, representations_of(session, shown.audit, by=by)


def disagree(
    session: Session,
    *,
    sheet_id: uuid.UUID,
    theme: str,
    words: str,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Representation:
    """Disagree, once and with reasons, with the answer to a theme that a shared sheet names.

    By an action owner of the team; by a quality lead when the team said so on paper, which is recorded. Raises
    Conflict, Invalid, NotAllowed, NotFound.
    """
    check_may(by, Permission.WRITE_REPRESENTATIONS)
    found = find_shared(session, sheet_id, by)
    audit = get_audit(session, found[0].audit.id, by, lock=True) if found is not None else None
    found = find_shared(session, sheet_id, by)
    if found is None or audit is None:
        raise NotFound("feedback")
    shown, _ = found
    rules.check_can_disagree(session, by, audit, shown.sheet)
    names = NameCheck.of(session, by)
    raise_if_any(_faults_of(theme, words, shown, names, keep_names))
    if any(each.representation.theme == theme for each in representations_of(session, audit, by=by)):
        raise Conflict("The team has already disagreed with the answer to this theme.")
    made = Representation(
        organisation_id=by.organisation_id,
        audit_id=audit.id,
        theme=theme,
        words=words.strip(),
        answer=read_audit(session, audit).answers_in_force[theme],
        made_by_id=person_of(by),
        made_at=now(),
        on_paper=not is_of_team(session, by, audit),
    )
    session.add(made)
    session.flush()
    notifying.notify_of_representation(session, audit, by=by)
    events.record(session, "audit.disagreed", audit.id, by=by, details={"themes": theme})
    names.record(session, audit.id, by=by)
    return made


def find_with_score(
    session: Session, *, audit_id: uuid.UUID, theme: str, by: Actor
) -> tuple[ReadAudit, ShownRepresentation]:
    """A representation, and the audit that it is about, which the person may read. Raises NotFound."""
    found = find_audit(session, audit_id=audit_id, by=by)
    for each in representations_of(session, found.audit, by=by):
        if each.representation.theme == theme:
            return found, each
    raise NotFound("representation")


def list_representations(session: Session, *, audit_id: uuid.UUID, by: Actor) -> list[ShownRepresentation]:
    """The representations about an audit that the person may read. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return representations_of(session, audit, by=by)


def list_waiting(
    session: Session, *, after: tuple[uuid.UUID, str] | None, limit: int, by: Actor
) -> Sequence[WaitingRepresentation]:
    """The representations that this person may answer."""
    check_may(by, Permission.MODERATE_AUDITS)
    found = waiting_for_answer(session, by, after=after, limit=limit)
    for each in found:
        access_log.record_view(session, "audit.read", each.audit.id, by=by)
    return found


def decide(
    session: Session,
    *,
    audit_id: uuid.UUID,
    theme: str,
    upheld: bool | None,
    words: str,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Representation:
    """Answer a representation: upheld or not, with reasons, which the team reads. The answer to the theme stays as it
    is: an upheld representation is a reason to reopen the audit. Raises Conflict, Invalid, NotAllowed, NotFound.
    """
    check_may(by, Permission.MODERATE_AUDITS)
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    found = session.get(Representation, (audit.organisation_id, audit.id, theme), populate_existing=True)
    if found is None:
        raise NotFound("representation")
    rules.check_can_decide(session, by, audit, found)
    names = NameCheck.of(session, by)
    faults = [] if upheld is not None else [Fault("/upheld", "Select whether you uphold the representation")]
    if len(words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter the reasons, in at least 3 words"))
    raise_if_any([*faults, *names.check("/words", words, keep=keep_names)])
    found.upheld, found.decision = upheld, words.strip()
    found.decided_by_id, found.decided_at = by.person_id, now()
    session.add(found)
    session.flush()
    notifying.notify_of_answer(session, audit, found, by=by)
    events.record(session, "audit.representation-decided", audit.id, by=by, details={"themes": theme})
    names.record(session, audit.id, by=by)
    return found


def _faults_of(
    theme: str, words: str, shown: ShownSheet, names: NameCheck, keep_names: KeepReason | None
) -> list[Fault]:
    faults = []
    if theme not in {each.key for each in shown.themes}:
        faults.append(Fault("/theme", "Select a theme that the feedback names"))
    if len(words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter why the team disagrees, in at least 3 words"))
    return faults + names.check("/words", words, keep=keep_names)
