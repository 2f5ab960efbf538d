"""Whose views there are in the counted audits of a round, and what got in the way."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.audits.submission.queries import answers_with_sources
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed, NotFound
from api.reports.tallies import is_counted
from api.rounds import actions as rounds
from checklists.audits.sources import count_recording_gaps
from checklists.reports.voices import FamilyCounts, SaidOfFamily, count_family_views, count_obstacles
from checklists.templates.template import Template as TemplateContent
from models import Audit, Conversation, FamilyView, Round
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class VoiceCounts:
    """Over the counted audits of a round. What its template does not ask is empty.

    `with_views`: audits with the views of anybody of the family. `recording_gaps`: audits by theme whose answer in
    force meets the standard only by what people said, of `with_sources` audits that say where answers come from.
    """

    audits: int
    conversations: int
    obstacles: Mapping[str, int]
    with_views: int
    family: FamilyCounts
    with_sources: int
    recording_gaps: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class VoicesReport:
    """Whose views there are in a round, for people who may read every audit."""

    round: Round
    template: TemplateContent
    counts: VoiceCounts


def asks_for_voices(template: TemplateContent | None) -> bool:
    """Whether a template asks anything that the report counts."""
    if template is None:
        return False
    asks = template.further
    return asks.conversation or asks.family_views or asks.sources


def template_of_round(session: Session, audit_round: Round) -> TemplateContent | None:
    return audit_round.content(session)


def check_can_read_voices(*, by: Actor) -> None:
    """Raise NotAllowed for a person who may not read whose views there are in a whole round."""
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can view whose views were recorded in a round.")


def voices_report(session: Session, *, round_id: uuid.UUID, by: Actor) -> VoicesReport:
    """Whose views there are in the counted audits of a round; a reading that is blind to the actor is left out.

    Raises NotAllowed, NotFound.
    """
    check_can_read_voices(by=by)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    template = template_of_round(session, audit_round)
    if template is None:
        raise NotFound("template version")
    return VoicesReport(audit_round, template, count_voices(session, audit_round, template, by=by))


def count_voices(session: Session, audit_round: Round, template: TemplateContent, *, by: Actor) -> VoiceCounts:
    """Count whose views there are in a round's counted audits; a reading that is blind to the actor is left out."""
    counted = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
    )
    number: Any = select(func.count()).select_from(Audit).where(*counted)
    talks: Any = select(col(Conversation.held_on), col(Conversation.obstacles)).select_from(Audit)
    conversations = session.execute(
        talks.join(Conversation, linked(Conversation.audit_id, Audit.id)).where(*counted)
    ).all()
    names = (FamilyView.audit_id, FamilyView.who, FamilyView.how, FamilyView.no_view, FamilyView.answers)
    said: Any = select(*(col(name) for name in names)).select_from(Audit)
    views = session.execute(said.join(FamilyView, linked(FamilyView.audit_id, Audit.id)).where(*counted)).all()
    with_sources = answers_with_sources(session, template, *counted) if template.further.sources else ()
    return VoiceCounts(
        audits=session.execute(number).scalar_one(),
        conversations=sum(row.held_on is not None for row in conversations),
        obstacles=count_obstacles(template, [row.obstacles for row in conversations]),
        with_views=len({row.audit_id for row in views if row.how}),
        family=count_family_views(
            template, [SaidOfFamily(row.who, row.how, row.no_view, row.answers) for row in views]
        ),
        with_sources=len(with_sources),
        recording_gaps=count_recording_gaps(template, with_sources),
    )
