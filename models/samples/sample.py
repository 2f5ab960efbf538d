"""A sample: which cases of a case list a round or a joint round is about, and how they were drawn."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from checklists.samples.sampling import SizeRule
from models.audits.round import Round
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.cases.case_file import StoredCaseFile
from models.cases.case_list import StoredCaseList
from models.joint.joint_round import JointRound


class Exclusion(StrEnum):
    """Why a case of the list was not in the frame."""

    IN_THIS_ROUND = "in-this-round"
    NAMED = "named"
    CLOSED = "closed"
    CLOSED_BEFORE = "closed-before"
    OUTSIDE_THE_CHOICE = "outside-the-choice"
    AUDITED_LATELY = "audited-lately"

    @property
    def label(self) -> str:
        return {
            "in-this-round": "Already audited in this round",
            "named": "Excluded by the quality lead",
            "closed": "Closed on the date of the list",
            "closed-before": "Closed too long ago",
            "outside-the-choice": "Does not match the selected filters",
            "audited-lately": "Audited recently",
        }[self.value]


_EMPTY_AT_FIRST = {"server_default": text("''")}


class SampledState(StrEnum):
    SELECTED = "selected"
    REPLACED = "replaced"


class Sample(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(JointRound, "joint_round_id"),
        belongs_to(StoredCaseList, "case_list_id"),
        CheckConstraint("size > 0 AND size <= frame_size", name="size_fits_the_frame"),
        CheckConstraint("share_percent > 0 AND share_percent <= 100", name="share_is_a_percentage"),
        CheckConstraint("smallest_stratum >= 0", name="smallest_stratum_counts_up"),
        CheckConstraint("most_of_a_worker > 0", name="most_of_a_worker_is_positive"),
        CheckConstraint("months_since_audit >= 0", name="months_count_up"),
        CheckConstraint("least_months_open <= most_months_open", name="months_open_run_up"),
        CheckConstraint("(round_id IS NULL) <> (joint_round_id IS NULL)", name="drawn_for_one_round"),
        Index("ix_sample_round", "round_id", "organisation_id"),
        Index("ix_sample_joint_round", "joint_round_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    # What it was drawn for: one of the two.
    round_id: uuid.UUID | None = None
    joint_round_id: uuid.UUID | None = None
    case_list_id: uuid.UUID
    # What is needed to draw it again: the seed, the method and a hash of its frame.
    seed: str = Field(max_length=64)
    method: str = Field(max_length=16)
    frame_hash: str = Field(max_length=64)
    frame_size: int
    size: int
    # The requested share of the frame, where a share was requested and not a number.
    share_percent: float | None = None
    # The features that define a stratum, in order, separated by spaces; empty when the frame is one stratum.
    strata: str = Field(default="", max_length=80)
    rule: SizeRule = Field(sa_type=enum_column(SizeRule, "rule"))
    smallest_stratum: int = 0
    most_of_a_worker: int | None = None
    # The rules of the frame.
    months_since_audit: int = 0
    closed_before: date | None = None
    with_closed: bool = False
    # The statuses, teams, age bands and categories of the frame, and what its cases involve, as they were tagged then:
    # keys separated by spaces; empty for all.
    only_statuses: str = Field(default="", sa_type=LongText)
    only_teams: str = Field(default="", sa_type=LongText)
    only_age_bands: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    only_categories: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    only_involving: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    # Whole months that its cases had been open on the day of the list, from and to.
    least_months_open: int | None = None
    most_months_open: int | None = None
    # Only cases whose latest referral was a re-referral, or only those whose latest was not; empty for all.
    re_referral: bool | None = None
    # The day from which the months are counted back.
    drawn_on: date
    drawn_at: datetime = Field(default_factory=now)
    version: int = 1


class SampleExclusion(SQLModel, table=True):
    """A case of the list that could not be drawn: one line of the elimination log."""

    __tablename__ = "sample_exclusion"
    __table_args__ = (
        belongs_to("sample", "sample_id"),
        belongs_to(StoredCaseFile, "case_file_id"),
        Index("ix_sample_exclusion_case_file", "case_file_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    sample_id: uuid.UUID = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    reason: Exclusion = Field(sa_type=enum_column(Exclusion, "reason"))
    # The lead's own words, for a case that they named.
    words: str = Field(default="", sa_type=LongText)


_STANDS_FOR_ONE = text("stands_for_id IS NOT NULL")


class SampledCase(SQLModel, table=True):
    """A case that was drawn, or that replaced one."""

    __tablename__ = "sampled_case"
    __table_args__ = (
        belongs_to("sample", "sample_id"),
        belongs_to(StoredCaseFile, "case_file_id"),
        belongs_to(StoredCaseFile, "stands_for_id"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_one"),
        CheckConstraint("place > 0", name="place_counts_up"),
        CheckConstraint("(state = 'replaced') = (reason <> '')", name="replaced_has_a_reason"),
        Index("ix_sampled_case_case_file", "case_file_id", "organisation_id"),
        Index(
            "ix_sampled_case_stands_for",
            "stands_for_id",
            "organisation_id",
            sqlite_where=_STANDS_FOR_ONE,
            postgresql_where=_STANDS_FOR_ONE,
        ),
    )

    organisation_id: int = Field(primary_key=True)
    sample_id: uuid.UUID = Field(primary_key=True)
    case_file_id: uuid.UUID = Field(primary_key=True)
    stratum: str = Field(max_length=240)
    # Its place in the random order of its stratum.
    place: int
    # Its probability of being drawn; its weight is the inverse.
    probability: float
    state: SampledState = Field(default=SampledState.SELECTED, sa_type=enum_column(SampledState, "state"))
    # Why it turned out unsuitable.
    reason: str = Field(default="", sa_type=LongText)
    # The case that it replaced.
    stands_for_id: uuid.UUID | None = None
