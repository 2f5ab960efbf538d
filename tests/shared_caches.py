"""What is made for one test serves the next: compiled statements and templates, and the OpenAPI document."""

from functools import wraps
from hashlib import sha256
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from api.app import OPENAPI_PATH
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
    def open_with_shared(self: Database, engine: Engine, **options: Any) -> None:
        engine._compiled_cache = _compiled
        opened(self, engine, **options)

    Database.__init__ = open_with_shared  # type: ignore[method-assign]


def _is_alike(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash_of_class(self: object) -> int:
    return hash(type(self))


def share_templates() -> None:
    """Keep compiled templates for all processes of a run."""
    rendering.ENVIRONMENT.bytecode_cache = FileSystemBytecodeCache(str(once.folder()))


def share_document() -> None:
    """Describe the service once a run, which takes seconds; each service that is made completes a copy of its own."""
    describe = FastAPI.openapi

    @wraps(describe)
    def described(self: FastAPI) -> dict[str, Any]:
        if self.openapi_url != OPENAPI_PATH:
            return describe(self)
        routes = sorted(f"{sorted(route.methods or ())} {route.path}" for route in iter_route_contexts(self.routes))
        name = sha256("\n".join(routes).encode()).hexdigest()[:16]
        document: dict[str, Any] = once.once(f"openapi-{name}", lambda _: describe(self))[1]
        return document

    FastAPI.openapi = described  # type: ignore[method-assign]
