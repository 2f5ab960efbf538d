"""An action: what is to be done about a finding, by whom, until when, and what it has changed."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from checklists.actions.action_states import ActionState
from checklists.actions.reminders import Reminder
from models.audits.audit import Audit
from models.audits.round import Round
from models.base import LongText, belongs_to, enum_column, new_id, now
from models.improvement.recommendation import Recommendation
from models.people.person import Person
from models.people.team import StoredTeam


class ActionKind(StrEnum):
    """What an action is about. The two kinds are never in one count."""

    CHILD_LEVEL = "child-level"
    PRACTICE = "practice"

    @property
    def label(self) -> str:
        return {"child-level": "Child-level action", "practice": "Practice action"}[self.value]


class ActionCause(StrEnum):
    """The kind of finding that an action comes from."""

    AUDIT = "audit"
    GAP = "gap"
    CONCERNS = "concerns"
    AGREEMENT = "agreement"
    RECOMMENDATION = "recommendation"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "audit": "An audit",
            "gap": "A gap in a round",
            "concerns": "A pattern of urgent concerns",
            "agreement": "Agreement between readers",
            "recommendation": "A recommendation",
            "other": "Something else",
        }[self.value]


class EvidenceKind(StrEnum):
    """Where a success measure, or evidence of impact, comes from."""

    RE_AUDIT = "re-audit"
    DIP_SAMPLE = "dip-sample"
    FEEDBACK = "feedback"
    OBSERVATION = "observation"
    PERFORMANCE = "performance-figure"

    @property
    def label(self) -> str:
        return {"re-audit": "Re-audit"}.get(self.value, self.value.replace("-", " ").capitalize())


class Action(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(Audit, "audit_id"),
        belongs_to("action", "follows_id"),
        belongs_to(Recommendation, "recommendation_id"),
        belongs_to(Person, "owner_id"),
        belongs_to(Person, "created_by_id"),
        belongs_to(Person, "closed_by_id"),
        belongs_to(Round, "impact_round_id"),
        CheckConstraint("words <> ''", name="action_has_words"),
        CheckConstraint("(kind = 'practice') = (audit_id IS NULL)", name="child_level_has_an_audit"),
        CheckConstraint("(owner_id IS NULL) = (owner_post <> '')", name="one_owner"),
        CheckConstraint("due_moves >= 0", name="due_moves_count_up"),
        CheckConstraint(
            "(state IN ('impact-shown', 'no-impact', 'not-pursued')) = (closed_at IS NOT NULL)",
            name="closed_has_a_time",
        ),
        CheckConstraint(
            "state NOT IN ('done', 'impact-shown', 'no-impact') OR done <> ''", name="done_says_what_was_done"
        ),
        CheckConstraint(
            "state NOT IN ('impact-shown', 'no-impact') OR (impact <> '' AND impact_on IS NOT NULL)",
            name="impact_has_evidence",
        ),
        CheckConstraint(
            "state NOT IN ('impact-shown', 'no-impact') OR owner_id IS NULL OR owner_id <> closed_by_id",
            name="impact_is_confirmed_by_another",
        ),
        CheckConstraint("state <> 'not-pursued' OR drop_reason <> ''", name="not_pursued_has_a_reason"),
        # No index led by the organisation: see `belongs_to`. In the order of lists, and with all that counting needs,
        # so that it reads no row: a row holds thousands of characters. There is one index for both: of two, SQLite,
        # which does not know how many rows match, would use the wrong one for lists.
        Index(
            "ix_action_due",
            *("kind", "due_on", "id", "organisation_id", "state"),
            *("first_due_on", "created_at", "done_at", "closed_at", "audit_id", "due_days"),
        ),
        Index("ix_action_owner", "owner_id", "organisation_id"),
        Index("ix_action_audit", "audit_id", "organisation_id"),
        Index("ix_action_round", "round_id", "organisation_id"),
        Index("ix_action_recommendation", "recommendation_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    kind: ActionKind = Field(sa_type=enum_column(ActionKind, "kind"))
    # What will be done.
    words: str = Field(sa_type=LongText)
    # Why: the finding with its figures of that day, as `api.improvement.findings` writes it.
    cause: ActionCause = Field(sa_type=enum_column(ActionCause, "cause"))
    why: str = Field(default="", sa_type=LongText)
    finding: str = Field(default="", sa_type=LongText)
    # The keys of the themes that it bears on, with a space between two.
    themes: str = Field(default="", sa_type=LongText)
    round_id: uuid.UUID | None = None
    audit_id: uuid.UUID | None = None
    recommendation_id: uuid.UUID | None = None
    # The action without impact that this one follows.
    follows_id: uuid.UUID | None = None
    # A person, or a post whose holder has no account.
    owner_id: uuid.UUID | None = None
    owner_post: str = Field(default="", max_length=120)
    due_on: date
    first_due_on: date
    due_moves: int = 0
    # Of a child-level action that has not been live: the working days from its audit's submission until it is due.
    due_days: int | None = None
    # The last reminder that was given about this due date.
    reminded: Reminder = Field(
        default=Reminder.NONE, sa_type=enum_column(Reminder, "reminded"), sa_column_kwargs={"server_default": "none"}
    )
    # The success measure: what will be seen, by when, and where from.
    measure: str = Field(default="", sa_type=LongText)
    measure_from: EvidenceKind | None = Field(default=None, sa_type=enum_column(EvidenceKind, "measure_from"))
    measure_by: date | None = None
    state: ActionState = Field(default=ActionState.PROPOSED, sa_type=enum_column(ActionState, "state"))
    # What was done; of a child-level action, for this child.
    done: str = Field(default="", sa_type=LongText)
    done_at: datetime | None = None
    # The evidence of impact, or what was looked at where none was seen: its kind, what was seen, when, in which round.
    impact_from: EvidenceKind | None = Field(default=None, sa_type=enum_column(EvidenceKind, "impact_from"))
    impact: str = Field(default="", sa_type=LongText)
    impact_on: date | None = None
    impact_round_id: uuid.UUID | None = None
    drop_reason: str = Field(default="", sa_type=LongText)
    closed_at: datetime | None = None
    closed_by_id: uuid.UUID | None = None
    created_at: datetime = Field(default_factory=now)
    created_by_id: uuid.UUID
    version: int = 1


class ActionTeam(SQLModel, table=True):
    """A team whose practice an action is about. A practice action without any is about the whole service."""

    __tablename__ = "action_team"
    __table_args__ = (
        belongs_to("action", "action_id"),
        belongs_to(StoredTeam, "team_id"),
        Index("ix_action_team_team", "team_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    action_id: uuid.UUID = Field(primary_key=True)
    team_id: uuid.UUID = Field(primary_key=True)


class ActionStep(SQLModel, table=True):
    """One of the steps of an action, numbered from 1."""

    __tablename__ = "action_step"
    __table_args__ = (
        belongs_to("action", "action_id"),
        CheckConstraint("number >= 1", name="numbered_from_one"),
        CheckConstraint("words <> ''", name="step_has_words"),
    )

    organisation_id: int = Field(primary_key=True)
    action_id: uuid.UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    words: str = Field(sa_type=LongText)
    done_on: date | None = None


class ActionNote(SQLModel, table=True):
    """A dated note on the progress of an action, or why its due date moved."""

    __tablename__ = "action_note"
    __table_args__ = (
        belongs_to("action", "action_id"),
        belongs_to(Person, "written_by_id"),
        CheckConstraint("words <> ''", name="note_has_words"),
        Index("ix_action_note_action", "action_id", "organisation_id"),
    )

    organisation_id: int = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    action_id: uuid.UUID
    words: str = Field(sa_type=LongText)
    # The due date that was given up and the one that took its place; neither for a note on progress.
    due_from: date | None = None
    due_to: date | None = None
    written_at: datetime = Field(default_factory=now)
    written_by_id: uuid.UUID
