"""What a person has set up, and which roles need a second factor."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from api.people.second_factor.recovery import codes_left
from api.people.second_factor.sealing import Owner
from models import OneTimeCodes, Passkey, Role, RoleGrant, SecondFactorRule

# Where an organisation has decided nothing.
NEED_IT_AT_FIRST: Final = frozenset({Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has set up besides their password."""

    codes: OneTimeCodes | None
    passkeys: Sequence[Passkey]
    recovery_codes_left: int = 0

    @property
    def are_set_up(self) -> bool:
        """Whether there is any: the person is then asked for it with every sign-in."""
        return self.codes is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which roles need a second factor; version 0 where the organisation has decided nothing."""

    roles: frozenset[Role]
    version: int


def factors_of(session: Session, owner: Owner) -> Factors:
    """What this person has set up."""
    codes = session.execute(
        select(OneTimeCodes)
        .where(
            col(OneTimeCodes.organisation_id) == owner.organisation_id,
            col(OneTimeCodes.person_id) == owner.person_id,
            col(OneTimeCodes.confirmed_at).is_not(None),
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    passkeys = session.execute(
        select(Passkey)
        .where(col(Passkey.organisation_id) == owner.organisation_id, col(Passkey.person_id) == owner.person_id)
        .order_by(col(Passkey.id))
        .execution_options(populate_existing=True)
    ).scalars()
    return Factors(codes, list(passkeys), codes_left(session, owner))


def rule_of(session: Session, organisation_id: int) -> Rule:
    """Which roles of the organisation need a second factor."""
    row = session.execute(
        select(col(SecondFactorRule.roles), col(SecondFactorRule.version)).where(
            col(SecondFactorRule.organisation_id) == organisation_id
        )
    ).first()
    return Rule(NEED_IT_AT_FIRST, 0) if row is None else Rule(frozenset(map(Role, row.roles.split())), row.version)


def is_needed_by(session: Session, organisation_id: int, roles: Collection[Role]) -> bool:
    """Whether somebody with these roles needs a second factor."""
    return bool(roles) and not rule_of(session, organisation_id).roles.isdisjoint(roles)


def is_missing(session: Session, owner: Owner) -> bool:
    """Whether a role of this person needs a second factor, and they have none."""
    held = session.execute(
        select(col(RoleGrant.role)).where(
            col(RoleGrant.organisation_id) == owner.organisation_id, col(RoleGrant.person_id) == owner.person_id
        )
    ).scalars()
    needed = is_needed_by(session, owner.organisation_id, list(held))
    return needed and not factors_of(session, owner).are_set_up
