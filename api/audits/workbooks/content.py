"""What a sheet of an audit holds: its parts, each saved as a whole, with their cells."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.audits.actions import ReadAudit
from api.audits.parts import text_label
from api.audits.scoring.text_boxes import text_boxes
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.scoring import overall_choices, overall_label
from checklists.audits.sources import AnswerSource
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import RESERVED_LABELS
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import Theme
from models import AuditMode

# The columns of a row that people fill in.
ANSWER, TEXT, IMPACT, EVIDENCE, SOURCES, KEEP = "answer", "text", "impact", "evidence", "sources", "keep"
COLUMNS: Final = (ANSWER, TEXT, IMPACT, EVIDENCE, SOURCES, KEEP)
CASE, CONCLUSION, WHOLE = "case", "conclusion", "whole"
SYNOPSIS, MINUTES, MODE, OVERALL, CAP_REASON = "synopsis", "minutes", "mode", "overall", "cap_reason"
SOURCE_LABELS: Final[Mapping[str, str]] = {source.value: source.label for source in AnswerSource}

# A cell by its row and column, and what it holds: keys, and texts with line feeds and no white space at their end.
Cells = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet. `choices`: what its answer may be, by the key that is stored; None for an answer that is
    typed. `columns`: the ones that a person fills in. `guidance`: what is beside it.
    """

    key: str
    asked: str
    columns: Sequence[str]
    guidance: str = ""
    choices: Mapping[str, str] | None = None
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What is saved together, and compared with what was saved meanwhile: a theme with its questions, the case, the
    conclusion, or what is said of the whole audit. `key`: "theme/voice", or one of CASE, CONCLUSION and WHOLE.
    """

    key: str
    label: str
    rows: tuple[SheetRow, ...]
    theme: Theme | None = field(default=None, compare=False)

    def cells(self) -> Iterator[tuple[str, str]]:
        """The row and column of every cell that holds something to save."""
        yield from ((row.key, column) for row in self.rows for column in row.columns if column != KEEP)


def row_of_theme(theme: str) -> str:
    return f"theme/{theme}"


def row_of_question(question: str) -> str:
    return f"question/{question}"


def row_of_fact(fact: str) -> str:
    return f"fact/{fact}"


def mark_of(part: Part, cells: Cells) -> str:
    """A digest of what a part holds, by which a change is seen."""
    held = [cells.get(cell, "") for cell in part.cells()]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:16]


def as_typed(text: str) -> str:
    """A stored text as a cell returns it unchanged."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def parts_of(template: TemplateContent) -> list[Part]:
    """The parts of the sheet of an audit, in order."""
    parts = [_part_of_theme(template, theme) for theme in template.themes]
    facts = [
        SheetRow(
            row_of_fact(fact.key),
            fact.title,
            (ANSWER,),
            fact.hint,
            {choice.key: choice.label for choice in fact.offered},
        )
        for fact in template.case_facts
    ]
    if template.further.synopsis:
        facts.append(SheetRow(SYNOPSIS, "Synopsis of the case", (TEXT, KEEP), "150 words at most."))
    if facts:
        parts.insert(0, Part(CASE, "The case", tuple(facts)))
    concluded = [SheetRow(part.value, part.label, (TEXT, KEEP)) for part in ConclusionPart]
    if template.further.minutes:
        concluded.append(SheetRow(MINUTES, "Minutes spent on the audit", (ANSWER,)))
    parts.append(Part(CONCLUSION, "Conclusion", tuple(concluded)))
    parts.append(Part(WHOLE, "The whole audit", tuple(_rows_of_whole(template))))
    return parts


def _rows_of_whole(template: TemplateContent) -> Iterator[SheetRow]:
    yield SheetRow(MODE, "How the audit was done", (ANSWER,), choices={mode.value: mode.label for mode in AuditMode})
    choices = {overall: overall_label(template, overall) for overall in overall_choices(template)}
    if choices:
        chooses = template.overall_rule.auditor_chooses
        said = "Choose it, with a reason." if chooses else "Leave empty to keep the calculated one. Else give a reason."
        yield SheetRow(OVERALL, "Overall judgement", (ANSWER, TEXT, KEEP), said, choices)
        yield SheetRow(CAP_REASON, "Reason for a better judgement than a limit allows", (TEXT, KEEP))


def _part_of_theme(template: TemplateContent, theme: Theme) -> Part:
    asked = {box.name for box in text_boxes(template) if box.is_ever_asked}
    columns = [ANSWER, TEXT]
    columns += [name for name in (IMPACT, EVIDENCE) if name in asked]
    columns += [SOURCES] if template.further.sources else []
    answers = {answer: template.scale.label(answer) for answer in template.scale.answers}
    head = SheetRow(
        row_of_theme(theme.key),
        "\n".join((theme.label, *(f"• {prompt}" for prompt in theme.prompts))),
        (*columns, KEEP),
        _guidance(template, theme),
        answers,
        is_heading=True,
    )
    questions = [
        SheetRow(row_of_question(question.key), question.text, (ANSWER,), question.hint, _choices(question))
        for question in theme.questions
    ]
    return Part(row_of_theme(theme.key), theme.label, (head, *questions), theme)


def _guidance(template: TemplateContent, theme: Theme) -> str:
    """The descriptor of every rating, and what else helps to choose."""
    lines = [
        f"{rating.label}: {text}"
        for rating in (template.scale.ratings if template.graded else ())
        if (text := theme.descriptors.get(rating.key) or rating.description)
    ]
    if theme.where_to_look:
        lines.append(f"Where to look: {theme.where_to_look}")
    if theme.not_applicable_when:
        lines.append(f"Not applicable: {theme.not_applicable_when}")
    return "\n".join(lines)


def _choices(question: Question) -> Mapping[str, str] | None:
    if not question.kind.is_chosen:
        return None
    choices = {choice.key: choice.label for choice in question.offered}
    return choices | {key: label for key, label in RESERVED_LABELS.items() if question.is_answer(key)}


def typed_hint(question: Question) -> str:
    """What is entered where an answer is typed."""
    other = "Not evidenced or Not applicable" if question.not_applicable else "Not evidenced"
    what = "A month, such as 2026-03" if question.kind is QuestionKind.MONTH else "A whole number"
    return f"{what}, or {other}."


def stored_cells(found: ReadAudit) -> dict[tuple[str, str], str]:
    """What is saved of an audit now, by cell."""
    cells: dict[tuple[str, str], str] = {}
    for theme, score in found.scores.items():
        row = row_of_theme(theme)
        cells[row, ANSWER], cells[row, SOURCES] = score.answer, score.sources
        cells[row, TEXT] = as_typed(score.rationale)
        cells[row, IMPACT], cells[row, EVIDENCE] = as_typed(score.impact), as_typed(score.evidence)
    for question, answer in found.question_answers.items():
        cells[row_of_question(question), ANSWER] = answer
    for fact, choice in found.case.chosen.items():
        cells[row_of_fact(fact), ANSWER] = choice
    cells[SYNOPSIS, TEXT] = as_typed(found.case.synopsis)
    for part in ConclusionPart:
        cells[part.value, TEXT] = as_typed(found.conclusion.texts.get(part, ""))
    cells[MINUTES, ANSWER] = "" if found.conclusion.minutes is None else str(found.conclusion.minutes)
    audit = found.audit
    cells[MODE, ANSWER], cells[OVERALL, ANSWER] = audit.mode.value, audit.overall_override
    cells[OVERALL, TEXT], cells[CAP_REASON, TEXT] = as_typed(audit.override_reason), as_typed(audit.cap_reason)
    return {cell: text for cell, text in cells.items() if text}


def column_labels(template: TemplateContent) -> dict[str, str]:
    """The heading of each column."""
    return {
        ANSWER: "Answer",
        TEXT: "Rationale or text",
        IMPACT: text_label(template, "impact"),
        EVIDENCE: text_label(template, "evidence"),
        SOURCES: "Sources",
        KEEP: "Names in the texts",
    }
