"""Secrets of endpoints: made, shown once, and stored encrypted under a key outside the database."""

import os
import uuid
from typing import Final

from api.foundation.identity import sealing
from api.foundation.key_files import derived_key_at
from api.foundation.settings import Settings
from checklists.webhooks import SECRET_BYTES

_PURPOSE: Final = b"secrets of webhooks"


def key_of(settings: Settings) -> bytes:
    """The key under which secrets are stored. Raises Unavailable."""
    return derived_key_at(settings.trail_key_path, b"webhooks")


def new_secret() -> bytes:
    """A secret that nobody can guess."""
    return os.urandom(SECRET_BYTES)


def seal(key: bytes, organisation_id: int, endpoint_id: uuid.UUID, secret: bytes) -> str:
    """The secret, encrypted for its endpoint."""
    return sealing.seal(key, _PURPOSE, _owner(organisation_id, endpoint_id), secret)


def unseal(key: bytes, organisation_id: int, endpoint_id: uuid.UUID, sealed: str) -> bytes | None:
    """What `seal` encrypted; None where it was sealed under another key or for another endpoint."""
    return sealing.unseal(key, _PURPOSE, _owner(organisation_id, endpoint_id), sealed)


def _owner(organisation_id: int, endpoint_id: uuid.UUID) -> bytes:
    return b"%d %s" % (organisation_id, endpoint_id.bytes)
