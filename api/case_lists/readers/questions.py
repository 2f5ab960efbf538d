"""Questions that only people can answer: collected while an export is read, and worded without identifying a child."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from api.case_lists.readers.cells.codes import Kind, known_meaning, plain_word
from api.case_lists.readers.cells.values import DateOrder
from api.case_lists.readers.result import Place, Question, RefusedRow
from api.documents.reading.refusals import UnreadableError
from checklists.cases import CHILDRENS_WORDS, CaseWords
from checklists.privacy.identifiers import find_identifiers

MOST_QUESTIONS: Final = 30
DATE_ORDER: Final = "date-order"
_ENOUGH_CHILDREN: Final = 5
_LONGEST_QUOTED: Final = 40
_LONG_NUMBER: Final = re.compile(r"[0-9]{4}")


@dataclass(slots=True)
class _Unknown:
    """An unknown word, and its rows."""

    text: str
    column: str
    children: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)

    @property
    def may_be_quoted(self) -> bool:
        """Whether a word may be quoted: one used for few children could be about one of them; so could a long one, or
        one with a number.
        """
        return (
            len(self.children) >= _ENOUGH_CHILDREN
            and len(self.text) <= _LONGEST_QUOTED
            and not _LONG_NUMBER.search(self.text)
            and not find_identifiers(self.text)
        )


class QuestionLog:
    """Answers given before, and open questions."""

    def __init__(self, choices: Mapping[str, str], words: CaseWords = CHILDRENS_WORDS) -> None:
        self._choices = choices
        self.words: Final = words
        self._unknown: dict[tuple[Kind, str], _Unknown] = {}
        self._asked: dict[str, Question] = {}
        self._unordered: set[str] = set()
        self._unordered_column = ""

    @property
    def date_order(self) -> DateOrder | None:
        """The order of dates that a person has given for ambiguous columns."""
        answer = self._choices.get(DATE_ORDER, "")
        return DateOrder(answer) if answer in set(DateOrder) else None

    def meaning(self, kind: Kind, text: str, *, child: str, place: Place, column: str) -> str | None:
        """The meaning of a word, as one of the options of its kind; None when it has to be asked first.

        Raises UnreadableError when a column has so many unknown words that it must be the wrong column.
        """
        word = plain_word(text)
        known = known_meaning(kind, word, self.words)
        if known is not None:
            return known
        answer = self._choices.get(_key(kind, word))
        if answer is not None and answer in kind.options(self.words):
            return answer
        unknown = self._unknown.setdefault((kind, word), _Unknown(text, column))
        unknown.children.add(child)
        unknown.places.append(place)
        if len(self._unknown) > MOST_QUESTIONS:
            raise UnreadableError(
                f"The column “{column}” contains more than {MOST_QUESTIONS} values that are not recognised. Check "
                "that this is the right column, and which values the case system exports."
            )
        return None

    def answer(self, question: Question) -> str | None:
        """The answer that a person gave; None when the question has to be asked first."""
        answer = self._choices.get(question.key)
        if answer is not None and answer in question.options:
            return answer
        self._asked.setdefault(question.key, question)
        return None

    def needs_date_order(self, child: str, column: str) -> None:
        self._unordered.add(child)
        self._unordered_column = self._unordered_column or column

    def questions(self) -> list[Question]:
        """The open questions: about sheets and rows, then dates, then words."""
        asked = list(self._asked.values())
        if self._unordered:
            asked.append(
                Question(
                    DATE_ORDER,
                    f"The dates in the column “{self._unordered_column}” do not show whether the day or the month "
                    "comes first. Which comes first?",
                    {
                        DateOrder.DAY_FIRST.value: "The day: 03/04/2026 is 3 April",
                        DateOrder.MONTH_FIRST.value: "The month: 03/04/2026 is 4 March",
                    },
                )
            )
        for (kind, word), it in self._unknown.items():
            if it.may_be_quoted:
                words = f"The column “{it.column}” contains “{it.text}”. Which {kind.label} does this mean?"
                asked.append(Question(_key(kind, word), words, kind.options(self.words)))
        return asked

    def concerned(self) -> set[str]:
        """The children whose case depends on open questions."""
        asked = (it.children for it in self._unknown.values() if it.may_be_quoted)
        return self._unordered.union(*asked)

    def refused(self) -> list[RefusedRow]:
        """The rows with an unknown word that cannot be asked about without pointing at a child."""
        words = (
            "This value is not recognised, and too few children have it to ask what it means. Correct the value "
            "in the export."
        )
        rare = (it for it in self._unknown.values() if not it.may_be_quoted)
        return [RefusedRow(place, it.column, words) for it in rare for place in it.places]


def _key(kind: Kind, word: str) -> str:
    return f"value:{kind.value}:{word}"
