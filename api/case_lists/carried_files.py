"""Files that were uploaded, carried by the browser on the page that asks about them, so that nobody selects them again.

The server keeps nothing: the page holds them compressed and encrypted under the secret of the person's session, which
the server stores only as a hash. So they can be read again by any server process, in that session only, for MINUTES.
"""

import base64
import hmac
import os
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models import now

MINUTES: Final = 30
# As a field of a form that is a third larger. A larger export is selected again.
LARGEST: Final = 12 * 2**20
_LABEL: Final = b"caseaudit/carried-files/1"
_PACKED: Final = b"PK"
_NONCE_BYTES: Final = 12
_NUMBER_BYTES: Final = 8
# Level 1 takes a third of the time of the usual one.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class CarriedFiles:
    """An export and the council's key file, as far as they were selected. Without a `repr`: an export holds names."""

    export: bytes | None = None
    key_file: bytes | None = None


NO_FILES: Final = CarriedFiles()


def seal(files: CarriedFiles, *, session_secret: str) -> str:
    """The files as the value of a hidden field; empty for no files, and for files that are too large to carry."""
    export, key_file = files.export or b"", files.key_file or b""
    if not session_secret or not (export or key_file):
        return ""
    if export.startswith(_PACKED) and len(export) > LARGEST:
        return ""  # it would not shrink
    content = zlib.compress(_number(len(export)) + export + key_file, _LEVEL)
    if len(content) > LARGEST:
        return ""
    sealed_at, nonce = _number(int(now().timestamp())), os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_key(session_secret)).encrypt(nonce, content, sealed_at)
    return base64.urlsafe_b64encode(sealed_at + nonce + sealed).decode()


def open_sealed(value: str, *, session_secret: str) -> CarriedFiles | None:
    """The files that `seal` made into this value; None when it is older, of another session, or was changed."""
    try:
        content = base64.urlsafe_b64decode(value.encode())
        sealed_at, rest = content[:_NUMBER_BYTES], content[_NUMBER_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        plain = zlib.decompress(AESGCM(_key(session_secret)).decrypt(nonce, sealed, sealed_at))
    except (ValueError, InvalidTag):
        return None
    # Another server’s clock may be a little behind.
    if not -60 <= now().timestamp() - int.from_bytes(sealed_at) <= 60 * MINUTES:
        return None
    length, files = int.from_bytes(plain[:_NUMBER_BYTES]), plain[_NUMBER_BYTES:]
    return CarriedFiles(files[:length] or None, files[length:] or None)


def _key(session_secret: str) -> bytes:
    return hmac.digest(session_secret.encode(), _LABEL, sha256)


def _number(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES)
