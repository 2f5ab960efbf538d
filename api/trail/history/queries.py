"""Events in plain words: one sentence for every kind, and the history of an audit."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlmodel import Session, col, select

from api.audits.actions import get, template_of
from api.foundation.permissions import Actor, check_can_read_audit, may_read_every_audit
from api.people import actions as people
from checklists.template import Template
from models import Event, Round

# Every kind of event. `{who}` is who did it; `{auditor}`, `{person}`, `{themes}` and `{number}` come from its details.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "audit.accepted": "Agreed as it was by {who}",
        "audit.agreed": "Agreed by {who}; changed: {themes}",
        "audit.allocated": "Allocated to {auditor} by {who}",
        "audit.changed": "How it was done, or its overall judgement, changed by {who}",
        "audit.chosen-for-moderation": "Chosen for moderation by {who}",
        "audit.comment-resolved": "Thread of comments resolved by {who}",
        "audit.commented": "Commented on by {who}",
        "audit.moderated": "Moderated by {who}: {themes}",
        "audit.no-longer-chosen-for-moderation": "No longer chosen for moderation by {who}",
        "audit.consensus-proposed": "Answer for both readings proposed by {who}: {themes}",
        "audit.consensus-reached": "Agreed from both readings, the last theme by {who}",
        "audit.consensus-settled": "Answer for both readings settled by {who}: {themes}",
        "audit.read": "Read by {who}",
        "audit.recorded": "Done by {auditor} and recorded whole by {who}",
        "audit.redacted": "Words taken out for good by {who}",
        "audit.refused": "Asked for by {who}, and refused",
        "audit.reopened": "Opened again by {who}; its signature is void",
        "audit.reopening-asked": "Asked by {who} to be opened again",
        "audit.reopening-refused": "Not opened again, as {who} decided",
        "audit.returned": "Returned to its auditor by {who}",
        "audit.score-cleared": "Answer taken back by {who}: {themes}",
        "audit.scored": "Answered by {who}: {themes}",
        "audit.signed-off": "Signed off by {who}",
        "audit.submitted": "Submitted by {who}",
        "audit.taken-into-moderation": "Taken into moderation by {who}",
        "audit.withdrawn": "Withdrawn by {who}",
        "briefing.changed": "Briefing changed by {who}",
        "briefing.fetched": "Briefing fetched as a file by {who}",
        "briefing.made": "Briefing made by {who}",
        "calibration.agreed": "What was agreed upon kept by {who}: {themes}",
        "calibration.answered": "Practice case scored by {who}",
        "calibration.closed": "Calibration exercise closed by {who}",
        "calibration.exemplars-made": "Exemplars made in template version {number} by {who}",
        "calibration.handed-in": "Practice case handed in by {who}",
        "calibration.made": "Calibration exercise made by {who}",
        "case-file.changed": "Case file changed by {who}",
        "case-file.made": "Case file made by {who}",
        "case-list.taken": "Case list taken in by {who}",
        "concern.acknowledged": "Urgent concern acknowledged by {who}",
        "concern.closed": "Urgent concern closed by {who}",
        "concern.escalated": "Urgent concern not acknowledged in time by {person}: the quality leads were told",
        "concern.raised": "Urgent concern raised by {who}, who asked {person} to act",
        "concern.read": "Urgent concern read by {who}",
        "concern.reassigned": "{person} asked to act on an urgent concern by {who}",
        "export.asked": "Export asked for by {who}",
        "export.fetched": "Export fetched by {who}",
        "identifier.refused": "Words that seemed to name a person were refused to {who}",
        "mail.given-up": "E-mail that could not be sent given up by {who}",
        "mail.parked": "E-mail to this person could not be sent, and waits for somebody to see to it",
        "mail.tried-again": "E-mail that could not be sent tried again by {who}",
        "name.kept": "A name-like word was kept, with a reason, by {who}",
        "organisation.made": "Organisation made by {who}",
        "person.account-changed": "Account changed by {who}",
        "person.changed": "Person changed by {who}",
        "person.duties-changed": "What a person audits, and when, changed by {who}",
        "person.invited": "Person invited by {who}",
        "person.link-issued": "Sign-in link made by {who}",
        "person.password-changed": "Password changed by {who}",
        "person.password-chosen": "Password chosen by {who}",
        "person.sessions-ended": "Signed out everywhere by {who}",
        "person.sign-in-failed": "A wrong password was given",
        "person.signed-in": "{who} signed in",
        "person.signed-out": "{who} signed out",
        "risky-term.added": "Risky word added to the list by {who}",
        "risky-term.removed": "Risky word taken off the list by {who}",
        "round.agreement-fetched": "Agreement report of a round fetched as a file by {who}",
        "round.allocated": "Audits of a round given out by rule by {who}",
        "round.answers-read": "Answers behind a figure read by {who}",
        "round.changed": "Round changed by {who}",
        "round.closed": "Round closed by {who}",
        "round.exemption-ended": "A person given audits again in a round by {who}",
        "round.made": "Round made by {who}",
        "round.moderation-rule-set": "What is moderated set by {who}",
        "round.opened": "Round opened by {who}",
        "round.person-exempted": "A person given no audits in a round by {who}",
        "round.report-fetched": "Report of a round fetched as a file by {who}",
        "round.trend-fetched": "Report over time fetched as a file by {who}",
        "sample.case-replaced": "Case of a sample replaced by {who}",
        "sample.drawn": "Sample drawn by {who}",
        "snapshot.fetched": "Snapshot fetched as a file by {who}",
        "snapshot.made": "Snapshot made by {who}",
        "snapshot.published": "Snapshot published by {who}",
        "team.made": "Team made by {who}",
        "team.renamed": "Team renamed by {who}",
        "team.restored": "Team taken back into use by {who}",
        "team.retired": "Team retired by {who}",
        "template.draft-changed": "Draft of version {number} of a template changed by {who}",
        "template.draft-discarded": "Draft of version {number} of a template thrown away by {who}",
        "template.made": "Template made by {who}",
        "template.published": "Version {number} of a template published by {who}",
        "template.retired": "Version {number} of a template retired by {who}",
        "template.version-made": "Version {number} of a template begun by {who}",
        "token.made": "Token made by {who}",
        "token.revoked": "Token revoked by {who}",
    }
)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An event of an audit, in its place in the trail."""

    number: int
    at: datetime
    sentence: str


def history_of_audit(
    session: Session, *, audit_id: uuid.UUID, by: Actor, limit: int, before: int | None = None
) -> list[HistoryLine]:
    """What was done to an audit, newest first, before the event `before`; for whoever may read the audit.

    That somebody was refused it is told only to people who may read every audit: nobody else learns who else is
    concerned with the case. Raises NotFound.
    """
    audit = check_can_read_audit(by, get(session, audit_id, by))
    query = select(Event).where(col(Event.organisation_id) == by.organisation_id, col(Event.subject_id) == audit_id)
    if not may_read_every_audit(by):
        query = query.where(col(Event.kind) != "audit.refused")
    if before is not None:
        query = query.where(col(Event.number) < before)
    found = session.exec(query.order_by(col(Event.number).desc()).limit(limit)).all()
    template = template_of(session, session.get_one(Round, (audit.organisation_id, audit.round_id)))
    names = names_in(session, found, by=by)
    return [HistoryLine(event.number, event.at, sentence(event, names, template)) for event in found]


def names_in(session: Session, found: Sequence[Event], *, by: Actor) -> dict[uuid.UUID, str]:
    """The names of the people whom these events concern."""
    concerned = {
        each for event in found for each in (event.person_id, event.subject_id, *_named(event).values()) if each
    }
    return people.names_of(session, concerned, by=by)


def sentence(event: Event, names: Mapping[uuid.UUID, str], template: Template | None = None) -> str:
    """What an event says, without its time; themes by their titles where the template is given."""
    details = json.loads(event.details)
    named = _named(event)
    return SENTENCES.get(event.kind, event.kind + ", by {who}").format(
        who=who(event, names),
        **{role: names.get(person, "somebody who is gone") if person else "somebody" for role, person in named.items()},
        themes="; ".join(_label(template, key) for key in str(details.get("themes", "")).split()),
        number=details.get("number", ""),
    )


def who(event: Event, names: Mapping[uuid.UUID, str]) -> str:
    """Who did it, for the middle of a sentence."""
    if event.person_id is not None:
        name = names.get(event.person_id, str(event.person_id))
        return f"{name} (by token)" if event.token_id is not None else name
    return "an integration" if event.token_id is not None else "the operator"


def _named(event: Event) -> dict[str, uuid.UUID | None]:
    """Whom an event's details name."""
    details = json.loads(event.details)
    return {role: uuid.UUID(details[role]) if details.get(role) else None for role in ("auditor", "person")}


def _label(template: Template | None, key: str) -> str:
    return template.theme(key).label if template is not None and template.has_theme(key) else key
