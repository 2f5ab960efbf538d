"""Changes of a draft's content, one part at a time. They make a new document; `change_draft` stores it.

A document is a template as plain values, and may be invalid until `content_from` has checked it.
"""

import copy
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from api.audit_templates.references import Document, each_question, each_theme, without_dangling
from api.foundation.problems import NotFound
from checklists.templates.scale import FOUR_GRADES, MET_PARTLY_NOT, ZERO_TO_TEN, RatingScale
from checklists.templates.template import FORMAT
from checklists.templates.template import Template as TemplateContent

__all__ = [
    "SCALES",
    "WITHOUT_RATINGS",
    "Document",
    "document_of",
    "domain_place",
    "each_question",
    "each_theme",
    "fact_place",
    "new_document",
    "proposed_key",
    "question_place",
    "theme_place",
    "with_condition",
    "with_domain",
    "with_domain_moved",
    "with_fact",
    "with_fact_moved",
    "with_forms_of_harm",
    "with_question",
    "with_question_moved",
    "with_scale",
    "with_theme",
    "with_theme_moved",
    "without_domain",
    "without_fact",
    "without_question",
    "without_ratings",
    "without_theme",
]

WITHOUT_RATINGS: Final = "words-only"
SCALES: Final[dict[str, RatingScale]] = {
    "four-grades": FOUR_GRADES,
    "met-partly-not": MET_PARTLY_NOT,
    "zero-to-ten": ZERO_TO_TEN,
}
_LONGEST_KEY: Final = 60


def document_of(content: TemplateContent) -> Document:
    """The template as plain values that may be changed."""
    return content.model_dump(mode="json")


def new_document(*, key: str, title: str, scale: str, domain: str, theme: str, prompts: list[str]) -> Document:
    """A template with one learning domain that holds one theme; without ratings for the scale WITHOUT_RATINGS.

    KeyError for a scale that is not in SCALES.
    """
    ratings = {"graded": False} if scale == WITHOUT_RATINGS else {"scale": SCALES[scale].model_dump(mode="json")}
    return {
        "format": FORMAT,
        "key": key or proposed_key(title, ()),
        "title": title,
        **ratings,
        "learning_domains": [
            {
                "key": proposed_key(domain, ()),
                "title": domain,
                "themes": [{"key": proposed_key(theme, ()), "title": theme, "prompts": prompts}],
            }
        ],
    }


def proposed_key(title: str, taken: Collection[str], *, longest: int = _LONGEST_KEY, digits_first: bool = False) -> str:
    """A key made from a title, different from those in use; "" for a title without a letter that a key can hold."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower().replace("'", "")
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not digits_first:
        key = key.lstrip("-0123456789")
    key = key[: longest - 4].rstrip("-")
    proposed, number = key, 2
    while key and proposed in taken:
        proposed, number = f"{key}-{number}", number + 1
    return proposed


def domain_place(document: Document, key: str) -> int:
    """The place of a learning domain. Raises NotFound."""
    for place, domain in enumerate(document["learning_domains"]):
        if domain["key"] == key:
            return place
    raise NotFound("learning domain")


def theme_place(document: Document, key: str) -> tuple[int, int]:
    """The place of a theme: its learning domain's place, and its own in that. Raises NotFound."""
    for domain_at, domain in enumerate(document["learning_domains"]):
        for theme_at, theme in enumerate(domain["themes"]):
            if theme["key"] == key:
                return domain_at, theme_at
    raise NotFound("theme")


def question_place(document: Document, key: str) -> tuple[int, int, int]:
    """The place of a question: its theme's two places, and its own in that. Raises NotFound."""
    for domain_at, domain in enumerate(document["learning_domains"]):
        for theme_at, theme in enumerate(domain["themes"]):
            for question_at, question in enumerate(theme["questions"]):
                if question["key"] == key:
                    return domain_at, theme_at, question_at
    raise NotFound("question")


def fact_place(document: Document, key: str) -> int:
    """The place of a fact about the case. Raises NotFound."""
    for place, fact in enumerate(document["case_facts"]):
        if fact["key"] == key:
            return place
    raise NotFound("case fact")


def with_domain(document: Document, key: str, domain: Document) -> Document:
    """The document with this learning domain in place of the one with that key, or last when there is none."""
    changed = copy.deepcopy(document)
    try:
        changed["learning_domains"][domain_place(changed, key)] = domain
    except NotFound:
        changed["learning_domains"].append(domain)
    return changed


def with_theme(document: Document, key: str, theme: Document, *, domain_key: str) -> tuple[Document, tuple[int, int]]:
    """The document with this theme in place of the one with that key, or last in the learning domain; and its new
    place.

    Raises NotFound when there is no such learning domain.
    """
    changed = copy.deepcopy(document)
    home = domain_place(changed, domain_key)
    try:
        domain_at, theme_at = theme_place(changed, key)
    except NotFound:
        domain_at, theme_at = -1, -1
    if domain_at == home:
        changed["learning_domains"][home]["themes"][theme_at] = theme
        return changed, (home, theme_at)
    if domain_at >= 0:
        del changed["learning_domains"][domain_at]["themes"][theme_at]
    changed["learning_domains"][home]["themes"].append(theme)
    return changed, (home, len(changed["learning_domains"][home]["themes"]) - 1)


def without_domain(document: Document, key: str) -> Document:
    """The document without a learning domain and its themes. Raises NotFound."""
    changed = copy.deepcopy(document)
    del changed["learning_domains"][domain_place(changed, key)]
    return without_dangling(_without_loose_contradictions(changed))


def without_theme(document: Document, key: str) -> Document:
    """The document without a theme. Raises NotFound."""
    changed = copy.deepcopy(document)
    domain_at, theme_at = theme_place(changed, key)
    del changed["learning_domains"][domain_at]["themes"][theme_at]
    return without_dangling(_without_loose_contradictions(changed))


def _without_loose_contradictions(changed: Document, gone: Collection[str] = ()) -> Document:
    """Remove contradictions that name a deleted theme, or only deleted answers."""
    themes = {theme["key"] for theme in each_theme(changed)}
    kept = []
    for contradiction in changed.get("contradictions", ()):
        sides = [contradiction[side] for side in ("one", "other")]
        for side in sides:
            side["answers"] = [answer for answer in side["answers"] if answer not in gone]
        if all(side["theme"] in themes and side["answers"] for side in sides):
            kept.append(contradiction)
    changed["contradictions"] = kept
    return changed


def with_domain_moved(document: Document, key: str, *, by: int) -> Document:
    """A learning domain moved by one place: -1 up, 1 down. At the end of the list it stays. Raises NotFound."""
    changed = copy.deepcopy(document)
    _move(changed["learning_domains"], domain_place(changed, key), by)
    return changed


def with_theme_moved(document: Document, key: str, *, by: int) -> Document:
    """A theme moved by one place in its learning domain: -1 up, 1 down. Raises NotFound."""
    changed = copy.deepcopy(document)
    domain_at, theme_at = theme_place(changed, key)
    _move(changed["learning_domains"][domain_at]["themes"], theme_at, by)
    return changed


def _move(entries: list[Document], place: int, by: int) -> None:
    there = place + by
    if 0 <= there < len(entries):
        entries[place], entries[there] = entries[there], entries[place]


def with_scale(document: Document, *, ratings: list[Document], standard: str) -> Document:
    """The document with these ratings. Descriptors of deleted ratings are removed."""
    changed = copy.deepcopy(document)
    gone = {rating["key"] for rating in changed["scale"]["ratings"]} - {rating["key"] for rating in ratings}
    changed["scale"], changed["graded"] = {"ratings": ratings, "standard": standard}, True
    for theme in each_theme(changed):
        theme["descriptors"] = {key: words for key, words in theme["descriptors"].items() if key not in gone}
        theme["exemplars"] = [each for each in theme["exemplars"] if each["rating"] not in gone]
    return without_dangling(_without_loose_contradictions(changed, gone))


def without_ratings(document: Document) -> Document:
    """The document without a scale, and without anything that only ratings have."""
    changed = copy.deepcopy(document)
    gone = {rating["key"] for rating in changed["scale"]["ratings"]}
    changed |= {"graded": False, "overall": None, "targets": None}
    del changed["scale"]
    for theme in each_theme(changed):
        theme["descriptors"], theme["exemplars"] = {}, []
    return _without_loose_contradictions(changed, gone)


def with_forms_of_harm(document: Document, forms_of_harm: list[Document]) -> Document:
    """The document with these forms of harm. Themes no longer name deleted ones."""
    changed = copy.deepcopy(document)
    gone = {harm["key"] for harm in changed["forms_of_harm"]} - {harm["key"] for harm in forms_of_harm}
    changed["forms_of_harm"] = forms_of_harm
    for theme in each_theme(changed):
        theme["forms_of_harm"] = [key for key in theme["forms_of_harm"] if key not in gone]
    return without_dangling(changed)


def with_question(
    document: Document, key: str, question: Document, *, theme_key: str
) -> tuple[Document, tuple[int, int, int]]:
    """The document with this question in place of the one with that key, or last in the theme; and its new place.

    Conditions no longer name answers that it does not have. Raises NotFound when there is no such theme.
    """
    changed = copy.deepcopy(document)
    home = theme_place(changed, theme_key)
    questions = changed["learning_domains"][home[0]]["themes"][home[1]]["questions"]
    try:
        was = question_place(changed, key)
    except NotFound:
        was = (-1, -1, -1)
    if was[:2] == home:
        questions[was[2]] = question
        return without_dangling(changed), was
    if was[0] >= 0:
        del changed["learning_domains"][was[0]]["themes"][was[1]]["questions"][was[2]]
    questions.append(question)
    return without_dangling(changed), (*home, len(questions) - 1)


def with_question_moved(document: Document, key: str, *, by: int) -> Document:
    """A question moved by one place in its theme: -1 up, 1 down. Raises NotFound."""
    changed = copy.deepcopy(document)
    domain_at, theme_at, question_at = question_place(changed, key)
    _move(changed["learning_domains"][domain_at]["themes"][theme_at]["questions"], question_at, by)
    return changed


def without_question(document: Document, key: str) -> Document:
    """The document without a question. Conditions no longer name it. Raises NotFound."""
    changed = copy.deepcopy(document)
    domain_at, theme_at, question_at = question_place(changed, key)
    del changed["learning_domains"][domain_at]["themes"][theme_at]["questions"][question_at]
    return without_dangling(changed)


def with_fact(document: Document, key: str, fact: Document) -> tuple[Document, int]:
    """The document with this fact in place of the one with that key, or last; and its place. Conditions no longer name
    choices that it does not have.
    """
    changed = copy.deepcopy(document)
    try:
        place = fact_place(changed, key)
        changed["case_facts"][place] = fact
    except NotFound:
        place = len(changed["case_facts"])
        changed["case_facts"].append(fact)
    return without_dangling(changed), place


def with_fact_moved(document: Document, key: str, *, by: int) -> Document:
    """A fact moved by one place: -1 up, 1 down. Raises NotFound."""
    changed = copy.deepcopy(document)
    _move(changed["case_facts"], fact_place(changed, key), by)
    return changed


def without_fact(document: Document, key: str) -> Document:
    """The document without a fact. Conditions no longer name it. Raises NotFound."""
    changed = copy.deepcopy(document)
    del changed["case_facts"][fact_place(changed, key)]
    return without_dangling(changed)


def with_condition(document: Document, kind: str, key: str, condition: Document | None) -> tuple[Document, str]:
    """The document with this condition on a part, and the JSON Pointer of the condition. `kind`: domains, themes or
    questions. Raises NotFound.
    """
    changed = copy.deepcopy(document)
    if kind == "domains":
        steps: tuple[int, ...] = (domain_place(changed, key),)
    else:
        steps = theme_place(changed, key) if kind == "themes" else question_place(changed, key)
    part, pointer = changed, ""
    for name, place in zip(("learning_domains", "themes", "questions"), steps, strict=False):
        part, pointer = part[name][place], f"{pointer}/{name}/{place}"
    part["applies_when"] = condition
    return changed, f"{pointer}/applies_when"
