"""Redactions of actions: as of audits, the old text is overwritten in its row, and no copy of it is kept."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from api.audits.redaction.actions import RedactionReason, redacted_text
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotFound, check_version
from api.improvement.queries import FoundAction, find_one
from models import Action, ActionNote, ActionStep, IdempotentRequest

# The texts of an action's own row, with what people call them.
OF_THE_ACTION = {
    "words": "What will be done",
    "why": "Why",
    "owner_post": "Post of the owner",
    "measure": "Success measure",
    "done": "What was done",
    "impact": "Impact",
    "drop_reason": "Why it is not pursued",
}


@dataclass(frozen=True, slots=True)
class ActionText:
    """A text of an action: `place` names it, as `words`, `step.2` or `note.<identifier>`."""

    place: str
    called: str
    text: str
    row: Action | ActionStep | ActionNote
    column: str


def texts_of(found: FoundAction) -> list[ActionText]:
    """Every text that was written in an action, in the order of its page."""
    return [each for each in _every_text(found) if each.text]


def redact_action(
    session: Session,
    *,
    action_id: uuid.UUID,
    place: str,
    places: Sequence[tuple[int, int]] = (),
    reason: RedactionReason,
    version: int,
    by: Actor,
) -> Action:
    """Replace these characters of a text (from `start` and before `end`), or all of it without places, by a mark.

    A copy of the same text elsewhere in the action is redacted with it. By a moderator or a quality lead who may read
    the action, in every state of it. Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    check_may(by, Permission.REDACT_AUDITS)
    own = (col(Action.organisation_id) == by.organisation_id, col(Action.id) == action_id)
    session.exec(select(Action.id).where(*own).with_for_update(key_share=True)).one_or_none()
    found = find_one(session, by, action_id)
    if found is None:
        raise NotFound("action")
    check_version(found.action.version, version)
    chosen = next((each for each in _every_text(found) if each.place == place), None)
    if chosen is None:
        raise NotFound("text")
    if not chosen.text:
        raise Conflict("There is no text here to redact.")
    redacted = redacted_text(chosen.text, places)
    for each in _every_text(found):
        if each.text == chosen.text:
            setattr(each.row, each.column, redacted)
            session.add(each.row)
    found.action.version += 1
    session.add(found.action)
    session.flush()
    # What was answered to the program that made the action has its words.
    session.execute(
        delete(IdempotentRequest).where(
            col(IdempotentRequest.organisation_id) == by.organisation_id,
            col(IdempotentRequest.location) == f"/api/v1/actions/{action_id}",
        )
    )
    told = " ".join(f"{start}-{end}" for start, end in places) or "all"
    details = {"field": place, "places": told, "reason": reason.value}
    events.record(session, "action.redacted", action_id, by=by, details=details)
    return found.action


def _every_text(found: FoundAction) -> Iterator[ActionText]:
    action = found.action
    for column, called in OF_THE_ACTION.items():
        yield ActionText(column, called, getattr(action, column), action, column)
    for step in found.steps:
        yield ActionText(f"step.{step.number}", f"Step {step.number}", step.words, step, "words")
    for number, note in enumerate(reversed(found.notes), 1):
        yield ActionText(f"note.{note.id}", f"Note {number}", note.words, note, "words")
