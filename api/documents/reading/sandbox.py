"""Reading an uploaded workbook, which may be damaged or hostile, in a process of its own, with limits.

Run as a module it reads the workbook from standard input, and writes its cells as JSON to standard output.
"""

import json
import sys
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.documents.reading.archive import Archive
from api.documents.reading.limits import MEGABYTE
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Cell, Formula, Row
from api.documents.reading.workbook import Workbook
from api.documents.reading.workbook_check import check_workbook
from api.foundation.own_process import answer_of, limit_this_process

LARGEST_WORKBOOK: Final = 8 * MEGABYTE
_SECONDS: Final = 20
_MOST_MEMORY: Final = 256 * MEGABYTE
_LARGEST_ANSWER: Final = 24 * MEGABYTE
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
# So that a formula is refused also where the program that saved the workbook did not compute it.
_UNCOMPUTED: Final = "?"
_TOO_MUCH: Final = "The workbook could not be read within the time and memory available."
_NOT_A_WORKBOOK: Final = "The file is not an Excel workbook (.xlsx)."
_SAVE_AGAIN: Final = "Open the workbook that you downloaded, save it as .xlsx and upload that file."


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet by its name, with its rows that are not empty: each with its number as people see it, from 1."""

    name: str
    rows: tuple[Row, ...]


def read_workbook(content: bytes) -> tuple[ReadSheet, ...]:
    """The sheets of an uploaded workbook, in order. Writes nothing to the disk.

    Raises UnreadableError with what to do about it, also when the process died.
    """
    if len(content) > LARGEST_WORKBOOK:
        raise UnreadableError(f"The workbook is larger than {LARGEST_WORKBOOK // MEGABYTE} MB. {_SAVE_AGAIN}")
    if content.startswith(_OLD_WORKBOOK):
        raise UnreadableError(f"The workbook has a password, or is of the older kind (.xls). {_SAVE_AGAIN}")
    if not content.startswith(b"PK"):
        raise UnreadableError(f"{_NOT_A_WORKBOOK} {_SAVE_AGAIN}")
    try:
        said = json.loads(answer_of(__spec__.name, content, seconds=_SECONDS, largest=_LARGEST_ANSWER))
        if "sheets" in said:
            return tuple(
                ReadSheet(
                    str(sheet["name"]),
                    tuple((int(number), [_cell_from(cell) for cell in cells]) for number, cells in sheet["rows"]),
                )
                for sheet in said["sheets"]
            )
        refused = str(said["refused"])
    except (ValueError, KeyError, TypeError):
        refused = _TOO_MUCH
    raise UnreadableError(_for_an_upload(refused))


def _for_an_upload(refused: str) -> str:
    """The refusal with the remedy for an upload: the reader's own words are for an export of a case system."""
    what, _, remedy = refused.partition(". ")
    return refused if remedy and "xport" not in remedy else f"{what.rstrip('.')}. {_SAVE_AGAIN}"


def _cell_from(said: Any) -> Cell:
    if isinstance(said, str):
        return said
    kind, value = said
    return date.fromisoformat(value) if kind == "date" else Formula(value)


def _to_json(cell: Cell) -> Any:
    if isinstance(cell, date):
        return ["date", cell.isoformat()]
    return ["formula", str(cell)] if isinstance(cell, Formula) else cell


def sheets_of(content: bytes) -> tuple[ReadSheet, ...]:
    """The sheets of a workbook, read in this process. Raises UnreadableError."""
    archive = Archive(content)
    check_workbook(archive)
    return tuple(
        ReadSheet(sheet.name, tuple(sheet.rows())) for sheet in Workbook(archive, uncomputed=_UNCOMPUTED).sheets()
    )


def _read_here() -> None:
    said: dict[str, Any]
    try:
        found = sheets_of(sys.stdin.buffer.read())
        said = {
            "sheets": [
                {
                    "name": sheet.name,
                    "rows": [(number, [_to_json(cell) for cell in cells]) for number, cells in sheet.rows],
                }
                for sheet in found
            ]
        }
    except UnreadableError as refused:
        said = {"refused": str(refused)}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    limit_this_process(memory=_MOST_MEMORY, processor_seconds=_SECONDS)
    _read_here()
