"""The sheet of an audit, with all that is needed to show it."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from api.audits.actions import ReadAudit, round_of, template_of
from api.foundation.local_time import local_date
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.feedback import feedback_due, fell_short, questions_of
from checklists.templates.template import Theme
from models import Audit, FeedbackSheet, Person


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """A sheet, the themes that fell short, and their questions as pairs of a theme's label and a prompt."""

    sheet: FeedbackSheet
    audit: Audit
    themes: tuple[Theme, ...]
    questions: tuple[tuple[str, str], ...]
    given_by: str
    typed_by: str

    @property
    def code(self) -> str:
        """The code as people read it: two groups of four."""
        return f"{self.sheet.code[:4]}-{self.sheet.code[4:]}"


def sheet_of(session: Session, audit: Audit) -> FeedbackSheet | None:
    """The sheet of an audit, as it is now."""
    own = (col(FeedbackSheet.organisation_id) == audit.organisation_id, col(FeedbackSheet.audit_id) == audit.id)
    return session.exec(select(FeedbackSheet).where(*own).execution_options(populate_existing=True)).one_or_none()


def shown_sheet(session: Session, audit: Audit, sheet: FeedbackSheet) -> ShownSheet:
    """A sheet that the person is known to be allowed to read."""
    template = template_of(session, round_of(session, audit))
    themes = tuple(template.theme(key) for key in sheet.themes.split())
    return ShownSheet(
        sheet,
        audit,
        themes,
        questions_of(themes),
        _name(session, sheet, sheet.given_by_id),
        _name(session, sheet, sheet.typed_by_id) if sheet.typed_by_id else "",
    )


@dataclass(frozen=True, slots=True)
class ChangedThemes:
    """How the answers in force differ from those when a sheet was written: labels of themes."""

    no_longer_short: tuple[str, ...] = ()
    newly_short: tuple[str, ...] = ()


def changed_themes(found: ReadAudit, sheet: FeedbackSheet | None) -> ChangedThemes:
    """The themes that a sheet names or leaves out, unlike one that was written now."""
    if sheet is None or found.audit.state not in SUBMITTED_STATES:
        return ChangedThemes()
    named, short = sheet.themes.split(), fell_short(found.template, found.answers_in_force)
    labels = {key: found.template.theme(key).label for key in (*named, *short)}
    return ChangedThemes(
        tuple(labels[key] for key in named if key not in short),
        tuple(labels[key] for key in short if key not in named),
    )


def due_date(audit: Audit) -> date | None:
    """The last day on which feedback on an audit is in time; None for one that is not submitted."""
    return None if audit.submitted_at is None else feedback_due(local_date(audit.submitted_at))


def _name(session: Session, sheet: FeedbackSheet, person_id: uuid.UUID) -> str:
    return session.get_one(Person, (sheet.organisation_id, person_id)).name
