"""The practitioner's reflection: written on the one-time page, or typed in from the sheet on paper by its code."""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.access.audits import may_read_audit
from api.audits.actions import get_audit
from api.feedback import rules
from api.feedback.sheets.actions import CODE_LENGTH, end_links
from api.feedback.sheets.queries import ShownSheet, shown_sheet
from api.foundation import events
from api.foundation.identity.secrets import hash_of
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, NotFound
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any, refused_events
from models import Audit, FeedbackLink, FeedbackSheet, now
from models.clock import AHEAD

FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class NewReflection:
    """What the practitioner says, in their own words."""

    words: str
    keep_names: KeepReason | None = None


def reflect(session: Session, *, secret: str, new: NewReflection) -> None:
    """Record the reflection of the practitioner who holds the link, which then ends. Raises Invalid, NotFound."""
    shown = open_link(session, secret=secret, lock=True)
    by = Actor(shown.sheet.organisation_id)
    _record(session, shown.audit, shown.sheet, new, by=by, kind="audit.reflected")


def record_refusal(session: Session, shown: ShownSheet, problem: Invalid) -> None:
    """Record that a reflection was refused because of what it seems to contain: kinds and places, never the text."""
    by = Actor(shown.sheet.organisation_id)
    events.record_many(session, refused_events(problem, shown.audit.id, by=by))


def type_reflection(session: Session, *, code: str, new: NewReflection, by: Actor) -> FeedbackSheet:
    """Record the reflection on the sheet with this code, as the practitioner wrote it on paper.

    For people who may read the audit. Raises Conflict, Invalid, NotAllowed; a code of a sheet that the person may not
    read is refused like one that nobody has.
    """
    check_may(by, Permission.WRITE_FEEDBACK)
    plain = "".join(character for character in code.upper() if character.isalnum())
    sheet = _of_code(session, plain, by) if len(plain) == CODE_LENGTH else None
    audit = get_audit(session, sheet.audit_id, by, lock=True) if sheet is not None else None
    if sheet is None or audit is None or not may_read_audit(by, audit):
        raise Invalid.at("/code", "Enter the code at the foot of the sheet, 8 letters and digits")
    session.refresh(sheet)
    rules.check_can_reflect(audit, sheet)
    sheet.typed_by_id = by.person_id
    _record(session, audit, sheet, new, by=by, kind="audit.reflection-typed")
    return sheet


def _of_code(session: Session, code: str, by: Actor) -> FeedbackSheet | None:
    own = (col(FeedbackSheet.organisation_id) == by.organisation_id, col(FeedbackSheet.code) == code)
    return session.exec(select(FeedbackSheet).where(*own)).one_or_none()


def open_link(session: Session, *, secret: str, lock: bool = False) -> ShownSheet:
    """The sheet behind a link that still works. Raises NotFound for any other.

    One from the future, made before the clock was put back, would work for too long: it does not, until another is made
    or its time has come.
    """
    moment = now()
    query = select(FeedbackLink).where(
        col(FeedbackLink.secret_hash) == hash_of(secret),
        col(FeedbackLink.ended_at).is_(None),
        col(FeedbackLink.made_at) <= moment + AHEAD,
        col(FeedbackLink.expires_at) > moment,
    )
    link = session.exec(query.with_for_update() if lock else query).one_or_none()
    if link is None:
        raise NotFound("link")
    sheet = session.get_one(FeedbackSheet, (link.organisation_id, link.sheet_id), populate_existing=True)
    audit = get_audit(session, sheet.audit_id, Actor(link.organisation_id), lock=lock)
    if audit is None:
        raise NotFound("link")
    rules.check_can_reflect(audit, sheet)
    return shown_sheet(session, audit, sheet)


def _record(session: Session, audit: Audit, sheet: FeedbackSheet, new: NewReflection, *, by: Actor, kind: str) -> None:
    names = NameCheck.of(session, by)
    faults = []
    if len(new.words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter the reflection, in at least 3 words"))
    raise_if_any([*faults, *names.check("/words", new.words, keep=new.keep_names)])
    sheet.reflection, sheet.reflected_at = new.words.strip(), now()
    sheet.version += 1
    session.add(sheet)
    end_links(session, sheet, now())
    session.flush()
    events.record(session, kind, audit.id, by=by)
    names.record(session, audit.id, by=by)
