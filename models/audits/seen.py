"""Who has seen which audits of a case, and which submitted readings are blind: recorded, and never taken back."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from checklists.audits.how_seen import HowSeen
from models.audits.audit import Audit
from models.audits.round import Round
from models.base import belongs_to, enum_column, now
from models.people.person import Person


class HasSeen(SQLModel, table=True):
    """A person who has seen an audit of a case in a round while somebody else was its auditor, or was its auditor once.

    `wrote`: the person was the audit's auditor before, or recorded it, and so counts as its auditor for moderation.
    """

    __tablename__ = "has_seen"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        belongs_to(Person, "person_id"),
        Index("ix_has_seen_audit", "audit_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    first_seen_at: datetime = Field(default_factory=now)
    how: HowSeen = Field(sa_type=enum_column(HowSeen, "how"))
    wrote: bool = False


class HasListed(SQLModel, table=True):
    """A person who has listed, exported or released the answers of a round: they may have seen every audit in it."""

    __tablename__ = "has_listed"
    __table_args__ = (belongs_to(Round, "round_id"), belongs_to(Person, "person_id"))

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    person_id: uuid.UUID = Field(primary_key=True)
    first_seen_at: datetime = Field(default_factory=now)
    how: HowSeen = Field(sa_type=enum_column(HowSeen, "how"))


class BlindRecord(SQLModel, table=True):
    """Whether a reading was blind when it was submitted. An audit submitted before this was recorded has none.

    `taints`: it continues answers of somebody who had seen another audit of the case, and so is never blind.
    """

    __tablename__ = "blind_record"
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("NOT (blind AND taints)", name="tainted_is_not_blind"),
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    blind: bool
    taints: bool = False
