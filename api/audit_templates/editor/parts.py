"""The parts of a draft that have a form: what the form shows, and how it changes the draft."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Fault, Invalid, NotFound
from checklists.templates.template import LearningDomain, NotEvidencedRule, Theme
from checklists.templates.template import Template as TemplateContent

Typed = dict[str, Sequence[str]]

_TICKED: Final = ("limiting", "addition", "bears_on_all")
NOT_EVIDENCED_WORDS: Final[Mapping[str, str]] = {
    NotEvidencedRule.BELOW_STANDARD: "It counts as below the standard",
    NotEvidencedRule.LEFT_OUT: "It is excluded, like not applicable",
}


class Part(ABC):
    """One form of the editor. A part serves one request: it remembers where its fields went in the document."""

    page: ClassVar[str]
    needs_format_2: ClassVar[bool] = False

    @abstractmethod
    def heading(self) -> str: ...

    @abstractmethod
    def shown(self, content: TemplateContent) -> Typed:
        """The fields before anything is typed. Raises NotFound when the draft has no such part."""

    @abstractmethod
    def applied(self, document: Document, form: TypedForm) -> Document:
        """The document with what was typed. Raises Invalid for what has no place in it."""

    @abstractmethod
    def field_of(self, pointer: str) -> str:
        """The form field that a place in the document came from; "" when it came from none."""

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002 - the signature of all parts
        """The rest of what the form's page needs."""
        return {}

    def next_page(self, form: TypedForm) -> str:  # noqa: ARG002 - the signature of all parts
        """The page of the editor that follows when the part is saved, after the address of the draft."""
        return ""

    def back(self) -> tuple[str, str]:
        """The page of the editor that the form is reached from, and what the link to it calls it."""
        return "", "draft"


def field_under(prefix: str, pointer: str, fields: Mapping[str, str]) -> str:
    """The field for a pointer under a prefix, by its first step after it."""
    if not pointer.startswith(f"{prefix}/"):
        return ""
    return fields.get(pointer[len(prefix) + 1 :].partition("/")[0], "")


class Details(Part):
    """The title and the fields next to it."""

    page = "audit_templates/editor/edit_details.html"

    def heading(self) -> str:
        return "Title and details"

    def shown(self, content: TemplateContent) -> Typed:
        source = content.source
        published = source.published if source else None
        return {
            "title": [content.title],
            "summary": [content.summary],
            "not_evidenced": [content.not_evidenced.value],
            "source_title": [source.title if source else ""],
            "source_published-day": [str(published.day) if published else ""],
            "source_published-month": [str(published.month) if published else ""],
            "source_published-year": [str(published.year) if published else ""],
            "source_note": [source.note if source else ""],
            "source_address": [source.address if source else ""],
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        published = form.date("source_published", "Publication date", needed=False)
        form.check()
        source: Document | None = {
            "title": form.text("source_title"),
            "published": published and published.isoformat(),
            "note": form.text("source_note"),
            "address": form.text("source_address"),
        }
        if source is not None and not any(source.values()):
            source = None
        return {
            **document,
            "title": form.text("title"),
            "summary": form.text("summary"),
            "not_evidenced": form.text("not_evidenced"),
            "source": source,
        }

    def field_of(self, pointer: str) -> str:
        source = {
            "title": "source_title",
            "published": "source_published",
            "note": "source_note",
            "address": "source_address",
        }
        fields = {"title": "title", "summary": "summary", "not_evidenced": "not_evidenced"}
        return field_under("/source", pointer, source) or field_under("", pointer, fields)


class Domain(Part):
    """The title and summary of a learning domain."""

    page = "audit_templates/editor/edit_domain.html"

    def __init__(self, key: str) -> None:
        self.key = key
        self.place = 0

    def heading(self) -> str:
        return "Learning domain"

    def shown(self, content: TemplateContent) -> Typed:
        domain = domain_in(content, self.key)
        return {"title": [domain.title], "summary": [domain.summary]}

    def applied(self, document: Document, form: TypedForm) -> Document:
        try:
            self.place = template_drafts.domain_place(document, self.key)
        except NotFound:
            raise Invalid(
                "This learning domain has been removed. Copy your text, then add a new learning domain for it."
            ) from None
        domain = document["learning_domains"][self.place]
        changed = {**domain, "title": form.text("title"), "summary": form.text("summary")}
        return template_drafts.with_domain(document, self.key, changed)

    def field_of(self, pointer: str) -> str:
        fields = {"title": "title", "summary": "summary"}
        return field_under(f"/learning_domains/{self.place}", pointer, fields)


class NewDomain(Part):
    """A learning domain to be added, with its first theme."""

    page = "audit_templates/editor/edit_new_domain.html"

    def __init__(self) -> None:
        self.place = 0

    def heading(self) -> str:
        return "Add a learning domain"

    def shown(self, content: TemplateContent) -> Typed:  # noqa: ARG002 - nothing of it is there yet
        return {}

    def applied(self, document: Document, form: TypedForm) -> Document:
        keys = [domain["key"] for domain in document["learning_domains"]]
        themes = [theme["key"] for theme in template_drafts.each_theme(document)]
        title, theme = form.text("title"), form.text("theme_title")
        domain = {
            "key": form.text("own_key").strip() or template_drafts.proposed_key(title, keys),
            "title": title,
            "summary": form.text("summary"),
            "themes": [
                {
                    "key": template_drafts.proposed_key(theme, themes),
                    "title": theme,
                    "prompts": lines_of(form.text("prompts")),
                    "descriptors": {},
                    "forms_of_harm": [],
                }
            ],
        }
        self.place = len(keys)
        return {**document, "learning_domains": [*document["learning_domains"], domain]}

    def field_of(self, pointer: str) -> str:
        at = f"/learning_domains/{self.place}"
        theme = {"title": "theme_title", "key": "theme_title", "prompts": "prompts"}
        domain = {"title": "title", "key": "own_key", "summary": "summary"}
        return field_under(f"{at}/themes/0", pointer, theme) or field_under(at, pointer, domain)


class ThemePart(Part):
    """All fields of a theme. Without a key it is a new theme."""

    page = "audit_templates/editor/edit_theme.html"

    def __init__(self, key: str | None, *, domain_key: str = "") -> None:
        self.key = key
        self.domain_key = domain_key
        self.place = (0, 0)

    def heading(self) -> str:
        return "Add a theme" if self.key is None else "Theme"

    def shown(self, content: TemplateContent) -> Typed:
        if self.key is None:
            return {"domain": [domain_in(content, self.domain_key).key]}
        try:
            theme: Theme = content.theme(self.key)
        except KeyError:
            raise NotFound("theme") from None
        return {
            "title": [theme.title],
            "display_title": [theme.display_title or ""],
            "domain": [content.domain_of(self.key).key],
            "source_place": [theme.source_place],
            "finding": [theme.finding],
            "prompts": ["\n".join(" ".join(prompt.splitlines()) for prompt in theme.prompts)],
            **{f"descriptor-{key}": [words] for key, words in theme.descriptors.items()},
            **{f"exemplar-{place}": [each.words] for place, each in enumerate(theme.exemplars)},
            "where_to_look": [theme.where_to_look],
            "not_applicable_when": [theme.not_applicable_when],
            "forms_of_harm": list(theme.forms_of_harm),
            **{name: ["yes"] for name in _TICKED if getattr(theme, name)},
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        taken = [theme["key"] for theme in template_drafts.each_theme(document)]
        title = form.text("title")
        key = self.key or form.text("own_key").strip() or template_drafts.proposed_key(title, taken)
        harms = [harm["key"] for harm in document["forms_of_harm"]]
        theme = {
            "questions": [],
            **self._as_it_is(document),
            "key": key,
            "title": title,
            "display_title": form.text("display_title") or None,
            "source_place": form.text("source_place"),
            "finding": form.text("finding"),
            "prompts": lines_of(form.text("prompts")),
            "descriptors": {
                name.removeprefix("descriptor-"): form.text(name)
                for name in form.typed
                if name.startswith("descriptor-") and form.text(name)
            },
            "exemplars": [
                {**each, "words": words}
                for place, each in enumerate(self._as_it_is(document).get("exemplars", ()))
                if (words := form.text(f"exemplar-{place}"))
            ],
            "where_to_look": form.text("where_to_look"),
            "not_applicable_when": form.text("not_applicable_when"),
            "forms_of_harm": [harm for harm in harms if harm in form.texts("forms_of_harm")],
            **{name: form.has(name) for name in _TICKED},
        }
        try:
            # A new theme must not replace the one whose key it was given.
            changed, self.place = template_drafts.with_theme(
                document, self.key or "", theme, domain_key=form.text("domain")
            )
        except NotFound:
            raise Invalid.at("domain", "Select a learning domain for the theme") from None
        return changed

    def _as_it_is(self, document: Document) -> Document:
        """The theme with what this form does not show; empty for a new one."""
        themes = {theme["key"]: theme for theme in template_drafts.each_theme(document)}
        return themes.get(self.key, {})

    def field_of(self, pointer: str) -> str:
        domain_at, theme_at = self.place
        at = f"/learning_domains/{domain_at}/themes/{theme_at}"
        if pointer.startswith(f"{at}/descriptors/"):
            return f"descriptor-{pointer.removeprefix(f'{at}/descriptors/')}"
        if pointer.startswith(f"{at}/exemplars/"):
            return f"exemplar-{pointer.removeprefix(f'{at}/exemplars/').partition('/')[0]}"
        names = ("title", "display_title", "source_place", "finding", "prompts", "where_to_look")
        fields = {name: name for name in (*names, "not_applicable_when", "forms_of_harm", *_TICKED)} | {
            "key": "own_key"
        }
        return field_under(at, pointer, fields)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        labels = {rating.key: rating.label for rating in content.scale.ratings} if content.graded else {}
        posted = [name.removeprefix("descriptor-") for name in typed if name.startswith("descriptor-")]
        gone = {key: "A rating no longer in the scale" for key in posted if key not in labels}
        exemplars = next((theme.exemplars for theme in content.themes if theme.key == self.key), ())
        return {
            "descriptor_labels": {**labels, **gone},
            "exemplar_labels": [f"Exemplar of “{labels.get(each.rating, each.rating)}”" for each in exemplars],
        }


def domain_in(content: TemplateContent, key: str) -> LearningDomain:
    """The learning domain of that key. Raises NotFound."""
    for domain in content.learning_domains:
        if domain.key == key:
            return domain
    raise NotFound("learning domain")


def lines_of(text: str) -> list[str]:
    """The lines of a text, empty ones left out."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def faults_on(part: Part, faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults of a document at the fields of a form; those of no field without one."""
    on_fields = (
        fault if not fault.pointer.startswith("/") else Fault(part.field_of(fault.pointer), fault.detail)
        for fault in faults
    )
    return tuple(dict.fromkeys(on_fields))
