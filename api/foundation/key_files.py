"""Keys stored in files outside the database."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.foundation.private_files import AlreadyThere, write_new


def key_at(path: Path) -> Ed25519PrivateKey:
    """The key in this file, created readable only by its owner when there is none. Raises OSError, ValueError."""
    make_key_file(path, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))


def event_key_of(key: Ed25519PrivateKey) -> bytes:
    """The key of the codes of events, derived from the key of the trail, which cannot be computed from it."""
    return blake2b(b"codes of events", key=key.private_bytes_raw(), digest_size=32).digest()


def erasure_key_of(key: Ed25519PrivateKey) -> bytes:
    """The key of the codes of erased cases, derived from the key of the trail as well."""
    return blake2b(b"codes of erased cases", key=key.private_bytes_raw(), digest_size=32).digest()


def event_key_at(path: Path) -> Callable[[], bytes]:
    """What reads the key of the codes of events, once. It raises OSError, ValueError."""
    return cache(lambda: event_key_of(key_at(path)))


def make_key_file(path: Path, key: bytes) -> None:
    """Write a key into a file of its own as hexadecimal digits, unless there is one already.

    Of several processes that start at once, one creates it and all read that one. Raises OSError.
    """
    if not path.exists():
        with suppress(AlreadyThere):
            write_new(path, f"{key.hex()}\n".encode())
