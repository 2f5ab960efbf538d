"""Whose views there are in the counted audits of a round, and what got in the way."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.audits.submission.queries import answers_with_sources
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed, NotFound
from api.reports.tallies import counted_overall, is_counted
from api.rounds import actions as rounds
from checklists.audits.scoring import meets_overall
from checklists.audits.sources import count_recording_gaps
from checklists.reports.voices import FamilyCounts, SaidOfFamily, count_family_views, count_obstacles
from checklists.templates.template import Template as TemplateContent
from models import Audit, Conversation, FamilyView, Round
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class ViewsBesideGrade:
    """Of audits whose overall judgement meets the standard, or of those below it: how many there are, how many have
    the views of anybody of the family, and what the family said in them.
    """

    audits: int
    with_views: int
    family: FamilyCounts


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
    # By whether the overall judgement in force meets the standard; without audits that have none.
    beside_grades: Mapping[bool, ViewsBesideGrade] = field(default_factory=dict)


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
    overall = counted_overall()
    numbers: Any = select(overall, func.count()).select_from(Audit).where(*counted).group_by(overall)
    judged: dict[str, int] = dict(session.execute(numbers).all())
    talks: Any = select(col(Conversation.held_on), col(Conversation.obstacles)).select_from(Audit)
    conversations = session.execute(
        talks.join(Conversation, linked(Conversation.audit_id, Audit.id)).where(*counted)
    ).all()
    names = (FamilyView.audit_id, FamilyView.who, FamilyView.how, FamilyView.no_view, FamilyView.answers)
    said: Any = select(*(col(name) for name in names), overall.label("overall")).select_from(Audit)
    views = session.execute(said.join(FamilyView, linked(FamilyView.audit_id, Audit.id)).where(*counted)).all()
    with_sources = answers_with_sources(session, template, *counted) if template.further.sources else ()
    return VoiceCounts(
        audits=sum(judged.values()),
        conversations=sum(row.held_on is not None for row in conversations),
        obstacles=count_obstacles(template, [row.obstacles for row in conversations]),
        with_views=_with_views(views),
        family=_family(template, views),
        with_sources=len(with_sources),
        recording_gaps=count_recording_gaps(template, with_sources),
        beside_grades=_beside_grades(template, judged, views) if template.further.family_views else {},
    )


def _with_views(views: Sequence[Row[Any]]) -> int:
    return len({row.audit_id for row in views if row.how})


def _family(template: TemplateContent, views: Sequence[Row[Any]]) -> FamilyCounts:
    return count_family_views(template, [SaidOfFamily(row.who, row.how, row.no_view, row.answers) for row in views])


def _beside_grades(
    template: TemplateContent, judged: Mapping[str, int], views: Sequence[Row[Any]]
) -> dict[bool, ViewsBesideGrade]:
    meets = {key: meets_overall(template, key) for key in judged if key} if template.graded else {}
    found = {}
    for is_met in sorted(set(meets.values()), reverse=True):
        of_these = [row for row in views if meets.get(row.overall) is is_met]
        audits = sum(number for key, number in judged.items() if meets.get(key) is is_met)
        found[is_met] = ViewsBesideGrade(audits, _with_views(of_these), _family(template, of_these))
    return found
