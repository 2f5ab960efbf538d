"""What an urgent concern is about: the facts of the case, and the answers that the concern names."""

import uuid
from dataclasses import dataclass

from sqlmodel import Session

from api.access.concerns import may_read_basis, reads_case
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.concerns.queries import FoundConcern, audit_of, concerns_for
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from checklists.templates.template import Theme
from models import Score


@dataclass(frozen=True, slots=True)
class ConcernBasis:
    """The audit of a concern. Only its case and the themes that the concern names are shown, with any scores."""

    seen: FoundConcern
    found: ReadAudit
    themes: tuple[tuple[Theme, Score | None], ...]


def find_basis(session: Session, *, concern_id: uuid.UUID, by: Actor) -> ConcernBasis:
    """What a concern is about, for people who may read its audit and the person asked. Raises NotFound.

    It is recorded as read.
    """
    seen = concerns_for(session, by, concern_id=concern_id, limit=1)
    if not seen or not _may_read(session, seen[0], by):
        raise NotFound("case behind this concern")
    concern = seen[0].concern
    audit = audit_of(session, concern)
    access_log.record_view(session, "concern.basis-read", audit.id, by=by)
    found = audits.read_audit(session, audit)
    named = [key for key in concern.themes.split() if found.template.has_theme(key)]
    return ConcernBasis(seen[0], found, tuple((found.template.theme(key), found.scores.get(key)) for key in named))


def _may_read(session: Session, seen: FoundConcern, by: Actor) -> bool:
    audit = audit_of(session, seen.concern)
    return seen.reads_audit or may_read_basis(by, seen.concern, reads_case=reads_case(session, by, audit))
