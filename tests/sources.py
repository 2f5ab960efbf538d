"""What the modules of the product say and use: each is parsed once a run, for all rules that read the code.

A rule about something rare parses for itself the modules whose text may hold it: see `parsed`.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.once import once

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("api", "models", "checklists")
_NAMES: Final[dict[type[ast.AST], Callable[[Any], str]]] = {
    ast.Name: lambda node: node.id,
    ast.Attribute: lambda node: node.attr,
    ast.FunctionDef: lambda node: node.name,
    ast.AsyncFunctionDef: lambda node: node.name,
    ast.ClassDef: lambda node: node.name,
    ast.arg: lambda node: node.arg,
    ast.keyword: lambda node: node.arg or "",
    ast.alias: lambda node: (node.asname or node.name).rpartition(".")[2],
}


@dataclass(frozen=True, slots=True)
class Source:
    """A module by what is in it. A place is a line."""

    # Each module that is imported, wherever the import stands, and what is imported of it; "" for the module itself.
    imports: tuple[tuple[str, str], ...]
    # Every name that is defined, used or imported, and where it is first.
    names: dict[str, int]
    # Names after a dot.
    attributes: frozenset[str]
    # Every docstring, on one line.
    docstrings: tuple[tuple[int, str], ...]
    # Every other text.
    texts: tuple[tuple[int, str], ...]
    # The docstring of every function of the command line, which `--help` shows: decorated, or given to `command`.
    helps: tuple[tuple[int, str], ...]
    # Every function, and how many lines it has.
    functions: tuple[tuple[str, int], ...]


@cache
def text_of(file: Path) -> str:
    return file.read_text("utf-8")


@cache
def files(*packages: str) -> tuple[Path, ...]:
    """Every module of these packages."""
    return tuple(file for package in packages for file in sorted((ROOT / package).rglob("*.py")))


@cache
def sources() -> dict[Path, Source]:
    """Every module of the product."""
    made = once("sources", lambda _: {str(file): source_of(text_of(file)) for file in files(*PACKAGES)})[1]
    return {Path(file): source for file, source in made.items()}


def parsed(pattern: str, *packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules of these packages in which the pattern is found, parsed."""
    for file in files(*packages):
        if re.search(pattern, text_of(file)):
            yield file, ast.parse(text_of(file))


def source_of(text: str) -> Source:
    kinds = dict[type[ast.AST], list[Any]]()
    for node in ast.walk(ast.parse(text)):
        kinds.setdefault(type(node), []).append(node)
    names = dict[str, int]()
    for line, name in sorted(
        (node.lineno, name_of(node)) for kind, name_of in _NAMES.items() for node in kinds.get(kind, ())
    ):
        names.setdefault(name, line)
    functions = [*kinds.get(ast.FunctionDef, ()), *kinds.get(ast.AsyncFunctionDef, ())]
    documented = [*kinds[ast.Module], *kinds.get(ast.ClassDef, ()), *functions]
    own = {id(said): said for node in documented if (said := _docstring(node)) is not None}
    return Source(
        imports=(
            *((alias.name, "") for node in kinds.get(ast.Import, ()) for alias in node.names),
            *(
                (node.module, alias.name)
                for node in kinds.get(ast.ImportFrom, ())
                if node.module
                for alias in node.names
            ),
        ),
        names=names,
        attributes=frozenset(node.attr for node in kinds.get(ast.Attribute, ())),
        docstrings=tuple((said.lineno, _on_one_line(said.value)) for said in own.values()),
        texts=tuple(
            (node.lineno, node.value)
            for node in kinds.get(ast.Constant, ())
            if isinstance(node.value, str) and id(node) not in own
        ),
        helps=tuple(_helps(text, functions)) if ".command(" in text else (),
        functions=tuple((node.name, node.end_lineno - node.lineno + 1) for node in functions),
    )


def _docstring(node: Any) -> Any:
    """The text that says what it is for, as a node; None where there is none."""
    first = node.body[0].value if node.body and isinstance(node.body[0], ast.Expr) else None
    return first if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _helps(text: str, functions: list[Any]) -> Iterator[tuple[int, str]]:
    given = set(re.findall(r"\.command\([^)]*\)\((\w+)\)", text))
    for node in functions:
        if node.name in given or any(".command(" in ast.unparse(each) for each in node.decorator_list):
            said = _docstring(node)
            yield node.lineno, "" if said is None else _on_one_line(said.value)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
