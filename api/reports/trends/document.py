"""Themes over time as a document: what has changed by more than chance, and a control chart of each theme."""

import uuid
from datetime import date

from sqlmodel import Session

from api.documents.document import (
    NOTHING,
    Cell,
    Chart,
    Column,
    Document,
    Origin,
    Section,
    Table,
    count,
    percent,
    text,
)
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.reports.gaps.columns import MEETS
from api.reports.gaps.sections import MARKING
from api.reports.origins import counted_audits, working_origin
from api.reports.trends.chart import NARROW, WIDE, described, point_share, trend_chart
from api.reports.trends.labels import short_labels
from api.reports.trends.queries import ThemeTrend, Trend, trend
from api.reports.trends.questions import question_sections
from api.reports.trends.tones import VARIATION_TONES
from checklists.plurals import plural
from checklists.reports.control_charts import MINIMUM_POINTS, Assurance, Variation
from models import now


def document_of(session: Session, *, round_id: uuid.UUID, by: Actor) -> Document:
    """A round's themes over it and the rounds before it, as they are today. Raises NotFound, Conflict."""
    found = trend(session, round_id=round_id, by=by)
    return trend_document(found, made_on=local_date(now()), origin=origin_of(session, found, by=by))


def origin_of(session: Session, found: Trend, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    return working_origin(session, found.rounds, counted=counted_audits(found.counted, found.left_out), by=by)


def trend_document(found: Trend, *, made_on: date, origin: Origin) -> Document:
    """The themes of the newest round over all rounds of its chain.

    While every theme has too few points for a control chart, a sentence says so and one table has the shares.
    """
    sections = (
        [
            _summary(found),
            *question_sections(found),
            *(_theme(theme, found) for theme in found.themes),
            _definitions(),
        ]
        if found.has_charts
        else _without_charts(found)
    )
    return Document(
        title=f"Trends over time: {found.rounds[-1].title}",
        subtitle="",
        marking=MARKING,
        made_on=made_on,
        sections=tuple(sections),
        origin=origin,
        kind="over-time",
        about=found.rounds[-1].title,
    )


def _without_charts(found: Trend) -> list[Section]:
    number = len(found.rounds)
    if number == 1:
        words = "There is only 1 round, so there is no earlier round to compare it with."
        return [Section("Summary", paragraphs=(words,))]
    words = (
        f"A control chart needs {MINIMUM_POINTS} rounds to distinguish change from chance. There are {number}. "
        "Until there are enough, use the round reports to compare each round with the previous round."
    )
    if not found.themes:
        return [Section("Summary", paragraphs=(words,)), *question_sections(found)]
    values = [{point.label: point_share(point) for point in theme.chart.points} for theme in found.themes]
    columns = (Column("Theme"), *(Column(label, numeric=True) for label in short_labels(found.labels)))
    rows = tuple(
        (text(theme.label), *(of_theme.get(label, NOTHING) for label in found.labels))
        for theme, of_theme in zip(found.themes, values, strict=True)
    )
    caption = "Share meeting the standard, round by round"
    shares = Section("Summary", paragraphs=(words,), table=Table("trends", caption, columns, rows))
    return [shares, *question_sections(found)]


def _summary(found: Trend) -> Section:
    numbers = {kind: [theme.label for theme in found.themes if theme.chart.variation is kind] for kind in Variation}
    words = tuple(
        f"{kind.label}: {', '.join(labels)}."
        for kind, labels in numbers.items()
        if labels and kind is not Variation.NOT_ENOUGH_POINTS
    )
    has_target = found.newest.target is not None
    rows = tuple(
        (
            text(theme.label),
            point_share(theme.chart.points[-1]) if theme.chart.points else NOTHING,
            percent(theme.chart.mean),
            count(len(theme.chart.points)),
            text(theme.chart.variation.label, tone=VARIATION_TONES[theme.chart.variation]),
            *([_assurance(theme.chart.assurance)] if has_target else []),
        )
        for theme in found.themes
    )
    columns = (
        Column("Theme"),
        Column("Latest", numeric=True),
        Column("Mean", numeric=True),
        Column("Rounds", numeric=True),
        Column("Variation"),
        *([Column("Against the target")] if has_target else []),
    )
    return Section("Summary", paragraphs=words, table=Table("trends", "All themes over time", columns, rows))


def _assurance(assurance: Assurance | None) -> Cell:
    return NOTHING if assurance is None else text(assurance.label)


def _theme(theme: ThemeTrend, found: Trend) -> Section:
    if theme.chart.variation is Variation.NOT_ENOUGH_POINTS:
        number = len(theme.chart.points)
        asked = plural(number, "round has", "rounds have") if number else "No round has"
        words = f"{asked} an applicable answer. A control chart needs {MINIMUM_POINTS}."
        return Section(theme.label, paragraphs=(words,), sheet="themes")
    title = f"{theme.label}: share meeting the standard, round by round"
    target = found.newest.target
    wide, narrow = (
        trend_chart(theme.chart, target=target, title=title, size=size, identifier=f"trend-{theme.key}")
        for size in (WIDE, NARROW)
    )
    rows = tuple(
        (
            text(point.label),
            point_share(point),
            count(point.n),
            percent(point.lower),
            percent(point.upper),
            text(", ".join(signal.label for signal in point.signals)),
        )
        for point in theme.chart.points
    )
    columns = (
        Column("Round"),
        Column(MEETS, numeric=True),
        Column("Applicable", numeric=True),
        Column("Lower limit", numeric=True),
        Column("Upper limit", numeric=True),
        Column("More than chance"),
    )
    chart = Chart(
        f"trend-{theme.key}",
        title,
        described(theme.chart, target),
        wide,
        narrow,
        MEETS,
        None if target is None else float(target),
    )
    return Section(
        theme.label,
        chart=chart,
        table=Table(f"trend-{theme.key}", f"{theme.label}, round by round", columns, rows),
        sheet="themes",
    )


def _definitions() -> Section:
    return Section(
        "Method and definitions",
        points=(
            "Each point is the share of applicable answers in 1 round that meet the standard.",
            "Limits: how much shares of this number of answers vary by chance, 3 standard deviations from the mean.",
            (
                "More than chance: a point outside the limits, or 7 points in a row on one side of the mean, rising "
                "or falling."
            ),
            "2 of 3 points near the same limit are also more than chance.",
            "These are the rules of NHS England's Making Data Count.",
            f"With fewer than {MINIMUM_POINTS} rounds, limits and conclusions are not shown.",
        ),
        sheet="definitions",
    )
