"""The key-holder of an organisation: who finds a child's file from the reference of a case."""

import uuid

from sqlalchemy import CheckConstraint, text
from sqlmodel import Field, SQLModel

from models.base import belongs_to
from models.people.person import Person


class KeyHolder(SQLModel, table=True):
    """A person with an account, or a post with a contact."""

    __tablename__ = "key_holder"
    __table_args__ = (
        belongs_to(Person, "person_id"),
        CheckConstraint("(person_id IS NULL) = (post <> '')", name="is_a_person_or_a_post"),
        CheckConstraint("(post <> '') = (contact <> '')", name="post_has_a_contact"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    person_id: uuid.UUID | None = None
    post: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": text("''")})
    # An email address, a telephone number or an extension.
    contact: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": text("''")})
    version: int = 1
