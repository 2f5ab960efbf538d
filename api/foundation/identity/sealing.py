"""Secrets that are stored encrypted, under keys derived from one that is outside the database."""

import base64
import os
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose. Nobody can find `key`, or the key for another purpose, from it."""
    return blake2b(purpose, key=key, digest_size=32).digest()


def seal(key: bytes, purpose: bytes, owner: bytes, secret: bytes) -> str:
    """The secret, encrypted for one purpose and one owner (AES-256-GCM), in base64."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(derived(key, purpose)).encrypt(nonce, secret, owner)).decode()


def unseal(key: bytes, purpose: bytes, owner: bytes, sealed: str) -> bytes | None:
    """What `seal` encrypted; None where it was sealed under another key, for another purpose or another owner."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(derived(key, purpose)).decrypt(raw[:_NONCE], raw[_NONCE:], owner)
    except (InvalidTag, ValueError):
        return None
