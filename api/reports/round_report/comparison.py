"""What has changed since the round before: themes, and the questions under them."""

from collections.abc import Iterator
from typing import Final

from api.documents.document import NOTHING, Column, Section, Table, Tone, count, points, share_of, text
from api.reports.round_report.queries import Comparison
from api.reports.sentences import gap_share
from checklists.reports.change import Change

CHANGE_TONES: Final = {
    Change.IMPROVED: Tone.GOOD,
    Change.WORSE: Tone.BAD,
    Change.NO_CLEAR_CHANGE: Tone.NONE,
    Change.TOO_FEW: Tone.FEW,
}


def comparison_sections(comparison: Comparison) -> Iterator[Section]:
    """The changes of themes, and of questions with a standard where both rounds ask any."""
    yield _themes(comparison)
    if comparison.questions:
        yield _questions(comparison)


def _themes(comparison: Comparison) -> Section:
    rows = tuple(
        (
            text(change.label),
            text(change.change.label, tone=CHANGE_TONES[change.change]),
            gap_share(change.before) if change.before else NOTHING,
            count(change.before.applicable) if change.before else NOTHING,
            gap_share(change.now) if change.now else NOTHING,
            count(change.now.applicable) if change.now else NOTHING,
            points(change.difference, signed=True),
            text(interval_in_points(change.interval)),
        )
        for change in comparison.changes
    )
    numbers = {kind: sum(change.change is kind for change in comparison.changes) for kind in Change}
    said = ", ".join(f"{number} {kind.label.lower()}" for kind, number in numbers.items() if number)
    return Section(
        f"Change since the previous round: {comparison.earlier.title}",
        paragraphs=(f"Change in {len(comparison.changes)} themes: {said}.",),
        points=comparison.template_changes,
        table=Table(
            "changes",
            "Share meeting the standard, previous and current round",
            _columns("Theme"),
            rows,
        ),
        sheet="changes",
    )


def _questions(comparison: Comparison) -> Section:
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
        for change in comparison.questions
    )
    table = Table(
        "question-changes", "Answers meeting the standard, previous and current round", _columns("Question"), rows
    )
    return Section("Questions: change since the previous round", table=table, sheet="changes")


def _columns(first: str) -> tuple[Column, ...]:
    return (
        Column(first),
        Column("Change"),
        Column("Previous", numeric=True),
        Column("Applicable, previous", numeric=True),
        Column("Current", numeric=True),
        Column("Applicable, current", numeric=True),
        Column("Difference (points)", numeric=True),
        Column("95% interval", numeric=True),
    )


def interval_in_points(ends: tuple[float, float] | None) -> str:
    """Two differences of shares as "-3.1 to +12.0"."""
    return "" if ends is None else " to ".join(points(end, signed=True).text for end in ends)
