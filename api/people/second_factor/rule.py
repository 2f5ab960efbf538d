"""Which roles need a second factor: decided by an administrator, or by the operator on the host."""

import uuid
from collections.abc import Collection

from sqlalchemy import exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Stale
from api.people.second_factor.queries import Rule, is_needed_by, rule_of
from models import OneTimeCodes, Passkey, Role, RoleGrant, SecondFactorRule, WebSession, now
from models.storage.database import rows_changed


def read_rule(session: Session, *, by: Actor) -> Rule:
    """Which roles of the actor's organisation need a second factor."""
    check_may(by, Permission.WRITE_PEOPLE)
    return rule_of(session, by.organisation_id)


def change_rule(session: Session, *, roles: Collection[Role], version: int, by: Actor) -> Rule:
    """Require a second factor of people with one of these roles, and of nobody else. Raises Stale.

    Sessions of other people who need one from now on and have none end: they set one up when they sign in again.
    """
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    return _store(session, roles, version, by)


def change_rule_on_host(session: Session, *, roles: Collection[Role], by: Actor) -> Rule:
    """The same by the operator on the host, who is no person."""
    return _store(session, roles, rule_of(session, by.organisation_id).version, by)


def end_sessions_without(session: Session, *, person_id: uuid.UUID, roles: Collection[Role], by: Actor) -> None:
    """End the sessions of a person whose new roles need a second factor, and who has none."""
    if is_needed_by(session, by.organisation_id, roles):
        _end_sessions(session, roles, by, only=person_id)


def _store(session: Session, roles: Collection[Role], version: int, by: Actor) -> Rule:
    before = rule_of(session, by.organisation_id)
    words = " ".join(role.value for role in Role if role in roles)
    if version == 0:
        row = {"organisation_id": by.organisation_id, "roles": words, "version": 1}
        try:
            with session.begin_nested():
                session.execute(insert(SecondFactorRule), [row])
        except IntegrityError:
            raise Stale from None
    else:
        this = (
            col(SecondFactorRule.organisation_id) == by.organisation_id,
            col(SecondFactorRule.version) == version,
        )
        if not rows_changed(session, update(SecondFactorRule).where(*this).values(roles=words, version=version + 1)):
            raise Stale
    if new := set(roles) - before.roles:
        _end_sessions(session, new, by)
    events.record(session, "second-factor.rule-changed", events.THE_ORGANISATION, by=by, details={"roles": words})
    return rule_of(session, by.organisation_id)


def _end_sessions(session: Session, roles: Collection[Role], by: Actor, *, only: uuid.UUID | None = None) -> None:
    """End the sessions of people with one of these roles who have no second factor; not the actor's own."""
    own = col(WebSession.organisation_id) == by.organisation_id
    whose = (
        ~col(WebSession.by_provider),
        exists().where(
            col(RoleGrant.organisation_id) == by.organisation_id,
            col(RoleGrant.person_id) == col(WebSession.person_id),
            col(RoleGrant.role).in_(roles),
        ),
        ~exists().where(
            col(OneTimeCodes.organisation_id) == by.organisation_id,
            col(OneTimeCodes.person_id) == col(WebSession.person_id),
            col(OneTimeCodes.confirmed_at).is_not(None),
        ),
        ~exists().where(
            col(Passkey.organisation_id) == by.organisation_id,
            col(Passkey.person_id) == col(WebSession.person_id),
        ),
    )
    people = select(col(WebSession.person_id)).where(own, *whose)
    ended = update(WebSession).where(own, col(WebSession.ended_at).is_(None), col(WebSession.person_id).in_(people))
    if only is not None:
        ended = ended.where(col(WebSession.person_id) == only)
    if by.person_id is not None:
        ended = ended.where(col(WebSession.person_id) != by.person_id)
    session.execute(ended.values(ended_at=now()))
