"""A snapshot: a round's report frozen for sharing, under disclosure control."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.audits.audit import Audit
from models.audits.round import Round
from models.base import LongText, belongs_to, new_id, now
from models.people.person import Person


class Snapshot(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Person, "made_by_id"),
        # The minimum of disclosure control (`checklists.release.disclosure`): nothing can write less strict values
        # to this table.
        CheckConstraint("smallest >= 10 AND rounding >= 5 AND small_gap >= 5", name="thresholds_only_raised"),
        CheckConstraint("within >= 2", name="within_two_or_more"),
        Index("ix_snapshot_made", "organisation_id", "made_at"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    round_id: uuid.UUID
    title: str = Field(max_length=120)
    made_at: datetime = Field(default_factory=now)
    made_by_id: uuid.UUID
    smallest: int
    # How far the released numbers may be from the truth; none in a snapshot under the former rule.
    within: int | None = None
    # Thresholds of the former rule, at their minimum in every other snapshot.
    rounding: int = 5
    small_gap: int = 5
    # Released cells only, as JSON: this row contains no true count.
    content: str = Field(sa_type=LongText)
    published_at: datetime | None = None


class SnapshotAudit(SQLModel, table=True):
    """An audit that a snapshot counts: a later one must differ from it by many, or by none of the same.

    Also how it was counted (`checklists.release.counting.AsCounted`), because the audit may change later, and its
    letters in the altered copy that the snapshot's numbers are counted from: later snapshots keep them. Snapshots made
    by an earlier version of the service do not have these.
    """

    __tablename__ = "snapshot_audit"
    __table_args__ = (
        belongs_to("snapshot", "snapshot_id"),
        belongs_to(Audit, "audit_id"),
        CheckConstraint("(bands IS NULL) = (answers IS NULL)", name="says_all_or_nothing"),
        CheckConstraint("copied IS NULL OR answers IS NOT NULL", name="copies_what_it_says"),
    )

    organisation_id: int = Field(primary_key=True)
    snapshot_id: uuid.UUID = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    bands: str | None = Field(default=None, max_length=16)
    answers: str | None = Field(default=None, sa_type=LongText)
    copied: str | None = Field(default=None, sa_type=LongText)
