"""What programs send and receive about actions."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.improvement.actions import MoveDetails
from api.improvement.planning import LONGEST_POST, MOST_STEPS, ActionPlan
from api.improvement.queries import FoundAction
from checklists.actions.action_states import ActionMove
from checklists.reports.gaps import GapState
from models import ActionCause, ActionKind, ActionState, EvidenceKind

Post = Annotated[str, Field(max_length=LONGEST_POST, description="The owner’s post, where they have no account.")]


class PlanIn(BaseModel):
    """What an action says, but its finding and its due date."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[FreeText, Field(description="What will be done.")]
    why: FreeText = ""
    team_ids: Annotated[
        list[uuid.UUID], Field(max_length=200, description="The teams it is about; none for the whole service.")
    ] = []
    owner_id: Annotated[uuid.UUID | None, Field(description="The person who owns it.")] = None
    owner_post: Post = ""
    measure: Annotated[FreeText, Field(description="The success measure: what will be seen.")]
    measure_from: EvidenceKind
    measure_by: Annotated[WrittenDate, Field(description="When it should be seen.")]
    steps: Annotated[list[FreeText], Field(max_length=MOST_STEPS)] = []
    keep_names: KeepNames = None

    def plan(self) -> ActionPlan:
        """The plan for the action."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return ActionPlan(**{**given, **lists})


class ActionIn(PlanIn):
    """A practice action. Of a gap, the figures of its themes are kept as they are now."""

    cause: ActionCause
    round_id: Annotated[uuid.UUID | None, Field(description="The round of the finding.")] = None
    themes: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] = []
    due_on: WrittenDate
    follows_id: Annotated[uuid.UUID | None, Field(description="The action without impact that this one follows.")] = (
        None
    )
    recommendation_id: Annotated[uuid.UUID | None, Field(description="Where the cause is a recommendation.")] = None


class ActionMoveIn(BaseModel):
    """A move: `finish` needs what was done, `resume` and `drop` a reason, and the two about impact what was seen."""

    model_config = ConfigDict(extra="forbid")

    move: ActionMove
    words: FreeText = ""
    evidence: Annotated[EvidenceKind | None, Field(description="The kind of evidence of impact.")] = None
    seen_on: WrittenDate | None = None
    round_id: Annotated[uuid.UUID | None, Field(description="The round of a re-audit.")] = None
    keep_names: KeepNames = None

    def details(self) -> MoveDetails:
        """What the move says."""
        return MoveDetails(**{name: getattr(self, name) for name in type(self).model_fields if name != "move"})


class DueDateIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    due_on: WrittenDate
    reason: FreeText
    keep_names: KeepNames = None


class ProgressIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: FreeText
    steps_done: Annotated[
        list[StrictInt] | None,
        Field(max_length=MOST_STEPS, description="The numbers of all steps that are done by now."),
    ] = None
    keep_names: KeepNames = None


class ActionThemeOut(BaseModel):
    """A theme of a finding. Its figures are as they were when the action was planned; for quality leads only."""

    key: str
    label: str
    applicable: int | None
    meeting: int | None
    state: GapState | None


class StepOut(BaseModel):
    number: int
    words: str
    done_on: date | None


class FindingFigureOut(BaseModel):
    """A figure of a finding about urgent concerns or agreement, as it was when the action was planned."""

    label: str
    value: str


class NoteOut(BaseModel):
    id: uuid.UUID
    words: str
    due_from: date | None
    due_to: date | None
    written_at: datetime
    written_by: str


class ActionSummary(BaseModel):
    id: uuid.UUID
    kind: ActionKind
    state: ActionState
    words: str
    owner: str
    owner_id: uuid.UUID | None
    teams: Annotated[list[str], Field(description="None for the whole service.")]
    reference: Annotated[str, Field(description="The case file of a child-level action.")]
    round_id: uuid.UUID | None
    due_on: date
    first_due_on: date
    due_moves: int
    is_overdue: bool
    version: int

    @classmethod
    def of(cls, found: FoundAction) -> Self:
        return cls(**_summary(found))


class ActionOut(ActionSummary):
    """An action with its chain: its finding, steps, notes and evidence of impact."""

    cause: ActionCause
    why: str
    themes: list[ActionThemeOut]
    counted_on: date | None
    audits: int | None
    target_percent: int | None
    facts: Annotated[list[FindingFigureOut], Field(description="For quality leads only.")]
    follows_id: uuid.UUID | None
    recommendation_id: uuid.UUID | None
    audit_id: Annotated[uuid.UUID | None, Field(description="Of a child-level action, for people who can read it.")]
    measure: str
    measure_from: EvidenceKind | None
    measure_by: date | None
    steps: list[StepOut]
    notes: list[NoteOut]
    done: str
    done_at: datetime | None
    impact_from: EvidenceKind | None
    impact: str
    impact_on: date | None
    impact_round_id: uuid.UUID | None
    re_audit_ids: Annotated[list[uuid.UUID], Field(description="Rounds that audit its themes again.")]
    drop_reason: str
    closed_at: datetime | None
    closed_by: str
    created_at: datetime
    created_by: str

    @classmethod
    def of(cls, found: FoundAction) -> Self:
        action, finding = found.action, found.finding
        own = (
            *(
                "cause",
                "why",
                "follows_id",
                "recommendation_id",
                "measure",
                "measure_from",
                "measure_by",
                "done",
                "done_at",
            ),
            *("impact_from", "impact", "impact_on", "impact_round_id", "drop_reason", "closed_at", "created_at"),
        )
        return cls(
            **_summary(found),
            **{name: getattr(action, name) for name in own},
            themes=[
                ActionThemeOut(
                    key=each.key,
                    label=each.label,
                    applicable=each.applicable,
                    meeting=each.meeting,
                    state=each.state,
                )
                for each in finding.themes
            ],
            audit_id=action.audit_id if found.reads_audit else None,
            counted_on=finding.counted_on,
            audits=finding.audits,
            target_percent=finding.target_percent,
            facts=[FindingFigureOut(label=each.label, value=each.value) for each in finding.facts],
            steps=[StepOut(number=each.number, words=each.words, done_on=each.done_on) for each in found.steps],
            notes=[
                NoteOut(
                    id=each.id,
                    words=each.words,
                    due_from=each.due_from,
                    due_to=each.due_to,
                    written_at=each.written_at,
                    written_by=found.name_of(each.written_by_id),
                )
                for each in found.notes
            ],
            re_audit_ids=[each.id for each in found.re_audits],
            closed_by=found.name_of(action.closed_by_id),
            created_by=found.name_of(action.created_by_id),
        )


class ActionList(BaseModel):
    items: list[ActionSummary]
    after: str | None


def _summary(found: FoundAction) -> dict[str, Any]:
    own = ("id", "kind", "state", "words", "owner_id", "round_id", "due_on", "first_due_on", "due_moves", "version")
    return {
        **{name: getattr(found.action, name) for name in own},
        "owner": found.owner,
        "teams": [name for _, name in found.teams],
        "reference": found.reference,
        "is_overdue": found.is_overdue,
    }
