"""The rules between the entries that only format 2 has, checked on plain values that may be malformed."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from checklists.plurals import plural
from checklists.templates.case_words import BUILT_IN, case_word_faults, faults_of_named_words, words_named_by
from checklists.templates.faults import Path, PlaceAndWords
from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.questions import MOST_QUESTIONS, QuestionKind, fixed_choices
from checklists.templates.rules import each_theme, named_twice
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, keys_in, listed, may_be_key, shown_key

FORMAT_1: Final = "caseaudit-template/1"
FORMAT_2: Final = "caseaudit-template/2"

_BLOCKS: Final = (
    "further_sources",
    "words",
    "overall",
    "texts",
    "targets",
    "compliance",
    "asks",
    "obstacles",
    "family_questions",
    "case_facts",
    "statuses",
    "age_bands",
    "categories",
)
_OF_A_THEME: Final = ("addition", "bears_on_all", "applies_when", "questions")
_NUMBERS: Final = frozenset(kind.value for kind in QuestionKind if kind.is_number)


def format_2_faults(template: Mapping[str, object]) -> list[PlaceAndWords]:
    """The faults of entries that format 1 does not have, and of what they name."""
    if template.get("format") == FORMAT_1:
        return list(_not_in_format_1(template))
    if template.get("format") != FORMAT_2:
        return []
    return [
        *_limiting(template),
        *_tag_faults(template),
        *_graded_faults(template),
        *_question_faults(template),
        *_condition_faults(template),
        *_overall_faults(template),
        *_asked_faults(template),
        *case_word_faults(template),
    ]


def _mappings(entries: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    for place, entry in enumerate(entries) if isinstance(entries, list | tuple) else ():
        if isinstance(entry, Mapping):
            yield place, entry


def _texts(entries: object) -> Iterator[tuple[int, str]]:
    for place, entry in enumerate(entries) if isinstance(entries, list | tuple) else ():
        if may_be_key(entry):
            yield place, entry.strip()


def _not_in_format_1(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    def refused(path: Path) -> PlaceAndWords:
        return path, f'Only format 2 has "{path[-1]}". Set the file\'s format to "{FORMAT_2}", or remove this entry.'

    yield from (refused((name,)) for name in _BLOCKS if template.get(name))
    if template.get("graded") is False:
        yield refused(("graded",))
    source = template.get("source")
    if isinstance(source, Mapping) and source.get("address"):
        yield refused(("source", "address"))
    for place, harm in _mappings(template.get("forms_of_harm")):
        if harm.get("kind", "harm") != "harm":
            yield refused(("forms_of_harm", place, "kind"))
        if harm.get("of_case_list"):
            yield refused(("forms_of_harm", place, "of_case_list"))
    for place, domain in _mappings(template.get("learning_domains")):
        if domain.get("applies_when"):
            yield refused(("learning_domains", place, "applies_when"))
    for at, theme in each_theme(template.get("learning_domains")):
        yield from (refused((*at, name)) for name in _OF_A_THEME if theme.get(name))


def _tag_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    own = [key for _, key in keys_in(template.get("categories"))]
    known = own or list(BUILT_IN["categories"])
    for place, harm in _mappings(template.get("forms_of_harm")):
        for at, category in _texts(harm.get("of_case_list")):
            if category not in known:
                words = f"The template has no category with this key. Use one of {listed(known)}."
                yield ("forms_of_harm", place, "of_case_list", at), words


def _graded_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    """What only a template with ratings can have, in one without."""
    if template.get("graded") is not False:
        return
    for name in ("scale", "overall", "targets"):
        if template.get(name):
            words = f'A template without ratings has no "{name}". Remove this entry, or set "graded" to true.'
            yield (name,), words
    for at, theme in each_theme(template.get("learning_domains")):
        for name in ("descriptors", "exemplars"):
            if theme.get(name):
                yield (*at, name), f'A template without ratings has no "{name}". Remove this entry.'


def _limiting(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    for at, theme in each_theme(template.get("learning_domains")):
        if theme.get("limiting") is True:
            words = 'Format 2 has no limiting themes. Name this theme in a cap under "overall".'
            yield (*at, "limiting"), words


class _Asked(NamedTuple):
    path: Path
    key: str
    question: Mapping[str, object]


def _questions(template: Mapping[str, object]) -> list[_Asked]:
    return [
        _Asked((*at, "questions", place), key.strip() if isinstance(key := question.get("key"), str) else "", question)
        for at, theme in each_theme(template.get("learning_domains"))
        for place, question in _mappings(theme.get("questions"))
    ]


def _choices_of(question: Mapping[str, object]) -> list[str]:
    kind = question.get("kind")
    fixed = fixed_choices(kind) if isinstance(kind, str) else ()
    return [choice.key for choice in fixed] or [key for _, key in keys_in(question.get("choices"))]


def _question_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    asked = _questions(template)
    if len(asked) > MOST_QUESTIONS:
        yield ("learning_domains",), f"There are {len(asked)} questions. Remove some: the limit is {MOST_QUESTIONS}."
    themes = {key for _, theme in each_theme(template.get("learning_domains")) for _, key in keys_in([theme])}
    seen = set(themes)
    for path, key, question in asked:
        if key and key in seen:
            words = f"A theme or another question has the key '{shown_key(key)}'. Give each its own key."
            yield (*path, "key"), words
        seen.add(key)
        yield from (((*path, *at), words) for at, words in _faults_of_question(question))


def _faults_of_question(question: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    kind, choices = question.get("kind"), keys_in(question.get("choices"))
    if not isinstance(kind, str) or kind not in set(QuestionKind):
        return
    if kind == QuestionKind.CHOICE:
        if len(choices) < 2:
            yield ("choices",), 'A question of the kind "choice" needs at least two choices.'
        yield from named_twice("choices", choices)
        for place, key in choices:
            if key in {NOT_EVIDENCED, NOT_APPLICABLE}:
                words = (
                    f"The key '{key}' is reserved for an answer that every question has. Give this choice another key."
                )
                yield ("choices", place, "key"), words
    elif choices:
        yield ("choices",), 'Only a question of the kind "choice" has choices. Remove the choices, or change the kind.'
    yield from _faults_of_standard(question, kind, _choices_of(question))


def _faults_of_standard(question: Mapping[str, object], kind: str, choices: list[str]) -> Iterator[PlaceAndWords]:
    meets = list(_texts(question.get("meets")))
    if kind not in {QuestionKind.YES_NO, QuestionKind.YES_PARTLY_NO, QuestionKind.CHOICE}:
        if meets:
            yield ("meets",), "This question has no choices. Use at_least or at_most instead."
    elif choices:
        for place, key in meets:
            if key not in choices:
                yield ("meets", place), f"The question does not have this answer. Use one of {listed(choices)}."
        if {key for _, key in meets} >= set(choices):
            yield ("meets",), "Every answer would meet the standard. Remove at least one answer, or remove the list."
    yield from _faults_of_bounds(question, kind)


def _faults_of_bounds(question: Mapping[str, object], kind: str) -> Iterator[PlaceAndWords]:
    for name in ("at_least", "at_most"):
        if question.get(name) is not None and kind not in _NUMBERS:
            yield (name,), 'Only a question of the kind "number" or "days" can have this. Remove this entry.'
    least, most = question.get("at_least"), question.get("at_most")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield ("at_most",), "This must be at_least or more. No answer would meet the standard."
    if least == 0 and most is None:
        yield ("at_least",), "Every number would meet the standard. Enter a larger number, or remove this entry."


def _condition_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    harms = [key for _, key in keys_in(template.get("forms_of_harm"))]
    facts = {
        key: [choice for _, choice in keys_in(fact.get("choices"))]
        for _, fact in _mappings(template.get("case_facts"))
        for _, key in keys_in([fact])
    }
    named = words_named_by(template)
    asked = _questions(template)
    place_of = {key: number for number, (_, key, _) in reversed(list(enumerate(asked)))}
    answers = {key: _choices_of(question) for _, key, question in asked}
    for path, condition in _conditions(template):
        before = sum(each.path < path[:-1] for each in asked)
        known = {key: answers[key] for key, number in place_of.items() if number < before}
        found = [*_faults_of_condition(condition, harms, facts, known), *faults_of_named_words(condition, named)]
        yield from (((*path, *at), words) for at, words in found)


def _conditions(template: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every condition with its path."""
    parts: list[tuple[Path, Mapping[str, object]]] = [
        (("learning_domains", place), domain) for place, domain in _mappings(template.get("learning_domains"))
    ]
    parts += each_theme(template.get("learning_domains"))
    parts += [(path, question) for path, _, question in _questions(template)]
    for path, part in parts:
        condition = part.get("applies_when")
        if isinstance(condition, Mapping):
            yield (*path, "applies_when"), condition


def _faults_of_condition(
    condition: Mapping[str, object],
    harms: list[str],
    facts: Mapping[str, list[str]],
    questions: Mapping[str, list[str]],
) -> Iterator[PlaceAndWords]:
    if not any(condition.get(name) for name in ("statuses", "age_bands", "involves", "facts", "answers")):
        yield (), "The condition is empty. Add when this applies, or remove the condition."
    for place, harm in _texts(condition.get("involves")):
        if harm not in harms:
            yield ("involves", place), "The template has no form of harm with this key."
    for name, key_name, known in (("facts", "fact", facts), ("answers", "question", questions)):
        for place, entry in _mappings(condition.get(name)):
            key = entry.get(key_name)
            if not may_be_key(key):
                continue
            if key.strip() not in known:
                what = "case fact" if key_name == "fact" else "question asked before this"
                yield (name, place, key_name), f"The template has no {what} with this key."
                continue
            found = _faults_of_named_answers(known[key.strip()], entry, key_name)
            yield from (((name, place, *at), words) for at, words in found)


def _faults_of_named_answers(choices: list[str], entry: Mapping[str, object], key_name: str) -> Iterator[PlaceAndWords]:
    if not choices:
        yield (key_name,), "This question has no choices. Use the key of a question with choices."
    for place, answer in _texts(entry.get("answers")):
        if choices and answer not in choices:
            yield ("answers", place), f"This answer is not available. Use one of {listed(choices)}."


def _overall_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    overall, scale = template.get("overall"), template.get("scale")
    if not isinstance(overall, Mapping):
        return
    ratings = [key for _, key in keys_in(scale.get("ratings"))] if isinstance(scale, Mapping) else []
    themes = [key for _, theme in each_theme(template.get("learning_domains")) for _, key in keys_in([theme])]
    for place, cap in _mappings(overall.get("caps")):
        path: Path = ("overall", "caps", place)
        named = list(_texts(cap.get("themes")))
        for at, key in named:
            if key not in themes:
                yield (*path, "themes", at), f"The template has no theme with this key. Use one of {listed(themes)}."
        best = cap.get("at_best")
        if isinstance(best, str) and ratings:
            if best.strip() not in [*ratings, CANNOT_BE_JUDGED]:
                words = f"This must be a rating of the scale or {CANNOT_BE_JUDGED}: {listed(ratings)}."
                yield (*path, "at_best"), words
            elif best.strip() == ratings[0]:
                yield (
                    (*path, "at_best"),
                    ("This is the best rating, so the cap would have no effect. Use a lower rating."),
                )
        number = cap.get("in_at_least")
        count = len(named) or len(themes)
        if isinstance(number, int) and number > count:
            yield (
                (*path, "in_at_least"),
                f"Only {plural(count, 'theme counts', 'themes count')} here, so the cap would never be reached.",
            )


def _kept_keys(entry: Mapping[str, object]) -> list[PlaceAndWords]:
    words = f"The key '{NOT_EVIDENCED}' is reserved. Give this choice another key."
    return [(("choices", place, "key"), words) for place, key in keys_in(entry.get("choices")) if key == NOT_EVIDENCED]


def _asked_faults(template: Mapping[str, object]) -> Iterator[PlaceAndWords]:
    for name in ("case_facts", "obstacles", "family_questions"):
        yield from named_twice(name, keys_in(template.get(name)))
    for name in ("case_facts", "family_questions"):
        for place, entry in _mappings(template.get(name)):
            found = named_twice("choices", keys_in(entry.get("choices")))
            found += _kept_keys(entry)
            yield from (((name, place, *at), words) for at, words in found)
    compliance = template.get("compliance")
    if not isinstance(compliance, Mapping):
        return
    standards = ("meets", "at_least", "at_most")
    if not any(each.get(name) not in (None, (), []) for _, _, each in _questions(template) for name in standards):
        yield (
            ("compliance",),
            (
                "No question has a standard, so there is nothing to count. Give a question a "
                "standard, or remove this entry."
            ),
        )
    bands = [band.get("at_least") for _, band in _mappings(compliance.get("bands"))]
    numbers = [band for band in bands if isinstance(band, int)]
    if any(one <= other for one, other in pairwise(numbers)):
        yield ("compliance", "bands"), "Put the bands in order, highest percentage first."
