"""Single sign-on: what an organisation decided about it, and which account at the provider is whose."""

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, false, true
from sqlmodel import Field, SQLModel

from models.base import belongs_to, enum_column, now
from models.people.person import Person, Role


class SingleSignOn(SQLModel, table=True):
    """Whether people of an organisation may sign in with the provider, and who may use a password. No row: passwords
    alone.
    """

    __tablename__ = "single_sign_on"
    __table_args__ = (belongs_to(Person, "changed_by_id"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    allowed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # Whether everybody may use a password; otherwise those named in `password_keeper`.
    passwords: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    # Who counts as requesting the roles that groups give and a second person confirms; None after a change on the host.
    changed_by_id: uuid.UUID | None = None
    version: int = 1


class PasswordKeeper(SQLModel, table=True):
    """Somebody who may use a password when others may not."""

    __tablename__ = "password_keeper"
    __table_args__ = (belongs_to(Person, "person_id"),)

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)


class GroupRole(SQLModel, table=True):
    """A role that members of a group at the provider hold."""

    __tablename__ = "group_role"

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    group_name: str = Field(primary_key=True, max_length=200)
    role: Role = Field(primary_key=True, sa_type=enum_column(Role, "role"))


class ProviderAccount(SQLModel, table=True):
    """The account at the provider with which a person signs in: whose it is was found once, by the email address."""

    __tablename__ = "provider_account"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        UniqueConstraint("issuer", "subject"),
    )

    organisation_id: int = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    issuer: str = Field(max_length=300)
    subject: str = Field(max_length=255)
    linked_at: datetime = Field(default_factory=now)
    last_used_at: datetime = Field(default_factory=now)


class SpentAnswer(SQLModel, table=True):
    """An answer of the provider that was used, by the SHA-256 of what makes it unique: none works twice.

    Deleted after a day, long after the answer itself has expired.
    """

    __tablename__ = "spent_answer"
    __table_args__ = (Index("ix_spent_answer_at", "at"),)

    answer_hash: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(default_factory=now)
