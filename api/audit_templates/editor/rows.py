"""The parts of a draft that are lists of short entries: its ratings and its forms of harm."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Invalid
from checklists.templates.template import Template as TemplateContent

MOST_ROWS: Final = 80
EMPTY_ROWS: Final = 2


class _Rows(Part):
    """A list of short entries on one page: the existing rows, and two empty ones for new entries."""

    prefix: ClassVar[str]
    called: ClassVar[str]
    at: ClassVar[str]
    longest_key: ClassVar[int] = 60
    digits_first: ClassVar[bool] = False

    def __init__(self) -> None:
        self.rows: list[int] = []

    def _shown(self, entries: Sequence[Mapping[str, str]]) -> Typed:
        typed: Typed = {}
        for row, entry in enumerate(entries):
            typed[f"{self.prefix}-{row}-known"] = [entry["key"]]
            typed[f"{self.prefix}-{row}-label"] = [entry["label"]]
            typed[f"{self.prefix}-{row}-description"] = [entry["description"]]
            typed[f"{self.prefix}-{row}-place"] = [str(row + 1)]
        return typed

    def _entries(self, form: TypedForm) -> list[Document]:
        """The rows as entries, in the chosen order. Remembers which row each entry came from."""
        found: list[tuple[int, int, Document]] = []
        taken = {form.text(f"{self.prefix}-{row}-known") for row in range(MOST_ROWS)}
        for row in self._posted_rows(form.typed):
            name = f"{self.prefix}-{row}"
            label, key = form.text(f"{name}-label"), form.text(f"{name}-key").strip()
            description, known = form.text(f"{name}-description"), form.text(f"{name}-known")
            if form.has(f"{name}-remove") or not (label or key or description or known):
                continue
            if not known and not key:
                key = template_drafts.proposed_key(
                    label, taken, longest=self.longest_key, digits_first=self.digits_first
                )
                taken.add(key)
            place = form.whole_number(f"{name}-place", "The place", least=1, most=MOST_ROWS, needed=False)
            entry = {"key": known or key, "label": label, "description": description}
            found.append((MOST_ROWS if place is None else place, row, entry))
        form.check()
        found.sort(key=lambda each: each[:2])
        self.rows = [row for _, row, _ in found]
        return [entry for *_, entry in found]

    def _posted_rows(self, typed: Mapping[str, Sequence[str]]) -> list[int]:
        return [row for row in range(MOST_ROWS) if f"{self.prefix}-{row}-label" in typed]

    def field_of(self, pointer: str) -> str:
        if not pointer.startswith(f"{self.at}/"):
            return ""
        place, _, entry = pointer[len(self.at) + 1 :].partition("/")
        if not place.isdecimal() or int(place) >= len(self.rows):
            return ""
        return f"{self.prefix}-{self.rows[int(place)]}-{entry or 'label'}"

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002
        rows = self._posted_rows(typed)
        empty = sum(
            not any("".join(typed.get(f"{self.prefix}-{row}-{entry}", ())) for entry in ("known", "label"))
            for row in rows
        )
        first = max(rows, default=-1) + 1
        added = range(first, min(first + max(0, EMPTY_ROWS - empty), MOST_ROWS))
        return {"rows": [*rows, *added], "prefix": self.prefix, "called": self.called}


class Scale(_Rows):
    """The rating scale: its ratings, best first, and the standard among them."""

    page = "audit_templates/editor/edit_scale.html"
    prefix = "rating"
    called = "Rating"
    at = "/scale/ratings"
    longest_key = 40
    digits_first = True

    def heading(self) -> str:
        return "Rating scale"

    def shown(self, content: TemplateContent) -> Typed:
        scale = content.scale
        typed = self._shown([rating.model_dump() for rating in scale.ratings])
        return {**typed, "standard": [str(scale.position(scale.standard))]}

    def applied(self, document: Document, form: TypedForm) -> Document:
        ratings = self._entries(form)
        chosen = form.text("standard")
        row = int(chosen) if chosen.isdecimal() and len(chosen) < 4 else -1
        if row not in self.rows:
            raise Invalid.at("standard", "Choose the lowest rating that still meets the standard.")
        return template_drafts.with_scale(document, ratings=ratings, standard=ratings[self.rows.index(row)]["key"])

    def field_of(self, pointer: str) -> str:
        return "standard" if pointer == "/scale/standard" else super().field_of(pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        described = {
            rating.key: sum(bool(theme.descriptors.get(rating.key)) for theme in content.themes)
            for rating in content.scale.ratings
        }
        return {**super().context(content, typed), "described": described}


class FormsOfHarm(_Rows):
    """The forms of harm that case files may be tagged with."""

    page = "audit_templates/editor/edit_forms_of_harm.html"
    prefix = "harm"
    called = "Form of harm"
    at = "/forms_of_harm"

    def heading(self) -> str:
        return "Forms of harm"

    def shown(self, content: TemplateContent) -> Typed:
        return self._shown([harm.model_dump() for harm in content.forms_of_harm])

    def applied(self, document: Document, form: TypedForm) -> Document:
        return template_drafts.with_forms_of_harm(document, self._entries(form))

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        named = {
            harm.key: sum(harm.key in theme.forms_of_harm for theme in content.themes) for harm in content.forms_of_harm
        }
        return {**super().context(content, typed), "named": named}
