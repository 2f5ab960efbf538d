"""The parts of a template as rows of an XLSForm give them, each with its place in the workbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.audit_templates.workbooks.reading import WorkbookTemplate
from api.audit_templates.xlsforms import layout, lists
from api.audit_templates.xlsforms.conditions import OneOf, read_expression
from api.audit_templates.xlsforms.form import Form, FormRow, is_yes
from api.audit_templates.xlsforms.types import RowKind
from checklists.templates.faults import Path, pointer_to
from checklists.templates.questions import MOST_CHOICES, MOST_QUESTIONS_OF_A_THEME, QuestionKind
from checklists.templates.rules import MOST_PROMPTS

Plain = dict[str, Any]
_READ: Final = frozenset({"type", "name", "label", "relevant"})
_HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "constraint": frozenset({layout.WHOLE_NUMBER}),
    "appearance": frozenset({"field-list", layout.MONTH, "minimal", "horizontal", "quick"}),
}
_NOT_EVALUATED: Final = "A template cannot say this condition. It is not evaluated: this is asked of every case."
_OF_CASES: Final = {layout.STATUS: "statuses", layout.AGE_BAND: "age_bands", layout.INVOLVES: "involves"}


@dataclass(slots=True)
class Asked:
    """What an expression may name: the key of a question or fact, and its answers by their names in the form."""

    entry: str
    key: str
    answers: Mapping[str, str]


class TemplateBuilder:
    """Puts learning domains, themes and questions into a plain template, in the order of the rows."""

    def __init__(self, form: Form, made: WorkbookTemplate, ratings: str) -> None:
        self._form, self._made, self._ratings = form, made, ratings
        self._domains: list[Plain] = made.plain.setdefault("learning_domains", [])
        self._domain: Plain | None = None
        self._theme: Plain | None = None
        self._keys: set[str] = set()
        self._is_rated: set[str] = set()
        self._asked: dict[str, Asked | None] = {}

    @property
    def theme_key(self) -> str:
        """The key of the open theme; "" without one."""
        return "" if self._theme is None else str(self._theme["key"])

    def close_domain(self) -> None:
        self._domain = self._theme = None

    def close_theme(self) -> None:
        self._theme = None

    def start_domain(self, row: FormRow, *, title: str = "") -> Plain:
        """A learning domain. `title`: where the row has none of its own."""
        name = "form" if title else row.text("name").removeprefix(layout.DOMAIN_OF)
        taken = [domain["key"] for domain in self._domains]
        key = lists.another(lists.key_from(name or row.text("label"), number=row.number), taken)
        domain: Plain = {"key": key, "title": title or lists.label_of(row) or key, "themes": []}
        self._domains.append(domain)
        self._domain, self._theme = domain, None
        at: Path = ("learning_domains", len(self._domains) - 1)
        self._note_places(at, row, {"key": "name", "title": "label"})
        if not title:
            self.condition(row, domain, at)
        return domain

    def start_theme(self, row: FormRow, *, title: str = "") -> Plain:
        """A theme of the open domain; outside every group, of one that has the title of the form."""
        domain = self._domain or self.start_domain(row, title=str(self._made.plain["title"]))
        name = row.text("name").removeprefix(layout.THEME_OF).removeprefix(layout.DOMAIN_OF)
        key = lists.another(lists.key_from(name or row.text("label"), number=row.number), self._keys)
        self._keys.add(key)
        theme: Plain = {"key": key, "title": title or lists.label_of(row) or key, "prompts": []}
        domain["themes"].append(theme)
        self._theme = theme
        self._note_places(self._at_theme, row, {"key": "name", "title": "label"})
        return theme

    @property
    def _at_theme(self) -> Path:
        place = len(self._domains) - 1
        return ("learning_domains", place, "themes", len(self._domains[place]["themes"]) - 1)

    def condition_of_theme(self, row: FormRow, theme: Plain) -> None:
        self.condition(row, theme, self._at_theme)

    def rate(self, row: FormRow) -> None:
        """A graded question: the answer of the open theme of its name, or a theme of its own."""
        theme = self._theme
        if theme is not None and theme["key"] == row.text("name") and theme["key"] not in self._is_rated:
            if lists.label_of(row) != theme["title"]:
                theme["display_title"] = lists.label_of(row)
                self._place((*self._at_theme, "display_title"), row, "label")
            if row.text("hint"):
                theme["where_to_look"] = row.text("hint")
                self._place((*self._at_theme, "where_to_look"), row, "hint")
            self.condition(row, None, ())
        else:
            theme = self.start_theme(row)
            self.condition_of_theme(row, theme)
            theme["prompts"].append(row.text("hint") or theme["title"])
            self._place((*self._at_theme, "prompts", 0), row, "hint")
        self._is_rated.add(theme["key"])
        self.unused_cells(row, "hint")

    def note(self, row: FormRow) -> None:
        """A note: the part of the theme or domain that its name says, or a prompt of the open theme."""
        name, text = row.text("name"), row.text("label")
        theme, domain = self._theme, self._domain
        if not text:
            self._form.leave_out(row, "name", "This note has no text.")
        elif domain is not None and name == layout.part_of(layout.DOMAIN_OF + domain["key"], layout.SUMMARY):
            domain["summary"] = text
            self._place(("learning_domains", len(self._domains) - 1, "summary"), row, "label")
        elif theme is not None:
            self._note_of_theme(row, theme, name.removeprefix(f"{theme['key']}."), text)
        elif domain is not None:
            domain["summary"] = "\n".join(filter(None, [domain.get("summary"), text]))
            self._place(("learning_domains", len(self._domains) - 1, "summary"), row, "label")
        else:
            self._form.leave_out(row, "type", "A note outside every group is not part of a template.")
        is_descriptor = theme is not None and name.startswith(f"{theme['key']}.{layout.DESCRIPTOR}.")
        self.unused_cells(row, *(["hint"] if is_descriptor else []))
        self.condition(row, None, ())

    def _note_of_theme(self, row: FormRow, theme: Plain, part: str, text: str) -> None:
        parts = {layout.FINDING: "finding", layout.NOT_APPLICABLE_WHEN: "not_applicable_when"}
        kind, _, rating = part.partition(".")
        if part in parts:
            theme[parts[part]] = text
            self._place((*self._at_theme, parts[part]), row, "label")
        elif kind == layout.DESCRIPTOR and rating and self._ratings:
            theme.setdefault("descriptors", {})[rating] = text
            self._place((*self._at_theme, "descriptors", rating), row, "label")
        elif len(theme["prompts"]) < MOST_PROMPTS:
            theme["prompts"].append(text)
            self._place((*self._at_theme, "prompts", len(theme["prompts"]) - 1), row, "label")
        else:
            self._form.leave_out(row, "label", f"A theme has up to {MOST_PROMPTS} prompts. This note is left out.")

    def question(self, row: FormRow, kind: RowKind, listed: str) -> None:
        """A question of the open theme; where there is none, a theme is made for it."""
        entries = self._answers(row, kind, listed)
        if entries is None:
            return
        theme = self._theme_for(row)
        key = lists.another(lists.key_from(row.text("name"), number=row.number), self._keys)
        self._keys.add(key)
        hint = {"hint": row.text("hint")} if row.text("hint") else {}
        question: Plain = {"key": key, "text": lists.label_of(row), **hint, **entries}
        questions = theme.setdefault("questions", [])
        questions.append(question)
        at = (*self._at_theme, "questions", len(questions) - 1)
        self._note_places(at, row, {"key": "name", "text": "label", "hint": "hint", "kind": "type", "meets": "meets"})
        self._place((*at, "choices"), row, "type")
        self.condition(row, question, at)
        answers = lists.keys_of(self._form.lists.get(listed, [])) if kind is RowKind.SELECT_ONE else {}
        self.ask(row, Asked("answers", key, answers))
        self.unused_cells(row, "hint", *(["meets"] if kind is RowKind.SELECT_ONE else []))

    def ask(self, row: FormRow, asked: Asked) -> None:
        """Note what expressions may name. A name that two rows have names neither."""
        name = row.text("name")
        self._asked[name] = None if name in self._asked else asked

    def _answers(self, row: FormRow, kind: RowKind, listed: str) -> Plain | None:
        """How a question is answered; None for one that a template cannot ask, which is named."""
        if kind is RowKind.DATE:
            if row.text("appearance") != layout.MONTH:
                self._form.leave_out(row, "type", "A template asks for a month. The day is not asked.")
            return {"kind": QuestionKind.MONTH.value}
        if kind is RowKind.INTEGER:
            return {"kind": QuestionKind.NUMBER.value}
        choices = self._form.lists.get(listed)
        if choices is None:
            self._form.fault(row, "type", "The sheet “choices” has no list of this name.")
            return None
        entries = lists.question_of(choices)
        number = len(entries.get("choices", "12"))
        if not 2 <= number <= MOST_CHOICES:
            words = f"A question has 2 to {MOST_CHOICES} choices. This one has {number}, so it is left out."
            self._form.leave_out(row, "type", words)
            return None
        scores = lists.scores_in_words(choices)
        if scores:
            self._form.leave_out(row, "type", "The scores of these answers are in the hint of the question.")
        if any(choice.text(column) for choice in choices for column in ("description", "meets_standard")):
            words = "The answers to a question have no descriptions, and “meets” says which meet the standard."
            self._form.leave_out(row, "type", words)
        keys = lists.keys_of(choices)
        names = [keys.get(name.strip(), name.strip()) for name in row.text("meets").split(",") if name.strip()]
        hint = " ".join(filter(None, [row.text("hint"), scores]))
        return {**entries, **({"meets": names} if names else {}), **({"hint": hint} if hint else {})}

    def _theme_for(self, row: FormRow) -> Plain:
        theme = self._theme
        if theme is None:
            title = str(self._domain["title"] if self._domain is not None else self._made.plain["title"])
            theme = self.start_theme(row, title=title)
            if self._ratings:
                words = "No graded question is before this one in its group. A theme is added for it, which is rated."
                self._form.leave_out(row, "name", words)
        elif len(theme.get("questions", ())) >= MOST_QUESTIONS_OF_A_THEME and not self._ratings:
            theme = self.start_theme(row, title=str(theme["title"]))
        return theme

    def condition(self, row: FormRow, part: Plain | None, at: Path) -> None:
        """The condition of a row, or its name among what is not evaluated. `part`: None where none can be kept."""
        text = row.text("relevant")
        if not text:
            return
        found = read_expression(text) if part is not None else None
        made: dict[str, Any] = {}
        if part is None or not found or not all(self._add(made, each) for each in found):
            self._form.leave_out(row, "relevant", _NOT_EVALUATED)
            return
        part["applies_when"] = made
        self._place((*at, "applies_when"), row, "relevant")

    def _add(self, made: dict[str, Any], one: OneOf) -> bool:
        entry = _OF_CASES.get(one.name)
        if entry is not None:
            if entry in made or one.among != (entry == "involves"):
                return False
            made[entry] = list(one.answers)
            return True
        asked = self._asked.get(one.name)
        if asked is None or any(answer not in asked.answers for answer in one.answers):
            return False
        name = "fact" if asked.entry == "facts" else "question"
        made.setdefault(asked.entry, []).append(
            {name: asked.key, "answers": [asked.answers[answer] for answer in one.answers]}
        )
        return True

    def unused_cells(self, row: FormRow, *read: str) -> None:
        """Name each cell of a row of which a template has nothing. `read`: further columns that are read."""
        if not row.text("label"):
            self._form.leave_out(row, "name", "This has no label, so its name is shown.")
        for column, text in row.texts.items():
            if (
                column in _READ
                or column in read
                or text in _HARMLESS.get(column, ())
                or (column == "required" and is_yes(text))
            ):
                continue
            self._form.leave_out(row, column, f"A template has no “{column}”.")
        if "${" in row.text("label") + row.text("hint"):
            self._form.leave_out(row, "label", "The text shows an answer. In a template it is shown as it is written.")

    def finish(self) -> None:
        """Give every theme a prompt, and remove learning domains without themes, which are named."""
        for place, domain in enumerate(self._domains):
            for theme in domain["themes"]:
                theme["prompts"] = theme["prompts"] or [theme["title"]]
            if not domain["themes"]:
                sheet, cell = self._made.place_of(pointer_to(("learning_domains", place)))
                self._made.fault(sheet, cell, "This group has nothing that a template can ask. Remove it.")
        if not self._domains:
            self._made.fault(layout.SURVEY, "", "The form has no question that a template can ask.")

    def _place(self, path: Path, row: FormRow, column: str) -> None:
        self._made.places.setdefault(pointer_to(path), (row.sheet, row.cell(column)))

    def _note_places(self, at: Path, row: FormRow, columns: Mapping[str, str]) -> None:
        self._place(at, row, "name")
        for entry, column in columns.items():
            self._place((*at, entry), row, column)
