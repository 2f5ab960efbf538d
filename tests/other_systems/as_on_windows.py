"""Runs one of our modules as on Windows, as far as Linux can: `as_on_windows.py NAMES [interpreter options] -m MODULE`.

- Modules that Windows does not have cannot be imported, by anybody.
- To our code and to the library that locks files, `os.name` and `sys.platform` are those of Windows, and `os`,
  `signal`, `socket` and others have no name that they lack there. NAMES is a file that lists them.
- An open file can be neither removed nor renamed nor replaced, a rename replaces nothing, and a file that is locked
  can be neither read nor written by another way: those are the rules of Windows.
- No file gets a name that Windows does not allow.
- Another program has said that scripts are plain text, as programs do in the registry.

The processes that the service starts are run in the same way: `sys.executable` leads back here.
"""

import builtins
import errno
import importlib
import io
import json
import mimetypes
import os
import runpy
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / name) + os.sep for name in ("api", "models", "checklists"))
LOCKING = f"{os.sep}portalocker{os.sep}"
NOT_IN_NAMES = frozenset('<>:"|?*\\')

_locked: dict[tuple[int, int], int] = {}
_really_lock = os.lockf


class OnWindows(types.ModuleType):
    """A module as Windows has it: without some names, and with others of its own."""

    def __init__(self, real: types.ModuleType, missing: frozenset[str], own: Mapping[str, object]) -> None:
        super().__init__(real.__name__)
        vars(self).update(own)
        vars(self)["_real"], vars(self)["_missing"] = real, missing

    def __getattr__(self, name: str) -> Any:
        if name in self._missing:
            raise AttributeError(f"Windows has no {self.__name__}.{name}")
        return getattr(self._real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._real, name, value)


def become(missing: Mapping[str, Sequence[str]], gone: Sequence[str], executable: str) -> None:
    """Let this process be as on Windows from now on."""
    for name in gone:
        sys.modules[name] = None  # type: ignore[assignment]
    own: dict[str, dict[str, object]] = {
        "os": {"name": "nt", "O_BINARY": 0},
        "sys": {"platform": "win32", "executable": executable},
        "socket": {"SO_EXCLUSIVEADDRUSE": importlib.import_module("socket").SO_REUSEADDR},
    }
    instead: dict[str, types.ModuleType] = {
        name: OnWindows(importlib.import_module(name), frozenset(names), own.get(name, {}))
        for name, names in missing.items()
    }
    msvcrt = types.ModuleType("msvcrt")
    vars(msvcrt).update({"LK_UNLCK": 0, "LK_LOCK": 1, "LK_NBLCK": 2, "LK_RLCK": 3, "LK_NBRLCK": 4, "locking": _locking})
    instead["msvcrt"] = msvcrt
    really_import = builtins.__import__

    def as_there(name: str, globals: Any = None, *given: Any, **named: Any) -> Any:  # noqa: A002 - its name
        file = str((globals or {}).get("__file__", ""))
        if name in instead and (file.startswith(OURS) or LOCKING in file):
            return instead[name]
        return really_import(name, globals, *given, **named)

    builtins.__import__ = as_there
    mimetypes.add_type("text/plain", ".js")
    _keep_rules_of_files()


def _locking(descriptor: int, how: int, number: int) -> None:
    """As the one of `msvcrt`, which keeps everybody else from the bytes."""
    found = os.fstat(descriptor)
    file = found.st_dev, found.st_ino
    if how == 0:
        _really_lock(descriptor, os.F_ULOCK, number)
        _locked.pop(file, None)
        return
    if _locked.get(file, descriptor) != descriptor:
        raise PermissionError(errno.EACCES, "locked")
    try:
        _really_lock(descriptor, os.F_LOCK if how in {1, 3} else os.F_TLOCK, number)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "locked") from None
    _locked[file] = descriptor


def _is_open(path: Any) -> bool:
    try:
        found = os.stat(path)  # noqa: PTH116 - what Path itself calls is replaced
    except OSError:
        return False
    for each in os.listdir("/proc/self/fd"):  # noqa: PTH208 - the same
        try:
            opened = os.fstat(int(each))
        except OSError:
            continue
        if (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino):
            return True
    return False


def _check_name(path: Any) -> None:
    if isinstance(path, str | bytes | os.PathLike):
        name = os.path.basename(os.fsdecode(path))  # noqa: PTH119 - the same
        if NOT_IN_NAMES & set(name) or (name != name.rstrip(". ") and name.strip(".")):
            raise OSError(errno.EINVAL, f"Windows allows no file of the name {name!r}")


def _not_while_open(real: Callable[..., Any], *, replaces: bool) -> Callable[..., Any]:
    """A function that removes or renames a file, and refuses to while the file is open."""

    def done(first: Any, *others: Any, **named: Any) -> Any:
        folder = named.get("dir_fd")
        for path in (first, *others[:1]):
            if _is_open(path if folder is None else f"/proc/self/fd/{folder}/{path}"):
                raise PermissionError(errno.EACCES, f"{path} is used by another process")
        for path in others[:1]:
            _check_name(path)
            if not replaces and os.path.exists(path):  # noqa: PTH110 - the same
                raise FileExistsError(errno.EEXIST, f"{path} exists")
        return real(first, *others, **named)

    return done


def _not_while_locked(real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that opens a file, and refuses to while this process holds a lock on it."""

    def opened(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if not set(mode).isdisjoint("wax"):
            _check_name(file)
        made = real(file, mode, *given, **named)
        if not isinstance(file, int) and _locked:
            found = os.fstat(made.fileno())
            if (found.st_dev, found.st_ino) in _locked:
                made.close()
                raise PermissionError(errno.EACCES, f"{file} is locked")
        return made

    return opened


def _not_so_named(real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that may create a file or folder, and refuses a name that Windows does not allow."""

    def made(path: Any, *given: Any, **named: Any) -> Any:
        _check_name(path)
        return real(path, *given, **named)

    return made


def _keep_rules_of_files() -> None:
    for name in ("unlink", "remove", "rename", "replace"):
        setattr(os, name, _not_while_open(getattr(os, name), replaces=name != "rename"))
    io.open = builtins.open = _not_while_locked(io.open)
    os.open, os.mkdir = _not_so_named(os.open), _not_so_named(os.mkdir)


def main() -> None:
    """Become so, and run what is asked for, as the interpreter itself would."""
    names, *words = sys.argv[1:]
    told = json.loads(Path(names).read_text("utf-8"))
    # Not this file's folder, which the interpreter has put there.
    sys.path[:] = [str(ROOT), *(each for each in sys.path if Path(each) != Path(__file__).parent)]
    become(told["missing"], told["gone"], told["executable"])
    while words and words[0].startswith("-") and words[0] not in {"-m", "-c"}:
        del words[: 2 if words[0] == "-X" else 1]
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(words[1], {"__name__": "__main__"})  # noqa: S102 - as the interpreter does
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
