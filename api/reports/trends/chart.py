"""A control chart as SVG: shares over time, their mean, the limits of chance, and the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from api.documents.document import Cell, share_of
from api.reports.sentences import in_percent
from api.reports.trends.labels import short_labels
from checklists.reports.control_charts import ChartPoint, ControlChart, Signal

LEFT, RIGHT, TOP, AXIS, LEGEND_LINE = 46, 16, 14, 34, 22
MORE_THAN_CHANCE = "More than chance"
# The class of a line, or nothing for a mark, and what it means.
LEGEND = (
    ("", "Share of a round"),
    ("", MORE_THAN_CHANCE),
    ("app-chart__mean", "Mean"),
    ("app-chart__limit", "Control limits"),
    ("app-chart__target", "Target"),
)


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    width: int
    height: int
    # How far apart the entries of the legend are, and how many fit in a line.
    legend_step: int
    legend_line: int


WIDE = Size("wide", 860, 240, legend_step=150, legend_line=5)
NARROW = Size("narrow", 360, 220, legend_step=172, legend_line=2)


def trend_chart(chart: ControlChart, *, target: Fraction | None, title: str, size: Size, identifier: str) -> str:
    """The chart, oldest point left. A point that a rule marks is a square, any other a circle; `described` says it all
    in words."""
    name = f"{identifier}-{size.name}"
    inner = size.width - LEFT - RIGHT
    bottom = size.height - AXIS
    height = size.height + LEGEND_LINE * -(-len(LEGEND) // size.legend_line)
    step = inner / max(1, len(chart.points) - 1)

    def x(place: int) -> float:
        return round(LEFT + step * place if len(chart.points) > 1 else LEFT + inner / 2, 1)

    def y(share: Fraction | float) -> float:
        return round(TOP + (bottom - TOP) * (1 - float(share)), 1)

    end = size.width - RIGHT
    parts = [
        f'<svg class="app-chart app-chart--{size.name}" role="img" aria-labelledby="{name}-title {name}-desc"',
        f' viewBox="0 0 {size.width} {height}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(described(chart, target))}</desc>',
    ]
    for whole in range(0, 101, 25):
        at = y(Fraction(whole, 100))
        parts.append(f'<line class="app-chart__grid" x1="{LEFT}" y1="{at}" x2="{end}" y2="{at}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 5}" font-size="13" text-anchor="end">{whole}%</text>')
    if target is not None:
        parts.append(f'<line class="app-chart__target" x1="{LEFT}" y1="{y(target)}" x2="{end}" y2="{y(target)}"/>')
    if chart.mean is not None and chart.points:
        parts.append(
            f'<line class="app-chart__mean" x1="{LEFT}" y1="{y(chart.mean)}" x2="{end}" y2="{y(chart.mean)}"/>'
        )
        for ends in ([point.lower for point in chart.points], [point.upper for point in chart.points]):
            steps = [(x(place), y(limit)) for place, limit in enumerate(ends) if limit is not None]
            parts.append(_line("app-chart__limit", steps))
    parts.append(_line("app-chart__line", [(x(place), y(point.value)) for place, point in enumerate(chart.points)]))
    for place, point in enumerate(chart.points):
        parts.append(_mark(x(place), y(point.value), point.signals))
    if chart.points:
        labels = short_labels([point.label for point in chart.points])
        for place, anchor in ((0, "start"), (len(chart.points) - 1, "end"))[: len(chart.points)]:
            label = escape(labels[place])
            parts.append(
                f'<text x="{x(place)}" y="{size.height - 10}" font-size="13" text-anchor="{anchor}">{label}</text>'
            )
    return "".join([*parts, *_legend(size), "</svg>"])


def _legend(size: Size) -> list[str]:
    """What each mark and line means."""
    parts = []
    for place, (kind, words) in enumerate(LEGEND):
        line, across = divmod(place, size.legend_line)
        x, y = 14 + size.legend_step * across, size.height + LEGEND_LINE * line + 6
        if kind:
            parts.append(f'<path class="{kind}" d="M{x - 10} {y}h20"/>')
        else:
            parts.append(_mark(x, y, (Signal.RUN,) if words == MORE_THAN_CHANCE else ()))
        parts.append(f'<text x="{x + 16}" y="{y + 5}" font-size="13">{words}</text>')
    return parts


def point_share(point: ChartPoint) -> Cell:
    """The share of a point. With few cases, the numbers come before it: "7 of 9 (78%)"."""
    return share_of(int(point.value * point.n), point.n)


def described(chart: ControlChart, target: Fraction | None) -> str:
    """What the chart shows, in sentences."""
    if not chart.points or chart.mean is None:
        return "No round has an applicable answer yet."
    first, last = chart.points[0], chart.points[-1]
    began, ended = (f"{point_share(point).text} in {point.label}" for point in (first, last))
    sentences = [
        f"{len(chart.points)} points, from {began} to {ended}.",
        f"Mean {in_percent(chart.mean)}, {'no target yet' if target is None else f'target {in_percent(target)}'}.",
        f"{chart.variation.label}.",
    ]
    if chart.assurance is not None:
        sentences.append(f"{chart.assurance.label}.")
    return " ".join(sentences)


def _line(kind: str, steps: Sequence[tuple[float, float]]) -> str:
    if len(steps) < 2:
        return ""
    return f'<polyline class="{kind}" points="{" ".join(f"{across},{down}" for across, down in steps)}"/>'


def _mark(across: float, down: float, signals: Sequence[Signal]) -> str:
    if signals:
        return f'<rect class="app-chart__unsure" x="{across - 6}" y="{down - 6}" width="12" height="12"/>'
    return f'<circle class="app-chart__point" cx="{across}" cy="{down}" r="5"/>'
