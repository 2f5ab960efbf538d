"""The organisation whose practice is audited; one council's records are separated from another's by it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import now


class Organisation(SQLModel, table=True):
    # A small number that never leaves the service: it is in every key of every table.
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120, unique=True)
    created_at: datetime = Field(default_factory=now)
