"""An audit template and its numbered versions. A published version never changes."""

import uuid
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, Session, SQLModel

from checklists.audits.scope import in_scope
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template_file import read_template
from models.base import LongText, belongs_to, enum_column, new_id, now


class TemplateVersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Template(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    key: str = Field(max_length=60)
    created_at: datetime = Field(default_factory=now)


class TemplateVersion(SQLModel, table=True):
    __tablename__ = "template_version"
    __table_args__ = (
        belongs_to("template", "template_id"),
        CheckConstraint("number >= 1", name="numbered_from_one"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_has_a_time"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_has_a_time"),
    )

    organisation_id: int = Field(primary_key=True)
    template_id: uuid.UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    title: str = Field(max_length=200)
    state: TemplateVersionState = Field(
        default=TemplateVersionState.DRAFT, sa_type=enum_column(TemplateVersionState, "state")
    )
    # The whole template as its canonical JSON file, which proves that the published content is the content in use.
    document: str = Field(sa_type=LongText)
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    published_at: datetime | None = None
    retired_at: datetime | None = None


def belongs_to_version(table: str) -> ForeignKeyConstraint:
    """A foreign key of this table to a version of a template. Named: PostgreSQL would cut off the usual name."""
    return ForeignKeyConstraint(
        ["organisation_id", "template_id", "template_version"],
        ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
        name=f"fk_{table}_template_version",
    )


@lru_cache(maxsize=64)
def content_of(document: str) -> TemplateContent:
    """The template in a version's document."""
    return read_template(document.encode(), kind="json")


_published: dict[tuple[int, uuid.UUID, int], TemplateContent] = {}
_in_scope: dict[tuple[int, uuid.UUID, int, str], TemplateContent] = {}
_MOST_KEPT = 64


def published_content(
    session: Session, organisation_id: int, template_id: uuid.UUID, number: int
) -> TemplateContent | None:
    """The content of a published or retired version; None for a draft and for a version that does not exist.

    Cached in memory: a published version never changes.
    """
    key = (organisation_id, template_id, number)
    if key not in _published:
        version = session.get(TemplateVersion, key)
        if version is None or version.state is TemplateVersionState.DRAFT:
            return None
        if len(_published) >= _MOST_KEPT:
            _published.pop(next(iter(_published)))
        _published[key] = content_of(version.document)
    return _published[key]


def known_content(session: Session, organisation_id: int, template_id: uuid.UUID, number: int) -> TemplateContent:
    """The content of a version that is published, such as that of a round. Raises LookupError where it is not."""
    content = published_content(session, organisation_id, template_id, number)
    if content is None:
        raise LookupError(f"version {number} of template {template_id} is not published")
    return content


def content_in_scope(
    session: Session, organisation_id: int, template_id: uuid.UUID, number: int, scope: str
) -> TemplateContent | None:
    """The same with the themes of a round's scope only, the keys of which are separated by spaces; "" for all themes.

    Cached in memory too: a version and a scope always give the same.
    """
    whole = published_content(session, organisation_id, template_id, number)
    if whole is None or not scope:
        return whole
    key = (organisation_id, template_id, number, scope)
    if key not in _in_scope:
        if len(_in_scope) >= _MOST_KEPT:
            _in_scope.pop(next(iter(_in_scope)))
        _in_scope[key] = in_scope(whole, scope.split())
    return _in_scope[key]
