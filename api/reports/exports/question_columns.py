"""The columns of the file of questions of an export: one line for each question of each audit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from api.documents.writers.csv import Value
from api.reports.exports.columns import IDENTITY, KEY, TEXT, WHOLE, AuditColumn
from api.reports.exports.contents import ExportedAudit, Scope
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import NOT_ASKED, NOT_ASKED_LABEL

QUESTIONS_FILE: Final = "questions.csv"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question of a counted audit, with its answer."""

    audit: ExportedAudit
    question: Question
    answer: str

    @property
    def theme(self) -> str:
        return self.audit.scope.template.theme_of(self.question.key).key

    @property
    def label(self) -> str:
        return NOT_ASKED_LABEL if self.answer == NOT_ASKED else self.question.label_of(self.answer)

    @property
    def is_applicable(self) -> bool:
        return self.answer != NOT_ASKED and self.question.is_applicable(self.answer)


@dataclass(frozen=True, slots=True)
class QuestionColumn:
    """A column with a value for each question."""

    name: str
    kind: str
    meaning: str
    value: Callable[[AskedQuestion], Value]
    values: Callable[[Scope], str] = lambda _: ""


QUESTION_COLUMNS: Final = (
    QuestionColumn("theme_key", KEY, "The theme that the question belongs to.", lambda each: each.theme),
    QuestionColumn("theme", TEXT, "The theme's label.", lambda each: each.audit.scope.template.theme(each.theme).label),
    QuestionColumn("question_key", KEY, "The question.", lambda each: each.question.key),
    QuestionColumn("question", TEXT, "The text of the question.", lambda each: each.question.text),
    QuestionColumn(
        "kind",
        KEY,
        "The type of answer.",
        lambda each: each.question.kind.value,
        lambda _: "; ".join(f"{kind.value}: {kind.label}" for kind in QuestionKind),
    ),
    QuestionColumn(
        "answer",
        KEY,
        "The answer: the key of a choice, a whole number, or a month as year-month; not-evidenced, "
        "not-applicable, or not-asked if the template does not ask the question for the case.",
        lambda each: each.answer,
    ),
    QuestionColumn("answer_label", TEXT, "The answer in words.", lambda each: each.label),
    QuestionColumn(
        "standard",
        TEXT,
        "The answers that meet the standard; empty for a question without a standard.",
        lambda each: each.question.standard_in_words,
    ),
    QuestionColumn(
        "applicable",
        WHOLE,
        "1 if the answer is in the denominator of a share, otherwise 0.",
        lambda each: int(each.is_applicable),
        lambda _: "0; 1",
    ),
    QuestionColumn(
        "meets_standard",
        WHOLE,
        "1 if an applicable answer meets the standard, otherwise 0; empty if not applicable. A question's share "
        "meeting the standard is the mean of this column.",
        lambda each: int(each.question.meets_standard(each.answer)) if each.is_applicable else None,
        lambda _: "0; 1",
    ),
)
COLUMNS_OF_QUESTIONS: Final[tuple[AuditColumn | QuestionColumn, ...]] = (*IDENTITY, *QUESTION_COLUMNS)


def lines_of_questions(audit: ExportedAudit) -> Iterator[list[Value]]:
    """A line for each question of an audit, without what says which audit it is."""
    for question in audit.scope.template.questions:
        if question.key in audit.questions:
            asked = AskedQuestion(audit, question, audit.questions[question.key])
            yield [column.value(asked) for column in QUESTION_COLUMNS]
