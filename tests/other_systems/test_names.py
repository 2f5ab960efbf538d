"""No module of ours needs what only POSIX has, and each file says its encoding: read off the code alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.other_systems.names import IN_PART, POSIX_ONLY, missing_on_windows
from tests.sources import ROOT, parsed

PACKAGES = ("api", "models", "checklists", "alembic")
# What a function asks before it uses what only POSIX has.
QUESTIONS = ("sys.platform", "os.name")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def of_posix(node: ast.AST) -> str:
    """What a node uses that Windows does not have; "" for nothing."""
    if isinstance(node, ast.Import):
        used = {alias.name.partition(".")[0] for alias in node.names} & set(POSIX_ONLY)
        return ", ".join(sorted(used))
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        missing = missing_on_windows(module) if module in IN_PART else frozenset()
        used = {alias.name for alias in node.names} & missing
        return module if module.partition(".")[0] in POSIX_ONLY else ", ".join(sorted(used))
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in IN_PART:
        return f"{node.value.id}.{node.attr}" if node.attr in missing_on_windows(node.value.id) else ""
    return ""


def unguarded(tree: ast.AST, inside: ast.AST | None = None) -> Iterator[tuple[int, str]]:
    """Where a module uses what only POSIX has without asking first on which system it is: the line, and what."""
    for node in ast.iter_child_nodes(tree):
        if (used := of_posix(node)) and not (inside and any(question in ast.unparse(inside) for question in QUESTIONS)):
            yield getattr(node, "lineno", 0), used
        yield from unguarded(node, node if isinstance(node, Function) else inside)


def without_encoding(tree: ast.AST) -> Iterator[int]:
    """The lines of calls that read or write a file as text without saying its encoding, which differs on Windows."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(each.arg == "encoding" for each in node.keywords):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if (
            (called == "read_text" and not node.args)
            or (called == "write_text" and len(node.args) < 2)
            or (called == "open" and (mode := text_mode(node)) is not None and len(node.args) < 3 + mode)
        ):
            yield node.lineno


def text_mode(call: ast.Call) -> int | None:
    """The place of the mode in a call of `open` that opens a file as text: 0 for a path's own, 1 for the function."""
    place = 0 if isinstance(call.func, ast.Attribute) else 1
    given = call.args[place] if len(call.args) > place else None
    given = next((each.value for each in call.keywords if each.arg == "mode"), given)
    if given is None:
        return place if len(call.args) <= place and isinstance(call.func, ast.Name) else None
    is_mode = isinstance(given, ast.Constant) and isinstance(given.value, str) and set(given.value) <= set("rwax+t")
    return place if is_mode else None


def test_what_only_posix_has_is_used_after_asking_for_the_system() -> None:
    part, whole = "|".join(IN_PART), "|".join((*IN_PART, *POSIX_ONLY))
    found = {
        f"{file.relative_to(ROOT)}:{line}: {used}"
        for file, tree in parsed(rf"\b(import|from) ({whole})\b|\b({part})\.\w", *PACKAGES)
        for line, used in unguarded(tree)
    }
    assert found == set()


def test_each_file_of_text_says_its_encoding() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line}"
        for file, tree in parsed(r"\b(read_text|write_text|open)\(", *PACKAGES)
        for line in without_encoding(tree)
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl",
        "from resource import getrusage",
        "from os import fork",
        "import os\ndef read(): return os.pread(1, 2, 3)",
        "import signal\nHANGS_UP = signal.SIGHUP",
        "def lock():\n    import fcntl",
    ],
)
def test_what_windows_does_not_have_is_found(code: str) -> None:
    assert list(unguarded(ast.parse(code)))
    assert not list(
        unguarded(ast.parse("import sys, os\ndef name():\n    if sys.platform != 'win32':\n        os.fork()"))
    )


@pytest.mark.parametrize("code", ["path.read_text()", "path.write_text('a')", "path.open('w')", "open('a')"])
def test_a_file_without_encoding_is_found(code: str) -> None:
    assert list(without_encoding(ast.parse(code)))
    for good in ("path.read_text('utf-8')", "path.open('wb')", "open('a', 'r', 1, 'utf-8')", "os.open(path, flags)"):
        assert not list(without_encoding(ast.parse(good)))


@pytest.mark.trial
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_the_types_hold_on_every_system(platform: str, tmp_path: Path) -> None:
    """Mypy reads the code as on that system: a name that it lacks there is an error where nobody asked first."""
    command = [sys.executable, "-m", "mypy", "--platform", platform, "--cache-dir", str(tmp_path), *PACKAGES[:3]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
