"""Questions over time: each round's answers beside those of the rounds before it."""

from typing import Final

from api.documents.document import NOTHING, Cell, Column, Section, Table, count, text
from api.reports.questions.sections import QUESTION, QUESTIONS_SHEET, measures
from api.reports.trends.chart import point_share
from api.reports.trends.labels import short_labels
from api.reports.trends.queries import Trend
from api.reports.trends.tones import VARIATION_TONES
from checklists.reports.control_charts import MINIMUM_POINTS, ControlChart, Variation

# Rounds beside each other: more would not fit on a page.
MOST_COLUMNS: Final = 8


def question_sections(found: Trend) -> list[Section]:
    """A table of what every question was answered round by round, and from enough rounds whether it has changed."""
    if len(found.rounds) == 1 or not found.questions:
        return []
    sections = [_round_by_round(found)]
    charts = [(each.question.text, each.question.standard_in_words, each.chart) for each in found.questions]
    known = [
        (f"{asked} {standard}", chart)
        for asked, standard, chart in charts
        if chart is not None and chart.variation is not Variation.NOT_ENOUGH_POINTS
    ]
    if known:
        sections.append(_changes(known))
    return sections


def _round_by_round(found: Trend) -> Section:
    labels = short_labels(found.labels)[-MOST_COLUMNS:]
    rows: list[tuple[Cell, ...]] = []
    for trend in found.questions:
        newest = trend.counts[-1]
        if newest is None:  # not so: the newest round asks each of its own questions
            continue
        shown = trend.counts[-MOST_COLUMNS:]
        rows += [
            (text(said), *(NOTHING if each is None else cell(each) for each in shown))
            for said, cell in measures(newest)
        ]
    words = (
        "Share of applicable answers, or the median for numbers. A cell is empty if a round did not ask the "
        "question or asked it differently."
    )
    more = len(found.rounds) - len(labels)
    left_out = (f"The {more} earlier rounds are not shown.",) if more > 1 else ("1 earlier round is not shown.",) * more
    columns = (Column(QUESTION), *(Column(label, numeric=True) for label in labels))
    table = Table("question-trends", "Answers to questions, round by round", columns, tuple(rows))
    return Section("Questions, round by round", paragraphs=(words, *left_out), table=table, sheet=QUESTIONS_SHEET)


def _changes(known: list[tuple[str, ControlChart]]) -> Section:
    rows = tuple(
        (
            text(said),
            point_share(chart.points[-1]),
            count(len(chart.points)),
            text(chart.variation.label, tone=VARIATION_TONES[chart.variation]),
        )
        for said, chart in known
    )
    columns = (Column(QUESTION), Column("Latest", numeric=True), Column("Rounds", numeric=True), Column("Variation"))
    return Section(
        "Questions over time",
        paragraphs=(f"Questions asked in at least {MINIMUM_POINTS} rounds, analysed in the same way as themes.",),
        table=Table("question-variation", "All questions over time", columns, rows),
        sheet=QUESTIONS_SHEET,
    )
