"""The rules between the entries of a template, checked on plain values that may be malformed."""

from collections.abc import Iterable, Mapping
from typing import Final

from checklists.templates.faults import MOST_FAULTS, NO_SCALE, Path, PlaceAndWords
from checklists.templates.scale import (
    DESCRIBED,
    NOT_APPLICABLE,
    NOT_EVIDENCED,
    keys_in,
    listed,
    may_be_key,
    repeated,
    scale_faults,
    shown_key,
)

MOST_DOMAINS: Final = 40
MOST_THEMES: Final = 300
MOST_FORMS_OF_HARM: Final = 60
MOST_RATINGS: Final = 20
MOST_PROMPTS: Final = 10
MOST_CONTRADICTIONS: Final = 60
MOST_ANSWERS: Final = MOST_RATINGS + 2
MOST_CAPS: Final = 20
_MOST_ENTRIES: Final = 60


def template_faults(template: object) -> list[PlaceAndWords]:
    """The faults against rules between entries, in a value that may be malformed."""
    if not isinstance(template, Mapping):
        return []
    scale = template.get("scale")
    harms = keys_in(template.get("forms_of_harm"))
    domains = keys_in(template.get("learning_domains"))
    themes = list(each_theme(template.get("learning_domains")))
    theme_keys = [(place, key) for place, theme in themes for _, key in keys_in([theme])]
    found: list[PlaceAndWords] = [(("scale", *path), words) for path, words in scale_faults(scale)]
    is_graded = template.get("graded") is not False
    if is_graded and "scale" not in template:
        found.append((("scale",), NO_SCALE))
    found += [
        (("forms_of_harm", place, "key"), f"Two forms of harm have the key '{shown_key(key)}'. Give each its own key.")
        for place, key in repeated(harms)
    ]
    found += [
        (
            ("learning_domains", place, "key"),
            f"Two learning domains have the key '{shown_key(key)}'. Give each its own key.",
        )
        for place, key in repeated(domains)
    ]
    found += [
        ((*place, "key"), f"Two themes have the key '{shown_key(key)}'. Give each theme its own key.")
        for place, key in repeated(theme_keys)
    ]
    harm_keys = [key for _, key in harms]
    rating_keys = [key for _, key in keys_in(scale.get("ratings"))] if isinstance(scale, Mapping) else []
    for place, theme in themes:
        found += [((*place, *path), words) for path, words in _theme_faults(theme, harm_keys, rating_keys)]
        if len(found) > MOST_FAULTS:
            break
    ratings = rating_keys if is_graded else [DESCRIBED]
    answers = [*ratings, NOT_EVIDENCED, NOT_APPLICABLE] if ratings else []
    found += _contradiction_faults(template.get("contradictions"), [key for _, key in theme_keys], answers)
    return found


_MOST_IN_A_LIST: Final[Mapping[str | int, int]] = {
    "learning_domains": MOST_DOMAINS,
    "themes": MOST_THEMES,
    "forms_of_harm": MOST_FORMS_OF_HARM,
    "ratings": MOST_RATINGS,
    "prompts": MOST_PROMPTS,
    "contradictions": MOST_CONTRADICTIONS,
    "answers": MOST_ANSWERS,
    "caps": MOST_CAPS,
}
_DEEPEST_LIST: Final = 10


def size_faults(template: object) -> list[PlaceAndWords]:
    """The faults of an oversized value, which is not checked further: it could have millions of faults."""
    found: list[PlaceAndWords] = []
    waiting: list[tuple[Path, object]] = [((), template)]
    while waiting and len(found) < MOST_FAULTS:
        path, part = waiting.pop()
        inside: list[tuple[str | int, object]] = []
        if isinstance(part, Mapping):
            most = _MOST_ENTRIES
            inside = list(part.items())
        elif isinstance(part, list | tuple):
            most = _MOST_IN_A_LIST.get(path[-1], MOST_THEMES) if path else MOST_THEMES
            inside = list(enumerate(part))
        else:
            continue
        if len(inside) > most:
            found.append((path, f"There are too many entries. Enter up to {most}."))
        elif len(path) < _DEEPEST_LIST:
            waiting += [
                ((*path, step), each)
                for step, each in reversed(inside)
                if each and isinstance(each, Mapping | list | tuple)
            ]
    if not found and isinstance(template, Mapping):
        themes = sum(1 for _ in each_theme(template.get("learning_domains")))
        if themes > MOST_THEMES:
            found.append(
                (("learning_domains",), f"There are {themes} themes. Split the template: the limit is {MOST_THEMES}.")
            )
    return found


def named_twice(name: str, keys: Iterable[tuple[int, str]]) -> list[PlaceAndWords]:
    """A fault for each repeated key in a list of that name."""
    return [
        ((name, place, "key"), f"Two entries have the key '{shown_key(key)}'. Give each its own key.")
        for place, key in repeated(list(keys))
    ]


def each_theme(domains: object) -> Iterable[tuple[Path, Mapping[str, object]]]:
    """Every theme that is one, with its path, in a value that may be malformed."""
    for place, domain in enumerate(domains) if isinstance(domains, list | tuple) else ():
        themes = domain.get("themes") if isinstance(domain, Mapping) else None
        for position, theme in enumerate(themes) if isinstance(themes, list | tuple) else ():
            if isinstance(theme, Mapping):
                yield ("learning_domains", place, "themes", position), theme


def _theme_faults(theme: Mapping[str, object], harm_keys: list[str], rating_keys: list[str]) -> Iterable[PlaceAndWords]:
    harms = theme.get("forms_of_harm")
    named = (
        [harm.strip() if isinstance(harm, str) else None for harm in harms] if isinstance(harms, list | tuple) else []
    )
    for place, harm in enumerate(named):
        if harm is None:
            continue
        if harm not in harm_keys:
            remedy = f"Use one of {listed(harm_keys)}" if harm_keys else 'Add it under "forms_of_harm"'
            yield ("forms_of_harm", place), f"The template has no form of harm with this key. {remedy}."
        elif harm in named[:place]:
            yield ("forms_of_harm", place), f"This theme lists the form of harm '{shown_key(harm)}' twice. Remove one."
    exemplars = theme.get("exemplars")
    for place, exemplar in enumerate(exemplars if isinstance(exemplars, list | tuple) and rating_keys else ()):
        rating = exemplar.get("rating") if isinstance(exemplar, Mapping) else None
        if isinstance(rating, str) and rating.strip() not in rating_keys:
            words = f"The scale has no rating with this key. Use one of {listed(rating_keys)}."
            yield ("exemplars", place, "rating"), words
    descriptors = theme.get("descriptors")
    if isinstance(descriptors, Mapping) and rating_keys:
        for name in descriptors:
            if isinstance(name, str) and name.strip() not in rating_keys:
                yield (
                    ("descriptors", name),
                    f"The scale has no rating with this key. Use one of {listed(rating_keys)}.",
                )


def _contradiction_faults(contradictions: object, themes: list[str], answers: list[str]) -> Iterable[PlaceAndWords]:
    for place, entry in enumerate(contradictions) if isinstance(contradictions, list | tuple) else ():
        named = []
        for side in ("one", "other"):
            part = entry.get(side) if isinstance(entry, Mapping) else None
            if not isinstance(part, Mapping):
                continue
            path: Path = ("contradictions", place, side)
            theme = part.get("theme")
            if may_be_key(theme):
                named.append(theme.strip())
                if named[-1] not in themes:
                    yield (*path, "theme"), f"The template has no theme with this key. Use one of {listed(themes)}."
            yield from (((*path, "answers", *at), words) for at, words in _answer_faults(part.get("answers"), answers))
        if len(named) == 2 and named[0] == named[1]:
            words = "Both sides use the same theme. Use a different theme on one side."
            yield ("contradictions", place, "other", "theme"), words


def _answer_faults(given: object, answers: list[str]) -> Iterable[PlaceAndWords]:
    named = (
        [each.strip() if isinstance(each, str) else None for each in given] if isinstance(given, list | tuple) else []
    )
    for place, answer in enumerate(named):
        if answer is None:
            continue
        if answers and answer not in answers:
            yield (place,), f"No theme can be given this answer. Use one of {listed(answers)}."
        elif answer in named[:place]:
            yield (place,), "This answer is listed twice. Remove one."
