"""Rows of a form: the entries of a list beside each other on one page, and empty rows for new ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from api.audit_templates import drafts as template_drafts
from api.audit_templates.drafts import Document
from api.foundation.pages.forms import TypedForm

MOST_ROWS: Final = 80
EMPTY_ROWS: Final = 2

Typed = dict[str, Sequence[str]]


class RowFields:
    """The rows of one list. It serves one request: it remembers which row each entry came from.

    `fields`: the texts of a row, of which the first is always posted. `keyed`: entries have keys, made from the label
    where none is typed. `least`: how many rows a form has at least, empty ones included. `empty`: how many of them.
    """

    def __init__(
        self,
        prefix: str,
        fields: Sequence[str],
        *,
        keyed: bool = True,
        longest_key: int = 60,
        digits_first: bool = False,
        least: int = 0,
        most: int = MOST_ROWS,
        empty: int = EMPTY_ROWS,
    ) -> None:
        self.prefix = prefix
        self.fields = tuple(fields)
        self.keyed = keyed
        self.longest_key = longest_key
        self.digits_first = digits_first
        self.least = least
        self.most = most
        self.empty = empty
        self.rows: list[int] = []

    def shown(self, entries: Sequence[Mapping[str, Sequence[str]]]) -> Typed:
        """The fields of these entries, each a list of values by its name."""
        typed: Typed = {}
        for row, entry in enumerate(entries):
            name = f"{self.prefix}-{row}"
            typed[f"{name}-known"] = entry.get("key", ["yes"])
            typed[f"{name}-place"] = [str(row + 1)]
            typed |= {f"{name}-{part}": values for part, values in entry.items() if part != "key"}
        return typed

    def read(self, form: TypedForm, entry_of: Callable[[str], Document]) -> list[Document]:
        """The rows as entries, in the chosen order. `entry_of`: the entry of a row whose fields begin with this name.

        Faults are collected in the form.
        """
        found: list[tuple[int, int, Document]] = []
        taken = {form.text(f"{self.prefix}-{row}-known") for row in range(MOST_ROWS)}
        for row in self._posted(form.typed):
            name = f"{self.prefix}-{row}"
            known = form.text(f"{name}-known")
            typed = any(form.text(f"{name}-{part}") for part in (*self.fields, "key"))
            if form.has(f"{name}-remove") or not (known or typed):
                continue
            entry = entry_of(name)
            if self.keyed:
                entry = {"key": known or self._key(form, name, taken), **entry}
                taken.add(entry["key"])
            place = form.whole_number(f"{name}-place", "The position", least=1, most=MOST_ROWS, needed=False)
            found.append((MOST_ROWS if place is None else place, row, entry))
        found.sort(key=lambda each: each[:2])
        self.rows = [row for _, row, _ in found]
        return [entry for *_, entry in found]

    def _key(self, form: TypedForm, name: str, taken: set[str]) -> str:
        return form.text(f"{name}-key").strip() or template_drafts.proposed_key(
            form.text(f"{name}-label"), taken, longest=self.longest_key, digits_first=self.digits_first
        )

    def _posted(self, typed: Mapping[str, Sequence[str]]) -> list[int]:
        return [row for row in range(MOST_ROWS) if f"{self.prefix}-{row}-{self.fields[0]}" in typed]

    def field_of(self, at: str, pointer: str, names: Mapping[str, str] | None = None) -> str:
        """The form field for a place in the list at `at`; "" for a place elsewhere. `names`: fields of entries that
        have another name.
        """
        if not pointer.startswith(f"{at}/"):
            return ""
        place, _, entry = pointer[len(at) + 1 :].partition("/")
        if not place.isdecimal() or int(place) >= len(self.rows):
            return ""
        entry = entry.partition("/")[0]
        name = (names or {}).get(entry, entry) or self.fields[0]
        return f"{self.prefix}-{self.rows[int(place)]}-{name}"

    def to_show(self, typed: Mapping[str, Sequence[str]]) -> list[int]:
        """The rows of the form: those there are, and empty ones."""
        rows = self._posted(typed)
        empty = sum(
            not any("".join(typed.get(f"{self.prefix}-{row}-{part}", ())) for part in ("known", *self.fields))
            for row in rows
        )
        first = max(rows, default=-1) + 1
        wanted = max(self.empty, self.least - len(rows) + empty)
        added = range(first, min(first + max(0, wanted - empty), self.most))
        return [*rows, *added]
