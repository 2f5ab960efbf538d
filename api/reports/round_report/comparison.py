"""What has changed since the round before: themes, and the questions under them."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from api.documents.document import (
    FEW_CASES,
    NOTHING,
    Cell,
    Column,
    Section,
    Table,
    Tone,
    count,
    percent,
    points,
    share_of,
    text,
)
from api.reports.overall import meets_in_words
from api.reports.round_report.queries import Comparison
from api.reports.sentences import gap_share
from checklists.plurals import plural
from checklists.reports.carried_over import CarriedOver, Course, areas_carried_over
from checklists.reports.change import Change, Compared, Method, QuestionChange, ThemeChange
from checklists.reports.overall import OverallDistribution
from checklists.statistics.intervals import newcombe_difference
from checklists.templates.template import Template

CHANGE_TONES: Final = {
    Change.IMPROVED: Tone.GOOD,
    Change.WORSE: Tone.BAD,
    Change.NO_CLEAR_CHANGE: Tone.NONE,
    Change.TOO_FEW: Tone.FEW,
    Change.NOT_COMPARABLE: Tone.UNSURE,
}

_COURSE_TONES: Final = {
    Course.ON_TARGET: Tone.GOOD,
    Course.IMPROVED: Tone.GOOD,
    Course.CONTINUES: Tone.NONE,
    Course.WORSE: Tone.BAD,
    Course.NEW: Tone.BAD,
    Course.TOO_FEW: Tone.FEW,
    Course.NOT_COMPARABLE: Tone.UNSURE,
}


METHODS: Final = {
    Method.INDEPENDENT: "Interval: Newcombe's for independent samples (1998, method 10).",
    Method.PAIRED: "Interval: Newcombe's for paired samples (1998, method 10), because the same cases were read again.",
    Method.WEIGHTED: (
        "Shares are weighted for the samples. Interval: Newcombe's for independent samples (1998, method 10), on the "
        "effective numbers of answers."
    ),
}


def same_cases_in_words(number: int) -> str:
    """How many cases both rounds have, where only these are compared."""
    return f"{plural(number, 'case was', 'cases were')} counted in both rounds. Only these are compared."


def compared_shares(change: ThemeChange) -> tuple[Cell, Cell, Cell, Cell]:
    """The two shares whose difference is shown, the earlier first, each with the number of answers behind it."""
    found = change.compared
    gaps = (change.before, change.now)
    if found is None or found.method is Method.INDEPENDENT:
        shares = [NOTHING if gap is None else gap_share(gap) for gap in gaps]
    else:
        shares = [_share(found, share) for share in (found.before, found.now)]
    pairs = None if found is None else found.pairs
    numbers = [NOTHING if gap is None else count(gap.applicable if pairs is None else pairs) for gap in gaps]
    return shares[0], numbers[0], shares[1], numbers[1]


def _share(found: Compared, share: Fraction) -> Cell:
    """A share of the same cases, with its numbers where these are few; or one that is weighted, which has none."""
    if found.pairs is None:
        return percent(share)
    return share_of(int(share * found.pairs), found.pairs, few=found.n < FEW_CASES)


def comparison_sections(comparison: Comparison, template: Template) -> Iterator[Section]:
    """The changes of themes, how areas for development have changed, and the changes of questions with a standard."""
    yield _themes(comparison, template)
    areas = areas_carried_over(comparison.changes)
    if areas:
        yield _areas(areas)
    if comparison.questions:
        yield question_comparison(comparison.questions, comparison.confidence)


def _overall(comparison: Comparison, template: Template) -> str:
    """The share of audits that meet the standard overall, now and in the round before; "" where either has none."""
    now, before = comparison.overall_now, comparison.overall_before
    if not comparison.overall_is_comparable:
        return ""
    if now.share_meeting is None or before.share_meeting is None:
        return ""
    found = newcombe_difference(
        now.meeting, now.judged, before.meeting, before.judged, confidence=comparison.confidence
    )
    difference = points(now.share_meeting - before.share_meeting, signed=True).text
    return (
        f"{_of_audits(now)} were judged {meets_in_words(template.scale)} overall, and {_of_audits(before)} in the "
        f"previous round. The difference is {difference} percentage points "
        f"({confidence_in_words(comparison.confidence)} interval {interval_in_points(found)})."
    )


def _of_audits(found: OverallDistribution) -> str:
    return f"{found.meeting:,} of {found.judged:,} audits ({percent(found.share_meeting).text})"


def _areas(areas: Sequence[CarriedOver]) -> Section:
    """The table that boards ask for every year: each area for development, and how it has changed."""
    rows = tuple(
        (
            text(each.change.label),
            text("New" if each.course is Course.NEW else "Previous round"),
            text(each.course.label, tone=_COURSE_TONES[each.course]),
            text(_in_words(each)),
        )
        for each in areas
    )
    columns = (Column("Theme"), Column("Area for development since"), Column("Now"), Column("In words"))
    return Section(
        "Areas for development, previous and current round",
        paragraphs=("Themes that were below the target in the previous round, and themes that are below it now.",),
        table=Table("carried-over", "Areas for development and what has changed", columns, rows),
        sheet="changes",
    )


def _in_words(area: CarriedOver) -> str:
    if area.change.before is None or area.change.now is None:
        return ""
    before, _, now, _ = compared_shares(area.change)
    return f"{before.text or '–'} met the standard in the previous round, and {now.text or '–'} in this round."


def _themes(comparison: Comparison, template: Template) -> Section:
    rows = tuple(
        (
            text(change.label),
            text(change.change.label, tone=CHANGE_TONES[change.change]),
            *compared_shares(change),
            points(change.difference, signed=True),
            text(interval_in_points(change.interval)),
        )
        for change in comparison.changes
    )
    numbers = {kind: sum(change.change is kind for change in comparison.changes) for kind in Change}
    said = ", ".join(f"{number} {kind.label.lower()}" for kind, number in numbers.items() if number)
    return Section(
        f"Change since the previous round: {comparison.earlier.title}",
        paragraphs=(
            *([overall] if (overall := _overall(comparison, template)) else []),
            f"Change in {plural(len(comparison.changes), 'theme')}: {said}.",
            *_basis(comparison),
            *(f"Not comparable. {words}" for words in comparison.prevented_by),
        ),
        points=comparison.template_changes,
        table=Table(
            "changes",
            "Share meeting the standard, previous and current round",
            _columns("Theme", comparison.confidence),
            rows,
        ),
        sheet="changes",
    )


def _basis(comparison: Comparison) -> list[str]:
    """What is compared, unless it is every counted audit of two rounds of different cases."""
    if comparison.method is Method.PAIRED:
        return [same_cases_in_words(comparison.same_cases)]
    return ["Shares are weighted for the samples."] if comparison.method is Method.WEIGHTED else []


def question_comparison(questions: Sequence[QuestionChange], confidence: float) -> Section:
    """The changes of questions with a standard that both rounds ask alike."""
    rows = tuple(
        (
            text(f"{change.question.text} {change.question.standard_in_words}"),
            text(change.change.label, tone=CHANGE_TONES[change.change]),
            share_of(change.before.meeting or 0, change.before.applicable),
            count(change.before.applicable),
            share_of(change.now.meeting or 0, change.now.applicable),
            count(change.now.applicable),
            points(change.difference, signed=True),
            text(interval_in_points(change.interval)),
        )
        for change in questions
    )
    table = Table(
        "question-changes",
        "Answers meeting the standard, previous and current round",
        _columns("Question", confidence),
        rows,
    )
    return Section("Questions: change since the previous round", table=table, sheet="changes")


def _columns(first: str, confidence: float) -> tuple[Column, ...]:
    return (
        Column(first),
        Column("Change"),
        Column("Previous", numeric=True),
        Column("Applicable, previous", numeric=True),
        Column("Current", numeric=True),
        Column("Applicable, current", numeric=True),
        Column("Difference (points)", numeric=True),
        Column(f"{confidence_in_words(confidence)} interval", numeric=True),
    )


def confidence_in_words(confidence: float) -> str:
    """95%, or 97.5%."""
    return f"{100 * confidence:.4g}%"


def interval_in_points(ends: tuple[float, float] | None) -> str:
    """Two differences of shares as "-3.1 to +12.0"."""
    return "" if ends is None else " to ".join(points(end, signed=True).text for end in ends)
