"""Gives the functions of a module that is loaded the code of its changed source, without importing it anew."""

import gc
import inspect
import types
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

Pair = tuple[types.CodeType, types.CodeType]


class NotSwappableError(Exception):
    """The change is not within functions that can be found."""


def swap(file: str, source: str) -> None:
    """Put the changed code into every function that differs. Raises NotSwappableError, perhaps half-way."""
    old = compile(Path(file).read_text("utf-8"), file, "exec")
    pairs = list(_different(old, compile(source, file, "exec")))
    if not pairs:
        raise NotSwappableError
    functions = [each for each in gc.get_objects() if isinstance(each, types.FunctionType)]
    functions = [each for each in functions if each.__code__.co_filename.endswith(f"/{file}")]
    for was, becomes in pairs:
        found = [each for each in functions if _place(each.__code__) == _place(was)]
        if not found or was.co_freevars != becomes.co_freevars:
            raise NotSwappableError
        for function in found:
            function.__code__ = becomes


def _place(code: types.CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _different(old: types.CodeType, new: types.CodeType) -> Iterator[Pair]:
    """The outermost functions that differ. Raises NotSwappableError when a module or class does outside of them."""
    if _says(old) != _says(new):
        raise NotSwappableError
    for was, becomes in zip_longest(_inner(old), _inner(new)):
        if was is None or becomes is None:
            raise NotSwappableError
        if not was.co_flags & inspect.CO_OPTIMIZED:
            yield from _different(was, becomes)
        elif not _is_same(was, becomes):
            yield was, becomes


def _is_same(old: types.CodeType, new: types.CodeType) -> bool:
    inner = zip_longest(_inner(old), _inner(new))
    return _says(old) == _says(new) and all(was and becomes and _is_same(was, becomes) for was, becomes in inner)


def _says(code: types.CodeType) -> tuple[object, ...]:
    """All that a piece of code does, but for the pieces in it; not where its lines are."""
    constants = [repr(each) for each in code.co_consts if not isinstance(each, types.CodeType)]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_name, code.co_code, names, constants, code.co_argcount, code.co_exceptiontable


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [each for each in code.co_consts if isinstance(each, types.CodeType)]
