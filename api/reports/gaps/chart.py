"""The chart of a gap report: share meeting the standard with its interval against the target, widest gap first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Final

from api.reports.gaps.columns import interval
from api.reports.sentences import in_percent, share_in_words
from checklists.reports.gaps import Gap, GapState, by_widest_gap

TOP, AXIS, SHARES = 34, 30, 66
MARKS = {
    GapState.ON_TARGET: "app-chart__meets",
    GapState.GAP: "app-chart__below",
    GapState.POSSIBLE_GAP: "app-chart__unsure",
    GapState.TOO_FEW: "app-chart__few",
    GapState.NO_TARGET: "app-chart__point",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The measures of a chart, in pixels. Labels are left of the scale, or above it when `labels` is 0."""

    name: str
    width: int
    labels: int
    row: int
    # How far apart the marks of the legend are, and how many fit in a line.
    legend_step: int
    legend_line: int

    @property
    def left(self) -> int:
        return self.labels or 10

    def x(self, share: Fraction | float) -> float:
        """The horizontal position of a share (0 to 1), in pixels."""
        return round(self.left + (self.width - self.left - SHARES) * float(share), 1)


WIDE = Layout("wide", width=860, labels=310, row=30, legend_step=135, legend_line=6)
NARROW = Layout("narrow", width=360, labels=0, row=48, legend_step=170, legend_line=2)
LEGEND_LINE = 24
STATES: Final[Mapping[GapState, str]] = {state: state.label for state in MARKS}
INTERVAL: Final = "95% interval"


def gap_chart(
    gaps: Sequence[Gap],
    *,
    target: Fraction | None,
    title: str,
    layout: Layout,
    identifier: str = "chart",
    states: Mapping[GapState, str] = STATES,
) -> str:
    """The chart as SVG: a row a theme, a mark at its share, a line for its 95% interval, a dashed line at the target.

    Has a title and a description for those who do not see it; the same numbers belong in a table beside it.
    Shape tells the state as well as colour: a filled circle is on target, a square a gap, a diamond a possible gap,
    and a hollow circle too few to say. `states`: the words for them.
    """
    rows = by_widest_gap(gaps)
    drawn = _states(target)
    lines = -(-(len(drawn) + 1) // layout.legend_line)
    bottom = TOP + layout.row * len(rows)
    height = bottom + AXIS + LEGEND_LINE * lines
    name = f"{identifier}-{layout.name}"
    parts = [
        f'<svg class="app-chart app-chart--{layout.name}" role="img" aria-labelledby="{name}-title {name}-desc"',
        f' viewBox="0 0 {layout.width} {height}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(described(rows, target, states))}</desc>',
    ]
    for percent in range(0, 101, 20):
        x = layout.x(Fraction(percent, 100))
        parts.append(f'<line class="app-chart__grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{bottom + AXIS - 8}" font-size="13" text-anchor="middle">{percent}%</text>')
    if target is not None:
        x, aim = layout.x(target), f"Target {in_percent(target)}"
        parts.append(f'<line class="app-chart__target" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{TOP - 14}" font-size="13" text-anchor="middle">{aim}</text>')
    for place, gap in enumerate(rows):
        parts += _row(gap, TOP + layout.row * place, layout)
    return "".join([*parts, *_legend(bottom + AXIS + LEGEND_LINE // 2, layout, drawn, states), "</svg>"])


def _states(target: Fraction | None) -> tuple[GapState, ...]:
    """The states that a theme may have."""
    if target is None:
        return (GapState.NO_TARGET, GapState.TOO_FEW)
    return tuple(state for state in MARKS if state is not GapState.NO_TARGET)


def _legend(top: int, layout: Layout, shown: Sequence[GapState], states: Mapping[GapState, str]) -> list[str]:
    """What each mark means, and the line of an interval."""
    parts = []
    for place, state in enumerate((*shown, None)):
        line, across = divmod(place, layout.legend_line)
        x, y = 10 + layout.legend_step * across, top + LEGEND_LINE * line
        if state is None:
            parts.append(f'<path class="app-chart__interval" d="M{x - 8} {y}h16m-16 -5v10m16 -10v10"/>')
        else:
            parts.append(_mark(state, x, y))
        words = INTERVAL if state is None else "Share" if state is GapState.NO_TARGET else states[state]
        parts.append(f'<text x="{x + 14}" y="{y + 5}" font-size="13">{words}</text>')
    return parts


def described(rows: Sequence[Gap], target: Fraction | None, states: Mapping[GapState, str] = STATES) -> str:
    """Describe the chart in sentences, for people who cannot see it."""
    aim = "; there is no target yet" if target is None else f", against a target of {in_percent(target)}"
    sentences = [f"Share of applicable answers meeting the standard{aim}."]
    for gap in rows:
        if gap.share_meeting is None or gap.meeting_interval is None:
            sentences.append(f"{gap.label}: no applicable answers.")
            continue
        sentences.append(
            f"{gap.label}: {share_in_words(gap)}, interval {interval(gap.meeting_interval)}"
            + ("." if gap.state is GapState.NO_TARGET else f", {states[gap.state].lower()}.")
        )
    return " ".join(sentences)


def _row(gap: Gap, top: int, layout: Layout) -> list[str]:
    if layout.labels:
        y = top + layout.row // 2
        parts = [f'<text x="{layout.left - 14}" y="{y + 5}" font-size="15" text-anchor="end">{_label(gap)}</text>']
    else:
        y = top + layout.row - 14
        parts = [f'<text class="app-chart__label" x="0" y="{top + 15}" font-size="14">{_label(gap)}</text>']
    if gap.share_meeting is None or gap.meeting_interval is None:
        return [*parts, f'<text x="{layout.left + 6}" y="{y + 5}" font-size="13">No applicable answers</text>']
    low, high = (layout.x(end) for end in gap.meeting_interval)
    parts.append(f'<path class="app-chart__interval" d="M{low} {y}H{high}M{low} {y - 5}v10M{high} {y - 5}v10"/>')
    parts.append(_mark(gap.state, layout.x(gap.share_meeting), y))
    # Where there is little room, the share of a few is in the table alone.
    share = share_in_words(gap).partition(" (")[0]
    parts.append(f'<text x="{layout.width - 2}" y="{y + 5}" font-size="15" text-anchor="end">{share}</text>')
    return parts


def _label(gap: Gap) -> str:
    longest = 42
    return escape(gap.label if len(gap.label) <= longest else f"{gap.label[: longest - 1].rstrip()}…")


def _mark(state: GapState, x: float, y: int) -> str:
    kind = MARKS[state]
    if state is GapState.GAP:
        return f'<rect class="{kind}" x="{x - 6}" y="{y - 6}" width="12" height="12"/>'
    if state is GapState.POSSIBLE_GAP:
        return f'<path class="{kind}" d="M{x} {y - 8}l8 8l-8 8l-8-8z"/>'
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="6.5"/>'
