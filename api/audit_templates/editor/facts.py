"""The form of a fact about the case."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed, field_under
from api.audit_templates.editor.row_fields import RowFields
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import NotFound
from checklists.templates.asks import CaseFact, FilledFrom
from checklists.templates.questions import LARGEST_NUMBER, MOST_CHOICES
from checklists.templates.template import Template as TemplateContent

_FEWEST_ROWS: Final = 6
FILLED_WORDS: Final[Mapping[str, str]] = {
    "": "Selected by the auditor",
    FilledFrom.MONTHS_OPEN: "From the case list: months the case has been open",
    FilledFrom.CATEGORY: "From the case list: category",
    FilledFrom.RE_REFERRAL: "From the case list: whether the latest referral was a re-referral",
    FilledFrom.REFERRALS: "From the case list: referrals in 12 months, with the latest",
    FilledFrom.SECTION_47_ENQUIRIES: "From the case list: section 47 enquiries in 12 months, with the latest",
    FilledFrom.PLACEMENTS: "From the case list: placements in 12 months",
    FilledFrom.TIMES_MISSING: "From the case list: times missing in 12 months",
}


class FactPart(Part):
    """All fields of a fact. Without a key it is a new fact."""

    page = "audit_templates/editor/edit_fact.html"
    needs_format_2 = True

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.place = 0
        fields = ("label", "at_least", "below", "of_case_list")
        self.rows = RowFields("choice", fields, digits_first=True, least=_FEWEST_ROWS, most=MOST_CHOICES)

    def heading(self) -> str:
        return "Add a case fact" if self.key is None else "Case fact"

    def shown(self, content: TemplateContent) -> Typed:
        if self.key is None:
            return {"filled_from": [""]}
        fact = fact_in(content, self.key)
        choices = [
            {
                "key": [choice.key],
                "label": [choice.label],
                "at_least": ["" if choice.at_least is None else str(choice.at_least)],
                "below": ["" if choice.below is None else str(choice.below)],
                "of_case_list": [", ".join(choice.of_case_list)],
            }
            for choice in fact.choices
        ]
        return {
            "title": [fact.title],
            "hint": [fact.hint],
            "filled_from": [fact.filled_from.value if fact.filled_from else ""],
            **self.rows.shown(choices),
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        taken = [fact["key"] for fact in document["case_facts"]]
        title = form.text("title")
        fact = {
            "key": self.key or form.text("own_key").strip() or template_drafts.proposed_key(title, taken),
            "title": title,
            "hint": form.text("hint"),
            "filled_from": form.text("filled_from") or None,
            "choices": self.rows.read(form, lambda name: self._choice(form, name)),
        }
        form.check()
        changed, self.place = template_drafts.with_fact(document, self.key or "", fact)
        return changed

    def _choice(self, form: TypedForm, name: str) -> Document:
        filled_from = form.text("filled_from")
        is_word = filled_from in {FilledFrom.CATEGORY, FilledFrom.RE_REFERRAL}
        choice: Document = {"label": form.text(f"{name}-label")}
        if filled_from and not is_word:
            for entry, called in (("at_least", "The first number"), ("below", "The end")):
                least = 1 if entry == "below" else 0
                choice[entry] = form.whole_number(
                    f"{name}-{entry}", called, least=least, most=LARGEST_NUMBER, needed=False
                )
        if is_word:
            words = form.text(f"{name}-of_case_list").replace(",", " ").split()
            choice["of_case_list"] = words
        return choice

    def field_of(self, pointer: str) -> str:
        at = f"/case_facts/{self.place}"
        names = {name: name for name in ("title", "hint", "filled_from")} | {"key": "own_key"}
        if pointer == f"{at}/choices":
            return "choice-0-label"
        return self.rows.field_of(f"{at}/choices", pointer, {"key": "label"}) or field_under(at, pointer, names)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        return {
            "rows": self.rows.to_show(typed),
            "sources": [{"value": value, "text": text} for value, text in FILLED_WORDS.items()],
            "categories": list(content.case_words.categories.items()),
        }

    def next_page(self, form: TypedForm) -> str:
        return "/new-fact" if form.has("another") else "/facts"

    def back(self) -> tuple[str, str]:
        return "/facts", "case facts"


def fact_in(content: TemplateContent, key: str) -> CaseFact:
    """The fact about the case of that key. Raises NotFound."""
    if not content.has_fact(key):
        raise NotFound("case fact")
    return content.fact(key)
