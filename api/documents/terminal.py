"""Documents in a terminal."""

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.documents.document import Cell, Document, Tone
from api.documents.document import Table as DocumentTable
from api.documents.writers.printable import printable

STYLES: Final = {Tone.BAD: "bold red", Tone.UNSURE: "yellow", Tone.GOOD: "green", Tone.FEW: "dim", Tone.NONE: ""}


def print_document(document: Document, console: Console) -> None:
    """Print every section with its words and its table. Charts are left to the other kinds of output."""
    console.print(document.title, style="bold", markup=False, highlight=False)
    for words in (document.subtitle, document.marking):
        console.print(printable(words), markup=False, highlight=False)
    for name, words in document.facts:
        console.print(f"{name}: {printable(words)}", markup=False, highlight=False)
    for section in document.sections:
        console.print(f"\n{printable(section.heading)}", style="bold", markup=False, highlight=False)
        for words in section.paragraphs:
            console.print(printable(words), markup=False, highlight=False)
        for words in section.points:
            console.print(f"- {printable(words)}", markup=False, highlight=False)
        if section.table is not None:
            legend = section.table.legend
            shown = Table(title=_text(section.table.caption), caption=_text(legend) if legend else None)
            console.print(_table(section.table, shown))


def print_compactly(document: Document, console: Console) -> None:
    """Print the title in one line, then words and tables without headings, for somebody at their own screen.

    Cells and rows that stand out are coloured; their text says the same.
    """
    console.print(Text.assemble("\n", (printable(document.title), "bold"), f": {printable(document.subtitle)}"))
    for name, words in document.facts:
        console.print(_text(f"{name}: {words}"))
    for section in document.sections:
        for words in (*section.paragraphs, *section.points):
            console.print(_text(words))
        if section.table is not None:
            console.print(_compact(section.table))


def _compact(table: DocumentTable) -> Table:
    shown = Table(
        title=_text(table.caption, "table.title"),
        caption=_text(table.note, "table.caption"),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE,
        pad_edge=False,
    )
    widths = [max((len(row[place].text) for row in table.rows), default=0) for place in range(len(table.columns))]
    shown = _table(table, shown, coloured=True)
    for place, column in enumerate(shown.columns):
        # The longest texts wrap; what follows them stays in one line.
        column.overflow, column.no_wrap = "ellipsis", place > widths.index(max(widths))
    return shown


def _table(table: DocumentTable, shown: Table, *, coloured: bool = False) -> Table:
    for column in table.columns:
        shown.add_column(_text(column.label), justify="right" if column.numeric else "left", overflow="fold")
    for place, row in enumerate(table.rows):
        cells = [
            Text.assemble((printable(_marked(table, cell)), STYLES[cell.tone] if coloured else "")) for cell in row
        ]
        shown.add_row(*cells, style="dim" if place < table.faint else None, end_section=place == table.faint - 1)
    return shown


def _marked(table: DocumentTable, cell: Cell) -> str:
    return f"{table.mark_of(cell)} {cell.text}".lstrip()


def _text(words: str, style: str = "") -> Text:
    return Text(printable(words), style)
