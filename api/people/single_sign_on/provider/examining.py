"""Testing the settings of single sign-on against the provider, and saying what is wrong and how to correct it."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from api.foundation.health.findings import Finding, good, look, wrong
from api.people.single_sign_on.provider.calls import AwayError
from api.people.single_sign_on.provider.client import Metadata, Provider, RefusedError, UnusableError
from api.people.single_sign_on.provider.signed import ALGORITHMS, SKEW, fits

# A code that no provider gave: it is refused, and how it is refused says whether the client secret is right.
_NO_CODE: Final = "settings-test"
_SECONDS: Final = int(SKEW.total_seconds())


def examine(provider: Provider) -> list[Finding]:
    """The tests in order, each with what it found. They end where a fault makes the rest impossible."""
    return list(_tested(provider))


def _tested(provider: Provider) -> Iterator[Finding]:
    fault = provider.hosts.fault_of(provider.issuer)
    if fault:
        yield wrong("issuer", f"The issuer {fault}.", "Correct CASEAUDIT_OIDC_ISSUER.")
        return
    try:
        metadata = provider.metadata(anew=True)
    except AwayError as error:
        to_do = "Check CASEAUDIT_OIDC_ISSUER, and that this server may reach it: firewall, certificates."
        yield wrong("provider", f"The provider cannot be reached: {error}.", to_do)
        return
    except UnusableError as error:
        to_do = "Copy the issuer exactly, with or without a / at its end. With Entra ID, it names your tenant."
        yield wrong("issuer", str(error), to_do)
        return
    yield good("provider", "The provider answers, and calls itself by this issuer.")
    yield from _addresses(provider)
    yield from _abilities(metadata)
    yield from _clock(metadata)
    yield from _keys(provider, metadata)
    yield from _client(provider)
    yield from _signing_out(metadata)


def _addresses(provider: Provider) -> Iterator[Finding]:
    faults = []
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        try:
            provider.endpoint(name)
        except UnusableError as error:
            faults.append(str(error))
    if faults:
        yield wrong("addresses", " ".join(faults), "Name further hosts of the provider in CASEAUDIT_OIDC_HOSTS.")
        return
    info = provider.metadata().text("userinfo_endpoint")
    if info and (fault := provider.hosts.fault_of(info)):
        said = f"The provider's userinfo_endpoint {fault}."
        to_do = "Let the ID token hold the email address and groups, or name the host in CASEAUDIT_OIDC_HOSTS."
        yield look("addresses", said, to_do)
        return
    yield good("addresses", "Every address of the provider may be called.")


def _abilities(metadata: Metadata) -> Iterator[Finding]:
    if "code" not in (metadata.texts("response_types_supported") or ["code"]):
        yield wrong("sign-in", "The provider does not offer the authorization code flow.", "Ask your IT team.")
    methods = metadata.texts("code_challenge_methods_supported")
    if methods is None:
        yield good("PKCE", "The provider does not say whether it knows PKCE. It is used all the same.")
    elif "S256" not in methods:
        yield wrong("PKCE", "The provider does not know PKCE with S256.", "Ask your IT team for a newer version.")
    else:
        yield good("PKCE", "The provider knows PKCE with S256.")
    if not set(metadata.texts("id_token_signing_alg_values_supported") or ALGORITHMS) & set(ALGORITHMS):
        said = "The provider signs with none of the algorithms that are accepted."
        yield wrong("signatures", said, f"Let it sign with one of these: {', '.join(ALGORITHMS)}.")


def _clock(metadata: Metadata) -> Iterator[Finding]:
    try:
        there = parsedate_to_datetime(metadata.date)
        apart = abs((there - metadata.at).total_seconds())
    except (ValueError, TypeError):
        yield good("clock", "The provider does not say what time it is.")
        return
    if apart > _SECONDS:
        said = f"The clocks of the provider and of this server are {apart:,.0f} seconds apart."
        yield wrong("clock", said, f"Set them by a time server. At most {_SECONDS} seconds are allowed.")
    else:
        yield good("clock", f"The clocks are {apart:,.0f} seconds apart.")


def _keys(provider: Provider, metadata: Metadata) -> Iterator[Finding]:
    try:
        keys = provider.keys(anew=True).found
    except (AwayError, UnusableError) as error:
        yield wrong("keys", f"The provider's keys cannot be read: {error}.", "Ask your IT team.")
        return
    offered = metadata.texts("id_token_signing_alg_values_supported") or list(ALGORITHMS)
    usable = sum(any(fits(key, algorithm) for algorithm in ALGORITHMS if algorithm in offered) for key in keys)
    if usable:
        yield good("keys", f"{usable} of the provider's {len(keys)} keys can be used.")
    else:
        yield wrong("keys", "None of the provider's keys can be used.", "RSA keys need 2,048 bits or more.")


def _client(provider: Provider) -> Iterator[Finding]:
    """Whether the provider knows this service by its client ID and secret."""
    try:
        provider.exchange(_NO_CODE, _NO_CODE * 4)
    except RefusedError as error:
        if error.is_about_settings:
            to_do = "Check CASEAUDIT_OIDC_CLIENT_ID and CASEAUDIT_OIDC_CLIENT_SECRET_FILE. The secret may have expired."
            yield wrong("client", f"The provider does not accept this service: {error}.", to_do)
        else:
            yield good("client", "The provider does not refuse the client ID and secret.")
    except (AwayError, UnusableError) as error:
        yield wrong("client", f"The client ID cannot be tested: {error}.", "Check CASEAUDIT_OIDC_CLIENT_SECRET_FILE.")
    else:
        yield wrong("client", "The provider accepts a code that it never gave.", "Do not use this provider.")


def _signing_out(metadata: Metadata) -> Iterator[Finding]:
    if metadata.said.get("backchannel_logout_supported") is True:
        yield good("sign-out", "The provider can say when somebody signs out or is disabled there.")
        return
    said = "The provider does not say that it tells services when somebody signs out or is disabled there."
    yield look("sign-out", said, "Deactivate people who leave here too, under People.")
