"""The conclusion of an audit: what its auditor says of the whole, beside the answers to its themes."""

import uuid

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from checklists.audits.conclusion import FOR_PRACTITIONER, ConclusionPart
from models.audits.audit import Audit
from models.base import LongText, belongs_to


class Conclusion(SQLModel, table=True):
    # Stored in key order on SQLite, as scores are: the conclusions of a round's audits are near each other.
    __table_args__ = (
        belongs_to(Audit, "audit_id"),
        CheckConstraint("minutes BETWEEN 1 AND 6000", name="minutes_are_some"),
        {"sqlite_with_rowid": False},
    )

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    works_well: str = Field(default="", sa_type=LongText)
    worries: str = Field(default="", sa_type=LongText)
    needs_to_happen: str = Field(default="", sa_type=LongText)
    feedback: str = Field(default="", sa_type=LongText)
    # How long the audit took, where its template asks.
    minutes: int | None = None
    # The audit's version that wrote it; 0 for one that was never written.
    version: int = 0

    @property
    def texts(self) -> dict[ConclusionPart, str]:
        """The text of each part that has one."""
        return {part: text for part in ConclusionPart if (text := getattr(self, part.value))}

    @property
    def for_practitioner(self) -> dict[ConclusionPart, str]:
        """The texts that are given to the practitioner."""
        return {part: text for part, text in self.texts.items() if part in FOR_PRACTITIONER}
