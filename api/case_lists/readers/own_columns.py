"""The columns of a table that say the organisation's own characteristics of a case, such as sex or ethnic group."""

from collections.abc import Iterator, Sequence

from api.case_lists.readers.cells.headings import Headings
from api.case_lists.readers.cells.values import text_of
from api.documents.reading.sheets import Cell, Formula
from checklists.characteristics import Characteristic


class OwnColumns:
    """Which column of a table says which characteristic, by their headings; a table may say none."""

    def __init__(self, characteristics: Sequence[Characteristic], sheet: str, headings: Headings) -> None:
        """Raises UnreadableError where one heading is over two columns."""
        wanted = {each.key: each.headings for each in characteristics}
        self._at = headings.columns(sheet, wanted)
        self._characteristics = {each.key: each for each in characteristics if each.key in self._at}
        self._headings = headings

    @property
    def used(self) -> dict[str, int]:
        """The title of each characteristic that the table says, with its column."""
        return {each.title: self._at[key] for key, each in self._characteristics.items()}

    def groups(self, cells: Sequence[Cell]) -> dict[str, str]:
        """The groups that a row says, by the key of the characteristic; what is in no group is left out."""
        said = {
            key: each.group_said(text_of(cell))
            for key, each in self._characteristics.items()
            if (cell := self._cell(key, cells)) is not None
        }
        return {key: group for key, group in said.items() if group}

    def unread(self, cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
        """The heading of each cell that names no group, and what to do, in words that do not repeat the cell."""
        for key, each in self._characteristics.items():
            cell = self._cell(key, cells)
            if cell is not None and each.group_said(text_of(cell)) is None:
                words = (
                    f"This is in no group of “{each.title}”. The case is read without it. Add the word to a group, on "
                    "the page “Characteristics of cases”."
                )
                yield self._headings.texts[self._at[key]], words

    def _cell(self, key: str, cells: Sequence[Cell]) -> Cell | None:
        """The cell of a row that says something of a characteristic. The value of a formula may be out of date."""
        at = self._at[key]
        cell = cells[at] if at < len(cells) else ""
        return None if isinstance(cell, Formula) or not text_of(cell) else cell
