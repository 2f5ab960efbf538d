"""The answers to one item of a response as the value that an audit has for it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.fhir import names
from api.fhir.resources import Coding, Element
from api.fhir.responses.resources import ResponseAnswer, ResponseItem
from api.fhir.responses.texts import exact_text
from api.fhir.weights import weights_in

_VALUES: Final = {
    "choice": "value_coding",
    "text": "value_string",
    "integer": "value_integer",
    "date": "value_date",
    "boolean": "value_boolean",
}
_WANTED: Final = {
    "choice": "Answer this with a valueCoding.",
    "text": "Answer this with a valueString.",
    "integer": "Answer this with a valueInteger.",
    "date": "Answer this with a valueDate.",
    "boolean": "Answer this with a valueBoolean.",
}
_ALL_VALUES: Final = (*_VALUES.values(), "no_integer", "no_date")
_MONTH, _DAY = re.compile(r"[0-9]{4}-[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class AnswerFault(Exception):
    """What is wrong with the answers to one item, in words."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value in an audit, and in words what the answers say that is not recorded."""

    content: Any
    not_recorded: tuple[str, ...] = ()


def value_of(item: ResponseItem, asked: Mapping[str, Any]) -> Value:
    """The value of an item that has answers. `asked`: the item of the questionnaire. Raises AnswerFault."""
    many = asked.get("repeats", False)
    if len(item.answer) > 1 and not many:
        raise AnswerFault("Give one answer.")
    values = [_value_of(answer, asked) for answer in item.answer]
    contents = [value.content for value in values]
    if many and len(set(contents)) < len(contents):
        raise AnswerFault("Give each answer once.")
    notes = tuple(words for value in values for words in value.not_recorded)
    return Value(contents if many else contents[0], notes)


def _value_of(answer: ResponseAnswer, asked: Mapping[str, Any]) -> Value:
    kind = asked["type"]
    given = [name for name in _ALL_VALUES if getattr(answer, name) is not None]
    notes = ("An extension that an audit does not have is not recorded.",) if answer.extension else ()
    if kind in {"integer", "date"} and given == [f"no_{kind}"]:
        return Value(_absent(getattr(answer, f"no_{kind}"), kind), notes)
    if given != [_VALUES.get(kind, "")] or (answer.beside_string is not None and kind != "text"):
        raise AnswerFault(_WANTED.get(kind, "This has no answer."))
    value = getattr(answer, given[0])
    if kind == "choice":
        return Value(_code(value, asked), (*notes, *_notes_on(value, asked)))
    if kind == "text":
        return Value(_text(answer), notes)
    if kind == "date":
        is_month = any(each.get("valueString") == names.MONTH_FORMAT for each in asked.get("extension", ()))
        if (_MONTH if is_month else _DAY).fullmatch(value) is None:
            raise AnswerFault("Enter a month, such as 2026-03." if is_month else "Enter a date, such as 2026-11-23.")
    # A question is answered in words, also where it asks for a number; the minutes of an audit are a number.
    is_question = kind == "integer" and any(each["url"] == names.MIN_VALUE for each in asked.get("extension", ()))
    return Value(str(value) if is_question else value, notes)


def _text(answer: ResponseAnswer) -> str:
    text = exact_text(answer.value_string or "", answer.beside_string)
    if text is None:
        raise AnswerFault("The exact text beside this text is not the same text.")
    if not text:
        raise AnswerFault("Leave out a text that is empty.")
    return text


def _absent(element: Element, kind: str) -> str:
    """Not evidenced or not applicable, where a question asks for a number or a month."""
    reasons = {reason: answer for answer, reason in names.ABSENT_REASONS.items()}
    said = [each.value_code for each in element.extensions(names.DATA_ABSENT)]
    others = element.unread or len(element.extension) > 1 or any(each.says_more for each in element.extension)
    if len(said) != 1 or said[0] not in reasons or others:
        raise AnswerFault(
            f"{_WANTED[kind]} If there is none, its data-absent-reason must be one of: {', '.join(reasons)}."
        )
    return reasons[said[0]]


def _option(coding: Coding, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for option in asked["answerOption"]:
        own = option["valueCoding"]
        if own["code"] == coding.code and coding.system in (None, own["system"]):
            return dict(option)
    return None


def _code(coding: Coding, asked: Mapping[str, Any]) -> str:
    option = _option(coding, asked)
    if option is None or coding.code is None:
        raise AnswerFault("Select one of the answers of the questionnaire, by its system and code.")
    own = {each["valueDecimal"] for each in option.get("extension", ()) if each["url"] in names.WEIGHTS}
    if not own.issuperset(weights_in(coding)):
        raise AnswerFault("The weight of this answer is not that of the questionnaire.")
    if coding.unread or any(each.says_more for each in coding.extension if each.url in names.WEIGHTS):
        raise AnswerFault("A coding has a system, a code, a display and a weight, and nothing else.")
    return coding.code


def _notes_on(coding: Coding, asked: Mapping[str, Any]) -> Iterator[str]:
    option = _option(coding, asked)
    if option is not None and coding.display not in (None, option["valueCoding"]["display"]):
        yield "The display of this answer is not that of the questionnaire. The code was recorded."
    if any(each.url not in names.WEIGHTS for each in coding.extension):
        yield "An extension that an audit does not have is not recorded."
