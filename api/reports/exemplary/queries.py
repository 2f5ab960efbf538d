"""What auditors of a round marked as exemplary practice."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed, NotFound
from api.reports.tallies import is_counted
from api.rounds import actions as rounds
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, Round, ThemeNote
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is marked: a theme, or with an empty theme the whole audit. `label`: what people read."""

    theme: str
    label: str
    strengths: str
    worker_agrees: bool


@dataclass(frozen=True, slots=True)
class ExemplaryAudit:
    """A counted audit with its marks, the one on the whole first and then in the order of the template."""

    audit_id: uuid.UUID
    reference: str
    marks: tuple[Mark, ...]


def template_of_round(session: Session, audit_round: Round) -> TemplateContent | None:
    return audit_round.content(session)


def check_can_read_exemplary(*, by: Actor) -> None:
    """Raise NotAllowed for a person who may not read what is marked in a whole round."""
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can view the exemplary practice of a round.")


def list_exemplary(
    session: Session, *, round_id: uuid.UUID, limit: int, after: uuid.UUID | None = None, by: Actor
) -> Sequence[ExemplaryAudit]:
    """The counted audits of a round with a mark, in the order in which they were made.

    For people who may read every audit; a reading that is blind to them is left out. Raises NotAllowed, NotFound.
    """
    check_can_read_exemplary(by=by)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    template = template_of_round(session, audit_round)
    if template is None:
        raise NotFound("template version")
    access_log.record_view(session, "round.exemplary-read", audit_round.id, by=by)
    chosen: Any = select(col(Audit.id), col(CaseFile.reference)).select_from(Audit)
    marked = (
        select(col(ThemeNote.audit_id))
        .where(col(ThemeNote.organisation_id) == audit_round.organisation_id, col(ThemeNote.exemplary))
        .scalar_subquery()
    )
    query = chosen.join(CaseFile, linked(CaseFile.id, Audit.case_file_id)).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
        col(Audit.id).in_(marked),
    )
    if after is not None:
        query = query.where(col(Audit.id) > after)
    audits = session.execute(query.order_by(col(Audit.id)).limit(limit)).all()
    notes: dict[uuid.UUID, dict[str, ThemeNote]] = defaultdict(dict)
    for note in session.execute(
        select(ThemeNote).where(
            col(ThemeNote.organisation_id) == audit_round.organisation_id,
            col(ThemeNote.audit_id).in_([audit_id for audit_id, _ in audits]),
            col(ThemeNote.exemplary),
        )
    ).scalars():
        notes[note.audit_id][note.theme] = note
    return [ExemplaryAudit(audit_id, reference, _marks(template, notes[audit_id])) for audit_id, reference in audits]


def _marks(template: TemplateContent, notes: dict[str, ThemeNote]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            theme,
            template.theme(theme).label if theme else "The whole audit",
            notes[theme].strengths,
            notes[theme].worker_agrees,
        )
        for theme in ("", *template.theme_keys)
        if theme in notes
    )
