"""A template from the sheets of a workbook: every fault with its sheet and cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from api.audit_templates.workbooks import layout as sheets
from api.audit_templates.workbooks.columns import BadCellError, Column
from api.audit_templates.workbooks.layout import BY_SHEET, GROUPS, TABLES, WHOLE, Table
from api.documents.reading.sandbox import ReadSheet
from api.documents.reading.sheets import Cell, Row
from checklists.templates.faults import MOST_FAULTS, Path, pointer_to

_SELECT_YES: Final = "Select Yes, or clear what belongs to it."
_IGNORED: Final = frozenset({sheets.READ_ME, sheets.LISTS})
# The sheet and the column that tell what a row belongs to.
_STRUCTURE: Final = frozenset({"of", "kind", "what", "named"})


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong at a place of the workbook; `cell` is "" for a whole sheet."""

    sheet: str
    cell: str
    words: str

    def __str__(self) -> str:
        return f"Sheet “{self.sheet}”{f', cell {self.cell}' if self.cell else ''}: {self.words}"


@dataclass(slots=True)
class TableRow:
    """One row of a list: its entries, and the cell of every column by its entry."""

    entries: dict[str, Any]
    cells: dict[str, str]


@dataclass(slots=True)
class WorkbookTemplate:
    """What a workbook holds as a plain template, which may be malformed, and where each part of it is.

    `places`: the sheet and cell by the pointer of a part.
    """

    plain: dict[str, Any] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    # The groups of entries that the template says it does not have, with the cell that says so.
    denied: dict[str, str] = field(default_factory=dict)

    def fault(self, sheet: str, cell: str, words: str) -> None:
        self.faults.append(CellFault(sheet, cell, words))

    def note(self, path: Path, sheet: str, row: TableRow) -> None:
        """Where an entry of a list is, and each of its own entries."""
        self.places.setdefault(pointer_to(path), (sheet, next(iter(row.cells.values()), "")))
        for entry, cell in row.cells.items():
            self.places.setdefault(pointer_to((*path, *entry.split("."))), (sheet, cell))

    def place_of(self, pointer: str) -> tuple[str, str]:
        """The sheet and cell of a part, or of what it is in."""
        while pointer not in self.places and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, (WHOLE, ""))

    def at(self, pointer: str, words: str) -> CellFault:
        """A fault of the template at its place in the workbook."""
        return CellFault(*self.place_of(pointer), words)


def is_template_workbook(found: Sequence[ReadSheet]) -> bool:
    """Whether a workbook has the sheets of a template."""
    names = {sheet.name for sheet in found}
    return WHOLE in names and sheets.THEMES in names


def assemble(found: Sequence[ReadSheet]) -> WorkbookTemplate:
    """The template that the sheets hold."""
    made = WorkbookTemplate()
    rows: dict[str, list[TableRow]] = {table.sheet: [] for table in TABLES}
    for sheet in found:
        if sheet.name in BY_SHEET:
            rows[sheet.name] = list(_rows_of(sheet, made))
        elif sheet.name not in {WHOLE, *_IGNORED} and sheet.rows:
            made.fault(sheet.name, "", "This sheet is not part of a template. Remove it.")
    whole = next((sheet.rows for sheet in found if sheet.name == WHOLE), ())
    _put_whole(made, whole, has_ratings=bool(rows[sheets.RATINGS]))
    _Lists(made, rows).put_all()
    return made


def _rows_of(sheet: ReadSheet, made: WorkbookTemplate) -> Iterator[TableRow]:
    if not sheet.rows:
        return
    (head, headings), *others = sheet.rows
    table = BY_SHEET[sheet.name]
    columns = _columns_of(table, head, headings, made, has_rows=bool(others))
    notes = {column.note for column in table.columns if column.note}
    for number, cells in others:
        if number == head + 1 and any(cell in notes for cell in cells):
            continue
        for place in range(len(cells)):
            if place not in columns and cells[place]:
                made.fault(sheet.name, f"{xl_col_to_name(place)}{number}", "This column has no heading.")
        yield _row(sheet.name, number, cells, columns, made)
        if len(made.faults) > MOST_FAULTS:
            return


def _columns_of(
    table: Table, head: int, headings: Sequence[Cell], made: WorkbookTemplate, *, has_rows: bool
) -> dict[int, Column]:
    """The columns of a sheet by their place, by what the first row says."""
    by_heading = {column.heading.casefold(): column for column in table.columns}
    columns: dict[int, Column] = {}
    for place, heading in enumerate(headings):
        column = by_heading.pop(str(heading).strip().casefold(), None)
        if column is not None:
            columns[place] = column
        elif heading:
            words = f"This heading is not known. Use: {', '.join(each.heading for each in table.columns)}."
            made.fault(table.sheet, f"{xl_col_to_name(place)}{head}", words)
    for column in by_heading.values():
        if column.is_needed and has_rows:
            made.fault(table.sheet, f"A{head}", f"The column “{column.heading}” is missing.")
    return columns


def _row(
    sheet: str, number: int, cells: Sequence[Cell], columns: Mapping[int, Column], made: WorkbookTemplate
) -> TableRow:
    row = TableRow({}, {})
    for place, column in columns.items():
        cell = f"{xl_col_to_name(place)}{number}"
        row.cells[column.entry] = cell
        try:
            entry = column.entry_of(cells[place] if place < len(cells) else "")
        except BadCellError as bad:
            made.fault(sheet, cell, str(bad))
        else:
            if entry is not None:
                row.entries[column.entry] = entry
    return row


def _put_whole(made: WorkbookTemplate, rows: Sequence[Row], *, has_ratings: bool) -> None:
    by_heading = {column.heading.casefold(): (group, column) for group, column in sheets.rows_of_whole()}
    values: dict[str, dict[str, Any]] = {group.entry: {} for group in GROUPS}
    markers: dict[str, tuple[Any, str]] = {}
    for number, cells in rows[1:]:
        heading, value = (str(cells[0]).strip(), cells[1] if len(cells) > 1 else "")
        group, column = by_heading.pop(heading.casefold(), (None, None))
        if group is None or column is None:
            made.fault(WHOLE, f"A{number}", "This row is not known. Remove it, or use the heading as it was.")
            continue
        path = tuple(step for step in (group.entry, *column.entry.split(".")) if step)
        made.places.setdefault(pointer_to(path), (WHOLE, f"B{number}"))
        try:
            entry = column.entry_of(value)
        except BadCellError as bad:
            made.fault(WHOLE, f"B{number}", str(bad))
            continue
        if column is group.marker:
            markers[group.entry] = (entry, f"B{number}")
        elif entry not in {None, ""} if not column.keeps_empty else entry is not None:
            values[group.entry][column.entry] = entry
    for _, column in by_heading.values():
        if column.is_needed:
            made.fault(WHOLE, "", f"The row “{column.heading}” is missing.")
    _put_groups(made, values, markers, has_ratings=has_ratings)


def _put_groups(
    made: WorkbookTemplate,
    values: Mapping[str, dict[str, Any]],
    markers: Mapping[str, tuple[Any, str]],
    *,
    has_ratings: bool,
) -> None:
    made.plain.update(values[""])
    for group in GROUPS[1:]:
        entries = _nested(values[group.entry])
        marked, cell = markers.get(group.entry, (None, ""))
        filled = [entry for entry in entries.values() if entry is not False and entry != ""]
        if group.marker is not None and marked is False:
            made.denied[group.entry] = cell
        if group.entry in made.denied and filled:
            made.fault(WHOLE, cell, _SELECT_YES)
        elif filled or marked or (group.entry == "scale" and has_ratings):
            made.plain[group.entry] = entries
    if has_ratings and made.plain.get("graded") is not False and not values["scale"]:
        made.fault(*made.place_of("/scale/standard"), "Enter the standard: the lowest rating that meets it.")


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Entries by their own names, of which those with a dot are inside another."""
    found: dict[str, Any] = {}
    for name, entry in values.items():
        outer, _, inner = name.partition(".")
        if inner:
            found.setdefault(outer, {})[inner] = entry
        else:
            found[outer] = entry
    return found


class _Lists:
    """Puts the rows of the lists into the template, each below what it belongs to."""

    def __init__(self, made: WorkbookTemplate, rows: Mapping[str, Sequence[TableRow]]) -> None:
        self._made, self._rows = made, rows
        # What other rows belong to, with its path, by kind and key.
        self._known: dict[str, dict[str, tuple[Path, dict[str, Any]]]] = {}

    def put_all(self) -> None:
        for table in TABLES:
            if table.path:
                self._put(table.sheet, table.path)
        self._sources()
        for row in self._rows[sheets.CASE_WORDS]:
            self._append(sheets.CASE_WORDS, row, (), self._made.plain, row.entries.get("of") or "statuses")
        self._below(sheets.THEMES, sheets.OF_DOMAIN, "themes", called=sheets.OF_THEME)
        self._texts_of_themes()
        self._below(sheets.QUESTIONS, sheets.OF_THEME, "questions", called=sheets.OF_QUESTION)
        self._below(sheets.CHOICES, None, "choices")
        self._conditions()
        self._check_that_nothing_is_empty()

    def _put(self, sheet: str, path: tuple[str, ...]) -> None:
        for size in range(1, len(path) + 1):
            self._made.places.setdefault(pointer_to(path[:size]), (sheet, ""))
        part = self._made.plain
        if not self._rows[sheet]:
            return
        if path[0] in self._made.denied:
            self._made.fault(WHOLE, self._made.denied[path[0]], _SELECT_YES)
        for step in path[:-1]:
            part = part.setdefault(step, {})
        called = {
            sheets.DOMAINS: sheets.OF_DOMAIN,
            sheets.CASE_FACTS: sheets.OF_FACT,
            sheets.FAMILY_QUESTIONS: sheets.OF_FAMILY,
        }.get(sheet, "")
        for row in self._rows[sheet]:
            self._append(sheet, row, path[:-1], part, path[-1], called=called)

    def _append(
        self, sheet: str, row: TableRow, path: Path, part: dict[str, Any], entry: str, *, called: str = ""
    ) -> None:
        """Put a row at the end of a list, and remember it by its key when others belong to it."""
        entries = _nested({name: value for name, value in row.entries.items() if name not in _structure(sheet)})
        listed = part.setdefault(entry, [])
        at = (*path, entry, len(listed))
        listed.append(entries)
        self._made.note(at, sheet, row)
        if called and isinstance(entries.get("key"), str):
            self._known.setdefault(called, {}).setdefault(entries["key"], (at, entries))

    def _sources(self) -> None:
        for row in self._rows[sheets.SOURCES]:
            if row.entries.get("of") == "Further":
                self._append(sheets.SOURCES, row, (), self._made.plain, "further_sources")
            elif "source" in self._made.plain:
                self._made.fault(sheets.SOURCES, row.cells["of"], "There is another main source. Select Further.")
            else:
                self._made.plain["source"] = {name: value for name, value in row.entries.items() if name != "of"}
                self._made.note(("source",), sheets.SOURCES, row)

    def _owner(self, sheet: str, row: TableRow, kind: str | None) -> tuple[Path, dict[str, Any]] | None:
        """What a row belongs to; None with a fault when there is nothing of its key."""
        key, kind = row.entries.get("of"), kind or row.entries.get("kind")
        if key is None or kind is None:
            return None
        found = self._known.get(kind, {}).get(key)
        if found is None:
            self._made.fault(sheet, row.cells["of"], f"There is no {kind.lower()} with this key.")
        return found

    def _below(self, sheet: str, kind: str | None, entry: str, *, called: str = "") -> None:
        for row in self._rows[sheet]:
            owner = self._owner(sheet, row, kind)
            if owner is not None:
                path, part = owner
                self._append(sheet, row, path, part, entry, called=called)

    def _texts_of_themes(self) -> None:
        for row in self._rows[sheets.PROMPTS]:
            owner = self._owner(sheets.PROMPTS, row, sheets.OF_THEME)
            if owner is not None and "prompt" in row.entries:
                path, theme = owner
                prompts = theme.setdefault("prompts", [])
                at = pointer_to((*path, "prompts", len(prompts)))
                self._made.places[at] = (sheets.PROMPTS, row.cells["prompt"])
                prompts.append(row.entries["prompt"])
        for row in self._rows[sheets.DESCRIPTORS]:
            owner = self._owner(sheets.DESCRIPTORS, row, sheets.OF_THEME)
            rating = row.entries.get("rating")
            if owner is not None and rating is not None:
                path, theme = owner
                descriptors = theme.setdefault("descriptors", {})
                if rating in descriptors:
                    words = "This theme has another descriptor for this rating. Remove one."
                    self._made.fault(sheets.DESCRIPTORS, row.cells["rating"], words)
                cell = row.cells.get("text", row.cells["rating"])
                self._made.places[pointer_to((*path, "descriptors", rating))] = (sheets.DESCRIPTORS, cell)
                descriptors[rating] = row.entries.get("text", "")
        self._below(sheets.EXEMPLARS, sheets.OF_THEME, "exemplars")

    def _conditions(self) -> None:
        for row in self._rows[sheets.CONDITIONS]:
            owner = self._owner(sheets.CONDITIONS, row, None)
            what, named, keys = (row.entries.get(name) for name in ("what", "named", "keys"))
            if owner is None or what is None or keys is None:
                continue
            path, part = owner
            condition = part.setdefault("applies_when", {})
            at: Path = (*path, "applies_when")
            self._made.note(at, sheets.CONDITIONS, row)
            listed = condition.setdefault(what, [])
            if what in {"facts", "answers"}:
                if named is None:
                    self._made.fault(
                        sheets.CONDITIONS, row.cells["named"], "Enter the key of the case fact or question."
                    )
                name = "fact" if what == "facts" else "question"
                at = (*at, what, len(listed))
                self._made.places[pointer_to((*at, name))] = (sheets.CONDITIONS, row.cells["named"])
                self._made.places[pointer_to((*at, "answers"))] = (sheets.CONDITIONS, row.cells["keys"])
                listed.append({name: named or "", "answers": keys})
                continue
            if named is not None:
                words = "Only a case fact or an answer to a question has this. Clear the cell."
                self._made.fault(sheets.CONDITIONS, row.cells["named"], words)
            for place in range(len(listed), len(listed) + len(keys)):
                self._made.places[pointer_to((*at, what, place))] = (sheets.CONDITIONS, row.cells["keys"])
            listed += keys

    def _check_that_nothing_is_empty(self) -> None:
        if not self._rows[sheets.DOMAINS]:
            self._made.fault(sheets.DOMAINS, "", "Add at least one learning domain.")
        if not self._rows[sheets.RATINGS] and self._made.plain.get("graded") is not False:
            self._made.fault(sheets.RATINGS, "", "Add the ratings, best first.")
        for kind, entry, words in (
            (sheets.OF_DOMAIN, "themes", f"This learning domain has no themes. Add one on the sheet {sheets.THEMES}."),
            (sheets.OF_THEME, "prompts", f"This theme has no prompts. Add one on the sheet {sheets.PROMPTS}."),
            (sheets.OF_FACT, "choices", f"This case fact has no choices. Add them on the sheet {sheets.CHOICES}."),
            (sheets.OF_FAMILY, "choices", f"This question has no choices. Add them on the sheet {sheets.CHOICES}."),
        ):
            for path, part in self._known.get(kind, {}).values():
                if not part.get(entry):
                    part[entry] = []
                    self._made.faults.append(self._made.at(pointer_to((*path, entry)), words))


def _structure(sheet: str) -> frozenset[str]:
    """The columns of a sheet that are no entries of their own."""
    columns = {column.entry for column in BY_SHEET[sheet].columns}
    if sheet in {sheets.CHOICES, sheets.CONDITIONS}:
        return _STRUCTURE & columns
    return frozenset({"of"}) & columns
