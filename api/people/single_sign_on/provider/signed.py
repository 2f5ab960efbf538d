"""What the provider signs: ID tokens and logout tokens, and whether they can be trusted.

After OpenID Connect Core 1.0, section 3.1.3.7, OpenID Connect Back-Channel Logout 1.0, section 2.6, and RFC 8725.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from api.people.second_factor.sealing import as_bytes
from api.people.single_sign_on.provider.client import Provider
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from models import now

# Signatures with a public key alone: `none`, and HMAC under a key that both sides know, are never accepted.
ALGORITHMS: Final = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}
# How far the clocks of the provider and of this service may differ.
SKEW: Final = timedelta(minutes=2)
# How old a logout token may be where it does not say when it expires.
LOGOUT_LASTS: Final = timedelta(minutes=10)
LONGEST: Final = 32 * 1024
LONGEST_SUBJECT: Final = 255
LEAST_RSA_BYTES: Final = 256
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


def read_id_token(provider: Provider, token: object, *, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token for this service and this sign-in.

    Raises ProviderRefusal, AwayError and UnusableError.
    """
    claims, moment = _opened(provider, token), now()
    _check_is_for_us(provider, claims)
    _check_times(claims, moment)
    _check(isinstance(claims.get("exp"), int | float))
    sent = claims.get("nonce")
    _check(isinstance(sent, str) and hmac.compare_digest(sent.encode(), nonce.encode()))
    _check("events" not in claims)  # a logout token is no ID token
    _check(_is_name(claims.get("sub")))
    return claims


def read_logout_token(provider: Provider, token: object) -> Mapping[str, Any]:
    """The claims of a logout token for this service. Raises ProviderRefusal, AwayError and UnusableError."""
    claims, moment = _opened(provider, token), now()
    _check_is_for_us(provider, claims)
    _check_times(claims, moment)
    issued = moment_of(claims, "iat")
    _check(issued is not None and moment - LOGOUT_LASTS < issued)
    events = claims.get("events")
    _check(isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict))
    _check("nonce" not in claims)
    _check(_is_name(claims.get("jti")))
    _check(any(name in claims for name in ("sub", "sid")))
    _check(all(_is_name(claims[name]) for name in ("sub", "sid") if name in claims))
    return claims


def moment_of(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A moment in the claims; None where there is none that can be read."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, tz=now().tzinfo)
    except (ValueError, OverflowError, OSError):
        return None


def _opened(provider: Provider, token: object) -> dict[str, Any]:
    """The claims of a token whose signature is right, by a key that the provider shows now."""
    from joserfc import jwk, jwt
    from joserfc.errors import JoseError

    if not isinstance(token, str) or len(token) > LONGEST or token.count(".") != 2:
        raise ProviderRefusal(Reason.UNTRUSTED)
    header = _object(as_bytes(token.partition(".")[0]))
    algorithm, name = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or not isinstance(name, str):
        raise ProviderRefusal(Reason.UNTRUSTED)
    found = _key(provider, algorithm, name)
    try:
        claims: dict[str, Any] = jwt.decode(token, jwk.import_key(dict(found)), algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise ProviderRefusal(Reason.UNTRUSTED) from None
    return claims


def _key(provider: Provider, algorithm: str, name: str) -> Mapping[str, Any]:
    """The only key of the provider that this algorithm and name fit: its keys are read again for an unknown one."""
    for without in ("", name or "unnamed"):
        fitting = [key for key in provider.keys(without=without).found if fits(key, algorithm, name)]
        if len(fitting) == 1:
            return fitting[0]
    raise ProviderRefusal(Reason.UNTRUSTED)


def fits(key: Mapping[str, Any], algorithm: str, name: str = "") -> bool:
    """Whether a key may have signed with this algorithm, under this name."""
    return (
        key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (not name or key.get("kid") == name)
        and (key["kty"] != "RSA" or len(as_bytes(str(key.get("n", "")))) >= LEAST_RSA_BYTES)
    )


def _check_is_for_us(provider: Provider, claims: Mapping[str, Any]) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    _check(claims.get("iss") == provider.issuer)
    _check(provider.client_id in audiences)
    _check(party == provider.client_id if party is not None else len(audiences) == 1)


def _check_times(claims: Mapping[str, Any], moment: datetime) -> None:
    """Raise ProviderRefusal for a token that is not valid now, give or take SKEW: two clocks are compared."""
    if any(name in claims and moment_of(claims, name) is None for name in ("exp", "iat", "nbf")):
        raise ProviderRefusal(Reason.UNTRUSTED)
    issued, expires = moment_of(claims, "iat"), moment_of(claims, "exp")
    _check(issued is not None)
    for begins in (issued, moment_of(claims, "nbf")):
        if begins is not None and begins > moment + SKEW:
            raise ProviderRefusal(Reason.CLOCK)
    if expires is not None and expires <= moment - SKEW:
        # It comes straight from the provider, and has expired already.
        raise ProviderRefusal(Reason.CLOCK)


def _check(holds: bool) -> None:
    if not holds:
        raise ProviderRefusal(Reason.UNTRUSTED)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT and value.isprintable()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
