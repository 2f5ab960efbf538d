"""A consensus: what the two readers of a case agree on for a theme on which they differ."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.base import LongText, belongs_to, now
from models.people.person import Person


class Consensus(SQLModel, table=True):
    """An answer proposed for a theme of a case read twice, and who settled it. Both readings stay as they were."""

    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "proposed_by_id"),
        belongs_to(Person, "settled_by_id"),
        CheckConstraint("answer <> ''", name="consensus_has_an_answer"),
        CheckConstraint("reason <> ''", name="consensus_has_a_reason"),
        CheckConstraint("version >= 1", name="consensus_counts_up"),
    )

    organisation_id: int = Field(primary_key=True)
    # The first reading of the case.
    audit_id: uuid.UUID = Field(primary_key=True)
    theme: str = Field(primary_key=True, max_length=60)
    # The two answers when this was proposed: it does not apply to other answers.
    first_answer: str = Field(max_length=40)
    second_answer: str = Field(max_length=40)
    answer: str = Field(max_length=40)
    reason: str = Field(sa_type=LongText)
    proposed_by_id: uuid.UUID
    settled_by_id: uuid.UUID | None = None
    changed_at: datetime = Field(default_factory=now)
    version: int = 1
