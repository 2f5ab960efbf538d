"""The command that finds the children behind references, in an export on a council computer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.case_lists.terminal import (
    REFUSED,
    ChoicesFile,
    Day,
    Exports,
    KeyFile,
    Template,
    printable_text,
    read_export,
    reporting_errors,
    say,
)
from api.documents.console import console
from checklists.plurals import plural

if TYPE_CHECKING:
    from rich.table import Table

    from api.case_lists.pseudonyms.lookup import FoundInExport

Found = Mapping[str, "Sequence[FoundInExport]"]

_LARGEST_LIST: Final = 16 * 2**20
_COLUMNS: Final = ("Reference", "Identifier", "Sheet", "Row")
_NOT_FOUND: Final = "Not found"


def find_children(
    references: Annotated[
        str,
        typer.Argument(
            help="A reference, the pseudonym of a practitioner, several of these with commas between them, or a file "
            "that has them: a list of references, or a sample downloaded as CSV or Excel."
        ),
    ],
    exports: Exports,
    key: KeyFile,
    choices: ChoicesFile = None,
    on: Day = None,
    template: Template = None,
    out: Annotated[
        Path | None, typer.Option(help="A CSV file to write the table to. Only you can read it. Default: the screen.")
    ] = None,
) -> None:
    """Find the children behind references in an export. Shows identifiers: keep them on this computer."""
    with reporting_errors():
        wanted, is_list = _references(references)
        export = read_export(exports, key=key, choices=choices, on=on, template=template)
        name, found = export.name, export.children_behind(wanted)
        if out is not None:
            _write(out, found, name)
        elif is_list:
            console().print(_table(found, name))
        else:
            for it in found[wanted[0]]:
                line = f"{it.place.sheet or name}, row {it.place.row}: {it.identifier}"
                console().print(printable_text(line), soft_wrap=True)
        _say_what_is_missing(found, waits=bool(export.content.questions))


def _references(typed: str) -> tuple[list[str], bool]:
    """The references to find, and whether they are a list. Raises UnreadableError for a file without any."""
    from api.case_lists.pseudonyms.lookup import references_of_file
    from api.documents.reading.refusals import UnreadableError

    file = Path(typed)
    if not file.is_file():
        several = typed.replace(",", " ").split()
        return several or [typed], len(several) > 1
    if file.stat().st_size > _LARGEST_LIST:
        raise UnreadableError(f"{file} is larger than {_LARGEST_LIST // 2**20} MB. Enter a list of references.")
    found = references_of_file(file.read_bytes())
    if not found:
        raise UnreadableError(
            f"{file} has no references such as CF-K7QM-P2XB-T9RW-H4DN. Enter a list of references or a downloaded "
            "sample."
        )
    return found, True


def _rows(found: Found, name: str) -> list[tuple[str, str, str, str]]:
    rows = []
    for reference, places in found.items():
        rows += [(reference, it.identifier, it.place.sheet or name, str(it.place.row)) for it in places]
        if not places:
            rows.append((reference, _NOT_FOUND, "", ""))
    return rows


def _table(found: Found, name: str) -> "Table":
    from rich.table import Column, Table

    *heads, last = _COLUMNS
    table = Table(*heads, Column(last, justify="right"))
    for row in _rows(found, name):
        table.add_row(*map(printable_text, row))
    return table


def _write(to: Path, found: Found, name: str) -> None:
    import io

    from api.documents.writers.csv import CsvLines
    from api.foundation.private_files import write_new

    out = io.StringIO(newline="")
    lines = CsvLines(out)
    lines.write(_COLUMNS)
    for row in _rows(found, name):
        lines.write(row)
    write_new(to, out.getvalue().encode("utf-8-sig"))
    console().print(
        f"{plural(len(found), 'reference')} written to {to}. It identifies children: delete it when you no longer "
        "need it.",
        soft_wrap=True,
        highlight=False,
    )


def _say_what_is_missing(found: Found, *, waits: bool) -> None:
    missing = sum(1 for places in found.values() if not places)
    if not missing:
        return
    waiting = " Some cases need an answer: run caseaudit pseudonymise first." if waits else ""
    if len(found) == 1:
        say(f"No person in this export has this reference under any key in this file.{waiting}")
    else:
        say(f"Not in this export under any key in this file: {missing:,} of {len(found):,} references.{waiting}")
    raise typer.Exit(REFUSED)
