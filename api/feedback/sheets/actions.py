"""Writing the feedback on an audit, sharing it with the team, and making a link for the practitioner."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, read_audit
from api.feedback import rules
from api.feedback.sheets.queries import ShownSheet, sheet_of, shown_sheet
from api.foundation import access_log, events
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Fault, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, given, raise_if_any
from checklists.audits.feedback import fell_short
from models import Audit, FeedbackLink, FeedbackSheet, new_id, now

# Without letters and digits that look alike on paper.
_ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 8
# Two texts of this length, the questions and lines to write on fit on one page.
MOST_ON_SHEET: Final = 1_000
LINK_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class NewSheet:
    """What works well, what to think about, and the day on which it was given to the practitioner."""

    works_well: str = ""
    think_about: str = ""
    given_on: date | None = None
    keep_names: KeepReason | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link for the practitioner: its secret, which is not stored, and until when it works."""

    secret: str
    expires_at: datetime


def find_sheet(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ShownSheet:
    """The feedback on an audit that the person may read. Raises NotFound when there is none."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    sheet = sheet_of(session, audit)
    if sheet is None:
        raise NotFound("feedback")
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return shown_sheet(session, audit, sheet)


def write_sheet(session: Session, *, audit_id: uuid.UUID, new: NewSheet, version: int, by: Actor) -> FeedbackSheet:
    """Write the feedback on a submitted audit as it was given, or correct it until it is shared or reflected on.

    `version`: of the sheet, 0 when there is none. The themes that fell short are kept with it as they are now. Raises
    Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    audit, sheet = _locked(session, audit_id, by)
    rules.check_can_write(by, audit, sheet)
    check_version(sheet.version if sheet else 0, version)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(audit, new, sheet, names))
    found = read_audit(session, audit)
    person_id, given_on = person_of(by), given(new.given_on)
    is_new = sheet is None
    if sheet is None:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
        sheet = FeedbackSheet(
            organisation_id=by.organisation_id, id=new_id(), audit_id=audit.id, code=code, version=0,
            given_by_id=person_id, given_on=given_on,
        )  # fmt: skip
    sheet.works_well, sheet.think_about = new.works_well.strip(), new.think_about.strip()
    sheet.themes = " ".join(fell_short(found.template, found.answers_in_force))
    sheet.given_by_id, sheet.given_on = person_id, given_on
    sheet.version += 1
    session.add(sheet)
    session.flush()
    events.record(session, "audit.feedback-given" if is_new else "audit.feedback-changed", audit.id, by=by)
    names.record(session, audit.id, by=by)
    return sheet


def share_sheet(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> FeedbackSheet:
    """Let the team of the case read this version of the sheet, and disagree with it, for good.

    Raises Conflict, NotAllowed, NotFound, Stale.
    """
    audit, sheet = _locked(session, audit_id, by)
    if sheet is None:
        raise NotFound("feedback")
    rules.check_can_share(by, audit, sheet)
    check_version(sheet.version, version)
    sheet.shared_at, sheet.shared_by_id = now(), by.person_id
    sheet.version += 1
    session.add(sheet)
    session.flush()
    events.record(session, "audit.feedback-shared", audit.id, by=by)
    return sheet


def make_link(session: Session, *, audit_id: uuid.UUID, by: Actor) -> MadeLink:
    """Make a link with which the practitioner reads the sheet and writes a reflection, once. A former link ends.

    Raises Conflict, NotAllowed, NotFound.
    """
    check_may(by, Permission.WRITE_FEEDBACK)
    audit, sheet = _locked(session, audit_id, by)
    if sheet is None:
        raise NotFound("feedback")
    rules.check_can_reflect(audit, sheet)
    moment, secret = now(), new_secret()
    end_links(session, sheet, moment)
    made = FeedbackLink(
        secret_hash=hash_of(secret),
        organisation_id=sheet.organisation_id,
        sheet_id=sheet.id,
        made_by_id=person_of(by),
        made_at=moment,
        expires_at=moment + timedelta(days=LINK_DAYS),
    )
    session.add(made)
    session.flush()
    events.record(session, "audit.feedback-link-made", audit.id, by=by)
    return MadeLink(secret, made.expires_at)


def end_links(session: Session, sheet: FeedbackSheet, moment: datetime) -> None:
    """End every link to a sheet."""
    session.execute(
        update(FeedbackLink)
        .where(
            col(FeedbackLink.organisation_id) == sheet.organisation_id,
            col(FeedbackLink.sheet_id) == sheet.id,
            col(FeedbackLink.ended_at).is_(None),
        )
        .values(ended_at=moment)
    )


def _locked(session: Session, audit_id: uuid.UUID, by: Actor) -> tuple[Audit, FeedbackSheet | None]:
    """The audit, locked until this transaction ends, and its sheet. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    return audit, sheet_of(session, audit)


def _faults(audit: Audit, new: NewSheet, was: FeedbackSheet | None, names: NameCheck) -> list[Fault]:
    faults = []
    if not new.works_well.strip() and not new.think_about.strip():
        faults.append(Fault("/works_well", "Enter what is working well, or what to think about"))
    if new.given_on is None:
        faults.append(Fault("/given_on", "Enter the day on which the feedback was given"))
    elif new.given_on > local_date(now()):
        faults.append(Fault("/given_on", "The day on which the feedback was given must be today or earlier"))
    elif new.given_on < local_date(audit.created_at):
        faults.append(Fault("/given_on", "The day on which the feedback was given must be after the audit began"))
    for name in ("works_well", "think_about"):
        words = getattr(new, name)
        if len(words.strip()) > MOST_ON_SHEET:
            faults.append(
                Fault(f"/{name}", f"Enter {MOST_ON_SHEET:,} characters or fewer, so that the sheet fits on one page")
            )
        else:
            faults += names.check(f"/{name}", words, keep=new.keep_names, was=getattr(was, name) if was else "")
    return faults
