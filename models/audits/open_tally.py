"""The tallies of an open round, kept up to date: what is counted of each audit, and which audits changed since.

No foreign keys: the row of a deleted audit stays here until it has been subtracted from the tallies.
"""

import uuid

from sqlmodel import Field, SQLModel

from models.audits.round import Round
from models.base import LongText, belongs_to, new_id


class OpenTally(SQLModel, table=True):
    """The counts behind an open round's reports, whole or by one breakdown, of the audits as `CountedAudit` has them.

    The version of the whole rises with every change of any of them.
    """

    __tablename__ = "open_tally"
    __table_args__ = (belongs_to(Round, "round_id"),)

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    breakdown: str = Field(primary_key=True, max_length=80)
    counts: str = Field(sa_type=LongText)
    version: int = 1


class CountedAudit(SQLModel, table=True):
    """What the tallies of an open round count of one audit, so that it can be subtracted when the audit changes."""

    __tablename__ = "counted_audit"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    counted: str = Field(sa_type=LongText)


class ChangedAudit(SQLModel, table=True):
    """An audit that changed since the tallies of its round counted it; written by triggers, see `models.evidence`.

    A row for each change, so that nobody who changes an audit waits for another or for the tallies.
    """

    __tablename__ = "changed_audit"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organisation_id: int = Field(primary_key=True)
    round_id: uuid.UUID = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
