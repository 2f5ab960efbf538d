"""Queries of rounds: lists, template versions, and the previous round."""

import uuid
from collections.abc import Sequence

from sqlalchemy import case
from sqlmodel import Session, col, select

from api.foundation.permissions import Actor
from checklists.templates.template import Template as TemplateContent
from models import Round, RoundState, TemplateVersion, TemplateVersionState
from models.audits.template import published_content


def list_rounds(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    states: Sequence[RoundState] = (),
    template_id: uuid.UUID | None = None,
) -> Sequence[Round]:
    """Rounds, newest first, from the one after `after`; only those in these states and of this template, if given."""
    query = select(Round).where(col(Round.organisation_id) == by.organisation_id).order_by(col(Round.id).desc())
    if states:
        query = query.where(col(Round.state).in_(states))
    if template_id is not None:
        query = query.where(col(Round.template_id) == template_id)
    if after is not None:
        query = query.where(col(Round.id) < after)
    return session.exec(query.limit(limit)).all()


def latest_closed(session: Session, *, by: Actor) -> Round | None:
    """The round that was closed last, if any has been: one about all themes before one about chosen themes."""
    own = (col(Round.organisation_id) == by.organisation_id, col(Round.state) == RoundState.CLOSED)
    is_about_some = case((col(Round.scope) == "", 0), else_=1)
    return session.exec(select(Round).where(*own).order_by(is_about_some, col(Round.closed_at).desc())).first()


def published_versions(session: Session, *, by: Actor) -> Sequence[TemplateVersion]:
    """The published template versions that a round can use, by title, the newest version first."""
    return session.exec(
        select(TemplateVersion)
        .where(
            col(TemplateVersion.organisation_id) == by.organisation_id,
            col(TemplateVersion.state) == TemplateVersionState.PUBLISHED,
        )
        .order_by(col(TemplateVersion.title), col(TemplateVersion.number).desc())
    ).all()


def version_of(session: Session, audit_round: Round) -> TemplateVersion:
    """The template version of a round."""
    return session.get_one(
        TemplateVersion, (audit_round.organisation_id, audit_round.template_id, audit_round.template_version)
    )


def whole_content(session: Session, audit_round: Round) -> TemplateContent | None:
    """What the template version of a round asks, with the themes that the round leaves out."""
    own = audit_round.organisation_id
    return published_content(session, own, audit_round.template_id, audit_round.template_version)


def theme_choices(content: TemplateContent | None) -> list[dict[str, str]]:
    """The themes of a template as choices of a form, each with its learning domain."""
    domains = () if content is None else content.learning_domains
    return [
        {"value": theme.key, "text": theme.label, "hint": domain.title} for domain in domains for theme in domain.themes
    ]


def chain_of(session: Session, *, audit_round: Round, most: int) -> list[Round]:
    """The round and the ones before it, oldest first, `most` at most."""
    chain = [audit_round]
    seen = {audit_round.id}
    while len(chain) < most and (before := round_before(session, chain[0])) is not None and before.id not in seen:
        seen.add(before.id)
        chain.insert(0, before)
    return chain


def round_before(session: Session, audit_round: Round) -> Round | None:
    """The previous round, if the round follows one."""
    if audit_round.follows_id is None:
        return None
    return session.get_one(Round, (audit_round.organisation_id, audit_round.follows_id))
