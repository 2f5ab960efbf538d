"""Reports in a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.documents.document import Document
from api.documents.writers.printable import printable


def print_document(document: Document, console: Console) -> None:
    """A document in a terminal: every section with its words and its table; charts are left to the other exits."""
    console.print(document.title, style="bold", markup=False, highlight=False)
    for words in (document.subtitle, document.marking):
        console.print(printable(words), markup=False, highlight=False)
    for section in document.sections:
        console.print(f"\n{printable(section.heading)}", style="bold", markup=False, highlight=False)
        for words in section.paragraphs:
            console.print(printable(words), markup=False, highlight=False)
        for words in section.points:
            console.print(f"- {printable(words)}", markup=False, highlight=False)
        if section.table is None:
            continue
        table = Table(title=Text(printable(section.table.caption)))
        for column in section.table.columns:
            table.add_column(
                Text(printable(column.label)), justify="right" if column.numeric else "left", overflow="fold"
            )
        for row in section.table.rows:
            table.add_row(*(Text(printable(cell.text)) for cell in row))
        console.print(table)
