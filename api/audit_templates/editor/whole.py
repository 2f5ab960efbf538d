"""The parts of a draft that hold for the whole template and have no list: words, texts, targets, what is asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed, field_under
from api.foundation.pages.forms import TypedForm
from checklists.templates.asks import Asks, Texts, WhenAsked, Words
from checklists.templates.template import Template as TemplateContent

WORD_FIELDS: Final = ("unit", "units", "subject", "subjects", "impact")
TEXT_NAMES: Final[Mapping[str, str]] = {
    "rationale": "Rationale: reason for the answer",
    "impact": "Impact: effect on the person",
    "evidence": "Evidence (place in the case file)",
}
ASKED_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "conversation": ("Conversation with the practitioner", "Date, who took part and barriers to the work"),
    "sources": ("Sources of each answer", "The record, the practitioner, the family, observation or another agency"),
    "family_views": ("Family views", "Whether the family was asked, and their views"),
    "synopsis": ("Synopsis", "A summary of the case in 150 words or fewer"),
    "strengths": ("Strengths and areas for development", "For each theme, with an option to mark exemplary practice"),
    "minutes": ("Minutes spent on the audit", ""),
}


class WordsPart(Part):
    """What is audited, in the template's own words."""

    page = "audit_templates/editor/edit_words.html"
    needs_format_2 = True

    def heading(self) -> str:
        return "Terms"

    def shown(self, content: TemplateContent) -> Typed:
        words = content.own_words
        return {name: [getattr(words, name)] for name in (*WORD_FIELDS, "advice")}

    def applied(self, document: Document, form: TypedForm) -> Document:
        words: Document = {name: form.text(name) for name in (*WORD_FIELDS, "advice")}
        return {**document, "words": None if words == Words().model_dump() else words}

    def field_of(self, pointer: str) -> str:
        return field_under("/words", pointer, {name: name for name in (*WORD_FIELDS, "advice")})


class TextsPart(Part):
    """Which texts an answer to a theme may and must come with."""

    page = "audit_templates/editor/edit_texts.html"
    needs_format_2 = True

    def heading(self) -> str:
        return "Text boxes for an answer"

    def shown(self, content: TemplateContent) -> Typed:
        rules = content.text_rules
        return {
            f"{name}-{entry}": [getattr(getattr(rules, name), entry).value]
            for name in TEXT_NAMES
            for entry in ("asked", "required")
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        texts: Document = {
            name: {entry: form.text(f"{name}-{entry}") for entry in ("asked", "required")} for name in TEXT_NAMES
        }
        return {**document, "texts": None if texts == Texts().model_dump(mode="json") else texts}

    def field_of(self, pointer: str) -> str:
        name, _, entry = pointer.removeprefix("/texts/").partition("/")
        return f"{name}-{entry or 'asked'}" if pointer.startswith("/texts/") and name in TEXT_NAMES else ""

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002 - the signature of all parts
        impact = content.own_words.impact
        return {
            "text_names": {**TEXT_NAMES, "impact": f"Impact: “{impact}”"},
            "when": [{"value": when.value, "text": when.label} for when in WhenAsked],
        }


class TargetsPart(Part):
    """The targets that the template proposes for a round."""

    page = "audit_templates/editor/edit_targets.html"
    needs_format_2 = True

    def heading(self) -> str:
        return "Targets"

    def shown(self, content: TemplateContent) -> Typed:
        targets = content.targets
        return {
            name: ["" if targets is None or getattr(targets, name) is None else str(getattr(targets, name))]
            for name in ("meeting_percent", "lowest_percent")
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        targets = {
            "meeting_percent": form.whole_number("meeting_percent", "The target", least=1, most=100, needed=False),
            "lowest_percent": form.whole_number("lowest_percent", "The limit", least=0, most=99, needed=False),
        }
        form.check()
        given = any(number is not None for number in targets.values())
        return {**document, "targets": targets if given else None}

    def field_of(self, pointer: str) -> str:
        names = {name: name for name in ("meeting_percent", "lowest_percent")}
        return field_under("/targets", pointer, names)


class AsksPart(Part):
    """What else an audit asks."""

    page = "audit_templates/editor/edit_asks.html"
    needs_format_2 = True

    def heading(self) -> str:
        return "Other parts of the audit"

    def shown(self, content: TemplateContent) -> Typed:
        return {"asks": [name for name in ASKED_WORDS if getattr(content.further, name)]}

    def applied(self, document: Document, form: TypedForm) -> Document:
        asks = {name: name in form.texts("asks") for name in Asks.model_fields}
        return {**document, "asks": asks if any(asks.values()) else None}

    def field_of(self, pointer: str) -> str:
        return "asks" if pointer.startswith("/asks") else ""

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002 - the signature of all parts
        return {"asked": [{"value": name, "text": text, "hint": hint} for name, (text, hint) in ASKED_WORDS.items()]}
