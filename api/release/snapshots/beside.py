"""What a snapshot shows beside the themes: the children, the questions, recorded views, sources and barriers."""

from collections.abc import Iterator, Sequence
from typing import Final

from api.documents.document import NOTHING, Cell, Column, Section, Table, count, share_of, text
from api.release.snapshots.columns import BETWEEN, CANNOT_BE_TOLD, CONCEALED, ends_in_words
from api.release.snapshots.queries import ReleasedReport
from api.reports.gaps.columns import APPLICABLE, MEETS, interval
from api.reports.questions.sections import ANSWERS_SHEET, QUESTION, QUESTIONS_SHEET
from checklists.release.beside import MEETS as MEETING
from checklists.release.beside import WITH_VIEW, YES, BesideKind, ReleasedBeside, not_released
from checklists.templates.questions import Question
from checklists.templates.scale import NOT_EVIDENCED, RESERVED_LABELS

WHOLE_ONLY: Final = (
    "Questions, facts, recorded views, sources and barriers are released for all audits together, never by part. "
    "Questions asked only for some cases are not released. For answers that are a number or a month, only the share "
    "that meets a standard is released."
)
_SHARE: Final = (
    Column(BETWEEN, numeric=True),
    Column("95% interval", numeric=True),
)


def children(report: ReleasedReport) -> list[Section]:
    """The facts about the cases: a row for each choice; none in a snapshot without them."""
    facts = _of_kind(report, BesideKind.FACT)
    if not facts:
        return []
    words = report.template.own_words
    units = f"{words.units[:1].upper()}{words.units[1:]}"
    rows = tuple(
        (text(each.column.fact.title), text(choice.label), *_share_cells(each, choice.key))
        for each in facts
        if each.column.fact is not None
        for choice in each.column.fact.offered
    )
    columns = (
        Column("Fact"),
        Column("Answer"),
        Column(units, numeric=True),
        Column("Share of all", numeric=True),
        *_SHARE,
    )
    table = Table("children", f"{units} counted, by facts about the case", columns, rows)
    return [Section(f"The {words.subjects}", table=table)]


def questions(report: ReleasedReport) -> list[Section]:
    """A table of the questions of each theme, one of answers that have no standard, and what is not released."""
    found = _of_kind(report, BesideKind.QUESTION)
    if not found:
        return []
    sections = []
    by_key = {each.column.key: each for each in found}
    for theme in report.template.themes:
        own = [by_key[each.key] for each in theme.questions if each.key in by_key]
        measured = [each for each in own if each.column.is_measured]
        if measured:
            table = _measured(f"questions-{theme.key}", f"Answers to the questions of {theme.label}", measured)
            sections.append(Section(f"Questions: {theme.label}", table=table, sheet=QUESTIONS_SHEET))
    described = [each for each in found if not each.column.is_measured]
    if described:
        sections.append(_described(described))
    left = not_released(report.template)
    if left:
        sections.append(
            Section(
                "Questions that are not released",
                paragraphs=(
                    "These are asked only for some cases, or are answered with a number or month and have no standard.",
                ),
                points=tuple(question.text for question in left),
                sheet=QUESTIONS_SHEET,
            )
        )
    return sections


_RECORDED: Final = (
    (BesideKind.FAMILY, WITH_VIEW, "Views of at least 1 family member recorded"),
    (BesideKind.CONVERSATION, YES, "Conversation with the practitioner recorded"),
    (BesideKind.SOURCES, YES, "At least 1 answer rests only on what the practitioner or the family said"),
)


def recorded(report: ReleasedReport) -> list[Section]:
    """In how many audits views of the family and of the practitioner were recorded, and answers have no other source;
    and which barriers to the work were named. A snapshot without them has no table.
    """
    rows = [
        (text(words), *_share_cells(each, name)) for kind, name, words in _RECORDED for each in _of_kind(report, kind)
    ]
    barriers = [(text(each.column.label), *_share_cells(each, YES)) for each in _of_kind(report, BesideKind.OBSTACLE)]
    return [
        *_of_audits(
            "family-views", "Views recorded", "Whose views were recorded, and answers that rest on them alone", rows
        ),
        *_of_audits("barriers", "Barriers to the work", "Barriers that audits named", barriers),
    ]


def _of_audits(key: str, heading: str, caption: str, rows: Sequence[tuple[Cell, ...]]) -> list[Section]:
    """A table of statements with the number of audits of which each is true; none without rows."""
    if not rows:
        return []
    columns = (
        Column(heading),
        Column("Audits", numeric=True),
        Column("Share of all audits", numeric=True),
        *_SHARE,
    )
    return [Section(heading, table=Table(key, caption, columns, tuple(rows)), sheet=QUESTIONS_SHEET)]


def _of_kind(report: ReleasedReport, kind: BesideKind) -> list[ReleasedBeside]:
    return [each for each in report.beside if each.column.kind is kind]


def _measured(key: str, caption: str, found: Sequence[ReleasedBeside]) -> Table:
    columns = (
        Column(QUESTION),
        Column("Standard"),
        Column("Answers meeting", numeric=True),
        Column(MEETS, numeric=True),
        *_SHARE,
        Column(APPLICABLE, numeric=True),
    )
    rows = []
    for each, question in _of_questions(found):
        applicable = CONCEALED if each.applicable is None else count(each.applicable)
        rows.append((text(question.text), text(question.standard_in_words), *_share_cells(each, MEETING), applicable))
    return Table(key, caption, columns, tuple(rows))


def _of_questions(found: Sequence[ReleasedBeside]) -> Iterator[tuple[ReleasedBeside, Question]]:
    """What is released of each question, with the question."""
    return ((each, each.column.question) for each in found if each.column.question is not None)


def _described(found: Sequence[ReleasedBeside]) -> Section:
    columns = (
        Column(QUESTION),
        Column("Answer"),
        Column("Audits", numeric=True),
        Column("Share of applicable", numeric=True),
        *_SHARE,
    )
    rows = []
    for each, question in _of_questions(found):
        labels = {choice.key: choice.label for choice in question.offered}
        labels[NOT_EVIDENCED] = RESERVED_LABELS[NOT_EVIDENCED]
        rows += [(text(question.text), text(labels[name]), *_share_cells(each, name)) for name in each.column.counted]
    table = Table("question-answers", "Answers to questions without a standard", columns, tuple(rows))
    return Section("Answers to questions without a standard", table=table, sheet=ANSWERS_SHEET)


def _share_cells(found: ReleasedBeside, name: str) -> tuple[Cell, Cell, Cell, Cell]:
    """The number, its share, what the true share lies between, and the interval."""
    share = found.share(name)
    if share is None:
        return CONCEALED, CONCEALED, text(CANNOT_BE_TOLD), NOTHING
    return (
        count(share.number),
        share_of(share.number, share.applicable),
        text(ends_in_words(share.between)),
        text(interval(share.interval)),
    )
