"""The form of a condition: which cases a learning domain, theme or question is asked of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.audit_templates.editor.parts import Part, Typed, domain_in
from api.audit_templates.editor.questions import question_in
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Invalid, NotFound
from checklists.templates.conditions import Condition
from checklists.templates.questions import Question
from checklists.templates.template import Template as TemplateContent

KINDS: Final[Mapping[str, str]] = {"domains": "learning domain", "themes": "theme", "questions": "question"}
_LISTS: Final = ("statuses", "age_bands", "involves")


class ConditionPart(Part):
    """When a part is asked. `kind`: domains, themes or questions. Nothing ticked: of all cases."""

    page = "audit_templates/editor/edit_condition.html"
    needs_format_2 = True

    def __init__(self, kind: str, key: str) -> None:
        self.kind = kind
        self.key = key
        self.pointer = ""
        self.theme_key = ""

    def heading(self) -> str:
        return f"When this {KINDS[self.kind]} applies"

    def shown(self, content: TemplateContent) -> Typed:
        condition = self._part_in(content)[1]
        if condition is None:
            return {}
        return {
            "statuses": list(condition.statuses),
            "age_bands": list(condition.age_bands),
            "involves": list(condition.involves),
            **{f"fact-{each.fact}": list(each.answers) for each in condition.facts},
            **{f"question-{each.question}": list(each.answers) for each in condition.answers},
        }

    def applied(self, document: Document, form: TypedForm) -> Document:
        condition: Document = {name: form.texts(name) for name in _LISTS}
        for name, prefix, key_name in (("facts", "fact-", "fact"), ("answers", "question-", "question")):
            condition[name] = [
                {key_name: posted.removeprefix(prefix), "answers": form.texts(posted)}
                for posted in form.typed
                if posted.startswith(prefix) and form.texts(posted)
            ]
        try:
            changed, self.pointer = template_drafts.with_condition(
                document, self.kind, self.key, condition if any(condition.values()) else None
            )
        except NotFound:
            words = f"This {KINDS[self.kind]} has been removed, so its conditions cannot be changed."
            raise Invalid(words) from None
        if self.kind == "questions":
            home = template_drafts.question_place(document, self.key)
            self.theme_key = document["learning_domains"][home[0]]["themes"][home[1]]["key"]
        return changed

    def field_of(self, pointer: str) -> str:
        if not pointer.startswith(f"{self.pointer}/"):
            return ""
        name = pointer.removeprefix(f"{self.pointer}/").partition("/")[0]
        return name if name in _LISTS else ""

    def context(self, content: TemplateContent, typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        try:
            title = self._part_in(content)[0]
        except NotFound:
            title = ""
        earlier = self._earlier(content)
        return {
            "about": title,
            "statuses": [{"value": key, "text": label} for key, label in content.case_words.statuses.items()],
            "age_bands": [{"value": key, "text": label} for key, label in content.case_words.age_bands.items()],
            "involves": [{"value": harm.key, "text": harm.label} for harm in content.forms_of_harm],
            "facts": content.case_facts,
            "earlier": [
                (label, questions, any(typed.get(f"question-{each.key}") for each in questions))
                for label, questions in earlier
                if questions
            ],
        }

    def _part_in(self, content: TemplateContent) -> tuple[str, Condition | None]:
        if self.kind == "domains":
            domain = domain_in(content, self.key)
            return domain.title, domain.applies_when
        if self.kind == "themes":
            if not content.has_theme(self.key):
                raise NotFound("theme")
            theme = content.theme(self.key)
            return theme.label, theme.applies_when
        question, self.theme_key = question_in(content, self.key)
        return question.text, question.applies_when

    def _earlier(self, content: TemplateContent) -> list[tuple[str, list[Question]]]:
        """The questions asked before the part that are answered by choosing, by the theme that they are under."""
        found: list[tuple[str, list[Question]]] = []
        for domain in content.learning_domains:
            if self.kind == "domains" and domain.key == self.key:
                return found
            for theme in domain.themes:
                if self.kind == "themes" and theme.key == self.key:
                    return found
                before: list[Question] = []
                found.append((theme.label, before))
                for question in theme.questions:
                    if self.kind == "questions" and question.key == self.key:
                        return found
                    if question.kind.is_chosen:
                        before.append(question)
        return found

    def next_page(self, form: TypedForm) -> str:  # noqa: ARG002 - the signature of all parts
        return f"/themes/{self.theme_key}/questions" if self.kind == "questions" else ""

    def back(self) -> tuple[str, str]:
        if self.kind == "questions" and self.theme_key:
            return f"/themes/{self.theme_key}/questions", "the questions"
        return super().back()
