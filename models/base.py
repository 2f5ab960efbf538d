"""Shared by every table: identifiers, times, closed lists of values, and names for constraints."""

import os
import time
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Dialect, Enum, ForeignKeyConstraint, String, Text, TypeDecorator
from sqlmodel import SQLModel
from sqlmodel.main import default_registry

from models.clock import CLOCK
from models.mapping import let_threads_add_tables

# Named constraints can be changed by a migration on both databases, and recognised in an error.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
# Rows are not validated by their classes, and building what would validate them slows the start.
SQLModel.model_config["defer_build"] = True
let_threads_add_tables(default_registry)


def now() -> datetime:
    """The present moment in UTC: the only clock of the service."""
    return CLOCK.now()


def new_id() -> uuid.UUID:
    """A new identifier that nobody can guess, later ones sorting after earlier ones (RFC 9562, version 7).

    48 bits of milliseconds, 12 of their fraction (section 6.2, method 3), then 62 random bits: rows created one after
    another are adjacent on disk.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds & (2**48 - 1)) << 80 | (rest * 4096 // 1_000_000) << 64 | int.from_bytes(os.urandom(8), "big")
    value = value | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def enum_column(words: type[StrEnum], name: str) -> Any:
    """A column type that holds one of the values, as text, under a CHECK called `name`."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=40,
        name=name,
    )


class KeyOfList(TypeDecorator[str]):
    """A key of a list that the database does not know, as text."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        # A member of an enumeration is a text too, but a driver would store its name instead of its value.
        return None if value is None else str(value)


def never_empty(*columns: str) -> tuple[CheckConstraint, ...]:
    """A CHECK for each of these columns, called after it, that its text is not empty.

    For keys of lists that the database does not know, because templates have them.
    """
    return tuple(CheckConstraint(f"{column} <> ''", name=column) for column in columns)


def belongs_to(of: type[SQLModel] | str, column: str) -> ForeignKeyConstraint:
    """A foreign key that cannot point into another organisation; to a table of the same module, by its name.

    A table of another module is named by its class, so that it is imported too: a row can be written only when the
    tables that it refers to are known. A table that many rows belong to has no index led by `organisation_id` but its
    primary key: while the table is new, PostgreSQL might check references through that index, reading every row of the
    organisation.
    """
    table = of if isinstance(of, str) else of.__tablename__
    return ForeignKeyConstraint(["organisation_id", column], [f"{table}.organisation_id", f"{table}.id"])


LongText = Text
