"""Asking the provider who signed in there, and what of its answer can be relied on."""

import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from api.foundation.addresses import is_address
from api.foundation.identity.secrets import hash_of
from api.people.single_sign_on.groups import groups_in
from api.people.single_sign_on.provider.calls import AwayError
from api.people.single_sign_on.provider.client import Provider, RefusedError, UnusableError
from api.people.single_sign_on.provider.flow import Flow
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from api.people.single_sign_on.provider.signed import SKEW, moment_of, read_id_token
from models import now

Result = TypeVar("Result")
LOG: Final = logging.getLogger("caseaudit")


@dataclass(frozen=True, slots=True)
class Proved:
    """Somebody who signed in with the provider, as it says for one sign-in of this service alone.

    `email`: their verified email address, or "" where it names none that is verified. `signed_in_at`: when they last
    entered their password there, as far as it says. `claims`: what else it says.
    """

    issuer: str
    subject: str
    email: str
    signed_in_at: datetime | None
    session: str
    claims: Mapping[str, Any]
    groups_claim: str

    @property
    def groups(self) -> frozenset[str]:
        """Raises ProviderRefusal where the provider does not name all of them."""
        return groups_in(self.claims, self.groups_claim)


def who_signed_in(provider: Provider, flow: Flow, code: str, *, with_groups: bool) -> Proved:
    """Who signed in, for the code of this sign-in. `with_groups`: their groups matter. Raises ProviderRefusal."""
    wanted = {"email", provider.groups_claim} if with_groups else {"email"}
    return asked(lambda: _who_signed_in(provider, flow, code, wanted))


def asked(ask: Callable[[], Result]) -> Result:
    """What the provider answers. Whatever goes wrong there is raised as a ProviderRefusal, with the cause in the log,
    which names neither a person nor what the provider sent.
    """
    try:
        return ask()
    except AwayError as error:
        LOG.warning("the provider of single sign-on cannot be reached: %s", error)
        reason = Reason.AWAY
    except UnusableError as error:
        LOG.warning("single sign-on is not set up as it should be: %s", error)
        reason = Reason.SETTINGS
    except RefusedError as error:
        LOG.warning("the provider of single sign-on refused a code: %s", error)
        reason = Reason.SETTINGS if error.is_about_settings else Reason.REFUSED
    raise ProviderRefusal(reason)


def session_hash(provider: Provider, name: str) -> str:
    """What is stored of the provider's own session."""
    return hash_of(f"{provider.issuer}\n{name}")


def _who_signed_in(provider: Provider, flow: Flow, code: str, wanted: AbstractSet[str]) -> Proved:
    tokens = provider.exchange(code, flow.verifier)
    claims = read_id_token(provider, tokens.get("id_token"), nonce=flow.nonce)
    sources = [claims]
    access_token = tokens.get("access_token")
    if isinstance(access_token, str) and not wanted <= claims.keys():
        more = provider.user_info(access_token)
        if more.get("sub", claims["sub"]) != claims["sub"]:
            raise ProviderRefusal(Reason.UNTRUSTED)
        sources.append(more)
    signed_in_at, session = moment_of(claims, "auth_time"), claims.get("sid")
    if signed_in_at is not None and signed_in_at > now() + SKEW:
        raise ProviderRefusal(Reason.CLOCK)
    return Proved(
        issuer=provider.issuer,
        subject=claims["sub"],
        email=next((_verified_address(source) for source in sources if "email" in source), ""),
        signed_in_at=None if signed_in_at is None else min(signed_in_at, now()),
        session=session_hash(provider, session) if isinstance(session, str) and session else "",
        claims={name: value for source in reversed(sources) for name, value in source.items()},
        groups_claim=provider.groups_claim,
    )


def _verified_address(source: Mapping[str, Any]) -> str:
    """The email address of one source that the same source says is verified; Entra ID says it in a claim of its own."""
    verified = source.get("email_verified") in {True, "true"} or source.get("xms_edov") in {True, "1", "true"}
    email = source["email"]
    address = email.strip().lower() if verified and isinstance(email, str) else ""
    return address if is_address(address) else ""
