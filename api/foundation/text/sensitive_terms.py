"""Searching texts for the organisation's own sensitive terms."""

import secrets
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from api.foundation.key_files import make_key_file
from api.foundation.problems import Unavailable
from checklists.privacy.names import NO_TERMS, HashedTerm, RiskyTerms
from models import RiskyTerm
from models.storage.prepared import Prepared

_KEY_FILE: Final = "the sensitive terms key file"


KEY_BYTES: Final = 32


def use_key_of(session: Session, path: Callable[[], Path]) -> None:
    """Set where the key is for this session, asked only when it is needed: few organisations have terms.

    The key is created when the first term is added.
    """
    session.info[_KEY_FILE] = path


_TERMS: Final = Prepared(
    select(col(RiskyTerm.first_hash), col(RiskyTerm.whole_hash), col(RiskyTerm.words), col(RiskyTerm.key_mark)).where(
        col(RiskyTerm.organisation_id) == bindparam("own")
    )
)


def risky_terms_of(session: Session, organisation_id: int) -> RiskyTerms:
    """The terms to search for in texts of this organisation. Terms under a lost key find nothing."""
    rows = _TERMS.rows(session, {"own": organisation_id})
    if not rows:
        return NO_TERMS
    key = key_of(session, organisation_id)
    mark = key_mark(key)
    return RiskyTerms.of(
        key,
        (
            HashedTerm(bytes.fromhex(first), bytes.fromhex(whole), words)
            for first, whole, words, its in rows
            if its == mark
        ),
    )


def key_of(session: Session, organisation_id: int, *, make: bool = False) -> bytes:
    """The organisation's own key, derived from the one in the file, so that no two organisations share a hash."""
    where: Callable[[], Path] | None = session.info.get(_KEY_FILE)
    if where is None:
        raise Unavailable("The key for the sensitive terms list is not available. Nothing was saved.")
    path = where()
    if make:
        make_key_file(path, secrets.token_bytes(KEY_BYTES))
    try:
        common = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        common = b""
    return blake2b(str(organisation_id).encode(), key=common, digest_size=KEY_BYTES).digest()


def key_mark(key: bytes) -> str:
    """A fingerprint that distinguishes keys and reveals nothing about them."""
    return blake2b(b"mark", key=key, digest_size=8).hexdigest()
