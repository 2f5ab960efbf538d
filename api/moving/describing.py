"""What the files of an export mean: a dictionary for programs, and an index for people."""

from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Float, Integer, LargeBinary, Table, Uuid

import models
from api.moving.left_out import COLUMNS, TABLES

_KINDS: Final = (
    (Boolean, "true or false"),
    (Enum, "one of the words"),
    (DateTime, "time in UTC (ISO 8601)"),
    (Date, "day (ISO 8601)"),
    (Uuid, "identifier"),
    (Integer, "whole number"),
    (Float, "number"),
    (LargeBinary, "bytes in base64"),
)


def kind_of(column: Column[Any]) -> str:
    """What the values of a column are, in words."""
    kind = getattr(column.type, "impl_instance", column.type)
    return next((words for type_, words in _KINDS if isinstance(kind, type_)), "text")


def meaning_of(table: Table) -> str:
    """What a row of the table is, from its model."""
    model = next(
        kind for kind in (getattr(models, name) for name in models.__all__) if getattr(kind, "__table__", None) is table
    )
    return " ".join((getdoc(model) or "").split())


def dictionary(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Each table and column of the export, and what is left out of it."""
    return [
        {
            "table": table.name,
            "meaning": meaning_of(table),
            "key": [column.name for column in table.primary_key.columns if (table.name, column.name) not in COLUMNS],
            "columns": [_described(column) for column in table.columns if (table.name, column.name) not in COLUMNS],
            "left_out": {name: why for (of, name), why in COLUMNS.items() if of == table.name},
        }
        for table in tables
    ]


def _described(column: Column[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"column": column.name, "kind": kind_of(column), "may_be_null": bool(column.nullable)}
    kind = getattr(column.type, "impl_instance", column.type)
    if isinstance(kind, Enum):
        described["words"] = list(kind.enums)
    refers_to = sorted({key.target_fullname for key in column.foreign_keys})
    if refers_to:
        described["refers_to"] = refers_to
    return described


def left_out() -> list[dict[str, str]]:
    """Every table and column that is left out, with the reason."""
    tables = [{"table": name, "why": why} for name, why in sorted(TABLES.items())]
    return [*tables, *({"table": table, "column": name, "why": why} for (table, name), why in sorted(COLUMNS.items()))]


def in_words(name: str, tables: Sequence[Table], rows: Mapping[str, int], templates: int) -> str:
    """The index that people read first."""
    lines = [
        f"Everything that Case Audit holds of {name}",
        "",
        "This is personal data about children and families, under pseudonyms. Keep it as you would keep the service.",
        "",
        "data/            one file for each table: JSON Lines, UTF-8. Each line is a row, in the order of its key",
        "templates/       each version of each audit template, to import into another Case Audit",
        "dictionary.json  what each table and column means",
        "manifest.json    each file with its rows and its SHA-256 hash, and what was left out and why",
        "",
        "An empty value is null. Identifiers lead from one file to another: dictionary.json says which.",
        "",
        f"Templates: {templates:,} files",
        "",
        "Tables",
    ]
    lines += [f"  {table.name} ({rows[table.name]:,} rows): {_first_sentence(meaning_of(table))}" for table in tables]
    lines += ["", "Left out"]
    for each in left_out():
        place = f"{each['table']}, column {each['column']}" if "column" in each else each["table"]
        lines.append(f"  {place}: {each['why']}")
    return "\n".join(lines)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
