"""The built-in templates. A published version is never edited: a change is a new file with the next number."""

import re
from functools import cache
from importlib.resources import files

from checklists.templates.template import Template
from checklists.templates.template_file import read_template

_FILE_NAME = re.compile(r"(?P<key>[a-z][a-z0-9-]*)-(?P<number>[0-9]+)\.toml")


@cache
def _latest() -> dict[str, tuple[int, str]]:
    latest: dict[str, tuple[int, str]] = {}
    for entry in files(__name__).iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match is not None:
            latest[match["key"]] = max(latest.get(match["key"], (0, "")), (int(match["number"]), entry.name))
    return dict(sorted(latest.items()))


def library_keys() -> tuple[str, ...]:
    """The keys of the built-in templates, in order."""
    return tuple(_latest())


@cache
def load_library_template(key: str) -> Template:
    """The latest version of a built-in template. KeyError if there is none of that key."""
    _, name = _latest()[key]
    return read_template(files(__name__).joinpath(name).read_bytes(), kind="toml")
