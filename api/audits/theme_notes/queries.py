"""The notes on the themes of an audit."""

from sqlmodel import Session, col, select

from checklists.templates.template import Template as TemplateContent
from models import Audit, ThemeNote

# The key of the note on the whole audit.
WHOLE = ""


def theme_notes_of(session: Session, audit: Audit, template: TemplateContent) -> dict[str, ThemeNote]:
    """What is said of the whole audit first, then of each theme, by its key; empty if the template does not ask."""
    if not template.further.strengths:
        return {}
    rows = session.exec(
        select(ThemeNote)
        .where(col(ThemeNote.organisation_id) == audit.organisation_id, col(ThemeNote.audit_id) == audit.id)
        .execution_options(populate_existing=True)
    )
    found = {row.theme: row for row in rows}
    return {theme: found[theme] for theme in (WHOLE, *template.theme_keys) if theme in found}
