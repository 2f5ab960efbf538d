"""What a browser holds while its person is at the provider, and the address there.

Authorization Code with PKCE (RFC 7636), state, nonce, and the issuer in the response (RFC 9207).
"""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

from api.foundation.identity.secrets import new_secret
from api.people.second_factor.sealing import seal_text, unseal_text
from api.people.single_sign_on.provider.client import SCOPES, Provider
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from models import now
from models.clock import AHEAD

LASTS: Final = timedelta(minutes=15)
LONGEST_PATH: Final = 1000
_PURPOSE: Final = "sign-in with the provider"


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in that was begun. `onward`: where the person was going. `proves`: they prove again who they are."""

    state: str
    nonce: str
    verifier: str
    begun: str
    onward: str = "/"
    proves: bool = False

    @classmethod
    def new(cls, *, onward: str, proves: bool = False) -> Self:
        path = onward if len(onward) <= LONGEST_PATH else "/"
        return cls(new_secret(), new_secret(), new_secret(), now().isoformat(), path, proves)

    def write(self, key: bytes) -> str:
        """For the cookie: nobody else can read or make it."""
        return seal_text(key, _PURPOSE, json.dumps(asdict(self)))

    @classmethod
    def read(cls, key: bytes, written: str) -> Self | None:
        """What `write` wrote less than LASTS ago; None otherwise."""
        opened = unseal_text(key, _PURPOSE, written)
        found = cls(**json.loads(opened)) if opened else None
        moment = now()
        return found if found is not None and moment - LASTS < found.begun_at <= moment + AHEAD else None

    @property
    def begun_at(self) -> datetime:
        return datetime.fromisoformat(self.begun)

    def address(self, provider: Provider) -> str:
        """Where the person signs in. Raises AwayError and UnusableError."""
        challenge = urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": provider.back,
            "scope": SCOPES,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.proves:
            asked |= {"prompt": "login", "max_age": "0"}
        return with_query(provider.endpoint("authorization_endpoint"), asked)


@dataclass(frozen=True, slots=True)
class Returned:
    """With what the browser came back from the provider."""

    code: str = ""
    state: str = ""
    issuer: str = ""
    error: str = ""

    def check(self, flow: Flow | None, provider: Provider) -> Flow:
        """The sign-in that this answers, if the provider says that the person signed in. Raises ProviderRefusal.

        Raises AwayError and UnusableError as well.
        """
        if flow is None or not hmac.compare_digest(flow.state.encode(), self.state.encode()):
            raise ProviderRefusal(Reason.LATE)
        named = provider.metadata().said.get("authorization_response_iss_parameter_supported") is True
        if self.issuer != provider.issuer and (self.issuer or named):
            raise ProviderRefusal(Reason.UNTRUSTED)
        if self.error:
            raise ProviderRefusal(Reason.CANCELLED if self.error in _CANCELLED else Reason.REFUSED)
        if not self.code:
            raise ProviderRefusal(Reason.REFUSED)
        return flow


_CANCELLED: Final = frozenset({"access_denied", "interaction_required", "login_required", "consent_required"})


def sign_out_address(provider: Provider) -> str:
    """Where a person signs out of the provider itself (RP-Initiated Logout 1.0); "" where it offers no such page.

    Raises AwayError and UnusableError.
    """
    if not provider.metadata().text("end_session_endpoint"):
        return ""
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": f"{provider.address}/sign-in"}
    return with_query(provider.endpoint("end_session_endpoint"), asked)


def with_query(address: str, asked: dict[str, str]) -> str:
    """An address with these in its query, besides what is there."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"
