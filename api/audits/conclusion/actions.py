"""Writing the conclusion of one's own audit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import conclusion_of, get_audit, lock_to_score, open_round_of, round_of, template_of
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.conclusion import MOST_MINUTES, ConclusionPart
from checklists.templates.template import Template as TemplateContent
from models import Conclusion

MINUTES: Final = "minutes"


@dataclass(frozen=True, slots=True)
class NewConclusion:
    """A conclusion as it is to be: the text of each part, in the order of the parts. Missing ones are empty.

    `keep_names` says why names in the texts are allowed; `minutes`: how long the audit took.
    """

    texts: Sequence[str] = ()
    keep_names: KeepReason | None = None
    minutes: int | None = None

    def text(self, part: ConclusionPart) -> str:
        return dict(zip(ConclusionPart, self.texts, strict=False)).get(part, "")


def find_conclusion(session: Session, *, audit_id: uuid.UUID, by: Actor) -> Conclusion:
    """The conclusion of an audit that the actor may read, empty when nothing was ever written. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return conclusion_of(session, audit)


def write_conclusion(
    session: Session, *, audit_id: uuid.UUID, new: NewConclusion, version: int, by: Actor
) -> Conclusion:
    """Write the conclusion of the actor's own audit, all four parts, while the audit can be scored.

    It is replaced only when its version is still `version`, 0 when there was none; else Stale. Without a change nothing
    is written. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    open_round_of(session, audit)
    stored, names = conclusion_of(session, audit), NameCheck.of(session, by)
    template = template_of(session, round_of(session, audit))
    raise_if_any(faults_of_conclusion(template, new, names, was=stored))
    changed: list[str] = [part for part in ConclusionPart if getattr(stored, part.value) != new.text(part)]
    if stored.minutes != new.minutes:
        changed.append(MINUTES)
    if not changed:
        return stored
    check_version(stored.version, version)
    audit.version += 1
    for part in ConclusionPart:
        setattr(stored, part.value, new.text(part))
    stored.minutes = new.minutes
    stored.version = audit.version
    session.add_all([audit, stored])
    session.flush()
    events.record(session, "audit.concluded", audit.id, by=by, details={"parts": " ".join(changed)})
    names.record(session, audit.id, by=by)
    return stored


def faults_of_conclusion(
    template: TemplateContent, new: NewConclusion, names: NameCheck, *, prefix: str = "", was: Conclusion | None = None
) -> list[Fault]:
    """What is wrong with the texts, each fault with its place. `was` is the conclusion that is replaced."""
    faults = []
    if new.minutes is not None and not template.further.minutes:
        faults.append(
            Fault(f"{prefix}/minutes", "The audit's template does not ask how long the audit took. Leave this out.")
        )
    elif new.minutes is not None and not 1 <= new.minutes <= MOST_MINUTES:
        faults.append(Fault(f"{prefix}/minutes", f"Enter whole minutes, from 1 to {MOST_MINUTES:,}."))
    for part in ConclusionPart:
        if text := new.text(part):
            stored = getattr(was, part.value) if was is not None else ""
            faults += names.check(f"{prefix}/{part.value}", text, keep=new.keep_names, was=stored)
    return faults
