"""What Python has on one system and not on another, by typeshed, which says so for every name."""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import mypy

# Modules that Python does not have on Windows, by its documentation, and one that has no wheel for it.
POSIX_ONLY = ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty", "uvloop")
# Modules of which Windows has a part.
IN_PART = ("os", "select", "signal", "socket", "sys", "time")
_STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"


@cache
def missing_on_windows(module: str) -> frozenset[str]:
    """The names of a module that Linux has and Windows has not."""
    return _names(module, "linux") - _names(module, "win32")


@cache
def _names(module: str, platform: str) -> frozenset[str]:
    file = _STUBS / f"{module}.pyi"
    file = file if file.exists() else _STUBS / module / "__init__.pyi"
    return frozenset(_defined(ast.parse(file.read_text("utf-8")).body, platform))


def _defined(body: Sequence[ast.stmt], platform: str) -> Iterator[str]:
    for line in body:
        if isinstance(line, ast.If):
            yield from _defined(line.body if _holds(line.test, platform) else line.orelse, platform)
        elif isinstance(line, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield line.name
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id
        elif isinstance(line, ast.Assign):
            yield from (each.id for each in line.targets if isinstance(each, ast.Name))
        elif isinstance(line, ast.Import | ast.ImportFrom):
            for alias in line.names:
                # A stub offers what it imports under its own name again, or by a star.
                if alias.name == "*" and isinstance(line, ast.ImportFrom) and line.module:
                    yield from _names(line.module, platform)
                elif alias.asname == alias.name:
                    yield alias.name


def _holds(test: ast.expr, platform: str) -> bool:
    """Whether a condition of a stub, about the system or Python's version, holds."""
    words = {"sys": type("sys", (), {"platform": platform, "version_info": sys.version_info}), "TYPE_CHECKING": True}
    return bool(eval(compile(ast.Expression(test), "stub", "eval"), {"__builtins__": {}}, words))  # noqa: S307 - a stub
