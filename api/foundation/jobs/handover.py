"""Pass plain values between our processes; long lists are sent in parts.

Unpickling a long list at once would block the interpreter, and with it every other thread.
"""

import io
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import IO, Any, Final

# The number of items in a part, which takes a few milliseconds.
ITEMS_OF_A_PART: Final = 500
# What `receive` raises for an incomplete value, as when the sending process was ended.
INCOMPLETE: Final = (EOFError, pickle.UnpicklingError)
_KINDS: Final = {kind.__name__: kind for kind in (list, tuple, set, frozenset, dict)}
Made = Callable[[list[Any]], Any]


def send(value: Any, stream: IO[bytes]) -> None:
    """Write a value that `receive` restores: first its long lists, then the value itself."""
    rest = io.BytesIO()
    _Sender(rest, stream).dump(value)
    _write(None, stream)
    stream.write(rest.getvalue())
    stream.flush()


def receive(stream: IO[bytes], *, keep_packed: bool = False) -> Any:
    """Read what `send` wrote in a process of ours. Raises an error of INCOMPLETE for an incomplete value.

    With `keep_packed` the long lists, tuples and dictionaries are sequences and mappings that are unpacked while they
    are used, so that a server never holds all of their items at once.
    """
    kinds: Mapping[str, Made] = {**_ALL_AT_ONCE, **(_PACKED if keep_packed else {})}
    long_ones: list[Any] = []
    while kind := _read(stream):
        parts: list[bytes] = []
        while part := _read(stream):
            parts.append(part)
        long_ones.append(kinds[kind](parts))
    return _Receiver(stream, long_ones).load()


def packed(value: Any) -> bytes:
    """A plain value in few bytes, which `unpacked` restores in a process of ours."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def unpacked(value: bytes) -> Any:
    """What `packed` wrote."""
    return pickle.loads(value)  # noqa: S301 - only our own code writes what is read here


class PackedList(Sequence[Any]):
    """A long list whose parts are unpacked one at a time. It is equal to a list or a tuple of the same items."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts

    @cached_property
    def _length(self) -> int:
        return (len(self._parts) - 1) * ITEMS_OF_A_PART + len(unpacked(self._parts[-1]))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        for part in self._parts:
            yield from unpacked(part)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                return list(self)[place]
            first = start // ITEMS_OF_A_PART
            parts = self._parts[first : -(-stop // ITEMS_OF_A_PART)]
            items = list(chain.from_iterable(map(unpacked, parts)))
            return items[start - first * ITEMS_OF_A_PART : max(stop, start) - first * ITEMS_OF_A_PART]
        part, at = divmod(range(len(self))[place], ITEMS_OF_A_PART)
        return unpacked(self._parts[part])[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | tuple | PackedList):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


class PackedDict(Mapping[Any, Any]):
    """A long dictionary that is unpacked when it is first used."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._items = PackedList(parts)

    @cached_property
    def _unpacked(self) -> dict[Any, Any]:
        return dict(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._unpacked)

    def __getitem__(self, key: Any) -> Any:
        return self._unpacked[key]


_ALL_AT_ONCE: Final[Mapping[str, Made]] = {
    name: lambda parts, kind=kind: kind(PackedList(parts))  # type: ignore[misc]
    for name, kind in _KINDS.items()
}
_PACKED: Final[Mapping[str, Made]] = {"list": PackedList, "tuple": PackedList, "dict": PackedDict}


class _Sender(pickle.Pickler):
    """Pickles a value with a number in place of every long list."""

    def __init__(self, rest: IO[bytes], stream: IO[bytes]) -> None:
        super().__init__(rest, protocol=pickle.HIGHEST_PROTOCOL)
        self._stream = stream
        self._number = 0

    def persistent_id(self, value: Any) -> int | None:
        kind = type(value).__name__
        if type(value) is not _KINDS.get(kind) or len(value) < ITEMS_OF_A_PART:
            return None
        _write(kind, self._stream)
        items = list(value.items() if isinstance(value, dict) else value)
        for start in range(0, len(items), ITEMS_OF_A_PART):
            _write(packed(items[start : start + ITEMS_OF_A_PART]), self._stream)
        _write(b"", self._stream)
        self._number += 1
        return self._number - 1


class _Receiver(pickle.Unpickler):
    def __init__(self, stream: IO[bytes], long_ones: list[Any]) -> None:
        super().__init__(stream)
        self._long_ones = long_ones

    def persistent_load(self, number: int) -> Any:
        return self._long_ones[number]


def _write(value: Any, stream: IO[bytes]) -> None:
    pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)


def _read(stream: IO[bytes]) -> Any:
    return pickle.load(stream)  # noqa: S301 - only our own code writes what is read here
