"""What the page of a new action offers: rounds and their themes, and the recommendation that it is about."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session

from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from api.improvement import rules
from api.improvement.findings import FoundTheme, finding_of_gap, finding_without_figures
from api.rounds import queries as rounds
from models import Recommendation, Round
from models.audits.template import known_content


def themes_of_round(
    session: Session, *, round_id: uuid.UUID, with_figures: bool, by: Actor
) -> tuple[Round, tuple[FoundTheme, ...]]:
    """A round and the themes that an action may be about, with their figures as they are now where these are wanted.

    Raises NotFound and NotAllowed.
    """
    rules.check_can_plan(by)
    audit_round = session.get(Round, (by.organisation_id, round_id))
    if audit_round is None:
        raise NotFound("round")
    content = known_content(session, by.organisation_id, audit_round.template_id, audit_round.template_version)
    if with_figures:
        return audit_round, finding_of_gap(session, round_id=round_id, themes=content.theme_keys, by=by).themes
    return audit_round, finding_without_figures(content, content.theme_keys).themes


def recommendation_to_plan(
    session: Session, *, recommendation_id: uuid.UUID | None, by: Actor
) -> Recommendation | None:
    """The recommendation that a new action is about; None for one that does not exist."""
    return None if recommendation_id is None else session.get(Recommendation, (by.organisation_id, recommendation_id))


def rounds_to_choose(session: Session, by: Actor) -> Sequence[Round]:
    """The rounds that a finding or the evidence of impact may be from, the newest first."""
    return rounds.list_rounds(session, by=by, limit=100)
