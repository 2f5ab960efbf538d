"""Addresses for programs outside /api whose protocol says how a program signs in and how a refusal looks."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from api.foundation.hooks import Hook
from api.foundation.problems import Problem


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol under one address. Programs send their token as `Bearer`, or as the password of HTTP Basic."""

    address: str
    refuse: Callable[[Problem], Response]


PROTOCOLS: Final = Hook[Protocol]("protocols of programs")


def protocol_at(path: str) -> Protocol | None:
    """The protocol of this path, if it has one."""
    return next((each for each in PROTOCOLS if f"{path}/".startswith(f"{each.address}/")), None)


def token_in(headers: Mapping[str, str], path: str) -> str | None:
    """The token that a request sends, whether or not there is such a token; None where it sends none."""
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return sent.strip()
    if scheme.lower() == "basic" and protocol_at(path) is not None:
        return _password_in(sent)
    return None


def _password_in(sent: str) -> str | None:
    """The password of HTTP Basic (RFC 7617): the name before it may be anything."""
    try:
        name_and_password = base64.b64decode(sent.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name_and_password.partition(":")[2].strip() or None
