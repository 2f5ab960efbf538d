"""The chart of the chain of each theme: its share then, the actions that followed, and its share now."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Final, NamedTuple

from api.documents.document import Cell, Chart
from api.reports.gaps.chart import AXIS, LEGEND_LINE, NARROW, TOP, WIDE, Layout
from api.reports.gaps.columns import interval
from api.reports.round_report.comparison import compared_shares
from checklists.plurals import plural
from checklists.reports.change import ThemeChange
from checklists.reports.gaps import Gap

COLUMN: Final = "Meets the standard now"
TITLE: Final = "Each theme: its share then, the actions that followed, and its share now, with 95% intervals"
_HEIGHTS: Final = {WIDE.name: 48, NARROW.name: 66}
_LONGEST_LABEL: Final = 42


class Side(NamedTuple):
    """The share of one round in a chain: as its table has it, and where the chart draws it with its interval."""

    share: Cell
    drawn: Fraction | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Link:
    """One theme of a re-audit, as the chart shows it: the shares whose difference is its change."""

    change: ThemeChange
    actions: int

    @property
    def before(self) -> Side:
        return self._sides[0]

    @property
    def now(self) -> Side:
        return self._sides[1]

    @property
    def _sides(self) -> tuple[Side, Side]:
        first, _, second, _ = compared_shares(self.change)
        found = self.change.compared
        if found is None:
            return Side(first, *_alone(self.change.before)), Side(second, *_alone(self.change.now))
        return Side(first, found.before, found.ends[0]), Side(second, found.now, found.ends[1])

    @property
    def actions_in_words(self) -> str:
        return "no action" if not self.actions else plural(self.actions, "action")


def _alone(gap: Gap | None) -> tuple[Fraction | None, tuple[float, float] | None]:
    return (None, None) if gap is None else (gap.share_meeting, gap.meeting_interval)


def chain_chart(links: Sequence[Link], *, key: str) -> Chart:
    """The chart of a re-audit beside the table with the same numbers: `key` tells it from others on the page."""
    wide, narrow = (_drawn(links, layout, f"chart-{key}-{layout.name}") for layout in (WIDE, NARROW))
    return Chart(key, TITLE, described(links), wide, narrow, COLUMN)


def described(links: Sequence[Link]) -> str:
    """Describe the chart in sentences, for people who cannot see it."""
    return " ".join(
        [
            "Share of applicable answers meeting the standard in the earlier round and in the re-audit.",
            *(
                f"{each.change.label}: {_said(each.before)} then, {each.actions_in_words}, {_said(each.now)} now: "
                f"{each.change.change.label.lower()}."
                for each in links
            ),
        ]
    )


def _said(side: Side) -> str:
    if side.interval is None:
        return "no applicable answers"
    return f"{side.share.text}, interval {interval(side.interval)}"


def _drawn(links: Sequence[Link], layout: Layout, name: str) -> str:
    """The chart as SVG: a hollow circle for the share then, below it a filled one for the share now."""
    row = _HEIGHTS[layout.name]
    bottom = TOP + row * len(links)
    height = bottom + AXIS + LEGEND_LINE
    parts = [
        f'<svg class="app-chart app-chart--{layout.name}" role="img" aria-labelledby="{name}-title {name}-desc"',
        f' viewBox="0 0 {layout.width} {height}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(TITLE)}</title>',
        f'<desc id="{name}-desc">{escape(described(links))}</desc>',
    ]
    for percent in range(0, 101, 20):
        x = layout.x(Fraction(percent, 100))
        parts.append(f'<line class="app-chart__grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{bottom + AXIS - 8}" font-size="13" text-anchor="middle">{percent}%</text>')
    for place, link in enumerate(links):
        parts += _row(link, TOP + row * place, layout)
    return "".join([*parts, *_legend(bottom + AXIS + LEGEND_LINE // 2), "</svg>"])


def _row(link: Link, top: int, layout: Layout) -> list[str]:
    longest = _LONGEST_LABEL
    name = link.change.label
    label = escape(name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…")
    if layout.labels:
        y = top + 14
        parts = [f'<text x="{layout.left - 14}" y="{y + 13}" font-size="15" text-anchor="end">{label}</text>']
    else:
        y = top + 30
        parts = [f'<text class="app-chart__label" x="0" y="{top + 15}" font-size="14">{label}</text>']
    parts += [*_mark(link.before, y, "app-chart__few", layout), *_mark(link.now, y + 17, "app-chart__point", layout)]
    parts.append(
        f'<text x="{layout.width - 2}" y="{y + 13}" font-size="13" text-anchor="end">{link.actions_in_words}</text>'
    )
    return parts


def _mark(side: Side, y: int, kind: str, layout: Layout) -> list[str]:
    if side.drawn is None or side.interval is None:
        return [f'<text x="{layout.left + 6}" y="{y + 5}" font-size="13">No applicable answers</text>']
    low, high = (layout.x(end) for end in side.interval)
    return [
        f'<path class="app-chart__interval" d="M{low} {y}H{high}M{low} {y - 4}v8M{high} {y - 4}v8"/>',
        f'<circle class="{kind}" cx="{layout.x(side.drawn)}" cy="{y}" r="6"/>',
    ]


def _legend(y: int) -> list[str]:
    return [
        f'<circle class="app-chart__few" cx="16" cy="{y}" r="6"/><text x="28" y="{y + 5}" font-size="13">Then</text>',
        f'<circle class="app-chart__point" cx="86" cy="{y}" r="6"/><text x="98" y="{y + 5}" font-size="13">Now</text>',
        f'<path class="app-chart__interval" d="M146 {y}h16m-16 -5v10m16 -10v10"/>',
        f'<text x="170" y="{y + 5}" font-size="13">95% interval</text>',
    ]
