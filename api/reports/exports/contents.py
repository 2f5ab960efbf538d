"""What an export tells of a round: its counted audits and each of their answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from checklists.audits.conclusion import ConclusionPart
from checklists.audits.sources import is_recording_gap
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import Template as TemplateContent
from models import Conversation, FamilyView, FeedbackSheet, FirstJudgement, Representation, ThemeNote


class Outcome(StrEnum):
    """What a counted answer means for a share."""

    MEETS = "meets"
    BELOW = "below"
    NOT_EVIDENCED = "not-evidenced"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASKED = "not-asked"
    DESCRIBED = "described"

    @property
    def label(self) -> str:
        return {
            "meets": "a rating that meets the standard",
            "below": "a rating below the standard",
            "not-evidenced": "not evidenced",
            "not-applicable": "not applicable",
            "not-asked": "not asked, because of a condition in the template",
            "described": "described in words, in a template without ratings",
        }[self.value]


def outcome_of(template: TemplateContent, answer: str) -> Outcome:
    """The outcome of an answer. KeyError for anything that is not an answer."""
    if answer in {NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED}:
        return Outcome(answer)
    if not template.graded:
        return Outcome.DESCRIBED
    return Outcome.BELOW if template.counts_below(answer) else Outcome.MEETS


@dataclass(frozen=True, slots=True)
class Scope:
    """What every line of an export has in common."""

    organisation: str
    round_title: str
    period_from: date
    period_to: date
    read_from: date | None
    template: TemplateContent
    template_version: int
    target_percent: int | None
    has_names: bool
    # That audits of the round were deleted; "" where none was.
    deleted: str = ""


@dataclass(frozen=True, slots=True)
class ExportedAudit:
    """A counted audit with the auditor's answers, the agreed ones if any, and the reasons of changes, by theme."""

    scope: Scope
    audit_id: UUID
    reference: str
    team: str
    status: str
    age_band: str
    harms: tuple[str, ...]
    auditor: str
    reading: int
    mode: str
    allocated_at: datetime
    submitted_at: datetime | None
    agreed_at: datetime | None
    signed_at: datetime | None
    state: str
    sampling_weight: float | None
    overall_calculated: str
    overall_override: str
    override_reason: str
    cap_reason: str
    # What the auditor judged before they saw what their answers give.
    first_judgement: FirstJudgement | None
    # The overall judgement in force: the agreed one, or else the auditor's; "" for nothing to judge by.
    overall: str
    agreed_overall: str
    agreed_overall_reason: str
    conclusion: Mapping[ConclusionPart, str]
    # How long the audit took; None if the auditor did not say.
    minutes: int | None
    # The choice by fact about the case; empty where the template asks for none.
    facts: Mapping[str, str]
    synopsis: str
    conversation: Conversation | None
    # By the member of the family whose views they are.
    family_views: Mapping[str, FamilyView]
    answers: Mapping[str, str]
    agreed: Mapping[str, str] | None
    reasons: Mapping[str, str]
    # By key, with NOT_ASKED for what was not asked; empty where the template has none.
    questions: Mapping[str, str] = field(default_factory=dict)
    # The note on the whole audit, if there is one.
    note: ThemeNote | None = None
    # By theme.
    representations: Mapping[str, Representation] = field(default_factory=dict)
    feedback: FeedbackSheet | None = None

    @property
    def counted(self) -> Mapping[str, str]:
        return self.answers if self.agreed is None else self.agreed

    def number_of(self, outcome: Outcome) -> int:
        """How many themes have this outcome."""
        return sum(outcome_of(self.scope.template, answer) is outcome for answer in self.counted.values())

    @property
    def changed(self) -> int | None:
        """How many answers differ from the agreed ones; None until these are agreed."""
        if self.agreed is None:
            return None
        return sum(self.agreed[theme] != answer for theme, answer in self.answers.items())


@dataclass(frozen=True, slots=True)
class Answer:
    """One theme of a counted audit, with the auditor's words."""

    audit: ExportedAudit
    theme: str
    rationale: str
    impact: str
    evidence: str
    # Separated by spaces.
    sources: str
    # The note on the theme, if there is one.
    note: ThemeNote | None = None

    @property
    def is_recording_gap(self) -> bool | None:
        """Whether the counted answer rests only on what people said; None where nobody said where it comes from."""
        named = self.sources.split()
        return is_recording_gap(self.audit.scope.template, self.counted_answer, named) if named else None

    @property
    def label(self) -> str:
        return self.audit.scope.template.theme(self.theme).label

    @property
    def domain(self) -> str:
        return self.audit.scope.template.domain_of(self.theme).title

    @property
    def auditor_answer(self) -> str:
        return self.audit.answers[self.theme]

    @property
    def agreed_answer(self) -> str:
        return "" if self.audit.agreed is None else self.audit.agreed[self.theme]

    @property
    def counted_answer(self) -> str:
        return self.audit.counted[self.theme]

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.audit.scope.template, self.counted_answer)

    @property
    def is_applicable(self) -> bool:
        return self.audit.scope.template.is_applicable(self.counted_answer)

    @property
    def changed(self) -> bool | None:
        """Whether the agreed answer is another; None until there is one."""
        return None if self.audit.agreed is None else self.agreed_answer != self.auditor_answer

    @property
    def change_reason(self) -> str:
        return self.audit.reasons.get(self.theme, "") if self.changed else ""
