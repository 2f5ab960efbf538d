"""Where an organisation's own records show the evidence of a theme, beside what its template says."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel

from models.audits.template import Template
from models.base import LongText, belongs_to, now


class OwnPlace(SQLModel, table=True):
    """The organisation's own lines on where to look for a theme, for every version of the template."""

    __tablename__ = "own_place"
    __table_args__ = (belongs_to(Template, "template_id"),)

    organisation_id: int = Field(primary_key=True)
    template_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    # "": taken out again. The row stays, so that its version never repeats.
    words: str = Field(sa_type=LongText)
    version: int = 1
    changed_at: datetime = Field(default_factory=now)
