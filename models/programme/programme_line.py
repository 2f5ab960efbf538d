"""A line of an audit programme: what is audited how often, and by whom."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from checklists.programme.dates import Cadence
from models.audits.template import belongs_to_version
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.programme.programme import Programme


class LineKind(StrEnum):
    """The kind of the rounds of a line."""

    MONTHLY = "monthly"
    THEMATIC = "thematic"
    DIP_SAMPLE = "dip-sample"
    CLOSURE = "closure"
    OBSERVATION = "observation"
    SUPERVISION = "supervision"
    MULTI_AGENCY = "multi-agency"

    @property
    def label(self) -> str:
        return {
            "monthly": "Monthly audits",
            "thematic": "Thematic audit",
            "dip-sample": "Dip sample",
            "closure": "Closed cases",
            "observation": "Observation of practice",
            "supervision": "Supervision",
            "multi-agency": "Multi-agency audit",
        }[self.value]


class LineState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class ProgrammeLine(SQLModel, table=True):
    """The standing plan of rounds of one kind."""

    __tablename__ = "programme_line"
    __table_args__ = (
        belongs_to(Programme, "programme_id"),
        belongs_to_version("programme_line"),
        CheckConstraint("size BETWEEN 1 AND 1000", name="size_is_some"),
        CheckConstraint("days_to_finish BETWEEN 1 AND 120", name="days_are_some"),
        CheckConstraint("months_judged BETWEEN 1 AND 24", name="months_are_some"),
        CheckConstraint("double_percent BETWEEN 0 AND 100", name="double_is_a_percentage"),
        CheckConstraint("each_auditor BETWEEN 1 AND 100", name="each_auditor_has_some"),
        CheckConstraint("target_percent BETWEEN 1 AND 100", name="target_is_a_percentage"),
        CheckConstraint("lowest_percent BETWEEN 0 AND 99", name="lowest_is_a_percentage"),
        CheckConstraint("agencies = '' OR kind = 'multi-agency'", name="agencies_of_a_multi_agency_line"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    programme_id: uuid.UUID
    title: str = Field(max_length=90)
    kind: LineKind = Field(sa_type=enum_column(LineKind, "kind"))
    template_id: uuid.UUID
    template_version: int
    # The themes, as for a round: keys separated by spaces; empty for all.
    scope: str = Field(default="", sa_type=LongText)
    cadence: Cadence = Field(sa_type=enum_column(Cadence, "cadence"))
    # The day on which its first round begins.
    first_on: date
    days_to_finish: int
    # How many months before a round begins are under review.
    months_judged: int
    # How many cases are drawn for each round, and which share of them is read twice.
    size: int
    double_percent: int = 0
    # Teams whose cases are drawn, and people who audit them: identifiers, separated by spaces; empty for all.
    only_teams: str = Field(default="", sa_type=LongText)
    # The agencies of its joint audits: identifiers, separated by spaces; empty for a line that plans rounds.
    agencies: str = Field(default="", sa_type=LongText)
    auditors: str = Field(default="", sa_type=LongText)
    # How many audits each auditor is expected to do in each round; None when nobody says.
    each_auditor: int | None = None
    target_percent: int | None = None
    lowest_percent: int | None = None
    state: LineState = Field(default=LineState.ACTIVE, sa_type=enum_column(LineState, "state"))
    # Why its next round could not be planned; empty when there is no reason.
    problem: str = Field(default="", sa_type=LongText)
    version: int = 1
    created_at: datetime = Field(default_factory=now)
