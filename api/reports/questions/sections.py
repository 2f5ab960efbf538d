"""The questions of a report as sections: a table for each theme, every answer, by a breakdown, and compliance."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from api.documents.document import FEW_CASES, NOTHING, Cell, Column, Section, Table, count, share_of, text
from api.reports.gaps.columns import APPLICABLE, MEETS, interval
from api.reports.gaps.queries import GapReport, Group
from api.reports.questions.sentences import answer_label, answers_in_words, number_in_words, question_sentence
from api.reports.sentences import lowered
from checklists.reports.questions import ComplianceShare, QuestionCounts
from checklists.templates.asks import ComplianceBand
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import Theme

QUESTIONS_SHEET: Final = "questions"
# What programs read whole, and people unfold.
ANSWERS_SHEET: Final = "answers"
QUESTION: Final = "Question"
COUNTED: Final = (
    "Questions: not evidenced is applicable and does not meet the standard. Not applicable is excluded. Not "
    "asked, which means that the template does not ask the question for the case, is also excluded."
)
SPREAD: Final = (
    "Median: half of the numbers are no larger than this. The middle half of the numbers is between the "
    "quartiles. Quartiles are not shown for fewer than 5 numbers. The smallest and largest are not shown for "
    "fewer than 10."
)


def question_sections(report: GapReport, group: Group, *, key: str = "questions") -> list[Section]:
    """A section for each theme with questions, then the compliance percentage; none without questions."""
    if not group.questions:
        return []
    by_theme = _by_theme(report.template, group.questions)
    sections = [_theme(report.template, theme, found, key=key) for theme, found in by_theme]
    if group.compliance is not None:
        sections.append(compliance_section(report.template, group.compliance))
    return sections


def _theme(template: TemplateContent, theme: Theme, found: Sequence[QuestionCounts], *, key: str) -> Section:
    return Section(
        f"Questions: {theme.label}",
        points=tuple(question_sentence(each, template.own_words) for each in found),
        table=_table(template, theme, found, key=f"{key}-{theme.key}"),
        sheet=QUESTIONS_SHEET,
    )


def _table(template: TemplateContent, theme: Theme, found: Sequence[QuestionCounts], *, key: str) -> Table:
    """A row for each question; what no question of the theme has is no column."""
    columns: list[tuple[Column, Callable[[QuestionCounts], Cell]]] = [
        (Column(QUESTION), lambda each: text(each.question.text)),
    ]
    if any(each.meeting is not None for each in found):
        columns += [
            (Column("Standard"), lambda each: text(each.question.standard_in_words)),
            (Column(MEETS, numeric=True), _meets),
            (Column("95% interval", numeric=True), lambda each: text(interval(each.meeting_interval))),
            (
                Column("Answers meeting", numeric=True),
                lambda each: NOTHING if each.meeting is None else count(each.meeting),
            ),
        ]
    columns.append((Column(APPLICABLE, numeric=True), lambda each: count(each.applicable)))
    columns.append((Column("Answers"), lambda each: text(answers_in_words(each))))
    columns.append((Column("Not evidenced", numeric=True), lambda each: count(each.number(NOT_EVIDENCED))))
    if any(NOT_APPLICABLE in each.counts for each in found):
        columns.append((Column("Not applicable", numeric=True), lambda each: count(each.number(NOT_APPLICABLE))))
    if template.has_conditions:
        columns.append((Column("Not asked", numeric=True), lambda each: count(each.number(NOT_ASKED))))
    rows = tuple(tuple(cell(each) for _, cell in columns) for each in found)
    return Table(key, f"Answers to the questions of {theme.label}", tuple(head for head, _ in columns), rows)


def _meets(found: QuestionCounts) -> Cell:
    return NOTHING if found.meeting is None else share_of(found.meeting, found.applicable)


def every_answer(group: Group) -> Section | None:
    """How often each answer to each question was given, a row each; None without questions."""
    if not group.questions:
        return None
    rows = tuple(
        (
            text(found.question.text),
            text(answer_label(found.question, answer)),
            count(number),
            NOTHING if answer in {NOT_APPLICABLE, NOT_ASKED} else share_of(number, found.applicable),
        )
        for found in group.questions
        for answer, number in found.counts.items()
    )
    columns = (
        Column(QUESTION),
        Column("Answer"),
        Column("Audits", numeric=True),
        Column("Share of applicable", numeric=True),
    )
    return Section(
        "All answers to all questions",
        table=Table("every-answer", "Counted audits by question and answer", columns, rows),
        sheet=ANSWERS_SHEET,
    )


def questions_in_words(report: GapReport) -> Iterator[Section]:
    """The sentences of every question, or their table by group, for where there is little room."""
    if report.split_by_nothing:
        for group in report.groups:
            if group.questions:
                said = tuple(question_sentence(each, report.template.own_words) for each in group.questions)
                compliance = () if group.compliance is None else (compliance_sentence(group.compliance),)
                yield Section("Questions", points=(*said, *compliance), sheet=QUESTIONS_SHEET)
    elif (by_group := questions_by_group(report)) is not None:
        yield by_group


def question_definitions(template: TemplateContent) -> tuple[str, ...]:
    """How figures of questions are worked out; nothing for a template without questions."""
    return (COUNTED, SPREAD) if template.questions else ()


def compliance_section(template: TemplateContent, found: ComplianceShare) -> Section:
    """The compliance percentage with its band, and what the bands are."""
    return Section(
        "Compliance",
        paragraphs=(compliance_sentence(found),),
        points=tuple(f"{band.label}: {band.at_least}% or more" for band in _bands(template)),
        sheet=QUESTIONS_SHEET,
    )


def compliance_sentence(found: ComplianceShare) -> str:
    """The percentage, always with the numbers that it is made of."""
    if found.share is None:
        return "No question with a standard has an applicable answer yet."
    share = share_of(found.meeting, found.applicable, digits=1, few=True).text
    band = f": {found.band}" if found.band else ""
    return (
        f"Compliance {share}{band}. Compliance is the share of all applicable answers to questions that meet "
        "the question’s standard."
    )


def _bands(template: TemplateContent) -> tuple[ComplianceBand, ...]:
    return () if template.compliance is None else template.compliance.bands


def questions_by_group(split: GapReport) -> Section | None:
    """Every question in every group of a breakdown; None without questions or groups."""
    if not any(group.questions for group in split.groups):
        return None
    label = split.split_label
    rows = [
        (text(said), *(cell(group.questions[place]) for group in split.groups))
        for place, found in enumerate(split.groups[0].questions)
        for said, cell in measures(found)
    ]
    if split.template.compliance is not None:
        rows.append((text("Compliance, all questions"), *(_compliance(group) for group in split.groups)))
    columns = (Column(QUESTION), *(Column(f"{group.label} ({group.audits:,})", numeric=True) for group in split.groups))
    table = Table(
        f"questions-by-{split.breakdown.value}", f"Answers to questions by {lowered(label)}", columns, tuple(rows)
    )
    words = "Share of applicable answers, or the median for numbers. The number of audits is next to each heading."
    return Section(f"Questions by {lowered(label)}", paragraphs=(words, *split.notes), table=table, sheet="breakdowns")


def _compliance(group: Group) -> Cell:
    found = group.compliance
    return NOTHING if found is None else share_of(found.meeting, found.applicable, few=True)


def measures(found: QuestionCounts) -> Iterator[tuple[str, Callable[[QuestionCounts], Cell]]]:
    """What of a question can be set side by side for several sets of audits: its name, and its cell for one of them.

    The share that meets the standard; without one, the share of each choice. Of numbers the median, too.
    """
    question = found.question
    if found.meeting is not None:
        yield f"{question.text} {question.standard_in_words}", _meets
    elif question.kind.is_chosen:
        for choice in question.offered:
            yield f"{question.text} {choice.label}", _share_of_answer(choice.key)
    if found.numbers is not None or question.kind.is_number:
        yield f"{question.text} Median", _median


def _share_of_answer(answer: str) -> Callable[[QuestionCounts], Cell]:
    return lambda found: share_of(found.number(answer), found.applicable)


def _median(found: QuestionCounts) -> Cell:
    return NOTHING if found.numbers is None else text(_few(found.numbers.median, found.numbers.n))


def _few(median: Fraction, n: int) -> str:
    return f"{number_in_words(median)} (of {n})" if n < FEW_CASES else number_in_words(median)


def _by_theme(template: TemplateContent, found: Sequence[QuestionCounts]) -> list[tuple[Theme, list[QuestionCounts]]]:
    by_key = {each.question.key: each for each in found}
    return [
        (theme, [by_key[question.key] for question in theme.questions]) for theme in template.themes if theme.questions
    ]
