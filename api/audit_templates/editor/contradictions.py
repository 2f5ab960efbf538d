"""Answers of two themes that do not go together: a part with a row for each pair."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed
from api.audit_templates.editor.row_fields import RowFields
from api.foundation.pages.forms import TypedForm
from checklists.templates.parts import AnswersOf
from checklists.templates.rules import MOST_CONTRADICTIONS
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, RESERVED_LABELS
from checklists.templates.template import Template as TemplateContent

_AT: Final = "/contradictions"
_SIDES: Final = ("one", "other")


class ContradictionsPart(Part):
    """What the check of an audit points out: answers of two themes, and why they do not go together."""

    page = "audit_templates/editor/edit_contradictions.html"

    def __init__(self) -> None:
        fields = ("why", *(f"{side}_{of}" for side in _SIDES for of in ("theme", "answers")))
        self.rows = RowFields("contradiction", fields, keyed=False, most=MOST_CONTRADICTIONS + 1, empty=1)

    def heading(self) -> str:
        return "Contradictory answers"

    def shown(self, content: TemplateContent) -> Typed:
        return self.rows.shown(
            [
                {"why": [each.why], **_side_shown("one", each.one), **_side_shown("other", each.other)}
                for each in content.contradictions
            ]
        )

    def applied(self, document: Document, form: TypedForm) -> Document:
        answers = _answers_of(document)
        found = self.rows.read(
            form,
            lambda name: {
                **{
                    side: {
                        "theme": form.text(f"{name}-{side}_theme"),
                        "answers": [each for each in answers if each in form.texts(f"{name}-{side}_answers")],
                    }
                    for side in _SIDES
                },
                "why": form.text(f"{name}-why"),
            },
        )
        form.check()
        return {**document, "contradictions": found}

    def field_of(self, pointer: str) -> str:
        for side in _SIDES:
            for of in ("theme", "answers"):
                if f"/{side}/{of}" in pointer:
                    return self.rows.field_of(_AT, pointer, {side: f"{side}_{of}"})
        return self.rows.field_of(_AT, pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        ratings = [{"value": rating.key, "text": rating.label} for rating in content.scale.ratings]
        return {
            "rows": self.rows.to_show(typed),
            "theme_choices": [{"value": theme.key, "text": theme.label} for theme in content.themes],
            "answers": [*ratings, *({"value": key, "text": RESERVED_LABELS[key]} for key in _BESIDE)],
        }


_BESIDE: Final = (NOT_EVIDENCED, NOT_APPLICABLE)


def _answers_of(document: Document) -> list[str]:
    return [*(rating["key"] for rating in document["scale"]["ratings"]), *_BESIDE]


def _side_shown(side: str, given: AnswersOf) -> dict[str, Sequence[str]]:
    return {f"{side}_theme": [given.theme], f"{side}_answers": list(given.answers)}
