"""The text boxes of an answer: which are shown with which answers, and what explains each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.audits.parts import text_label
from checklists.audits.scoring import TEXT_NAMES
from checklists.templates.asks import WhenAsked
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import TextName

_ROWS: Final = {"rationale": 3, "impact": 2, "evidence": 2}
_EVIDENCE: Final = (
    "Give the place in the case file, such as “strategy minutes, page 2”. Do not copy text from the file."
)
_NEEDED: Final = {
    WhenAsked.ALWAYS: "Required.",
    WhenAsked.BELOW_STANDARD: "Required for an answer below the standard or not applicable.",
    WhenAsked.AT_STANDARD: "Required for an answer at or above the standard.",
    WhenAsked.NEVER: "",
}
_ASKED: Final = {
    WhenAsked.ALWAYS: "",
    WhenAsked.BELOW_STANDARD: "Only for an answer below the standard, not evidenced or not applicable.",
    WhenAsked.AT_STANDARD: "Only for an answer at or above the standard.",
    WhenAsked.NEVER: "The template no longer asks for this text.",
}


@dataclass(frozen=True, slots=True)
class TextBox:
    """The box of a text. `asked_for`: the answers that it is shown with, with a space between two; "" for all."""

    name: TextName
    label: str
    hint: str
    rows: int
    asked_for: str
    is_ever_asked: bool


def text_boxes(template: TemplateContent) -> Sequence[TextBox]:
    """The box of each text that an answer may come with."""
    return [_box(template, name) for name in TEXT_NAMES]


def _box(template: TemplateContent, name: TextName) -> TextBox:
    rule = getattr(template.text_rules, name)
    asked = [answer for answer in template.scale.answers if template.asks_text(name, answer)]
    of_all = len(asked) == len(template.scale.answers)
    what = {
        "rationale": "Why did you choose this answer?" if template.graded else "What did you find, and why?",
        "impact": f"What difference did the work make for this {template.own_words.subject}?",
        "evidence": _EVIDENCE,
    }[name]
    said = [what, _NEEDED[rule.required], _ASKED[rule.asked]]
    return TextBox(
        name,
        text_label(template, name),
        " ".join(words for words in said if words),
        _ROWS[name],
        "" if of_all else " ".join(asked),
        bool(asked),
    )
