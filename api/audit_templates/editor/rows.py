"""The parts of a draft that are lists of short entries: its ratings, its tags, and what format 2 adds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed
from api.audit_templates.editor.row_fields import RowFields
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Invalid
from checklists.templates.parts import FormOfHarm, TagKind
from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import Template as TemplateContent


class Rows(Part):
    """A list of short entries on one page: the existing rows, and two empty ones for new entries."""

    prefix: ClassVar[str]
    called: ClassVar[str]
    at: ClassVar[str]

    def __init__(self) -> None:
        self.rows = self.row_fields()

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("label", "description"))

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        raise NotImplementedError

    def entry_of(self, form: TypedForm, name: str) -> Document:
        """The entry of the row whose fields begin with this name, without its key."""
        return {"label": form.text(f"{name}-label"), "description": form.text(f"{name}-description")}

    def shown(self, content: TemplateContent) -> Typed:
        return self.rows.shown(self.entries_shown(content))

    def entries(self, form: TypedForm) -> list[Document]:
        """The rows as entries, in the chosen order."""
        found = self.rows.read(form, lambda name: self.entry_of(form, name))
        form.check()
        return found

    def field_of(self, pointer: str) -> str:
        return self.rows.field_of(self.at, pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002 - the signature of all parts
        return {"rows": self.rows.to_show(typed), "prefix": self.prefix, "called": self.called}


class Scale(Rows):
    """The rating scale: its ratings, best first, and the standard among them; or that the template has none."""

    page = "audit_templates/editor/edit_scale.html"
    prefix = "rating"
    called = "Rating"
    at = "/scale/ratings"

    def heading(self) -> str:
        return "Rating scale"

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("label", "description"), longest_key=40, digits_first=True)

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        ratings = content.scale.ratings if content.graded else FOUR_GRADES.ratings
        return [{"key": [each.key], "label": [each.label], "description": [each.description]} for each in ratings]

    def shown(self, content: TemplateContent) -> Typed:
        scale = content.scale if content.graded else FOUR_GRADES
        words_only = [] if content.graded else ["yes"]
        standard = str(scale.position(scale.standard))
        return {**super().shown(content), "standard": [standard], "words_only": words_only}

    def applied(self, document: Document, form: TypedForm) -> Document:
        if form.has("words_only"):
            return template_drafts.without_ratings(document)
        ratings = self.entries(form)
        chosen = form.text("standard")
        row = int(chosen) if chosen.isdecimal() and len(chosen) < 4 else -1
        if row not in self.rows.rows:
            raise Invalid.at("standard", "Select the lowest rating that meets the standard")
        standard = ratings[self.rows.rows.index(row)]["key"]
        return template_drafts.with_scale(document, ratings=ratings, standard=standard)

    def field_of(self, pointer: str) -> str:
        return "standard" if pointer == "/scale/standard" else super().field_of(pointer)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        described = {
            rating.key: sum(bool(theme.descriptors.get(rating.key)) for theme in content.themes)
            for rating in content.scale.ratings
        }
        return {**super().context(content, typed), "described": described}


class FormsOfHarm(Rows):
    """The tags that case files may carry: forms of harm, and in format 2 what else a case involves."""

    page = "audit_templates/editor/edit_forms_of_harm.html"
    prefix = "harm"
    called = "Form of harm"
    at = "/forms_of_harm"

    def heading(self) -> str:
        return "What the case involves"

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [
            {
                "key": [harm.key],
                "label": [harm.label],
                "description": [harm.description],
                **({} if content.is_format_1 else {"kind": [harm.kind.value], "of_case_list": [_listed(harm)]}),
            }
            for harm in content.forms_of_harm
        ]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        kind = {"kind": form.text(f"{name}-kind")} if form.text(f"{name}-kind") else {}
        categories = form.text(f"{name}-of_case_list").replace(",", " ").split()
        of_case_list = {"of_case_list": categories} if categories else {}
        return {**super().entry_of(form, name), **kind, **of_case_list}

    def applied(self, document: Document, form: TypedForm) -> Document:
        return template_drafts.with_forms_of_harm(document, self.entries(form))

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        named = {
            harm.key: sum(harm.key in theme.forms_of_harm for theme in content.themes) for harm in content.forms_of_harm
        }
        conditions = [
            *(domain.applies_when for domain in content.learning_domains),
            *(theme.applies_when for theme in content.themes),
            *(question.applies_when for question in content.questions),
        ]
        held = {
            harm.key: sum(each is not None and harm.key in each.involves for each in conditions)
            for harm in content.forms_of_harm
        }
        kinds = [{"value": kind.value, "text": kind.label} for kind in TagKind]
        return {**super().context(content, typed), "named": named, "held": held, "kinds": kinds}


def _listed(harm: FormOfHarm) -> str:
    return ", ".join(harm.of_case_list)


class FurtherSources(Rows):
    """The documents that the template draws on beside its source."""

    page = "audit_templates/editor/edit_sources.html"
    needs_format_2 = True
    prefix = "source"
    called = "Document"
    at = "/further_sources"

    def heading(self) -> str:
        return "Further sources"

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("title", "note", "address", "published-year"), keyed=False)

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [
            {
                "title": [each.title],
                "note": [each.note],
                "address": [each.address],
                **{
                    f"published-{part}": [str(getattr(each.published, part)) if each.published else ""]
                    for part in ("day", "month", "year")
                },
            }
            for each in content.further_sources
        ]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        published = form.date(f"{name}-published", "Publication date", needed=False)
        return {
            "title": form.text(f"{name}-title"),
            "published": published and published.isoformat(),
            "note": form.text(f"{name}-note"),
            "address": form.text(f"{name}-address"),
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        return {**document, "further_sources": self.entries(form)}


class Obstacles(Rows):
    """What may have got in the way of the work."""

    page = "audit_templates/editor/edit_obstacles.html"
    needs_format_2 = True
    prefix = "obstacle"
    called = "Barrier"
    at = "/obstacles"

    def heading(self) -> str:
        return "Barriers to the work"

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("label",))

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [{"key": [each.key], "label": [each.label]} for each in content.obstacles]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        return {"label": form.text(f"{name}-label")}

    def applied(self, document: Document, form: TypedForm) -> Document:
        return {**document, "obstacles": self.entries(form)}


class FamilyQuestions(Rows):
    """The questions that are put to the child, a parent or a carer."""

    page = "audit_templates/editor/edit_family_questions.html"
    needs_format_2 = True
    prefix = "question"
    called = "Question"
    at = "/family_questions"

    def __init__(self) -> None:
        super().__init__()
        self.before: Mapping[str, Sequence[Document]] = {}

    def heading(self) -> str:
        return "Questions for the family"

    def row_fields(self) -> RowFields:
        return RowFields(self.prefix, ("label", "choices"))

    def entries_shown(self, content: TemplateContent) -> list[Mapping[str, Sequence[str]]]:
        return [
            {
                "key": [each.key],
                "label": [each.text],
                "choices": ["\n".join(choice.label for choice in each.choices)],
            }
            for each in content.family_questions
        ]

    def entry_of(self, form: TypedForm, name: str) -> Document:
        before = self.before.get(form.text(f"{name}-known"), ())
        return {
            "text": form.text(f"{name}-label"),
            "choices": choices_of_lines(form.text(f"{name}-choices"), before),
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        self.before = {each["key"]: each["choices"] for each in document["family_questions"]}
        return {**document, "family_questions": self.entries(form)}

    def field_of(self, pointer: str) -> str:
        return self.rows.field_of(self.at, pointer, {"text": "label"})


def choices_of_lines(text: str, before: Sequence[Document]) -> list[Document]:
    """Choices from their labels, one on a line. A choice keeps its key while its label stays, or while their number
    stays and it is only worded otherwise.
    """
    labels = [line.strip() for line in text.split("\n") if line.strip()]
    keys = {choice["label"]: choice["key"] for choice in before}
    same_number = len(labels) == len(before)
    chosen: list[Document] = []
    taken: set[str] = {keys[label] for label in labels if label in keys}
    for place, label in enumerate(labels):
        key = keys.get(label, "")
        if not key and same_number and before[place]["label"] not in labels:
            key = before[place]["key"]
        if not key or key in {choice["key"] for choice in chosen}:
            key = template_drafts.proposed_key(label, taken, digits_first=True) or f"choice-{place + 1}"
        taken.add(key)
        chosen.append({"key": key, "label": label})
    return chosen
