"""Writing down the conversation with the worker, in one's own audit."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, lock_to_score, open_round_of, read_audit, template_of
from api.audits.conversation.queries import conversation_of
from api.foundation import access_log, events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.conversation import Participant
from checklists.templates.template import Template as TemplateContent
from models import Conversation, now


@dataclass(frozen=True, slots=True)
class NewConversation:
    """The conversation as it is to be: its day and who took part, and what got in the way by key and in words.

    `keep_names` says why names in the words are allowed.
    """

    held_on: date | None = None
    took_part: Sequence[str] = ()
    obstacles: Sequence[str] = ()
    obstacle_words: str = ""
    keep_names: KeepReason | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.held_on or self.took_part or self.obstacles or self.obstacle_words)


def find_conversation(session: Session, *, audit_id: uuid.UUID, by: Actor) -> Conversation:
    """The conversation of an audit that the actor may read, empty when there was none. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return read_audit(session, audit).conversation


def write_conversation(
    session: Session, *, audit_id: uuid.UUID, new: NewConversation, version: int, by: Actor
) -> Conversation:
    """Write the conversation of the actor's own audit, all of it, while the audit can be scored.

    It is replaced only when its version is still `version`, 0 when there was none; else Stale. Without a change nothing
    is written. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    template, names = template_of(session, open_round_of(session, audit)), NameCheck.of(session, by)
    stored = conversation_of(session, audit, template)
    raise_if_any(faults_of_conversation(template, new, names, was=stored.obstacle_words))
    row = row_of_conversation(template, new)
    changed = [name for name, value in row.items() if getattr(stored, name) != value]
    if not changed:
        return stored
    check_version(stored.version, version)
    audit.version += 1
    for name in changed:
        setattr(stored, name, row[name])
    stored.version = audit.version
    session.add_all([audit, stored])
    session.flush()
    events.record(session, "audit.conversation-written", audit.id, by=by, details={"parts": " ".join(changed)})
    names.record(session, audit.id, by=by)
    return stored


def row_of_conversation(template: TemplateContent, new: NewConversation) -> dict[str, object]:
    """The columns of a checked conversation, without its audit and version."""
    return {
        "held_on": new.held_on,
        "took_part": " ".join(each for each in Participant if each in new.took_part),
        "obstacles": " ".join(each.key for each in template.obstacles if each.key in new.obstacles),
        "obstacle_words": new.obstacle_words,
    }


def faults_of_conversation(
    template: TemplateContent, new: NewConversation, names: NameCheck, *, prefix: str = "", was: str = ""
) -> list[Fault]:
    """What is wrong with a conversation, each fault with its place. `was`: the words that are replaced."""
    if not template.further.conversation:
        words = "The audit's template does not ask for a conversation. Remove the conversation."
        return [] if new.is_empty else [Fault(prefix, words)]
    faults = list(_faults_of_choices(template, new, prefix))
    if new.obstacle_words:
        faults += names.check(f"{prefix}/obstacle_words", new.obstacle_words, keep=new.keep_names, was=was)
    return faults


def _faults_of_choices(template: TemplateContent, new: NewConversation, prefix: str) -> Iterator[Fault]:
    if new.held_on is not None and new.held_on > local_date(now()):
        yield Fault(f"{prefix}/held_on", "Date of the conversation must be today or in the past")
    if not set(new.took_part) <= set(Participant):
        yield Fault(f"{prefix}/took_part", "Select who took part from the list")
    elif new.held_on is not None and not new.took_part:
        yield Fault(f"{prefix}/took_part", "Select who took part in the conversation")
    elif new.held_on is None and new.took_part:
        yield Fault(f"{prefix}/held_on", "Enter the date of the conversation")
    if not set(new.obstacles) <= {each.key for each in template.obstacles}:
        yield Fault(f"{prefix}/obstacles", "Select barriers from the template's list")
