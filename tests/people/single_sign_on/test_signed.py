"""What the provider signs is trusted only if it is right in every part; nothing else starts a session."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from models import Role, now
from tests.cast import Site
from tests.people.single_sign_on.made_provider import (
    CLIENT_ID,
    SECRET,
    MadeProvider,
    Said,
    a_key,
    allow,
    an_rsa_key,
    begin,
    come_back,
    refused,
    sign_in,
    unsigned,
)

Forged = Callable[[MadeProvider, Said], str]


def given(site: Site, provider: MadeProvider, forged: Forged) -> str:
    """Why a sign-in with this token is refused; "" where it starts a session."""
    browser = site.browser()
    begun = begin(browser)
    provider.gives("code-1", forged(provider, provider.claims(nonce=begun.nonce)))
    return refused(come_back(browser, begun, "code-1"))


def with_claims(**said: object) -> Forged:
    return lambda provider, claims: provider.signed({**claims, **said})


def without(name: str) -> Forged:
    return lambda provider, claims: provider.signed({key: value for key, value in claims.items() if key != name})


def tampered(provider: MadeProvider, claims: Said) -> str:
    """Right, but the payload was exchanged after it was signed."""
    from joserfc.util import urlsafe_b64encode

    header, _, signature = provider.signed(claims).split(".")
    return f"{header}.{urlsafe_b64encode(json.dumps({**claims, 'sub': 'admin'}).encode()).decode()}.{signature}"


def other_signature(provider: MadeProvider, claims: Said) -> str:
    *rest, signature = provider.signed(claims).split(".")
    return ".".join([*rest, ("A" if signature[0] != "A" else "B") + signature[1:]])


def by_hmac_with_the_public_key(provider: MadeProvider, claims: Said) -> str:
    """The oldest confusion: a public key taken for a shared secret."""
    from joserfc.jwk import OctKey

    key = OctKey.import_key(json.dumps(provider.keys[0]))
    return provider.signed(claims, header={"alg": "HS256"}, key=key)


def by_hmac_with_the_client_secret(provider: MadeProvider, claims: Said) -> str:
    from joserfc.jwk import OctKey

    return provider.signed(claims, header={"alg": "HS256"}, key=OctKey.import_key(SECRET))


def names_its_own_key(provider: MadeProvider, claims: Said) -> str:
    forger = a_key("forger")
    return provider.signed(claims, header={"jwk": forger.as_dict(private=False)}, key=forger)


def by_an_unknown_key(provider: MadeProvider, claims: Said) -> str:
    return provider.signed(claims, header={"kid": "forger"}, key=a_key("forger"))


def in_the_name_of_a_known_key(provider: MadeProvider, claims: Said) -> str:
    return provider.signed(claims, key=a_key("forger"))


def in_the_name_of_a_key_for_encryption(provider: MadeProvider, claims: Said) -> str:
    provider.keys = [a_key("one").as_dict(private=False) | {"use": "enc"}]
    return provider.signed(claims)


MOMENT = int(time.time())
FORGED: dict[str, Forged] = {
    "tampered": tampered,
    "another signature": other_signature,
    "no algorithm": lambda _, claims: unsigned(claims),
    "no signature": lambda provider, claims: f"{provider.signed(claims).rpartition('.')[0]}.",
    "HMAC with the public key": by_hmac_with_the_public_key,
    "HMAC with the client secret": by_hmac_with_the_client_secret,
    "its own key": names_its_own_key,
    "unknown key": by_an_unknown_key,
    "in the name of a known key": in_the_name_of_a_known_key,
    "a key for encryption": in_the_name_of_a_key_for_encryption,
    "another algorithm than its key": lambda provider, claims: provider.signed(claims, header={"kid": "two"}),
    "wrong audience": with_claims(aud="another-service"),
    "several audiences without a party": with_claims(aud=[CLIENT_ID, "another-service"]),
    "another party": with_claims(aud=[CLIENT_ID], azp="another-service"),
    "no audience": without("aud"),
    "wrong issuer": with_claims(iss="https://other.example"),
    "issuer with a slash more": lambda provider, claims: provider.signed({**claims, "iss": f"{claims['iss']}/"}),
    "no issuer": without("iss"),
    "wrong nonce": with_claims(nonce="another"),
    "no nonce": without("nonce"),
    "nonce of another kind": with_claims(nonce=7),
    "no subject": without("sub"),
    "empty subject": with_claims(sub=""),
    "long subject": with_claims(sub="x" * 256),
    "subject of another kind": with_claims(sub=["ash-there"]),
    "no expiry": without("exp"),
    "expiry that is no number": with_claims(exp="tomorrow"),
    "expiry that is no time": with_claims(exp=1e300),
    "no time of issue": without("iat"),
    "a logout token": with_claims(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "three parts of nothing": lambda *_: "..",
    "no token": lambda *_: "",
    "five parts": lambda provider, claims: f"{provider.signed(claims)}.a.b",
    "long": lambda provider, claims: provider.signed({**claims, "more": "x" * 40_000}),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_starts_no_session(site: Site, provider: MadeProvider, kind: str) -> None:
    allow(site, site.person(Role.AUDITOR))
    assert given(site, provider, FORGED[kind]) == "not-trusted"
    assert (site.sessions(), site.events()) == ([], ["person.provider-refused"])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"exp": -130}, "clocks-differ"),
        ({"exp": -110}, ""),
        ({"iat": 130}, "clocks-differ"),
        ({"iat": 110}, ""),
        ({"nbf": 130}, "clocks-differ"),
        ({"nbf": 110}, ""),
    ],
)
def test_clocks_may_differ_by_two_minutes(
    site: Site, provider: MadeProvider, said: dict[str, int], reason: str
) -> None:
    allow(site, site.person(Role.AUDITOR))
    with time_machine.travel(now(), tick=False):
        moment = int(now().timestamp())
        times = {name: moment + seconds for name, seconds in said.items()}
        assert given(site, provider, with_claims(**times)) == reason


@pytest.mark.parametrize("audience", [[CLIENT_ID], [CLIENT_ID, "another-service"]])
def test_a_token_for_several_audiences_names_this_service_as_its_party(
    site: Site, provider: MadeProvider, audience: list[str]
) -> None:
    allow(site, site.person(Role.AUDITOR))
    assert given(site, provider, with_claims(aud=audience, azp=CLIENT_ID)) == ""


def test_a_new_key_is_fetched_when_it_is_first_used_and_a_withdrawn_one_works_ten_minutes_at_most(
    site: Site, provider: MadeProvider
) -> None:
    allow(site, site.person(Role.AUDITOR))
    by_the_new_key: Forged = lambda provider, claims: provider.signed(  # noqa: E731 - one of several forgeries
        claims, header={"kid": "two"}, key=a_key("two")
    )
    with time_machine.travel(now(), tick=False) as clock:
        assert given(site, provider, with_claims()) == ""
        provider.keys = [a_key("two").as_dict(private=False)]
        assert given(site, provider, by_the_new_key) == "not-trusted", "keys are not fetched all the time"
        clock.shift(timedelta(seconds=31))
        assert given(site, provider, by_the_new_key) == ""
        assert given(site, provider, with_claims()) == "not-trusted", "the old key is gone"
        provider.keys = [a_key("one").as_dict(private=False)]
        clock.shift(timedelta(minutes=10))
        assert given(site, provider, by_the_new_key) == "not-trusted", "withdrawn ten minutes ago"


def test_unknown_keys_make_the_service_ask_twice_a_minute_at_most(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    with time_machine.travel(now(), tick=False):
        for _ in range(5):
            assert given(site, provider, by_an_unknown_key) == "not-trusted"
    assert [path for path, *_ in provider.asked].count("/keys") == 1


def test_rsa_keys_are_accepted_if_they_are_long_enough(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    long, short = an_rsa_key("long"), an_rsa_key("short", 1024)
    provider.keys = [key.as_dict(private=False) for key in (long, short)]
    for key, reason in ((long, ""), (short, "not-trusted")):
        header = {"alg": "RS256", "kid": key.kid}
        found = given(site, provider, lambda made, claims: made.signed(claims, header=header, key=key))  # noqa: B023
        assert found == reason


def test_keys_that_are_no_keys_are_passed_over(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    right = provider.keys[0]
    provider.keys = ["x", {}, {"kty": "EC", "kid": "broken", "crv": "P-256"}, {"kty": "oct", "k": "AAAA"}, right]
    assert given(site, provider, with_claims()) == ""
    broken: Forged = lambda made, claims: made.signed(claims, header={"kid": "broken"})  # noqa: E731
    assert given(site, provider, broken) == "not-trusted"


def test_two_keys_of_one_name_sign_nothing(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    provider.keys = [provider.keys[0], a_key("forger").as_dict(private=False) | {"kid": "one"}]
    assert given(site, provider, with_claims()) == "not-trusted"


def test_the_answer_to_a_code_is_read_with_bounds(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    bodies = [b"x" * 300_000, b"[]", b"{", b"[" * 100_000, b"\xff"]
    provider.answers["/token"] = lambda: (200, bodies[0])
    while bodies:
        assert refused(sign_in(site.browser(), provider)) == "provider-away"
        del bodies[0]
