"""Everything of an organisation as files in open formats, for a council that leaves or wants its data elsewhere.

A table is a file of JSON Lines (UTF-8), in the order of its key: the same files from both databases for the same data.
All are read at one moment, while people go on working, a few rows at a time. The manifest is written last: a folder
without one is incomplete.
"""

import base64
import json
import os
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Float, String, Table, collate, select

from api.moving import describing
from api.moving.left_out import TABLES, kept_columns
from models import Organisation, Template, TemplateVersion, now
from models.every import METADATA
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.joins import linked

FORMAT: Final = "caseaudit-everything/1"
ROWS_AT_ONCE: Final = 500
MANIFEST: Final = "manifest.json"
DICTIONARY: Final = "dictionary.json"
README: Final = "README.txt"

_as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class CannotExportError(Exception):
    """Nothing can be exported; says why and what to do."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of the export: its path in the folder, how many rows it has, its bytes and their SHA-256 hash."""

    file: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table and its file."""

    name: str
    file: ExportedFile


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: each table, and the files of templates."""

    tables: Sequence[ExportedTable]
    templates: Sequence[ExportedFile]

    @property
    def rows(self) -> int:
        return sum(table.file.rows for table in self.tables)


def exported_tables() -> list[Table]:
    """The tables that are exported, by name."""
    return [table for name, table in sorted(METADATA.tables.items()) if name not in TABLES]


def prepare_folder(folder: Path) -> None:
    """Make the folder, for this user alone. Raises CannotExportError unless it is new or empty."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise CannotExportError(f"{folder} cannot be used: {error.strerror}. Name another folder.") from None
    if not is_empty:
        raise CannotExportError(f"{folder} is not empty. Name a new or an empty folder.")


def export_everything(database: Database, folder: Path, *, organisation_id: int) -> Exported:
    """Write everything of an organisation into an empty folder. When that fails, nothing that was written stays.

    Raises CannotExportError.
    """
    prepare_folder(folder)
    written: list[Path] = []
    try:
        with database.reading_one_moment() as session:
            connection = session.connection()
            if not database.is_sqlite:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            return _write_all(connection, folder, organisation_id, written)
    except BaseException as error:
        _remove(folder, written)
        if isinstance(error, OSError):
            raise CannotExportError(f"Nothing was exported: {error.strerror}. Make room, or correct it.") from None
        raise


def _write_all(connection: Connection, folder: Path, own: int, written: list[Path]) -> Exported:
    name = connection.execute(select(table_of(Organisation).c.name).filter_by(id=own)).scalar_one()
    tables = []
    for table in exported_tables():
        with closing(_lines_of(connection, table, own)) as lines:  # before the connection, also when that fails
            file = _write(folder, f"data/{table.name}.jsonl", lines, written)
        tables.append(ExportedTable(table.name, file))
    with closing(_templates(connection, own)) as found:
        templates = [_write(folder, path, [text], written) for path, text in found]
    exported = Exported(tables, templates)
    rows = {table.name: table.file.rows for table in tables}
    _write(folder, DICTIONARY, [_pretty(describing.dictionary(exported_tables()))], written)
    _write(folder, README, [describing.in_words(name, exported_tables(), rows, len(templates))], written)
    manifest = {
        "format": FORMAT,
        "made_at": _as_text(now()),
        "organisation": name,
        "tables": [{"table": table.name, **asdict(table.file)} for table in tables],
        "templates": [asdict(file) for file in templates],
        "left_out": describing.left_out(),
    }
    _write(folder, MANIFEST, [_pretty(manifest)], written)
    return exported


def _lines_of(connection: Connection, table: Table, own: int) -> Generator[str]:
    columns = kept_columns(table)
    owner = table.c.id if table.name == Organisation.__tablename__ else table.c.organisation_id
    asked = (
        select(*columns).where(owner == own).order_by(*_key_of(table, is_sqlite=connection.dialect.name == "sqlite"))
    )
    with connection.execute(asked, execution_options={"yield_per": ROWS_AT_ONCE}) as found:
        for row in found:
            yield _as_json({column.name: readable(column, value) for column, value in zip(columns, row, strict=True)})


def _key_of(table: Table, *, is_sqlite: bool) -> Iterator[ColumnElement[Any]]:
    """The key of the table, to order by: texts by their bytes, as SQLite orders them."""
    for column in table.primary_key.columns:
        is_text = isinstance(getattr(column.type, "impl_instance", column.type), String)
        yield collate(column, "C") if is_text and not is_sqlite else column


def readable(column: Column[Any], value: Any) -> Any:
    """A value as JSON has it: times in UTC and days as ISO 8601 writes them, identifiers as text, bytes in base64."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, int | float):
        return float(value) if isinstance(column.type, Float) else value
    return value if isinstance(value, str) else _as_text(value)


def _as_text(value: uuid.UUID | date | bytes | memoryview) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else base64.b64encode(bytes(value)).decode()


def _templates(connection: Connection, own: int) -> Generator[tuple[str, str]]:
    """Each version of each template as a file that can be imported elsewhere."""
    version, template = table_of(TemplateVersion), table_of(Template)
    query = (
        select(template.c.key, version.c.number, version.c.document)
        .join(template, linked(Template.id, TemplateVersion.template_id))
        .where(version.c.organisation_id == own)
        .order_by(version.c.template_id, version.c.number)
    )
    with connection.execute(query, execution_options={"yield_per": 1}) as found:
        for key, number, document in found:
            yield f"templates/{key}-version-{number}.json", _pretty(json.loads(document))


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _write(folder: Path, name: str, lines: Iterator[str] | Sequence[str], written: list[Path]) -> ExportedFile:
    path = folder / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    written.append(path)
    rows, size, hashed = 0, 0, sha256()
    with path.open("xb") as file:
        for line in lines:
            content = f"{line}\n".encode()
            file.write(content)
            hashed.update(content)
            rows, size = rows + 1, size + len(content)
        file.flush()
        os.fsync(file.fileno())
    return ExportedFile(name, rows, size, hashed.hexdigest())


def _remove(folder: Path, written: Sequence[Path]) -> None:
    """Delete what was written; what somebody else put into the folder meanwhile stays."""
    for path in written:
        path.unlink(missing_ok=True)
    for place in {path.parent for path in written} - {folder}:
        if place.is_dir() and next(place.iterdir(), None) is None:
            place.rmdir()
