"""Erasing cases: who asked for it and who confirmed it, and legal holds, which prevent it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.base import LongText, belongs_to, enum_column, new_id, now
from models.people.person import Person


class ErasureReason(StrEnum):
    """Why a case is erased. Never a text: what a person would write of the case would stay."""

    ASKED = "asked"
    MISTAKE = "mistake"
    NOT_NEEDED = "not-needed"
    ORDERED = "ordered"

    @property
    def label(self) -> str:
        return {
            "asked": "The person asked for it, and the request is granted",
            "mistake": "The case should not have been recorded here",
            "not-needed": "It is no longer needed",
            "ordered": "A court or the Information Commissioner ordered it",
        }[self.value]


class HoldReason(StrEnum):
    """Why a case may not be erased."""

    PROCEEDINGS = "proceedings"
    INQUIRY = "inquiry"
    COMPLAINT = "complaint"

    @property
    def label(self) -> str:
        return {
            "proceedings": "Court proceedings",
            "inquiry": "An inquiry or review",
            "complaint": "A complaint or request that is being handled",
        }[self.value]


_WAITING = text("decided_at IS NULL")
_HELD = text("lifted_at IS NULL")


class Erasure(SQLModel, table=True):
    """A request to erase a case, and what a second person decided. Once confirmed, all that was stored of the case is
    gone.

    The case has no foreign key: this stays when the case is gone. It holds no reference and no word of the case.
    """

    __table_args__ = (
        belongs_to(Person, "asked_by_id"),
        belongs_to(Person, "decided_by_id"),
        CheckConstraint("decided_at IS NULL OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        CheckConstraint("NOT confirmed OR decided_at IS NOT NULL", name="confirmed_is_decided"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="decided_by_another"),
        Index(
            "uq_erasure_one_waiting",
            "organisation_id",
            "case_file_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    case_file_id: uuid.UUID
    reason: ErasureReason = Field(sa_type=enum_column(ErasureReason, "reason"))
    asked_by_id: uuid.UUID
    asked_at: datetime = Field(default_factory=now)
    decided_by_id: uuid.UUID | None = None
    decided_at: datetime | None = None
    confirmed: bool = False
    # How many rows of each table were erased, as a JSON object.
    erased: str = Field(default="{}", sa_type=LongText)


class LegalHold(SQLModel, table=True):
    """A hold that keeps a case from being erased, until somebody other than the person who placed it lifts it."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        belongs_to(Person, "placed_by_id"),
        belongs_to(Person, "lifted_by_id"),
        CheckConstraint("lifted_at IS NULL OR lifted_by_id IS NOT NULL", name="lifted_by_somebody"),
        CheckConstraint("lifted_by_id IS NULL OR lifted_by_id <> placed_by_id", name="lifted_by_another"),
        Index(
            "uq_legal_hold_one_of_a_case",
            "organisation_id",
            "case_file_id",
            unique=True,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # Without a foreign key, as in erasures.
    case_file_id: uuid.UUID
    reason: HoldReason = Field(sa_type=enum_column(HoldReason, "reason"))
    placed_by_id: uuid.UUID
    placed_at: datetime = Field(default_factory=now)
    lifted_by_id: uuid.UUID | None = None
    lifted_at: datetime | None = None


class BeingErased(SQLModel, table=True):
    """What the transaction in progress erases: the guards let it go. Empty outside such a transaction."""

    __tablename__ = "being_erased"

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True)
