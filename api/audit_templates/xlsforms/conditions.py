"""Conditions of a template as expressions of an XLSForm, and those of its expressions that a template can say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from api.audit_templates.xlsforms.layout import AGE_BAND, FACT_OF, INVOLVES, STATUS
from checklists.templates.conditions import Condition

_LONGEST: Final = 5_000
_IS: Final = re.compile(r"\$\{\s*([^}\s]{1,200})\s*\}\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_HAS: Final = re.compile(r"selected\(\s*\$\{\s*([^}\s]{1,200})\s*\}\s*,\s*(?:'([^']*)'|\"([^\"]*)\")\s*\)")


@dataclass(frozen=True, slots=True)
class OneOf:
    """That a question has one of these answers; `among`: that one of them is among its several."""

    name: str
    answers: tuple[str, ...]
    among: bool = False


def is_one_of(name: str, answers: Sequence[str]) -> str:
    """The expression for a question that has one of these answers."""
    return " or ".join(f"${{{name}}} = '{answer}'" for answer in answers)


def expression_of(condition: Condition | None) -> str:
    """The condition as an expression; "" for none."""
    return " and ".join(f"({part})" for part in _parts(condition)) if condition is not None else ""


def _parts(condition: Condition) -> Iterator[str]:
    if condition.statuses:
        yield is_one_of(STATUS, condition.statuses)
    if condition.age_bands:
        yield is_one_of(AGE_BAND, condition.age_bands)
    if condition.involves:
        yield " or ".join(f"selected(${{{INVOLVES}}}, '{key}')" for key in condition.involves)
    for fact in condition.facts:
        yield is_one_of(FACT_OF + fact.fact, fact.answers)
    for answer in condition.answers:
        yield is_one_of(answer.question, answer.answers)


def read_expression(text: str) -> list[OneOf] | None:
    """What an expression asks, all of which must hold; None for one that a template cannot say."""
    if len(text) > _LONGEST:
        return None
    found = []
    for part in _split(text, "and"):
        one = _one_of(part)
        if one is None:
            return None
        found.append(one)
    return found


def _one_of(part: str) -> OneOf | None:
    options: list[OneOf] = []
    for option in _split(part, "or"):
        for pattern, among in ((_IS, False), (_HAS, True)):
            said = pattern.fullmatch(_without_brackets(option))
            if said is not None:
                options.append(OneOf(said[1], (said[2] if said[2] is not None else said[3],), among))
    first = options[0] if options else None
    if first is None or len(options) != len(_split(part, "or")):
        return None
    if any((each.name, each.among) != (first.name, first.among) for each in options):
        return None
    return OneOf(first.name, tuple(each.answers[0] for each in options), first.among)


def _split(text: str, word: str) -> list[str]:
    """The parts of an expression between a word outside brackets and quotation marks."""
    text = _without_brackets(text)
    parts, start, depth, quote = [], 0, 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth == 0 and _is_word_at(text, place, word):
            parts.append(text[start:place])
            start = place + len(word)
    return [*parts, text[start:]]


def _is_word_at(text: str, place: int, word: str) -> bool:
    after = place + len(word)
    return (
        text.startswith(word, place)
        and text[place - 1 : place].isspace()
        and (text[after : after + 1] in {" ", "\n", "("})
    )


def _without_brackets(text: str) -> str:
    """The expression without brackets around the whole of it."""
    text = text.strip()
    while text.startswith("(") and _closes_at(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes_at(text: str) -> int:
    """Where the first bracket closes; -1 where it does not."""
    depth, quote = 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return place
    return -1
