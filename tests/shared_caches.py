"""What is compiled for one test serves the next: statements, which a new database would compile anew, and templates."""

from functools import wraps
from typing import Any, Final

from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from api.foundation.pages import rendering
from models.storage.database import Database
from tests import once

MOST_STATEMENTS: Final = 5_000
_compiled: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)


def share_statements() -> None:
    """Keep compiled statements for all databases of a process.

    A statement is known by its form and by the dialect. Each engine has a dialect of its own; those of a class are
    alike here, since there is one driver and one server of each kind.
    """
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = _is_alike  # type: ignore[method-assign]
        dialect.__hash__ = _hash_of_class  # type: ignore[method-assign]
    opened = Database.__init__

    @wraps(opened)
    def open_with_shared(self: Database, engine: Engine) -> None:
        engine._compiled_cache = _compiled
        opened(self, engine)

    Database.__init__ = open_with_shared  # type: ignore[method-assign]


def _is_alike(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash_of_class(self: object) -> int:
    return hash(type(self))


def share_templates() -> None:
    """Keep compiled templates for all processes of a run."""
    rendering.ENVIRONMENT.bytecode_cache = FileSystemBytecodeCache(str(once.folder()))
