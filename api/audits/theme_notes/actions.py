"""Writing strengths, areas for development and marks of exemplary practice, in one's own audit."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import ReadAudit, get_audit, lock_to_score, open_round_of, read_audit
from api.audits.stored import is_changed
from api.audits.theme_notes.queries import WHOLE
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.templates.template import Template as TemplateContent
from models import ThemeNote

TEXTS = ("strengths", "development")


@dataclass(frozen=True, slots=True)
class NewNote:
    """What is said of a theme, or of the whole audit. An empty note removes the one before.

    `worker_agrees`: the worker agrees that the marked practice is shown to others. `keep_names` says why names in the
    texts are allowed.
    """

    strengths: str = ""
    development: str = ""
    exemplary: bool = False
    worker_agrees: bool = False
    keep_names: KeepReason | None = None

    @property
    def says_nothing(self) -> bool:
        return not (self.strengths or self.development or self.exemplary)


def version_of_notes(notes: Mapping[str, ThemeNote]) -> int:
    """The version of all notes together; 0 while there are none."""
    return max((note.version for note in notes.values()), default=0)


def find_theme_notes(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ReadAudit:
    """An audit that the actor may read, with its notes on themes. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return read_audit(session, audit)


def write_theme_notes(
    session: Session, *, audit_id: uuid.UUID, new: Mapping[str, NewNote], version: int, by: Actor
) -> ReadAudit:
    """Write the notes on themes in the actor's own audit, all of them, while the audit can be scored.

    `new`: by the key of the theme, WHOLE for the whole audit; of those left out nothing is said. They are replaced only
    when their version is still `version`, 0 when there were none; else Stale. Without a change nothing is written.
    Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    open_round_of(session, audit)
    found, names = read_audit(session, audit), NameCheck.of(session, by)
    stored = found.theme_notes
    raise_if_any(faults_of_notes(found.template, new, names, was=stored))
    rows = rows_of_notes(new)
    changed = [theme for theme in (WHOLE, *found.template.theme_keys) if is_changed(stored.get(theme), rows.get(theme))]
    if not changed:
        return found
    check_version(version_of_notes(stored), version)
    audit.version += 1
    for theme in changed:
        if theme not in rows:
            session.delete(stored[theme])
            continue
        row = stored.get(theme) or ThemeNote(
            organisation_id=audit.organisation_id, audit_id=audit.id, theme=theme, version=0
        )
        for name, value in rows[theme].items():
            setattr(row, name, value)
        row.version = audit.version
        session.add(row)
    for theme, row in stored.items():
        # All have the version of the newest, also when what was newest is taken back.
        if theme not in changed:
            row.version = audit.version
            session.add(row)
    session.add(audit)
    session.flush()
    told = " ".join(theme or "whole" for theme in changed)
    events.record(session, "audit.theme-notes-written", audit.id, by=by, details={"about": told})
    names.record(session, audit.id, by=by)
    return found.read_again()


def rows_of_notes(new: Mapping[str, NewNote]) -> dict[str, dict[str, Any]]:
    """Checked notes as they are stored, by theme, but for their audit and version; none for notes that say nothing."""
    return {
        theme: {
            "strengths": note.strengths,
            "development": note.development,
            "exemplary": note.exemplary,
            "worker_agrees": note.worker_agrees,
        }
        for theme, note in new.items()
        if not note.says_nothing
    }


def faults_of_notes(
    template: TemplateContent,
    new: Mapping[str, NewNote],
    names: NameCheck,
    *,
    prefix: str = "",
    was: Mapping[str, ThemeNote] | None = None,
) -> list[Fault]:
    """What is wrong with notes on themes, each fault with its place. `was`: the notes that are replaced."""
    if new and not template.further.strengths:
        words = "The audit's template does not ask for strengths and areas for development. Leave them out."
        return [Fault(prefix, words)]
    faults: list[Fault] = []
    for theme, note in new.items():
        place = f"{prefix}/themes/{theme}" if theme != WHOLE else f"{prefix}/whole"
        if theme != WHOLE and not template.has_theme(theme):
            faults.append(Fault(place, "This theme is not in the audit's template."))
            continue
        if note.worker_agrees and not note.exemplary:
            words = "Mark this as exemplary practice too, or do not record that the practitioner agrees."
            faults.append(Fault(f"{place}/worker_agrees", words))
        for name in TEXTS:
            text = getattr(note, name)
            if text and theme == WHOLE:
                faults.append(Fault(f"{place}/{name}", "Enter this for a theme, or in the conclusion."))
            elif text:
                stored = getattr(was[theme], name) if was is not None and theme in was else ""
                faults += names.check(f"{place}/{name}", text, keep=note.keep_names, was=stored)
    return faults
