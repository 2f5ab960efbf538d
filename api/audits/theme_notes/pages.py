"""The page on which an auditor writes strengths and areas for development, and marks exemplary practice."""

from typing import Any

from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.theme_notes import actions
from api.audits.theme_notes.actions import NewNote, version_of_notes
from api.audits.theme_notes.parts import TITLE, theme_notes_section
from api.audits.theme_notes.queries import WHOLE
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import TypedForm
from models import ThemeNote

router = Router(include_in_schema=False)


def _typed(found: ReadAudit, form: TypedForm) -> TypedSection:
    """The notes as they were typed; of the whole and of themes with nothing typed and nothing ticked, none."""
    notes = {theme: _typed_note(found, form, theme) for theme in found.template.theme_keys}
    marks = form.texts("whole/worker_agrees")
    notes[WHOLE] = NewNote(exemplary="exemplary" in marks, worker_agrees="agrees" in marks)
    new = {theme: note for theme, note in notes.items() if note != NewNote(keep_names=note.keep_names)}

    def write(acting: Transaction) -> None:
        actions.write_theme_notes(
            acting.session, audit_id=found.audit.id, new=new, version=form.version, by=acting.actor
        )

    return TypedSection(
        write,
        [
            (f"{found.template.theme(theme).label}: {label}", words)
            for theme, note in new.items()
            if theme != WHOLE
            for label, words in (("strengths", note.strengths), ("areas for development", note.development))
        ],
    )


def _typed_note(found: ReadAudit, form: TypedForm, theme: str) -> NewNote:
    was, place = found.theme_notes.get(theme), f"themes/{theme}"
    marks = form.texts(f"{place}/worker_agrees")
    return NewNote(
        form.text_or_stored(f"{place}/strengths", was.strengths if was else ""),
        form.text_or_stored(f"{place}/development", was.development if was else ""),
        exemplary="exemplary" in marks,
        worker_agrees="agrees" in marks,
        keep_names=form.keep_names(f"{place}/"),
    )


def _shown(found: ReadAudit) -> dict[str, Any]:
    return {
        "title": TITLE,
        "section": theme_notes_section(found),
        "themes": [
            theme
            for theme in found.template.themes
            if theme.key in found.asked.themes or theme.key in found.theme_notes
        ],
        "marked": _marked,
        "marks": [
            {"value": "exemplary", "text": "This is exemplary practice"},
            {"value": "agrees", "text": "The practitioner agrees to share this with others"},
        ],
    }


def _marked(note: ThemeNote | None) -> list[str]:
    """The boxes that are ticked for a stored note."""
    if note is None or not note.exemplary:
        return []
    return ["exemplary", "agrees"] if note.worker_agrees else ["exemplary"]


add_section(
    router,
    SectionForm(
        path="theme-notes",
        anchor="theme-notes",
        page="audits/theme_notes/theme_notes.html",
        changed="The strengths and areas for development were",
        saved="Strengths and areas for development saved.",
        is_asked=lambda found: found.template.further.strengths,
        version=lambda found: version_of_notes(found.theme_notes),
        shown=_shown,
        typed=_typed,
    ),
)
