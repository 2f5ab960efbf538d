"""Plain values passed between our processes; long lists are sent in parts.

Unpickling a long list at once would block the interpreter, and with it every other thread.
"""

import io
import pickle
from typing import IO, Any, Final

# The number of items in a part, which takes a few milliseconds.
ITEMS_OF_A_PART: Final = 500
# What `receive` raises for what is not whole, such as what a process sent that was ended.
INCOMPLETE: Final = (EOFError, pickle.UnpicklingError)
_KINDS: Final = {kind.__name__: kind for kind in (list, tuple, set, frozenset, dict)}


def send(value: Any, stream: IO[bytes]) -> None:
    """Write a value that `receive` restores: first its long lists, then the value itself."""
    rest = io.BytesIO()
    _Sender(rest, stream).dump(value)
    _write(None, stream)
    stream.write(rest.getvalue())
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read what `send` wrote in a process of ours. Raises an error of INCOMPLETE when it is not whole."""
    long_ones: list[Any] = []
    while kind := _read(stream):
        items: list[Any] = []
        while part := _read(stream):
            items += part
        long_ones.append(_KINDS[kind](items))
    return _Receiver(stream, long_ones).load()


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
            _write(items[start : start + ITEMS_OF_A_PART], self._stream)
        _write([], self._stream)
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
