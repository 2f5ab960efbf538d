"""Audit programmes as REST takes and shows them."""

import uuid
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.joint_rounds.planning.actions import MOST_AGENCIES
from api.programme.actions import (
    LISTS,
    LONGEST_LINE_TITLE,
    LONGEST_TITLE,
    MOST_CASES,
    MOST_DAYS,
    MOST_MONTHS,
    MOST_OF_EACH,
    NewLine,
    NewProgramme,
)
from api.programme.progress import ProgrammeProgress
from api.programme.queries import ShownLine, ShownPlannedRound, ShownProgramme, Standing
from api.programme.standing import LineMove
from checklists.programme.dates import Cadence
from checklists.programme.expected import Expectation
from checklists.templates.rules import MOST_THEMES
from models import JointRoundState, LineKind, LineState, Programme, RoundState

Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]


class ProgrammeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title
    first_day: WrittenDate
    last_day: WrittenDate
    lead_id: Annotated[uuid.UUID, Field(description="The quality lead in whose name its rounds are planned.")]

    def new(self) -> NewProgramme:
        """The programme to store."""
        return NewProgramme(**self.model_dump())


class LineIn(BaseModel):
    """A line: what is audited how often. No teams, auditors or themes: all of them."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_LINE_TITLE)]
    kind: LineKind
    template_id: uuid.UUID
    template_version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    scope: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=MOST_THEMES)] = []
    cadence: Cadence
    first_on: Annotated[WrittenDate, Field(description="The day on which its first round begins.")]
    size: Annotated[StrictInt, Field(ge=1, le=MOST_CASES, description="How many cases are drawn for each round.")]
    days_to_finish: Annotated[
        StrictInt, Field(ge=1, le=MOST_DAYS, description="From its beginning until it is due.")
    ] = 28
    months_judged: Annotated[
        StrictInt, Field(ge=1, le=MOST_MONTHS, description="The months before it, under review.")
    ] = 6
    double_percent: Annotated[StrictInt, Field(ge=0, le=100, description="Percentage of cases to be read twice.")] = 0
    only_teams: Annotated[list[uuid.UUID], Field(max_length=200)] = []
    agencies: Annotated[
        list[uuid.UUID],
        Field(
            max_length=MOST_AGENCIES,
            description="Of a multi-agency line: 2 or more, of which joint audits are planned.",
        ),
    ] = []
    auditors: Annotated[list[uuid.UUID], Field(max_length=200)] = []
    each_auditor: Annotated[
        StrictInt | None, Field(ge=1, le=MOST_OF_EACH, description="Audits expected of each auditor in each round.")
    ] = None
    target_percent: Annotated[StrictInt | None, Field(ge=1, le=100)] = None
    lowest_percent: Annotated[StrictInt | None, Field(ge=0, le=99)] = None

    def new(self) -> NewLine:
        """The line to store."""
        given: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return NewLine(**{**given, **lists})


class LineMoveIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    move: LineMove


class LineExemptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    starts_on: Annotated[WrittenDate, Field(description="The day on which the round begins.")]
    reason: FreeText
    keep_names: KeepNames = None


class ExemptionDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    starts_on: WrittenDate
    approved: StrictBool


class PlannedRoundOut(BaseModel):
    """A planned round, and what became of it."""

    starts_on: date
    planned_on: Annotated[date, Field(description="The day on which it is planned as a round.")]
    period_from: date
    period_to: date
    due_on: date
    standing: Standing
    round_id: uuid.UUID | None
    round_state: RoundState | None
    joint_round_id: uuid.UUID | None
    joint_round_state: JointRoundState | None
    sample: Annotated[str, Field(description="Whether the sample is drawn, in words.")]
    reason: Annotated[str, Field(description="Why an exemption was asked for.")]
    asked_by: str
    decided_by: str

    @classmethod
    def of(cls, shown: ShownPlannedRound) -> Self:
        days = {name: getattr(shown.dates, name) for name in ("starts_on", "planned_on", "period_from", "period_to")}
        return cls(
            **days,
            due_on=shown.due_on,
            standing=shown.standing,
            round_id=None if shown.round is None else shown.round.id,
            round_state=None if shown.round is None else shown.round.state,
            joint_round_id=None if shown.joint_round is None else shown.joint_round.id,
            joint_round_state=None if shown.joint_round is None else shown.joint_round.state,
            sample=shown.sample,
            reason="" if shown.row is None else shown.row.reason,
            asked_by=shown.asked_by,
            decided_by=shown.decided_by,
        )


class LineOut(BaseModel):
    id: uuid.UUID
    programme_id: uuid.UUID
    title: str
    kind: LineKind
    template_id: uuid.UUID
    template_version: int
    scope: list[str]
    cadence: Cadence
    first_on: date
    size: int
    days_to_finish: int
    months_judged: int
    double_percent: int
    only_teams: list[uuid.UUID]
    agencies: list[uuid.UUID]
    auditors: list[uuid.UUID]
    each_auditor: int | None
    target_percent: int | None
    lowest_percent: int | None
    state: LineState
    problem: Annotated[str, Field(description="Why its next round could not be planned; empty if it could.")]
    version: int
    rounds: list[PlannedRoundOut]

    @classmethod
    def of(cls, shown: ShownLine) -> Self:
        lists: dict[str, Any] = {name: getattr(shown.line, name).split() for name in LISTS}
        own = {name: getattr(shown.line, name) for name in cls.model_fields.keys() - lists.keys() - {"rounds"}}
        return cls(**own, **lists, rounds=[PlannedRoundOut.of(each) for each in shown.rounds])


class ProgrammeOut(BaseModel):
    id: uuid.UUID
    title: str
    first_day: date
    last_day: date
    lead_id: uuid.UUID
    version: int

    @classmethod
    def of(cls, found: Programme) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class WholeProgramme(BaseModel):
    """A programme with its lines and their planned rounds."""

    programme: ProgrammeOut
    lead: str
    lines: list[LineOut]

    @classmethod
    def of(cls, shown: ShownProgramme) -> Self:
        return cls(
            programme=ProgrammeOut.of(shown.programme),
            lead=shown.lead,
            lines=[LineOut.of(each) for each in shown.lines],
        )


class AuditCountsOut(BaseModel):
    """Numbers of audits. A late one may be done; the exempt ones are not among the expected."""

    expected: int
    done: int
    late: int
    exempt: int

    @classmethod
    def of(cls, counts: Expectation) -> Self:
        return cls(**{name: getattr(counts, name) for name in cls.model_fields})


class MonthOfTeamOut(BaseModel):
    """The audits of one month in one team."""

    month: Annotated[date, Field(description="The first day of the month in which the rounds begin.")]
    team: Annotated[str, Field(description="Empty while the team is not known.")]
    counts: AuditCountsOut


class AuditorOut(BaseModel):
    person_id: uuid.UUID
    name: str
    expected: Annotated[int | None, Field(description="Null where no line says how many.")]
    allocated: int
    done: int
    late: int


class ProgrammeProgressOut(BaseModel):
    """What a programme expects, and what of it is done, late and exempt, by month and team, and by auditor."""

    on: date
    deleted: Annotated[str, Field(description="That audits of closed rounds were deleted; empty if none was.")]
    whole: AuditCountsOut
    parts: list[MonthOfTeamOut]
    auditors: list[AuditorOut]

    @classmethod
    def of(cls, found: ProgrammeProgress) -> Self:
        return cls(
            on=found.on,
            deleted=found.deleted,
            whole=AuditCountsOut.of(found.table.whole),
            parts=[
                MonthOfTeamOut(month=month, team=team, counts=AuditCountsOut.of(counts))
                for (month, team), counts in found.table.by_both.items()
            ],
            auditors=[
                AuditorOut(**{name: getattr(each, name) for name in AuditorOut.model_fields}) for each in found.auditors
            ],
        )


class ProgrammeList(BaseModel):
    items: list[ProgrammeOut]
    after: str | None
