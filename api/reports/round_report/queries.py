"""The data of a round's report: gaps, breakdowns, and changes since the round before."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from api.feedback.counting import count_submitted, feedback_of_round
from api.foundation.permissions import Actor
from api.reports.breakdowns import Breakdown, splits_of
from api.reports.conclusions.queries import ConclusionCounts, count_conclusions
from api.reports.first_judgements import FirstJudgementCounts, count_first_judgements
from api.reports.gaps.queries import EVERY_SPLIT, GapReport, Group, gap_reports, record_seen
from api.reports.measured_change.queries import measure
from api.reports.notes_on_themes.queries import NoteCounts, count_notes
from api.reports.questions.children import CaseTrait, cases_of
from api.reports.recording_gaps import RecordingGaps, recording_gaps_of
from api.reports.round_report.completion import Completion, completion_of
from api.reports.round_report.time_spent import time_of_round
from api.reports.voices.queries import VoiceCounts, asks_for_voices, count_voices
from api.reports.weighted import WeightedReport, weighted_report
from checklists.audits.feedback import FeedbackCounts
from checklists.reports.change import Method, QuestionChange, ThemeChange
from checklists.reports.comparability import overall_is_comparable
from checklists.reports.overall import OverallDistribution
from checklists.reports.time_spent import TimeSpent
from models import Round


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes from the round before."""

    earlier: Round
    changes: tuple[ThemeChange, ...]
    questions: tuple[QuestionChange, ...]
    template_changes: tuple[str, ...]
    overall_before: OverallDistribution
    overall_now: OverallDistribution
    overall_is_comparable: bool
    confidence: float
    method: Method
    same_cases: int
    # Why the rounds cannot be compared, in sentences.
    prevented_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundReport:
    """Unrounded counts of one round, for people who may read every audit."""

    whole: GapReport
    splits: Mapping[str, GapReport]
    cases: tuple[CaseTrait, ...]
    modes: Mapping[str, int]
    comparison: Comparison | None
    weighted: WeightedReport | None
    completion: Completion
    conclusions: ConclusionCounts
    time: TimeSpent | None
    first_judgements: FirstJudgementCounts
    recording: RecordingGaps | None
    voices: VoiceCounts | None
    notes: tuple[NoteCounts, ...] | None
    feedback: FeedbackCounts

    @property
    def audit_round(self) -> Round:
        return self.whole.rounds[0]

    @property
    def all_audits(self) -> Group:
        return self.whole.groups[0]

    @property
    def target(self) -> Fraction | None:
        return self.whole.target


def round_report(session: Session, *, round_id: uuid.UUID, splits: Collection[str], by: Actor) -> RoundReport:
    """The report of a round, split by each of `splits`: names, or EVERY_SPLIT. Raises NotFound, Invalid."""
    found = gap_reports(session, round_ids=[round_id], breakdowns=[Breakdown.MODE, *splits], by=by)
    whole = found[Breakdown.WHOLE]
    (counts,) = whole.counts
    every = EVERY_SPLIT in splits
    shown = {each.value: found[each.value] for each in splits_of(whole.template) if every or each.value in splits}
    record_seen(session, [whole, *shown.values()], by=by)
    submitted = count_submitted(session, whole.rounds[0], by=by)
    return RoundReport(
        whole=whole,
        splits=shown,
        cases=cases_of(session, whole, by=by),
        modes={group.label: group.audits for group in found[Breakdown.MODE].groups},
        comparison=_comparison(session, whole, by),
        weighted=weighted_report(counts, whole.template),
        completion=completion_of(session, whole.rounds[0], by=by, submitted=submitted),
        conclusions=count_conclusions(counts),
        time=time_of_round(counts, whole.template),
        first_judgements=count_first_judgements(counts),
        recording=recording_gaps_of(whole),
        voices=_voices(session, whole, by),
        notes=count_notes(session, whole.rounds[0], whole.template, by=by),
        feedback=feedback_of_round(session, whole.rounds[0], by=by, submitted=submitted),
    )


def _voices(session: Session, whole: GapReport, by: Actor) -> VoiceCounts | None:
    asked = asks_for_voices(whole.template)
    return count_voices(session, whole.rounds[0], whole.template, by=by) if asked else None


def _comparison(session: Session, whole: GapReport, by: Actor) -> Comparison | None:
    found = measure(session, whole, by=by)
    if found is None:
        return None
    return Comparison(
        earlier=found.earlier.rounds[0],
        changes=found.themes,
        questions=found.questions,
        template_changes=found.template_changes,
        overall_before=found.earlier.groups[0].overall,
        overall_now=whole.groups[0].overall,
        overall_is_comparable=overall_is_comparable(whole.template, found.earlier.template),
        confidence=found.confidence,
        method=found.method,
        same_cases=found.same_cases,
        prevented_by=tuple(check.words for check in found.comparability.prevented_by),
    )
