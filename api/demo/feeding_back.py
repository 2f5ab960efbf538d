"""Feedback of the demonstration: given on some audits, reflected on, shared with teams, and disagreed with."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.demo import words
from api.feedback.representations import actions as representations
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.feedback.sheets.reflections import NewReflection, reflect, type_reflection
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from models import Audit, FeedbackSheet, now
from models.storage.database import Database

REFLECTIONS: Final = (
    "I had not seen how often the visits say the same. I will record what I think they mean for the child.",
    "The question stayed open because the family was away. I will raise it in supervision and set a date.",
)
DISAGREES: Final = (
    "The plan on the file of the conference names who does what. It is two pages after the one that was read."
)
UPHELD: Final = "The page is on file and says who does what. The team is right about the plan."
NOT_UPHELD: Final = "The page says what should happen, but not by when, so the plan still cannot be followed."


@dataclass(frozen=True, slots=True)
class Givers:
    """Who gives feedback, shares it, speaks for a team, and answers."""

    auditor: Actor
    lead: Actor
    owner: Actor
    moderator: Actor
    team_id: uuid.UUID


def give_feedback(database: Database, who: Givers, of_auditor: Sequence[uuid.UUID]) -> None:
    """Feedback on half of the auditor's audits. One practitioner reflects by link and one on paper; three sheets are
    shared, and their teams disagree with a theme of two, of which one is upheld.
    """
    given = [_give(database, who.auditor, audit_id, place) for place, audit_id in enumerate(of_auditor[::2])]
    for place, sheet in enumerate(given[:2]):
        with database.writing() as session:
            said = NewReflection(REFLECTIONS[place])
            if place == 0:
                link = sheets.make_link(session, audit_id=sheet.audit_id, by=who.auditor)
                reflect(session, secret=link.secret, new=said)
            else:
                type_reflection(session, code=sheet.code, new=said, by=who.auditor)
    for place, sheet in enumerate([each for each in given if each.themes][:3]):
        with database.writing() as session:
            read = sheets.find_sheet(session, audit_id=sheet.audit_id, by=who.lead).sheet
            sheets.share_sheet(session, audit_id=read.audit_id, version=read.version, by=who.lead)
            if place < 2:
                _disagree(session, who, sheet, upheld=place == 0)


def _give(database: Database, auditor: Actor, audit_id: uuid.UUID, place: int) -> FeedbackSheet:
    new = NewSheet(
        words.WORKS_WELL[place % len(words.WORKS_WELL)],
        words.FEEDBACK[place % len(words.FEEDBACK)],
        local_date(now()),
    )
    with database.writing() as session:
        return sheets.write_sheet(session, audit_id=audit_id, new=new, version=0, by=auditor)


def _disagree(session: Session, who: Givers, sheet: FeedbackSheet, *, upheld: bool) -> None:
    audit = session.get_one(Audit, (sheet.organisation_id, sheet.audit_id))
    theme = sheet.themes.split()[0]
    by = who.owner if audit.team_id == who.team_id else who.lead
    representations.disagree(session, sheet_id=sheet.id, theme=theme, words=DISAGREES, by=by)
    representations.decide(
        session,
        audit_id=audit.id,
        theme=theme,
        upheld=upheld,
        words=UPHELD if upheld else NOT_UPHELD,
        by=who.moderator,
    )
