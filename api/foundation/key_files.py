"""Keys that lie in files outside the database."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_at(path: Path) -> Ed25519PrivateKey:
    """The key in this file, made when there is none, for nobody but its owner to read. Raises OSError, ValueError."""
    if not path.exists():
        _make_key(path)
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))


def _make_key(path: Path) -> None:
    # Under another name until it is whole: of several processes that start at once one makes it, and all read that one.
    opened, name = tempfile.mkstemp(dir=path.parent)  # for nobody but its owner to read
    own = Path(name)
    with os.fdopen(opened, "w") as file:
        file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(own, path)
    own.unlink()
