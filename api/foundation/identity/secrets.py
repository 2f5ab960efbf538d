"""Secrets that the service generates: for sessions, one-time links and tokens."""

import hashlib
import secrets
from typing import Final

TOKEN_PREFIX: Final = "caseaudit_"  # noqa: S105 - the prefix of every token, so that secret scanners recognise one


def new_secret() -> str:
    """256 random bits, safe in a URL and a header."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """The stored form of a secret. Plain SHA-256 is enough for 256 random bits; passwords get argon2id."""
    return hashlib.sha256(secret.encode()).hexdigest()
