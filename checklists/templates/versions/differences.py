"""The differences between two versions of a template, and what reports may still compare."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from checklists.templates.asks import CaseFact
from checklists.templates.part import Part
from checklists.templates.parts import Theme
from checklists.templates.questions import Question
from checklists.templates.template import Template


class Changed(StrEnum):
    """What has become of a part of a template."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class PartKind(StrEnum):
    """The kinds of parts that are compared."""

    TEMPLATE = "template"
    RATING = "rating"
    FORM_OF_HARM = "form-of-harm"
    CASE_FACT = "case-fact"
    LEARNING_DOMAIN = "learning-domain"
    THEME = "theme"
    QUESTION = "question"

    @property
    def label(self) -> str:
        return {
            "template": "The template",
            "rating": "Ratings",
            "form-of-harm": "What the case involves",
            "case-fact": "Case facts",
            "learning-domain": "Learning domains",
            "theme": "Themes",
            "question": "Questions",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs. `entries`: the names of its entries that have changed, for people to read.

    `comparable`: whether reports may still compare its answers with those to the earlier version; None for a part that
    has no answers. `reason`: why not, "" where they may.
    """

    kind: PartKind
    changed: Changed
    key: str
    label: str
    entries: tuple[str, ...] = ()
    comparable: bool | None = None
    reason: str = ""


_NAMES: Final[Mapping[str, str]] = {
    "display_title": "display name",
    "source_place": "place in the source",
    "where_to_look": "where to look",
    "not_applicable_when": "when to use “not applicable”",
    "not_applicable": "whether “not applicable” is allowed",
    "forms_of_harm": "most relevant forms of harm",
    "limiting": "limit on the overall judgement",
    "addition": "whether the theme is in the source",
    "bears_on_all": "whether the theme is relevant to every case",
    "applies_when": "when it applies",
    "meets": "standard",
    "at_least": "standard",
    "at_most": "standard",
    "filled_from": "how it is answered",
    "not_evidenced": "how “not evidenced” is counted",
    "overall": "overall judgement",
    "asks": "other parts of the audit",
    "texts": "text boxes for an answer",
    "further_sources": "further sources",
    "family_questions": "questions for the family",
    "obstacles": "barriers to the work",
    "statuses": "statuses of cases",
    "age_bands": "age bands",
    "categories": "categories of cases",
}
_WHOLE: Final = (
    "format",
    "title",
    "summary",
    "source",
    "further_sources",
    "graded",
    "not_evidenced",
    "words",
    "overall",
    "texts",
    "targets",
    "compliance",
    "asks",
    "obstacles",
    "family_questions",
    "statuses",
    "age_bands",
    "categories",
    "contradictions",
)


def differences(now: Template, before: Template) -> tuple[Difference, ...]:
    """Every part of the template that differs, matched by key; those of `now` in template order, then removed ones."""
    return tuple(_differences(now, before))


def _differences(now: Template, before: Template) -> Iterator[Difference]:
    entries = [name for name in _WHOLE if getattr(now, name) != getattr(before, name)]
    if [rating.key for rating in now.scale.ratings] != [rating.key for rating in before.scale.ratings]:
        entries.append("order or number of ratings")
    if now.scale.standard != before.scale.standard:
        entries.append("the standard")
    if entries:
        yield Difference(PartKind.TEMPLATE, Changed.CHANGED, now.key, now.title, _named(entries))
    yield from _of_kind(PartKind.RATING, now.scale.ratings, before.scale.ratings)
    yield from _of_kind(PartKind.FORM_OF_HARM, now.forms_of_harm, before.forms_of_harm)
    yield from _of_kind(PartKind.CASE_FACT, now.case_facts, before.case_facts, _why_fact_differs)
    yield from _of_kind(PartKind.LEARNING_DOMAIN, now.learning_domains, before.learning_domains, left_out={"themes"})
    whole = _why_no_theme_compares(now, before)
    yield from _of_kind(
        PartKind.THEME,
        now.themes,
        before.themes,
        lambda theme, was: whole or _why_asked_otherwise(_conditions(now, theme), _conditions(before, was)),
        left_out={"questions"},
        more={key: ["learning domain"] for key in _moved(now, before)},
    )
    yield from _of_kind(PartKind.QUESTION, now.questions, before.questions, why_question_differs)


def _of_kind(
    kind: PartKind,
    now: Sequence[Any],
    before: Sequence[Any],
    why_not: Callable[[Any, Any], str] | None = None,
    *,
    left_out: Iterable[str] = (),
    more: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Difference]:
    """The differences of parts that have keys. An unchanged part is named too if it cannot be compared."""
    earlier = {part.key: part for part in before}
    for part in now:
        was = earlier.pop(part.key, None)
        comparable = None if why_not is None else False
        if was is None:
            yield Difference(kind, Changed.ADDED, part.key, _label(part), (), comparable, _if(why_not, "This is new."))
            continue
        entries = _named([*_differing(part, was, set(left_out)), *(more or {}).get(part.key, ())])
        reason = "" if why_not is None else why_not(part, was)
        if entries or reason:
            yield Difference(
                kind, Changed.CHANGED, part.key, _label(part), entries, None if why_not is None else not reason, reason
            )
    for part in earlier.values():
        comparable = None if why_not is None else False
        yield Difference(
            kind, Changed.REMOVED, part.key, _label(part), (), comparable, _if(why_not, "This is no longer asked.")
        )


def _if(why_not: object, words: str) -> str:
    return "" if why_not is None else words


def _differing(now: Part, before: Part, left_out: set[str]) -> list[str]:
    names = [name for name in type(now).model_fields if name not in left_out]
    return [name for name in names if getattr(now, name) != getattr(before, name)]


def _named(entries: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_NAMES.get(name, name.replace("_", " ")) for name in entries))


def _label(part: Any) -> str:
    """The words by which people know a part: each kind has one of these fields, or none."""
    for name in ("label", "title", "text"):
        found = getattr(part, name, "")
        if found:
            return str(found)
    return str(part.key)


def _moved(now: Template, before: Template) -> list[str]:
    both = [key for key in now.theme_keys if before.has_theme(key)]
    return [key for key in both if now.domain_of(key).key != before.domain_of(key).key]


def _why_no_theme_compares(now: Template, before: Template) -> str:
    """Why no theme of one version can be compared with the other's; "" where they can."""
    ratings, earlier = ([rating.key for rating in template.scale.ratings] for template in (now, before))
    if now.scale.standard != before.scale.standard:
        return "The standard has changed."
    standard = now.scale.standard
    if ratings[: ratings.index(standard) + 1] != earlier[: earlier.index(standard) + 1]:
        return "The ratings that meet the standard have changed."
    if now.not_evidenced is not before.not_evidenced:
        return "“Not evidenced” is counted differently."
    return ""


def _conditions(template: Template, theme: Theme) -> tuple[object, object]:
    return template.domain_of(theme.key).applies_when, theme.applies_when


def _why_asked_otherwise(now: object, before: object) -> str:
    return "" if now == before else "It applies to different cases."


def why_question_differs(now: Question, before: Question) -> str:
    """Why the answers to a question cannot be compared with those to an earlier form of it; "" where they can.

    A question with other words is assumed to ask the same for as long as it keeps its key.
    """
    if now.kind is not before.kind:
        return "The type of answer has changed."
    if [choice.key for choice in now.offered] != [choice.key for choice in before.offered]:
        return "Its choices have changed."
    asked_otherwise = _why_asked_otherwise(now.applies_when, before.applies_when)
    if asked_otherwise:
        return asked_otherwise
    standards = [(set(each.meets), each.at_least, each.at_most) for each in (now, before)]
    return "" if standards[0] == standards[1] else "Its standard has changed."


def _why_fact_differs(now: CaseFact, before: CaseFact) -> str:
    def bands(fact: CaseFact) -> list[tuple[object, ...]]:
        return [(each.key, each.at_least, each.below, each.of_case_list) for each in fact.choices]

    return "" if bands(now) == bands(before) else "Its choices have changed."
