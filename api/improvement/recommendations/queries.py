"""Queries of recommendations: the register, and what has followed from one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotFound
from api.people import actions as people
from api.reports.gaps.queries import gap_report
from checklists.reports.gaps import Gap
from models import Recommendation, Round, RoundState, now
from models.audits.template import published_content

# More would take longer than anybody reads; the page says so.
MOST_ROUNDS: Final = 24


@dataclass(frozen=True, slots=True)
class FoundRecommendation:
    """A recommendation, who answers for it, and its themes by key and label."""

    recommendation: Recommendation
    owner: str
    themes: tuple[tuple[str, str], ...]
    answered_by: str

    @property
    def is_overdue(self) -> bool:
        return self.recommendation.answered_on is None and self.recommendation.due_on < local_date(now())


@dataclass(frozen=True, slots=True)
class RoundSince:
    """A round that audited themes of a recommendation since its source, and what it says of them."""

    round: Round
    gaps: tuple[Gap, ...]


def list_recommendations(
    session: Session, *, by: Actor, limit: int, before: uuid.UUID | None = None, answered: bool | None = None
) -> list[FoundRecommendation]:
    """Recommendations, the newest first, from the one after `before`; only answered or open ones if asked for."""
    check_may(by, Permission.READ_REPORTS)
    query = select(Recommendation).where(col(Recommendation.organisation_id) == by.organisation_id)
    if before is not None:
        query = query.where(col(Recommendation.id) < before)
    if answered is not None:
        is_open = col(Recommendation.answered_on).is_(None)
        query = query.where(~is_open if answered else is_open)
    rows = session.exec(query.order_by(col(Recommendation.id).desc()).limit(limit)).all()
    return _found(session, by, rows)


def find_recommendation(session: Session, *, recommendation_id: uuid.UUID, by: Actor) -> FoundRecommendation:
    """A recommendation. Raises NotFound."""
    check_may(by, Permission.READ_REPORTS)
    row = session.get(Recommendation, (by.organisation_id, recommendation_id), populate_existing=True)
    if row is None:
        raise NotFound("recommendation")
    return _found(session, by, [row])[0]


@dataclass(frozen=True, slots=True)
class RoundsSince:
    """The newest MOST_ROUNDS rounds, and how many earlier ones there are."""

    rounds: tuple[RoundSince, ...] = ()
    more: int = 0


def rounds_since(session: Session, found: FoundRecommendation, *, by: Actor) -> RoundsSince:
    """The open and closed rounds of its template that ended after its source, newest first, with its themes' gaps."""
    recommendation = found.recommendation
    keys = {key for key, _ in found.themes}
    if recommendation.template_id is None or not keys:
        return RoundsSince()
    every = session.exec(
        select(Round)
        .where(
            col(Round.organisation_id) == by.organisation_id,
            col(Round.template_id) == recommendation.template_id,
            col(Round.state) != RoundState.PLANNED,
            col(Round.period_to) >= recommendation.source_on,
        )
        .order_by(col(Round.period_to).desc(), col(Round.id).desc())
    ).all()
    about = [each for each in every if not each.scope or keys & set(each.scope.split())]
    since = []
    for audit_round in about[:MOST_ROUNDS]:
        try:
            (whole,) = gap_report(session, round_ids=[audit_round.id], by=by).groups
        except (Conflict, ValueError):  # nobody has been counted yet
            continue
        gaps = tuple(gap for gap in whole.themes if gap.key in keys)
        if gaps:
            since.append(RoundSince(audit_round, gaps))
    return RoundsSince(tuple(since), max(0, len(about) - MOST_ROUNDS))


def _found(session: Session, by: Actor, rows: Sequence[Recommendation]) -> list[FoundRecommendation]:
    involved = {each for row in rows for each in (row.owner_id, row.answered_by_id) if each is not None}
    names = people.names_of(session, involved, by=by) if involved else {}
    return [
        FoundRecommendation(
            row,
            names.get(row.owner_id, "") if row.owner_id else row.owner_post,
            _themes(session, row),
            names.get(row.answered_by_id, "") if row.answered_by_id else "",
        )
        for row in rows
    ]


def _themes(session: Session, row: Recommendation) -> tuple[tuple[str, str], ...]:
    if row.template_id is None or row.template_version is None:
        return ()
    content = published_content(session, row.organisation_id, row.template_id, row.template_version)
    wanted = set(row.themes.split())
    return tuple((theme.key, theme.label) for theme in content.themes if theme.key in wanted) if content else ()
