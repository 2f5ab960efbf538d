"""The parts of a draft that have a form each: what the form shows, and what it makes of the draft."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from api.actions import template_drafts
from api.actions.template_drafts import Document
from api.pages.forms import TypedForm
from api.problems import Fault, Invalid, NotFound
from checklists.template import FormOfHarm, LearningDomain, NotEvidencedRule, Theme
from checklists.template import Template as TemplateContent

Typed = dict[str, Sequence[str]]

MOST_ROWS: Final = 80
EMPTY_ROWS: Final = 2
NOT_EVIDENCED_WORDS: Final[Mapping[str, str]] = {
    NotEvidencedRule.BELOW_STANDARD: "It counts as below the standard",
    NotEvidencedRule.LEFT_OUT: "It is left out of the sums, like not applicable",
}


class Part(ABC):
    """One form of the editor. A part serves one request: it remembers where its fields went in the document."""

    page: ClassVar[str]

    @abstractmethod
    def heading(self) -> str: ...

    @abstractmethod
    def shown(self, content: TemplateContent) -> Typed:
        """The fields as they are before anybody types. Raises NotFound when the draft has no such part."""

    @abstractmethod
    def applied(self, document: Document, form: TypedForm) -> Document:
        """The document with what was typed. Raises Invalid for what cannot be put anywhere."""

    @abstractmethod
    def field_of(self, pointer: str) -> str:
        """The field of the form that a place in the document came from; "" when it came from none."""

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002
        """What else the form's page needs."""
        return {}


def _field_under(prefix: str, pointer: str, fields: Mapping[str, str]) -> str:
    """The field for a pointer under a prefix, by its first step after it."""
    if not pointer.startswith(f"{prefix}/"):
        return ""
    return fields.get(pointer[len(prefix) + 1 :].partition("/")[0], "")


class Details(Part):
    """The title and what stands beside it."""

    page = "templates/edit_details.html"

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
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        published = form.date("source_published", "The day of publication", needed=False)
        form.check()
        source: Document | None = {
            "title": form.text("source_title"),
            "published": published and published.isoformat(),
            "note": form.text("source_note"),
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
        source = {"title": "source_title", "published": "source_published", "note": "source_note"}
        fields = {"title": "title", "summary": "summary", "not_evidenced": "not_evidenced"}
        return _field_under("/source", pointer, source) or _field_under("", pointer, fields)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:  # noqa: ARG002
        return {"not_evidenced_words": NOT_EVIDENCED_WORDS}


class _Rows(Part):
    """A list of short entries on one page: the rows there are, and two empty ones for new entries."""

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
        """The rows as entries, in the order asked for. Remembers which row each entry came from."""
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

    page = "templates/edit_scale.html"
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

    page = "templates/edit_forms_of_harm.html"
    prefix = "harm"
    called = "Form of harm"
    at = "/forms_of_harm"

    def heading(self) -> str:
        return "Forms of harm"

    def shown(self, content: TemplateContent) -> Typed:
        return self._shown([FormOfHarm.model_dump(harm) for harm in content.forms_of_harm])

    def applied(self, document: Document, form: TypedForm) -> Document:
        return template_drafts.with_forms_of_harm(document, self._entries(form))

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        named = {
            harm.key: sum(harm.key in theme.forms_of_harm for theme in content.themes) for harm in content.forms_of_harm
        }
        return {**super().context(content, typed), "named": named}


class Domain(Part):
    """The title and summary of a learning domain."""

    page = "templates/edit_domain.html"

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
                "Somebody has removed this learning domain. Copy what you typed, and add a learning domain for it."
            ) from None
        domain = document["learning_domains"][self.place]
        changed = {**domain, "title": form.text("title"), "summary": form.text("summary")}
        return template_drafts.with_domain(document, self.key, changed)

    def field_of(self, pointer: str) -> str:
        fields = {"title": "title", "summary": "summary"}
        return _field_under(f"/learning_domains/{self.place}", pointer, fields)


class NewDomain(Part):
    """A learning domain to be added, with its first theme."""

    page = "templates/edit_new_domain.html"

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
        return _field_under(f"{at}/themes/0", pointer, theme) or _field_under(at, pointer, domain)


class ThemePart(Part):
    """Everything that a theme says. Without a key it is a theme to be added."""

    page = "templates/edit_theme.html"

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
            "where_to_look": [theme.where_to_look],
            "not_applicable_when": [theme.not_applicable_when],
            "forms_of_harm": list(theme.forms_of_harm),
            **({"limiting": ["yes"]} if theme.limiting else {}),
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        taken = [theme["key"] for theme in template_drafts.each_theme(document)]
        title = form.text("title")
        key = self.key or form.text("own_key").strip() or template_drafts.proposed_key(title, taken)
        harms = [harm["key"] for harm in document["forms_of_harm"]]
        theme = {
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
            "where_to_look": form.text("where_to_look"),
            "not_applicable_when": form.text("not_applicable_when"),
            "forms_of_harm": [harm for harm in harms if harm in form.texts("forms_of_harm")],
            "limiting": form.has("limiting"),
        }
        try:
            # A theme to be added must not take the place of one whose key it was given.
            changed, self.place = template_drafts.with_theme(
                document, self.key or "", theme, domain_key=form.text("domain")
            )
        except NotFound:
            raise Invalid.at("domain", "Choose the learning domain that the theme belongs to.") from None
        return changed

    def field_of(self, pointer: str) -> str:
        domain_at, theme_at = self.place
        at = f"/learning_domains/{domain_at}/themes/{theme_at}"
        if pointer.startswith(f"{at}/descriptors/"):
            return f"descriptor-{pointer.removeprefix(f'{at}/descriptors/')}"
        names = ("title", "display_title", "source_place", "finding", "prompts", "where_to_look")
        fields = {name: name for name in (*names, "not_applicable_when", "forms_of_harm")} | {"key": "own_key"}
        return _field_under(at, pointer, fields)

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        labels = {rating.key: rating.label for rating in content.scale.ratings}
        posted = [name.removeprefix("descriptor-") for name in typed if name.startswith("descriptor-")]
        gone = {key: "A rating that the scale no longer has" for key in posted if key not in labels}
        return {"descriptor_labels": {**labels, **gone}}


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
    """The faults of a document told at the fields of a form; those that belong to no field are told at none."""
    on_fields = (
        fault if not fault.pointer.startswith("/") else Fault(part.field_of(fault.pointer), fault.detail)
        for fault in faults
    )
    return tuple(dict.fromkeys(on_fields))
