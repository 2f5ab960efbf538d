"""How the overall judgement comes about, and the compliance percentage: parts with rows of caps and of bands."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed
from api.audit_templates.editor.row_fields import RowFields
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Fault
from checklists.templates.overall import CANNOT_BE_JUDGED, CANNOT_BE_JUDGED_LABEL, CappedAnswer, HowJudged
from checklists.templates.rules import MOST_CAPS, MOST_THEMES
from checklists.templates.template import Template as TemplateContent


def _number(number: int | None) -> list[str]:
    return ["" if number is None else str(number)]


class OverallPart(Part):
    """Who comes to the overall judgement, and what it can be at best."""

    page = "audit_templates/editor/edit_overall.html"
    needs_format_2 = True

    def __init__(self) -> None:
        fields = ("at_best", "themes", "in_at_least", "in_at_least_percent", "unless")
        self.rows = RowFields("cap", fields, keyed=False, most=MOST_CAPS + 1, empty=1)

    def heading(self) -> str:
        return "Overall judgement"

    def shown(self, content: TemplateContent) -> Typed:
        rule = content.overall_rule
        caps = [
            {
                "at_best": [cap.at_best],
                "themes": list(cap.themes),
                "answer": [cap.answer.value],
                "in_at_least": _number(cap.in_at_least),
                "in_at_least_percent": _number(cap.in_at_least_percent),
                "unless": [cap.unless],
            }
            for cap in rule.caps
        ]
        return {"how": [rule.how.value], **self.rows.shown(caps)}

    def applied(self, document: Document, form: TypedForm) -> Document:
        themes = [theme["key"] for domain in document["learning_domains"] for theme in domain["themes"]]
        caps = self.rows.read(form, lambda name: self._cap(form, name, themes))
        form.check()
        overall = {"how": form.text("how"), "caps": caps}
        unruled = overall["how"] == HowJudged.CALCULATED and not caps
        return {**document, "overall": None if unruled else overall}

    def _cap(self, form: TypedForm, name: str, themes: Sequence[str]) -> Document:
        if not form.text(f"{name}-at_best"):
            words = "Select the best overall judgement allowed, or remove the cap"
            form.faults.append(Fault(f"{name}-at_best", words))
        chosen = form.texts(f"{name}-themes")
        return {
            "themes": [key for key in themes if key in chosen],
            "answer": form.text(f"{name}-answer") or CappedAnswer.LOWEST.value,
            "in_at_least": form.whole_number(
                f"{name}-in_at_least", "The number of themes", least=1, most=MOST_THEMES, needed=False
            ),
            "in_at_least_percent": form.whole_number(
                f"{name}-in_at_least_percent", "The percentage", least=1, most=100, needed=False
            ),
            "at_best": form.text(f"{name}-at_best"),
            "unless": form.text(f"{name}-unless"),
        }

    def field_of(self, pointer: str) -> str:
        return "how" if pointer == "/overall/how" else self.rows.field_of("/overall/caps", pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        lower = content.scale.ratings[1:]
        best = [{"value": rating.key, "text": rating.label} for rating in lower]
        answers = {
            CappedAnswer.LOWEST: content.scale.label(content.scale.worst),
            CappedAnswer.NOT_EVIDENCED: "Not evidenced",
        }
        return {
            "rows": self.rows.to_show(typed),
            "ways": [{"value": how.value, "text": how.label} for how in HowJudged],
            "best": [*best, {"value": CANNOT_BE_JUDGED, "text": CANNOT_BE_JUDGED_LABEL}],
            "answers": [{"value": answer.value, "text": label} for answer, label in answers.items()],
            "theme_choices": [{"value": theme.key, "text": theme.label} for theme in content.themes],
        }


class CompliancePart(Part):
    """A percentage over all questions that have a standard, with bands."""

    page = "audit_templates/editor/edit_compliance.html"
    needs_format_2 = True

    def __init__(self) -> None:
        self.rows = RowFields("band", ("label", "at_least"), keyed=False)

    def heading(self) -> str:
        return "Compliance percentage"

    def shown(self, content: TemplateContent) -> Typed:
        if content.compliance is None:
            return {}
        bands = [{"label": [band.label], "at_least": [str(band.at_least)]} for band in content.compliance.bands]
        return {"compliance": ["yes"], **self.rows.shown(bands)}

    def applied(self, document: Document, form: TypedForm) -> Document:
        bands = self.rows.read(
            form,
            lambda name: {
                "at_least": form.whole_number(f"{name}-at_least", "The percentage", least=0, most=100),
                "label": form.text(f"{name}-label"),
            },
        )
        form.check()
        return {**document, "compliance": {"bands": bands} if form.has("compliance") else None}

    def field_of(self, pointer: str) -> str:
        if pointer in {"/compliance", "/compliance/bands"}:
            return "compliance"
        return self.rows.field_of("/compliance/bands", pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002 - the signature of all parts
        return {"rows": self.rows.to_show(typed)}
