"""Databases that are made once a run of the tests, by whichever of its processes needs them first, and copied."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import make_url

from models import now
from tests.once import migrated_file, once
from tests.postgres import TEMPLATE, has_database, make_like

Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept(Generic[Made]):
    """A file or a database that nobody has open, and what its maker answered."""

    database: str
    made: Made

    def copy_to(self, url: str) -> None:
        """Make the database at the URL anew, with the keys that stand beside a file."""
        if url.startswith("sqlite:"):
            _copy(Path(self.database), Path(url.removeprefix("sqlite:///")))
        else:
            _make_like(self.database, url)


_known: dict[str, Kept[Any]] = {}


def kept(url: str, what: str, make: Callable[[str], Made]) -> Kept[Made]:
    """What is kept under this name, for copies of the kind of the URL.

    `make` fills the empty database at the URL that it gets, and closes it; what it answers can be pickled. The hour is
    part of the name, so that nothing was made in a test's future or on another day. On PostgreSQL it belongs to the
    server of the URL.
    """
    hour = now().strftime("%Y-%m-%d %H")
    server = "" if url.startswith("sqlite:") else _server_of(url)
    name = sha256(f"{what} {hour} {server}".encode()).hexdigest()[:16]

    def make_in(folder: Path) -> Kept[Made]:
        own, database = _empty_database(url, f"kept_{name}", folder)
        return Kept(database, make(own))

    if name not in _known:
        _known[name] = once(f"kept-{name}", make_in)[1]
    return _known[name]


def _empty_database(url: str, name: str, folder: Path) -> tuple[str, str]:
    """The URL of a new database beside the one at this URL, up to date and empty; and its file or name."""
    if url.startswith("sqlite:"):
        file = folder / "kept.sqlite3"
        shutil.copyfile(migrated_file(), file)
        return f"sqlite:///{file}", str(file)
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    # On a server of tests, where none need be at the URL yet, it is a copy of the server's template.
    has_template = has_database(_server_of(url), TEMPLATE)
    _make_like(TEMPLATE if has_template else make_url(url).database or "", own)
    return own, name


def _server_of(url: str) -> str:
    return make_url(url).set(database="postgres").render_as_string(hide_password=False)


def _make_like(database: str, url: str) -> None:
    """Make the database at the URL anew, as a copy of another on its server that nobody has open."""
    make_like(_server_of(url), make_url(url).database or "", database, anew=True)


def _copy(file: Path, to: Path) -> None:
    """Copy a database with the keys beside it."""
    for each in file.parent.glob(f"{file.name}*"):
        shutil.copyfile(each, to.with_name(each.name.replace(file.name, to.name, 1)))
