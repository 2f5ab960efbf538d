"""Feedback for tests, given, shared and disagreed with by the actions that people use."""

import uuid

from sqlmodel import select

from api.feedback.representations import actions as representations
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.foundation.local_time import local_date
from models import FeedbackSheet, now
from tests.desk import Desk
from tests.factories import MadePerson, an_actor

WORKS, THINK = "The child was seen at home every week.", "Think of how the plan names who does what."
REASONS = "The visit is recorded on the page before."


def audited(desk: Desk, *below: str, by: MadePerson | None = None) -> uuid.UUID:
    """A submitted audit in which these themes fell short, by default voice and planning."""
    short = below or ("voice", "planning")
    audit_id = desk.an_audit(by)
    desk.answer(audit_id, "good", *(theme for theme in desk.template.theme_keys if theme not in short), by=by)
    desk.answer(audit_id, "inadequate", *short, rationale="Nothing about it is on file.", by=by)
    desk.submit(audit_id, by=by)
    return audit_id


def given(desk: Desk, audit_id: uuid.UUID, by: MadePerson | None = None, *, shared: bool = False) -> FeedbackSheet:
    """Feedback on an audit, by default by its auditor."""
    new = NewSheet(WORKS, THINK, local_date(now()))
    with desk.database.writing() as session:
        sheets.write_sheet(session, audit_id=audit_id, new=new, version=0, by=an_actor(by or desk.cast.asha))
    if shared:
        with desk.database.writing() as session:
            sheets.share_sheet(session, audit_id=audit_id, version=1, by=an_actor(desk.cast.lena))
    return stored(desk, audit_id)


def stored(desk: Desk, audit_id: uuid.UUID) -> FeedbackSheet:
    """The sheet of an audit as the database has it."""
    with desk.database.reading() as session:
        return session.exec(select(FeedbackSheet).where(FeedbackSheet.audit_id == audit_id)).one()


def disagreed(desk: Desk, audit_id: uuid.UUID, owner: MadePerson, theme: str = "voice") -> None:
    """The team disagrees with a theme."""
    with desk.database.writing() as session:
        representations.disagree(
            session, sheet_id=stored(desk, audit_id).id, theme=theme, words=REASONS, by=an_actor(owner)
        )


def decided(
    desk: Desk, audit_id: uuid.UUID, theme: str = "voice", *, upheld: bool, by: MadePerson | None = None
) -> None:
    """A moderator answers."""
    with desk.database.writing() as session:
        representations.decide(
            session,
            audit_id=audit_id,
            theme=theme,
            upheld=upheld,
            words="The page shows what the team says.",
            by=an_actor(by or desk.cast.mo),
        )
