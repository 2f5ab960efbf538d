"""What an organisation decided about single sign-on, and which account at the provider a person has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from api.foundation.settings import Settings
from api.people.second_factor.sealing import Owner
from models import GroupRole, PasswordKeeper, Person, ProviderAccount, Role, SingleSignOn
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class Rule:
    """What an organisation decided; version 0 where it decided nothing: passwords alone.

    `groups`: the roles that groups at the provider give. `changed_by`: who requests that a second person confirms them.
    """

    allowed: bool = False
    passwords: bool = True
    groups: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    changed_by: UUID | None = None
    version: int = 0

    @property
    def roles_of_groups(self) -> frozenset[Role]:
        """The roles that only groups give and remove."""
        return frozenset().union(*self.groups.values())

    def roles_in(self, groups: Collection[str]) -> frozenset[Role]:
        """The roles of somebody in these groups."""
        return frozenset().union(*(self.groups[name] for name in groups if name in self.groups))


def rule_of(session: Session, organisation_id: int) -> Rule:
    """What the organisation decided."""
    row = session.execute(
        select(
            col(SingleSignOn.allowed),
            col(SingleSignOn.passwords),
            col(SingleSignOn.changed_by_id),
            col(SingleSignOn.version),
        ).where(col(SingleSignOn.organisation_id) == organisation_id)
    ).first()
    if row is None:
        return Rule()
    groups: dict[str, frozenset[Role]] = {}
    found = session.execute(
        select(col(GroupRole.group_name), col(GroupRole.role))
        .where(col(GroupRole.organisation_id) == organisation_id)
        .order_by(col(GroupRole.group_name), col(GroupRole.role))
    )
    for name, role in found:
        groups[name] = groups.get(name, frozenset()) | {role}
    return Rule(row.allowed, row.passwords, groups, row.changed_by_id, row.version)


def groups_matter(session: Session) -> bool:
    """Whether groups give roles in any organisation."""
    return session.execute(select(col(GroupRole.organisation_id)).limit(1)).first() is not None


def keepers_of(session: Session, organisation_id: int) -> list[str]:
    """The email addresses of the people who may use a password when others may not."""
    query = (
        select(col(Person.email))
        .join(PasswordKeeper, linked(PasswordKeeper.person_id, Person.id))
        .where(col(Person.organisation_id) == organisation_id)
        .order_by(col(Person.email))
    )
    return list(session.execute(query).scalars())


def may_use_password(session: Session, owner: Owner) -> bool:
    """Whether this person may sign in with a password."""
    off = exists().where(col(SingleSignOn.organisation_id) == owner.organisation_id, ~col(SingleSignOn.passwords))
    kept = exists().where(
        col(PasswordKeeper.organisation_id) == owner.organisation_id, col(PasswordKeeper.person_id) == owner.person_id
    )
    return bool(session.execute(select(~off | kept)).scalar_one())


def ways_in(session: Session, owner: Owner, settings: Settings) -> tuple[bool, str]:
    """Whether this person can prove who they are with a password, and the name of the provider with which they can; ""
    where they cannot.
    """
    password = may_use_password(session, owner)
    linked_there = bool(settings.oidc_issuer) and account_of(session, owner) is not None
    provider = settings.oidc_name if linked_there and allows(session, owner.organisation_id) else ""
    return password, provider


def account_of(session: Session, owner: Owner) -> ProviderAccount | None:
    """The account at the provider with which this person signs in."""
    return session.execute(
        select(ProviderAccount)
        .where(
            col(ProviderAccount.organisation_id) == owner.organisation_id,
            col(ProviderAccount.person_id) == owner.person_id,
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def owner_of(session: Session, *, issuer: str, subject: str) -> Owner | None:
    """The person who signs in with this account at the provider."""
    row = session.execute(
        select(col(ProviderAccount.organisation_id), col(ProviderAccount.person_id)).where(
            col(ProviderAccount.issuer) == issuer, col(ProviderAccount.subject) == subject
        )
    ).first()
    return None if row is None else Owner(row.organisation_id, row.person_id)


def only_organisation(session: Session) -> int | None:
    """The only organisation that allows single sign-on; None if there are none or several."""
    allowed = select(col(SingleSignOn.organisation_id)).where(col(SingleSignOn.allowed)).limit(2)
    found = session.execute(allowed).scalars().all()
    return found[0] if len(found) == 1 else None


def allows(session: Session, organisation_id: int) -> bool:
    """Whether the organisation lets its people sign in with the provider."""
    this = exists().where(col(SingleSignOn.organisation_id) == organisation_id, col(SingleSignOn.allowed))
    return bool(session.execute(select(this)).scalar_one())
