"""Follow-ups of the demonstration: the rule of a round, and what became of its audits at the lowest rating."""

import uuid
from collections.abc import Collection, Sequence
from typing import Final

from sqlmodel import Session

from api.follow_ups import actions
from api.follow_ups.actions import FoundTheme
from api.follow_ups.queries import ShowFollowUps, find_follow_up, list_follow_ups
from api.follow_ups.rule.actions import RuleChange, set_rule
from api.foundation.permissions import Actor
from checklists.audits.follow_up import FollowUpOutcome
from models.storage.database import Database

WEEKS: Final = 8
MOST: Final = 100
WORDS: Final = {
    FollowUpOutcome.CORRECTED: "The visits since March are recorded, and say what the child said and did.",
    FollowUpOutcome.PARTLY: "The plan now names who does what, but two steps still have no date.",
    FollowUpOutcome.NOT: "Nothing on the file has changed since the audit.",
}


def follow_what_is_lowest(database: Database, *, round_id: uuid.UUID, lead: Actor, contact: Actor) -> None:
    """Ask for a follow-up of each audit whose overall judgement is at the lowest rating; this person is notified."""
    change = RuleChange(overall=True, contact_id=contact.person_id, weeks=WEEKS)
    with database.writing() as session:
        set_rule(session, round_id=round_id, change=change, version=0, by=lead)


def follow_up(
    database: Database,
    *,
    rounds: Collection[uuid.UUID],
    lead: Actor,
    auditors: Sequence[Actor],
    outcomes: Sequence[FollowUpOutcome | None],
) -> None:
    """Follow up the first audits of these rounds, each with one of the outcomes: None waits for its reader. The others
    have no reader.
    """
    with database.reading() as session:
        found = list_follow_ups(session, show=ShowFollowUps.OPEN, after=None, limit=MOST, by=lead)
    of_rounds = [each for each in found if each.audit.round_id in rounds]
    for each, outcome in zip(of_rounds, outcomes, strict=False):
        reader = next(one for one in auditors if one.person_id != each.audit.auditor_id)
        with database.writing() as session:
            given = actions.allocate(
                session,
                audit_id=each.audit.id,
                reader_id=reader.person_id,
                version=each.follow_up.version,
                by=lead,
            )
            if outcome is not None:
                _record(session, each.audit.id, given.version, reader, outcome)


def _record(session: Session, audit_id: uuid.UUID, version: int, reader: Actor, of_file: FollowUpOutcome) -> None:
    """Record what was found of each theme; of a file that is partly corrected they differ."""
    themes = find_follow_up(session, audit_id=audit_id, by=reader).themes
    kinds = list(FollowUpOutcome) if of_file is FollowUpOutcome.PARTLY else [of_file]
    outcomes = [kinds[place % len(kinds)] for place in range(len(themes))]
    said = [FoundTheme(theme.key, outcome, WORDS[outcome]) for theme, outcome in zip(themes, outcomes, strict=True)]
    actions.record(session, audit_id=audit_id, themes=said, version=version, by=reader)
