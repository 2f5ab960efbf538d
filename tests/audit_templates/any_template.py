"""Any template that the file format can express: a full one with parts taken out or changed, and any texts in it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from hypothesis import strategies as st

from checklists.templates.faults import TemplateRefused
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.checklists.small_template import plain_template

# What spreadsheets, their files or their readers could take for something else.
AWKWARD: Final = (
    "=1+1",
    "@SUM(A1)",
    "+44",
    "-1",
    "'quoted",
    "<r>text</r>",
    "<r><t>a & b</t></r>",
    "_x0041_",
    "_x0041_x0042_",
    "__x000D_x000A_",
    "1",
    "1.0",
    "2021-02-22",
    "TRUE",
    "#N/A",
    "a\nb\n\nc",
    "a\tb",
    "a\u00a0b",
    "\u202eabc",
    "\ufffe and \uffff",
    "a, b; c",
    "Key",
    "e\u0301\U0001f9d2",
    "]]>&amp;<",
)
texts = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=40))
_OPTIONAL: Final[dict[str, list[Any]]] = {
    "source": [
        None,
        {"title": "S"},
        {"title": "S", "published": "0001-01-01"},
        {"title": "S", "published": "2021-02-22"},
    ],
    "words": [None, {}, {"advice": ""}, {"unit": "visit", "advice": "Look."}],
    "overall": [None, {}, {"how": "judged"}, {"caps": [{"at_best": "good"}]}],
    "texts": [None, {}, {"evidence": {"asked": "never"}}, {"rationale": {"asked": "always", "required": "always"}}],
    "targets": [None, {}, {"lowest_percent": 0}, {"meeting_percent": 80}],
    "compliance": [None, {}, {"bands": [{"at_least": 0, "label": "Any"}]}],
    "asks": [None, {}, {"minutes": False}, {"strengths": True}],
    "statuses": [[], [{"key": "open", "label": "Open"}, {"key": "2", "label": "2"}]],
    "age_bands": [
        [],
        [{"key": "1-to-4", "label": "1 to 4", "at_least": 1, "below": 5}, {"key": "not-known", "label": "Not known"}],
    ],
    "categories": [[], [{"key": "harm", "label": "Harm"}]],
    "further_sources": [[], [{"title": "One"}, {"title": "Two", "note": "N", "address": "https://example.org/a"}]],
    "contradictions": [
        [],
        [
            {
                "one": {"theme": "voice", "answers": ["outstanding", "not-applicable"]},
                "other": {"theme": "history", "answers": ["not-evidenced"]},
                "why": "Both cannot be.",
            }
        ],
    ],
    "not_evidenced": ["below-standard", "left-out"],
    "obstacles": [[], [{"key": "b", "label": "B"}, {"key": "a", "label": "A"}]],
}
_OF_A_THEME: Final[dict[str, list[Any]]] = {
    "descriptors": [{}, {"good": ""}, {"inadequate": "Bad.", "outstanding": "Best."}],
    "exemplars": [[], [{"rating": "good", "words": "Why."}, {"rating": "good", "words": "Why again."}]],
    "display_title": [None, "Shown"],
    "forms_of_harm": [[], ["illness", "fear"]],
    "prompts": [["One?"], ["One?", "Two?", "One?"]],
    "addition": [True, False],
    "bears_on_all": [True, False],
    "applies_when": [
        None,
        {"facts": [{"fact": "open-for", "answers": ["long", "short"]}, {"fact": "open-for", "answers": ["short"]}]},
        {"statuses": ["closed", "care-leaver"], "age_bands": ["not-known"], "involves": ["illness"]},
    ],
}
_TEXTS: Final = frozenset(
    {"title", "summary", "label", "description", "finding", "where_to_look", "not_applicable_when", "hint", "text"}
    | {
        "source_place",
        "note",
        "words",
        "why",
        "unless",
        "advice",
        "unit",
        "impact",
        "good",
        "inadequate",
        "display_title",
    }
)


def _is_template(plain: dict[str, Any]) -> bool:
    try:
        check_template(plain)
    except TemplateRefused:
        return False
    return True


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every text that people write, as its holder and its step."""
    for step, each in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if isinstance(each, str) and (step in _TEXTS or isinstance(step, int)):
            yield part, step
        else:
            yield from _places(each)


def _put(
    plain: dict[str, Any], entry: str, value: Any, part: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """The template with this entry, when it still is one; else as it was."""
    changed = deepcopy(plain)
    inside = part(changed)
    if value is None:
        inside.pop(entry, None)
    else:
        inside[entry] = deepcopy(value)
    return changed if _is_template(changed) else plain


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """A template of either format, with or without ratings."""
    plain = deepcopy(draw(st.sampled_from([full_template(), plain_template()])))
    if draw(st.booleans()):
        without = {**plain, "graded": False, "overall": None, "targets": None}
        without.pop("scale")
        plain = without if _is_template(without) else plain
    for entry, values in _OPTIONAL.items():
        if draw(st.booleans()):
            plain = _put(plain, entry, draw(st.sampled_from(values)), lambda whole: whole)
    for domain, theme in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for entry in draw(st.lists(st.sampled_from(sorted(_OF_A_THEME)), max_size=3, unique=True)):
            value = draw(st.sampled_from(_OF_A_THEME[entry]))
            plain = _put(plain, entry, value, lambda whole: whole["learning_domains"][domain]["themes"][theme])  # noqa: B023 - used at once
    places = list(_places(plain))
    for number in draw(st.lists(st.integers(0, len(places) - 1), max_size=8, unique=True)):
        holder, step = places[number]
        before, holder[step] = holder[step], draw(texts)
        if not _is_template(plain):
            holder[step] = before
    return check_template(plain)
