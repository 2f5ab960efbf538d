"""The fields of questions on a form: what was shown, what was posted, and which answers each waits for on the page."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from api.audits.actions import ReadAudit
from api.foundation.pages.forms import TypedForm
from checklists.audits.asking import answers_waited_for
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import RESERVED_LABELS
from checklists.templates.template import Theme


@dataclass(frozen=True, slots=True)
class QuestionField:
    """The field of one question. `chosen`: a choice, or "not evidenced" or "not applicable"; `typed`: a number or the
    month, and `year` the year of a month, as they were typed. `was`: the answer that the page was filled with.
    """

    question: Question
    chosen: str = ""
    typed: str = ""
    year: str = ""
    was: str = ""

    @property
    def is_as_shown(self) -> bool:
        return self.answer == self.was

    @property
    def name(self) -> str:
        return f"questions/{self.question.key}"

    @property
    def answer(self) -> str:
        """The answer as it is stored; an entry that is no answer is kept as it was typed."""
        if self.question.kind is QuestionKind.MONTH:
            plain = f"{self.year}-{self.typed.zfill(2)}" if self.typed or self.year else ""
        else:
            plain = self.typed.lstrip("0") or "0" if self.typed.isdecimal() else self.typed
        return " ".join(part for part in (plain, self.chosen) if part)

    @property
    def shown(self) -> str:
        """The answer for people to read, even if it is not a valid answer."""
        if not self.answer:
            return "No answer"
        return self.question.label_of(self.answer) if self.question.is_answer(self.answer) else self.answer

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The names and values that the field posts."""
        values = {self.name: self.chosen, f"{self.name}-typed": self.typed, f"{self.name}-year": self.year}
        return tuple((name, value) for name, value in values.items() if value)


def stored_field(question: Question, answer: str) -> QuestionField:
    """The field with a stored answer; "" for none."""
    if not answer or question.kind.is_chosen or answer in RESERVED_LABELS:
        return QuestionField(question, chosen=answer, was=answer)
    if question.kind is QuestionKind.MONTH:
        year, month = answer.split("-")
        return QuestionField(question, typed=month.lstrip("0"), year=year, was=answer)
    return QuestionField(question, typed=answer, was=answer)


def typed_field(form: TypedForm, question: Question, was: str) -> QuestionField:
    """The field as it was posted. Of several ticks none is lost: together they are no answer."""
    name = f"questions/{question.key}"
    typed, year = (form.text(f"{name}-{part}").strip() for part in ("typed", "year"))
    return QuestionField(question, " ".join(form.texts(name)), typed, year, was)


@dataclass(frozen=True, slots=True)
class QuestionsOfPage:
    """What a page shows of the questions of its themes.

    `waits`: for each theme and question that a page can ask, which answers on the page it waits for, as JSON for the
    script: a list of questions with the answers of each. What is not in it is not asked, whatever the page is answered.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    # The reason why each would not be asked, also for what is asked.
    conditions: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, str] = field(default_factory=dict)

    def is_possible(self, key: str) -> bool:
        return key in self.waits


def questions_of_page(found: ReadAudit, themes: Iterable[Theme], typed: Mapping[str, str]) -> QuestionsOfPage:
    """What a page with these themes asks. `typed`: answers on the page that are not saved yet."""
    asking = found.asking.with_answers(typed) if typed else found.asking
    here = {question.key for theme in themes for question in theme.questions}
    waits = answers_waited_for(found.template, asking.case, here)
    as_json = {key: json.dumps([[each.question, list(each.answers)] for each in parts]) for key, parts in waits.items()}
    without = found.asking.with_answers(dict.fromkeys(here, "")).asked.reasons
    return QuestionsOfPage(asking.asked.reasons, without, as_json)
