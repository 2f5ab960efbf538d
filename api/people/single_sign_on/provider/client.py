"""The provider of single sign-on: what it says of itself, its keys, and what it answers to a code."""

import base64
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from api.foundation.settings import Settings
from api.people.single_sign_on.provider.calls import Answer, AwayError, Hosts, call
from models import now

# How long what the provider says of itself, and its keys, are used before they are read again: a key that it has
# withdrawn works no longer than this.
KEPT: Final = timedelta(minutes=10)
# For a key that is not known, its keys are read again, but not more often than this.
READ_AGAIN_AFTER: Final = timedelta(seconds=30)
MOST_KEYS: Final = 100
SCOPES: Final = "openid email profile"
BACK: Final = "/sign-in/provider/back"
LOGOUT: Final = "/sign-in/provider/logout"


class UnusableError(Exception):
    """The provider and this service are not set up to work together: what is wrong, in words."""


class RefusedError(Exception):
    """The provider refuses what it was asked; `code` is its own short word for why (RFC 6749, section 5.2)."""

    def __init__(self, code: str) -> None:
        # Only what looks like one of the specification's words: it reaches the log.
        super().__init__(code if re.fullmatch(r"[a-z_]{1,40}", code) else "for a reason of its own")
        self.code = code

    @property
    def is_about_settings(self) -> bool:
        """Whether it refuses this service, and not this code."""
        return self.code in {"invalid_client", "unauthorized_client"}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    said: Mapping[str, Any]
    date: str
    at: datetime

    def text(self, name: str) -> str:
        value = self.said.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> Sequence[str] | None:
        """The texts of a list; None if there is no such list."""
        value = self.said.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else None


@dataclass(frozen=True, slots=True)
class Keys:
    """The provider's public keys (RFC 7517), and when they were read."""

    found: Sequence[Mapping[str, Any]]
    at: datetime


class Provider:
    """The provider of the settings. What was read of it is kept in this process, for KEPT."""

    def __init__(self, settings: Settings) -> None:
        self.issuer: Final = settings.oidc_issuer
        self.client_id: Final = settings.oidc_client_id
        self.name: Final = settings.oidc_name
        self.groups_claim: Final = settings.oidc_groups_claim
        self.address: Final = settings.address_to_open()
        self.hosts: Final = Hosts.of(self.issuer, settings.oidc_hosts.split(), loopback=settings.oidc_on_this_machine)
        self._secret_file: Final[Path | None] = settings.oidc_client_secret_file
        self._metadata: Metadata | None = None
        self._keys: Keys | None = None
        self._reading: Final = threading.Lock()

    @property
    def back(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.address}{BACK}"

    @property
    def logout(self) -> str:
        """Where the provider says that somebody has signed out there (back-channel logout)."""
        return f"{self.address}{LOGOUT}"

    def metadata(self, *, anew: bool = False) -> Metadata:
        """What the provider says of itself. Raises AwayError and UnusableError."""
        with self._reading:
            if anew or self._metadata is None or not _is_new(self._metadata.at, KEPT):
                answer = call(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", hosts=self.hosts)
                if answer.status != 200:
                    raise AwayError(f"it answers with status {answer.status}")
                found = Metadata(answer.json(), answer.date, now())
                if found.text("issuer") != self.issuer:
                    raise UnusableError("The provider calls itself by another issuer.")
                self._metadata = found
            return self._metadata

    def endpoint(self, name: str) -> str:
        """An address that the provider names, if it may be called. Raises AwayError and UnusableError."""
        address = self.metadata().text(name)
        fault = self.hosts.fault_of(address) if address else "is missing"
        if fault:
            raise UnusableError(f"The provider's {name} {fault}.")
        return address

    def keys(self, *, without: str = "", anew: bool = False) -> Keys:
        """The provider's keys. `without`: a key that was not among them, for which they are read again if the last
        time is long enough ago. Raises AwayError and UnusableError.
        """
        address = self.endpoint("jwks_uri")
        with self._reading:
            known = self._keys
            if known is not None and not anew and _is_new(known.at, READ_AGAIN_AFTER if without else KEPT):
                return known
            answer = call(address, hosts=self.hosts)
            found = answer.json().get("keys")
            if answer.status != 200 or not isinstance(found, list):
                raise AwayError("it shows no keys")
            self._keys = Keys([key for key in found[:MOST_KEYS] if isinstance(key, dict)], now())
            return self._keys

    def exchange(self, code: str, verifier: str) -> dict[str, Any]:
        """The tokens for a code. Raises AwayError, UnusableError and RefusedError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
            "client_id": self.client_id,
        }
        address, headers = self.endpoint("token_endpoint"), dict[str, str]()
        secret = self.secret()
        ways = self.metadata().texts("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in ways:
            both = f"{quote(self.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        elif secret:
            form["client_secret"] = secret
        return _granted(call(address, hosts=self.hosts, form=urlencode(form), headers=headers))

    def user_info(self, access_token: str) -> dict[str, Any]:
        """What the provider says of the person besides the ID token; nothing where it may not be asked.

        Raises AwayError, UnusableError.
        """
        address = self.metadata().text("userinfo_endpoint")
        if not address or self.hosts.fault_of(address) or not access_token.isascii() or not access_token.isprintable():
            return {}
        answer = call(address, hosts=self.hosts, headers={"Authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise AwayError(f"it answers with status {answer.status}")
        return answer.json()

    def secret(self) -> str:
        """The client secret; "" where the provider asks for none. Raises UnusableError."""
        if self._secret_file is None:
            return ""
        try:
            return self._secret_file.read_text("utf-8").strip()
        except (OSError, ValueError):
            raise UnusableError("The file with the client secret cannot be read.") from None


@lru_cache(maxsize=8)
def provider_of(settings: Settings) -> Provider | None:
    """The provider of these settings; None without single sign-on."""
    return Provider(settings) if settings.oidc_issuer else None


def _granted(answer: Answer) -> dict[str, Any]:
    said = answer.json()
    if answer.status == 200:
        return said
    code = said.get("error")
    if answer.status >= 500 or not isinstance(code, str):
        raise AwayError(f"it answers with status {answer.status}")
    raise RefusedError(code)


def _is_new(at: datetime, kept: timedelta) -> bool:
    return abs(now() - at) < kept
