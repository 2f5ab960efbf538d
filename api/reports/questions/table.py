"""Every answer to every question of a gap report as one table for programs."""

from api.documents.document import NOTHING, Cell, Column, Table, plain_count, plain_decimal, plain_percent, text
from api.reports.gaps.queries import GapReport
from api.reports.questions.sentences import answer_label
from checklists.reports.questions import QuestionCounts

_HEADS = (
    *("Rounds", "Theme", "Question", "Text", "Kind", "Answer", "Answer in words", "Audits", "Asked", "Applicable"),
    *("Answers meeting", "Meets the standard (%)", "95% interval from (%)", "95% interval to (%)"),
    *("Median", "Lower quartile", "Upper quartile"),
)


def questions_table(report: GapReport) -> Table:
    """A row for each answer, with the figures of its question in every one. Shares are percentages, one decimal."""
    rounds = text("; ".join(audit_round.title for audit_round in report.rounds))
    rows = tuple(
        (rounds, text(group.label), *row)
        for group in report.groups
        for found in group.questions
        for row in _rows(report, found)
    )
    heads = (_HEADS[0], report.split_label, *_HEADS[1:])
    return Table("questions", "Answers to questions", tuple(map(Column, heads)), rows)


def _rows(report: GapReport, found: QuestionCounts) -> list[tuple[Cell, ...]]:
    question = found.question
    ends = found.meeting_interval or (None, None)
    summary = found.numbers
    quartiles = (None, None) if summary is None or summary.quartiles is None else summary.quartiles
    head = (report.template.theme_of(question.key).key, question.key, question.text, question.kind.value)
    figures = (
        plain_count(found.asked),
        plain_count(found.applicable),
        NOTHING if found.meeting is None else plain_count(found.meeting),
        plain_percent(found.share_meeting),
        *map(plain_percent, ends),
        plain_decimal(None if summary is None else summary.median),
        *map(plain_decimal, quartiles),
    )
    return [
        (*map(text, (*head, answer, answer_label(question, answer))), plain_count(number), *figures)
        for answer, number in found.counts.items()
    ]
