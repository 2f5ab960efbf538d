"""The form of a question under a theme."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed
from api.audit_templates.editor.row_fields import RowFields
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Invalid, NotFound
from checklists.templates.questions import LARGEST_NUMBER, MOST_CHOICES, Question, QuestionKind, fixed_choices
from checklists.templates.template import Template as TemplateContent

_FEWEST_ROWS: Final = 6
_FIXED: Final = (QuestionKind.YES_NO, QuestionKind.YES_PARTLY_NO)


class QuestionPart(Part):
    """All fields of a question but its condition, which has a form of its own. Without a key it is a new question."""

    page = "audit_templates/editor/edit_question.html"
    needs_format_2 = True

    def __init__(self, key: str | None, *, theme_key: str = "") -> None:
        self.key = key
        self.theme_key = theme_key
        self.place = (0, 0, 0)
        self.kind = ""
        self.rows = RowFields("choice", ("label",), digits_first=True, least=_FEWEST_ROWS, most=MOST_CHOICES)

    def heading(self) -> str:
        return "Add a question" if self.key is None else "Question"

    def shown(self, content: TemplateContent) -> Typed:
        if self.key is None:
            if not content.has_theme(self.theme_key):
                raise NotFound("theme")
            return {"theme": [self.theme_key]}
        question, theme_key = question_in(content, self.key)
        self.theme_key = theme_key
        typed: Typed = {
            "theme": [theme_key],
            "text": [question.text],
            "kind": [question.kind.value],
            "hint": [question.hint],
            **({"not_applicable": ["yes"]} if question.not_applicable else {}),
        }
        if question.kind is QuestionKind.CHOICE:
            choices = [
                {
                    "key": [choice.key],
                    "label": [choice.label],
                    **({"meets": ["yes"]} if choice.key in question.meets else {}),
                }
                for choice in question.choices
            ]
            return {**typed, **self.rows.shown(choices)}
        if question.kind.is_number:
            for name in ("at_least", "at_most"):
                number = getattr(question, name)
                typed[f"{question.kind.value}-{name}"] = ["" if number is None else str(number)]
        return {**typed, f"meets-{question.kind.value}": list(question.meets)}

    def applied(self, document: Document, form: TypedForm) -> Document:
        kind = form.text("kind")
        if kind not in set(QuestionKind):
            raise Invalid.at("kind", "Select a type of answer")
        self.kind, self.theme_key = kind, form.text("theme")
        text = form.text("text")
        taken = [part["key"] for part in template_drafts.each_theme(document)]
        taken += [part["key"] for part in template_drafts.each_question(document)]
        question: Document = {
            **self._as_it_is(document),
            "key": self.key or form.text("own_key").strip() or template_drafts.proposed_key(text, taken),
            "text": text,
            "kind": kind,
            "hint": form.text("hint"),
            "not_applicable": form.has("not_applicable"),
            "choices": [],
            "meets": [],
            "at_least": None,
            "at_most": None,
            **self._of_kind(QuestionKind(kind), form),
        }
        form.check()
        try:
            # A new question must not replace the one whose key it was given.
            changed, self.place = template_drafts.with_question(
                document, self.key or "", question, theme_key=self.theme_key
            )
        except NotFound:
            raise Invalid.at("theme", "Select a theme for the question") from None
        return changed

    def _as_it_is(self, document: Document) -> Document:
        """The question with what this form does not show; empty for a new one."""
        questions = {each["key"]: each for each in template_drafts.each_question(document)}
        return questions.get(self.key, {})

    def _of_kind(self, kind: QuestionKind, form: TypedForm) -> Document:
        """What only questions of this kind have. What was typed for another kind is left out."""
        if kind is QuestionKind.CHOICE:
            choices = self.rows.read(form, lambda name: self._choice(form, name))
            return {"meets": [choice["key"] for choice in choices if choice.pop("meets")], "choices": choices}
        if kind.is_number:
            return {
                name: form.whole_number(
                    f"{kind.value}-{name}", "The number", least=0, most=LARGEST_NUMBER, needed=False
                )
                for name in ("at_least", "at_most")
            }
        chosen = form.texts(f"meets-{kind.value}")
        return {"meets": [choice.key for choice in fixed_choices(kind) if choice.key in chosen]}

    def _choice(self, form: TypedForm, name: str) -> Document:
        return {"label": form.text(f"{name}-label"), "meets": form.has(f"{name}-meets")}

    def field_of(self, pointer: str) -> str:
        domain_at, theme_at, question_at = self.place
        at = f"/learning_domains/{domain_at}/themes/{theme_at}/questions/{question_at}"
        if not pointer.startswith(f"{at}/"):
            return ""
        name = pointer.removeprefix(f"{at}/").partition("/")[0]
        if name == "choices":
            return self.rows.field_of(f"{at}/choices", pointer, {"key": "label"}) or "kind"
        if name in {"meets", "at_least", "at_most"}:
            return self._standard_field(name)
        return {"key": "own_key", "text": "text", "kind": "kind", "hint": "hint"}.get(name, "")

    def _standard_field(self, name: str) -> str:
        if name == "meets":
            return "kind" if self.kind == QuestionKind.CHOICE else f"meets-{self.kind}"
        return f"{self.kind}-{name}"

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        home = self.theme_key if content.has_theme(self.theme_key) else ""
        return {
            "rows": self.rows.to_show(typed),
            "homes": [{"value": theme.key, "text": theme.label} for theme in content.themes],
            "kinds": list(QuestionKind),
            "fixed": {kind.value: fixed_choices(kind) for kind in _FIXED},
            "counted": [kind.value for kind in QuestionKind if kind.is_number],
            "theme_title": content.theme(home).label if home else "",
        }

    def next_page(self, form: TypedForm) -> str:
        page = f"/themes/{self.theme_key}"
        return f"{page}/new-question" if form.has("another") else f"{page}/questions"

    def back(self) -> tuple[str, str]:
        return (f"/themes/{self.theme_key}/questions", "the questions") if self.theme_key else super().back()


def question_in(content: TemplateContent, key: str) -> tuple[Question, str]:
    """The question of that key, and the key of its theme. Raises NotFound."""
    for theme in content.themes:
        for question in theme.questions:
            if question.key == key:
                return question, theme.key
    raise NotFound("question")
