"""The columns of tables of gaps, each described once: its heading and what it shows.

A column that is added to `THEME_COLUMNS` is in the round report, on the page and in every file; one
that is added to `csv_columns` or `TERMINAL_COLUMNS` is in that table of the gap report.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

from api.documents.document import (
    NOTHING,
    Cell,
    Column,
    Table,
    Tone,
    count,
    percent,
    plain_count,
    plain_percent,
    points,
    text,
)
from api.reports.sentences import gap_share
from checklists.reports.gaps import Gap, GapState
from checklists.templates.scale import RatingScale
from checklists.templates.template import Template

TONES: Final = {
    GapState.ON_TARGET: Tone.GOOD,
    GapState.GAP: Tone.BAD,
    GapState.POSSIBLE_GAP: Tone.UNSURE,
    GapState.TOO_FEW: Tone.FEW,
    GapState.NO_TARGET: Tone.NONE,
}
# One heading for one thing, in every table and file: a share of applicable answers, and numbers of answers.
MEETS: Final = "Meets the standard"
BELOW: Final = "Answers below"
APPLICABLE: Final = "Applicable"


class Behind(Protocol):
    """The address of the answers behind a figure, by the theme's key and what is asked of its answers."""

    def __call__(self, **query: str) -> str: ...


def nowhere(**_: str) -> str:
    """No address: for tables whose figures lead nowhere."""
    return ""


def interval(ends: tuple[float, float] | None) -> str:
    """Two shares of 1 as "41% to 63%"."""
    return "" if ends is None else f"{percent(ends[0]).text} to {percent(ends[1]).text}"


@dataclass(frozen=True, slots=True)
class GapColumn:
    """A column of a table of gaps, and its cell for a gap."""

    label: str
    cell: Callable[[Gap, Behind], Cell]
    numeric: bool = True

    @property
    def head(self) -> Column:
        return Column(self.label, numeric=self.numeric)


def answers_column(label: str, answer: str, number: Callable[[Gap], int]) -> GapColumn:
    """A column of numbers of answers, each of which leads to the answers."""

    def cell(gap: Gap, behind: Behind) -> Cell:
        return count(number(gap), href=behind(theme=gap.key, answer=answer) if number(gap) else "")

    return GapColumn(label, cell)


NAME: Final = GapColumn("Theme", lambda gap, _: text(gap.label), numeric=False)
STATE: Final = GapColumn("State", lambda gap, _: text(gap.state.label, tone=TONES[gap.state]), numeric=False)
POINTS: Final = GapColumn("Gap (points)", lambda gap, _: points(gap.gap))
SHARE: Final = GapColumn(MEETS, lambda gap, _: gap_share(gap))
INTERVAL: Final = GapColumn("95% interval", lambda gap, _: text(interval(gap.meeting_interval)))
THEME_COLUMNS: Final = (
    NAME,
    STATE,
    GapColumn("Rank", lambda gap, _: NOTHING if gap.rank is None else count(gap.rank)),
    POINTS,
    SHARE,
    INTERVAL,
    answers_column(BELOW, "below", lambda gap: gap.below),
    answers_column(APPLICABLE, "applicable", lambda gap: gap.applicable),
)


def without_target(columns: Sequence[GapColumn]) -> tuple[GapColumn, ...]:
    """The columns of a report that has no target: neither states nor gaps."""
    return tuple(column for column in columns if column not in (STATE, POINTS))


def rating_columns(scale: RatingScale) -> tuple[GapColumn, ...]:
    """How often each rating was given, in the order of the scale."""
    return tuple(
        answers_column(scale.label(rating.key), rating.key, lambda gap, key=rating.key: gap.counts[key])  # type: ignore[misc]
        for rating in scale.ratings
    )


def gap_table(
    key: str,
    caption: str,
    gaps: Iterable[Gap],
    columns: Sequence[GapColumn],
    *,
    behind: Behind = nowhere,
) -> Table:
    """A row for each gap."""
    rows = tuple(tuple(column.cell(gap, behind) for column in columns) for gap in gaps)
    return Table(key, caption, tuple(column.head for column in columns), rows)


def csv_columns(template: Template, target: Fraction | None) -> tuple[GapColumn, ...]:
    """The columns of a gap in the CSV file of the gap report. Shares and gaps are percentages with one decimal."""
    answers = {key: template.scale.label(key) for key in template.counted_answers}
    return (
        GapColumn("Key", lambda gap, _: text(gap.key)),
        GapColumn("Title", lambda gap, _: text(gap.label)),
        GapColumn("Audits", lambda gap, _: plain_count(gap.audits)),
        GapColumn(APPLICABLE, lambda gap, _: plain_count(gap.applicable)),
        *(
            GapColumn(label, lambda gap, _, key=key: plain_count(gap.counts[key]))  # type: ignore[misc]
            for key, label in answers.items()
        ),
        GapColumn("Answers meeting", lambda gap, _: plain_count(gap.meeting)),
        GapColumn(BELOW, lambda gap, _: plain_count(gap.below)),
        GapColumn(f"{MEETS} (%)", lambda gap, _: plain_percent(gap.share_meeting)),
        GapColumn("95% interval from (%)", lambda gap, _: plain_percent(_end(gap, 0))),
        GapColumn("95% interval to (%)", lambda gap, _: plain_percent(_end(gap, 1))),
        GapColumn("Target (%)", lambda *_: NOTHING if target is None else plain_count(int(target * 100))),
        GapColumn("Gap (points)", lambda gap, _: plain_percent(gap.gap)),
        GapColumn("State", lambda gap, _: text(gap.state.label)),
        GapColumn("Rank", lambda gap, _: NOTHING if gap.rank is None else plain_count(gap.rank)),
    )


def _end(gap: Gap, place: int) -> float | None:
    return None if gap.meeting_interval is None else gap.meeting_interval[place]


def _in_terminal(gap: Gap) -> Cell:
    """A share of few answers is shown by its numbers alone, because a terminal has little room."""
    share = gap_share(gap, digits=1)
    return text(share.text.partition(" (")[0]) if share.is_of_few else share


_TERMINAL_GAP: Final = GapColumn("Gap", lambda gap, _: points(gap.gap))
TERMINAL_COLUMNS: Final = (
    GapColumn("Rank", lambda gap, _: NOTHING if gap.rank is None else plain_count(gap.rank)),
    NAME,
    GapColumn("Meets", lambda gap, _: _in_terminal(gap)),
    INTERVAL,
    GapColumn(APPLICABLE, lambda gap, _: plain_count(gap.applicable)),
    _TERMINAL_GAP,
    STATE,
)


def terminal_columns_without_target() -> tuple[GapColumn, ...]:
    """The columns of a terminal for a report without a target."""
    return tuple(column for column in without_target(TERMINAL_COLUMNS) if column is not _TERMINAL_GAP)
