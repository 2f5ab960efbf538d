"""Lines of answers beside the grades of many audits, coded so that any groups of them are counted quickly."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from checklists.reports.beside import BETWEEN

# With more different answers than this, one pass that counts them all is faster than a pass for each.
_MANY: Final = 40


@dataclass(frozen=True, slots=True)
class CodedLines:
    """One coded text for each line, in their order; "" for an empty line, which counts nowhere.

    A coded text has one character for each key, so that the answers to one key are a stride through many texts.
    """

    keys: tuple[str, ...]
    texts: tuple[str, ...]
    # For each key: the answer that each character stands for.
    answers: tuple[Mapping[str, str], ...]

    def tally(self, texts: Iterable[str]) -> dict[tuple[str, str], int]:
        """How many of these coded texts give each key each answer; pairs that do not occur are left out."""
        together = "".join(texts)
        found: dict[tuple[str, str], int] = {}
        for place, (key, answers) in enumerate(zip(self.keys, self.answers, strict=True)):
            column = together[place :: len(self.keys)]
            numbers: Mapping[str, int] = (
                Counter(column) if len(answers) > _MANY else {code: column.count(code) for code in answers}
            )
            found |= {(key, answers[code]): number for code, number in numbers.items() if number}
        return found

    def column(self, key: str) -> list[str | None]:
        """The answer of every line to one key, in their order; None for an empty line. ValueError for another key."""
        place = self.keys.index(key)
        answers = self.answers[place]
        return [answers[text[place]] if text else None for text in self.texts]


class _Codes(dict[str, str]):
    """A character for each answer, the next one for an answer that has none yet."""

    def __missing__(self, answer: str) -> str:
        return self.setdefault(answer, chr(len(self)))


def code_lines(keys: Sequence[str], lines: Sequence[str]) -> CodedLines:
    """Code lines that `encode_beside` made of these keys. ValueError for a line of another template."""
    filled = [line for line in lines if line]
    if any(line.count(BETWEEN) != len(keys) - 1 for line in filled):
        raise ValueError("a line has another number of answers than the template asks for")
    # One list for all, and a stride through it for each key.
    together = BETWEEN.join(filled).split(BETWEEN) if filled else []
    coded, answers = [], []
    for place in range(len(keys)):
        codes = _Codes()
        coded.append("".join(map(codes.__getitem__, together[place :: len(keys)])))
        answers.append({code: answer for answer, code in codes.items()})
    texts = map("".join, zip(*coded, strict=True))
    return CodedLines(tuple(keys), tuple([next(texts) if line else "" for line in lines]), tuple(answers))
