"""The signature of a sheet: its audit, its owner, and what was saved when it was downloaded."""

import base64
import hmac
import json
import uuid
from dataclasses import dataclass
from hashlib import sha256

from api.foundation.key_files import derived_key_at
from api.foundation.permissions import Actor
from api.foundation.settings import Settings


class BadTokenError(Exception):
    """A sheet that this service did not write, or not for this organisation."""


@dataclass(frozen=True, slots=True)
class SheetToken:
    """What a sheet was downloaded as. `marks`: of each of its parts, in order."""

    audit_id: uuid.UUID
    person_id: uuid.UUID
    template: str
    marks: tuple[str, ...]


def workbook_key(settings: Settings) -> bytes:
    """The key that signs sheets. Raises Unavailable."""
    return derived_key_at(settings.trail_key_path, b"audit workbooks")


def sign_sheet(token: SheetToken, *, key: bytes, by: Actor) -> str:
    """The text that a sheet holds."""
    said = [str(token.audit_id), str(token.person_id), token.template, *token.marks]
    plain = json.dumps(said, separators=(",", ":")).encode()
    return f"{_plain_text(plain)}.{_plain_text(_signature(plain, key, by))}"


def open_sheet(text: str, *, key: bytes, by: Actor) -> SheetToken:
    """What was signed. Raises BadTokenError."""
    try:
        plain, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
        if not hmac.compare_digest(signature, _signature(plain, key, by)):
            raise BadTokenError
        audit_id, person_id, template, *marks = json.loads(plain)
        return SheetToken(uuid.UUID(audit_id), uuid.UUID(person_id), str(template), tuple(map(str, marks)))
    except (ValueError, TypeError):
        raise BadTokenError from None


def _signature(plain: bytes, key: bytes, by: Actor) -> bytes:
    return hmac.digest(key, f"{by.organisation_id}\n".encode() + plain, sha256)


def _plain_text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
