"""The columns of released figures, and the words for what they leave open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from api.documents.document import NOTHING, Cell, Column, Kind, Table, count, percent, points, text
from api.reports.gaps.columns import APPLICABLE, BELOW, MEETS, TONES, interval
from checklists.release.certain import CertainGap
from checklists.release.disclosure import HIDDEN
from checklists.reports.gaps import Gap, GapState

CONCEALED: Final = Cell(HIDDEN, Kind.HIDDEN)
CANNOT_BE_TOLD: Final = "Not certain"
BETWEEN: Final = "True share between"
STATES: Final[Mapping[GapState, str]] = {
    **{state: state.label for state in GapState},
    GapState.TOO_FEW: CANNOT_BE_TOLD,
}
"""What a state is called where it is certain; one that is not has the mark of too few to say."""


def shown_count(number: int | None) -> Cell:
    """A released number, or the sign that it is hidden."""
    return CONCEALED if number is None else count(number)


def between(gap: CertainGap) -> str:
    """What the true share lies between, as "72% to 84%": rounded outwards, so that it holds."""
    return ends_in_words(gap.between)


def ends_in_words(ends: tuple[Fraction, Fraction]) -> str:
    """Two shares as "72% to 84%", rounded outwards."""
    low, high = ends
    return f"{100 * low.numerator // low.denominator}% to {-(-100 * high.numerator // high.denominator)}%"


def state_cell(gap: CertainGap) -> Cell:
    """The state of a gap where it is certain."""
    state = gap.state or GapState.TOO_FEW
    return text(state.label if gap.state else CANNOT_BE_TOLD, tone=TONES[state])


def rank_cell(gap: CertainGap) -> Cell:
    """The rank, or the ranks that the theme may have."""
    if gap.rank is not None:
        return count(gap.rank)
    return NOTHING if gap.ranks is None else text(f"{gap.ranks.least} to {gap.ranks.most}")


def _below(gap: CertainGap) -> Cell:
    return count(gap.shown.below) if gap.shown.below is not None else Cell(gap.shown.below_text, Kind.HIDDEN)


@dataclass(frozen=True, slots=True)
class ReleasedColumn:
    """A column of released figures: its cell for a gap, and for one whose share is hidden."""

    label: str
    cell: Callable[[CertainGap], Cell]
    hidden: Callable[[CertainGap], Cell] = lambda _: CONCEALED
    numeric: bool = True


THEME_COLUMNS: Final = (
    ReleasedColumn("Theme", lambda gap: text(gap.label), lambda gap: text(gap.label), numeric=False),
    ReleasedColumn("State", state_cell, numeric=False),
    ReleasedColumn("Rank", rank_cell, lambda _: NOTHING),
    ReleasedColumn("Gap (points)", lambda gap: points(gap.gap)),
    ReleasedColumn(MEETS, lambda gap: percent(gap.share_meeting)),
    ReleasedColumn(BETWEEN, lambda gap: text(between(gap)), lambda _: NOTHING),
    ReleasedColumn("95% interval", lambda gap: text(interval(gap.interval)), lambda _: NOTHING),
    ReleasedColumn(BELOW, _below, _below),
    ReleasedColumn(
        APPLICABLE, lambda gap: shown_count(gap.shown.applicable), lambda gap: shown_count(gap.shown.applicable)
    ),
)
DOMAIN_COLUMNS: Final = (
    ReleasedColumn("Learning domain", lambda gap: text(gap.label), lambda gap: text(gap.label), numeric=False),
    ReleasedColumn(MEETS, lambda gap: percent(gap.share_meeting)),
    ReleasedColumn(BETWEEN, lambda gap: text(between(gap)), lambda _: NOTHING),
    ReleasedColumn("Gap (points)", lambda gap: points(gap.gap)),
)


def released_table(key: str, caption: str, gaps: Sequence[CertainGap], columns: Sequence[ReleasedColumn]) -> Table:
    """A row for each gap."""
    rows = tuple(
        tuple(column.hidden(gap) if gap.share_meeting is None else column.cell(gap) for column in columns)
        for gap in gaps
    )
    return Table(key, caption, tuple(Column(each.label, numeric=each.numeric) for each in columns), rows)


def for_chart(gaps: Sequence[CertainGap]) -> list[Gap]:
    """The gaps whose share is shown, in this order. One whose state is open has that of too few to say."""
    found = []
    for place, gap in enumerate(gap for gap in gaps if gap.share_meeting is not None):
        applicable, below = gap.shown.applicable or 0, gap.shown.below or 0
        found.append(
            Gap(
                key=gap.key,
                label=gap.label,
                audits=0,
                counts={},
                applicable=applicable,
                meeting=applicable - below,
                below=below,
                share_meeting=gap.share_meeting,
                share_below=None if gap.share_meeting is None else 1 - gap.share_meeting,
                below_interval=None if gap.interval is None else (1 - gap.interval[1], 1 - gap.interval[0]),
                meeting_interval=gap.interval,
                gap=gap.gap,
                state=gap.state or GapState.TOO_FEW,
                # Only the order in which they are drawn.
                rank=place,
            )
        )
    return found
