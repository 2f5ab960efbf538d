"""The parts of a draft that say what its cases may be: statuses, age bands and categories."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from api.audit_templates.drafts import Document
from api.audit_templates.editor.row_fields import RowFields
from api.audit_templates.editor.rows import Rows
from api.foundation.pages.forms import TypedForm
from checklists.templates.case_words import MOST_CASE_WORDS, OLDEST
from checklists.templates.template import Template as TemplateContent


class _CaseWords(Rows):
    """A list of words for cases. An empty list: those of children's services."""

    page = "audit_templates/editor/edit_case_words.html"
    needs_format_2 = True
    name: ClassVar[str]
    title: ClassVar[str]
    intro: ClassVar[str]

    def heading(self) -> str:
        return self.title

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("label",), digits_first=True, longest_key=40, most=MOST_CASE_WORDS)

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [{"key": [each.key], "label": [each.label]} for each in getattr(content, self.name)]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        return {"label": form.text(f"{name}-label")}

    def applied(self, document: Document, form: TypedForm) -> Document:
        return {**document, self.name: self.entries(form)}

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        return {**super().context(content, typed), "intro": self.intro, "has_ages": False}


class Statuses(_CaseWords):
    """The statuses of its cases."""

    prefix = "status"
    called = "Status"
    at = "/statuses"
    name = "statuses"
    title = "Statuses of cases"
    intro = (
        "How services work with the people that cases are about. Leave all rows empty to use the statuses of "
        "children’s services. Put the most serious last: if an export gives a case several statuses, the most serious "
        "counts. “Closed” is always included."
    )


class AgeBands(_CaseWords):
    """The age bands of its cases."""

    prefix = "band"
    called = "Age band"
    at = "/age_bands"
    name = "age_bands"
    title = "Age bands"
    intro = (
        "Use wide bands, so that nobody can be identified. Leave all rows empty to use those of children’s services. "
        "Ages and dates of birth in an export are replaced by their band. “Not known” is always included."
    )

    def row_fields(self) -> RowFields:
        fields = ("label", "at_least", "below")
        return RowFields(self.prefix, fields, digits_first=True, longest_key=40, most=MOST_CASE_WORDS)

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [
            {
                "key": [each.key],
                "label": [each.label],
                "at_least": ["" if each.at_least is None else str(each.at_least)],
                "below": ["" if each.below is None else str(each.below)],
            }
            for each in content.age_bands
        ]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        return {
            **super().entry_of(form, name),
            "at_least": form.whole_number(f"{name}-at_least", "The first age", least=0, most=OLDEST, needed=False),
            "below": form.whole_number(f"{name}-below", "The end", least=1, most=OLDEST, needed=False),
        }

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        return {**super().context(content, typed), "has_ages": True}


class Categories(_CaseWords):
    """The categories of its cases."""

    prefix = "category"
    called = "Category"
    at = "/categories"
    name = "categories"
    title = "Categories of cases"
    intro = (
        "Why someone is known to services. Leave all rows empty to use the categories of abuse and the primary needs "
        "of children’s services."
    )
