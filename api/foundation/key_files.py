"""Keys stored in files outside the database."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.foundation.identity.sealing import derived
from api.foundation.private_files import AlreadyThere, write_new
from api.foundation.problems import Unavailable


def key_at(path: Path) -> Ed25519PrivateKey:
    """The key in this file; without one, a key is created that only its owner can read. Raises OSError, ValueError."""
    make_key_file(path, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))


@cache
def derived_key_at(path: Path, purpose: bytes) -> bytes:
    """A key for one purpose, derived from the key of the trail in this file. Raises Unavailable."""
    try:
        return derived(key_at(path).private_bytes_raw(), purpose)
    except (OSError, ValueError):
        raise Unavailable("The trail key is not available. Tell the people who run the service.") from None


def event_key_of(key: Ed25519PrivateKey) -> bytes:
    """The key of the codes of events, derived from the key of the trail, which cannot be computed from it."""
    return derived(key.private_bytes_raw(), b"codes of events")


def erasure_key_of(key: Ed25519PrivateKey) -> bytes:
    """The key of the codes of erased cases, derived from the key of the trail as well."""
    return derived(key.private_bytes_raw(), b"codes of erased cases")


def event_key_at(path: Path) -> Callable[[], bytes]:
    """A function that reads the key of the codes of events, once. It raises OSError, ValueError."""
    return cache(lambda: event_key_of(key_at(path)))


def make_key_file(path: Path, key: bytes) -> None:
    """Write a key into a file of its own as hexadecimal digits, unless there is one already.

    Of several processes that start at once, one creates it and all read that one. Raises OSError.
    """
    if not path.exists():
        with suppress(AlreadyThere):
            write_new(path, f"{key.hex()}\n".encode())
