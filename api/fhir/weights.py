"""The answers that a question offers, with the weight of each from every place where files have it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.fhir.names import WEIGHT_PROPERTIES, WEIGHTS
from api.fhir.resources import AnswerOption, Coding, Concept, Contained, Element, Item, Property, Questionnaire


@dataclass(frozen=True, slots=True)
class Offered:
    """One answer; `weight` is "" where it has none."""

    system: str
    code: str
    display: str
    weight: str = ""
    option: Element | None = None


class OfferedAnswers:
    """The answers of the questions of one questionnaire."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._sets = {each.id: each for each in questionnaire.contained if each.resource_type == "ValueSet"}
        self._weights = dict(_weights_of_systems(questionnaire.contained))

    def of(self, item: Item) -> list[Offered] | None:
        """What a question offers, in order; None where it is in a value set that the questionnaire does not contain."""
        if item.answer_option:
            return [self._of_option(option) for option in item.answer_option]
        if item.answer_value_set is None:
            return []
        found = self._sets.get(item.answer_value_set.removeprefix("#"))
        return None if found is None else list(self._of_set(found))

    def _of_option(self, option: AnswerOption) -> Offered:
        coding = option.value_coding
        if coding is None:
            text = option.value_string if option.value_string is not None else option.value_integer
            return Offered("", _text(text), _text(text), weight_in(option), option)
        own = weight_in(option) or weight_in(coding) or self._weight_of(coding)
        code = coding.code or coding.display or ""
        return Offered(coding.system or "", code, coding.display or code, own, option)

    def _of_set(self, found: Contained) -> Iterator[Offered]:
        listed = found.expansion.contains if found.expansion is not None else []
        if listed:
            yield from (self._of_concept(concept, concept.system or "") for concept in listed)
        elif found.compose is not None:
            for include in found.compose.include:
                yield from (self._of_concept(concept, include.system or "") for concept in include.concept)

    def _of_concept(self, concept: Concept, system: str) -> Offered:
        code = concept.code or ""
        weight = weight_in(concept) or _of_properties(concept.property) or self._weights.get((system, code), "")
        return Offered(system, code, concept.display or code, weight, concept)

    def _weight_of(self, coding: Coding) -> str:
        return self._weights.get((coding.system or "", coding.code or ""), "")


def _weights_of_systems(contained: Sequence[Contained]) -> Iterator[tuple[tuple[str, str], str]]:
    """The weights that code systems and value sets in the questionnaire give their codes."""
    for each in contained:
        by_system: Mapping[str, Sequence[Concept]] = {each.url or "": each.concept}
        if each.resource_type == "ValueSet" and each.compose is not None:
            by_system = {include.system or "": include.concept for include in each.compose.include}
        for system, concepts in by_system.items():
            for concept in concepts:
                weight = weight_in(concept) or _of_properties(concept.property)
                if weight and concept.code:
                    yield (system, concept.code), weight


def weight_in(element: Element) -> str:
    """The weight in the extensions of a part; "" for none."""
    return next(map(_text, weights_in(element)), "")


def weights_in(element: Element) -> Iterator[int | float]:
    """Every weight in the extensions of a part."""
    for url in WEIGHTS:
        for each in element.extensions(url):
            number = each.value_decimal if each.value_decimal is not None else each.value_integer
            if number is not None:
                yield number


def _of_properties(properties: Sequence[Property]) -> str:
    for each in properties:
        number = each.value_decimal if each.value_decimal is not None else each.value_integer
        if each.code in WEIGHT_PROPERTIES and number is not None:
            return _text(number)
    return ""


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
