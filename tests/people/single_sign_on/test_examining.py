"""Testing the settings says what is wrong and how to mend it; and calls go nowhere but to the provider."""

import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner

from api.cli import cli
from api.doctor.looking import look_at_single_sign_on
from api.foundation.health.findings import State
from api.foundation.settings import Settings
from api.people.single_sign_on.provider import calls
from api.people.single_sign_on.provider.calls import AwayError, Hosts, call
from api.people.single_sign_on.provider.client import Provider
from api.people.single_sign_on.provider.examining import examine
from models import Role
from tests.cast import Site
from tests.people.single_sign_on.made_provider import MadeProvider, an_rsa_key


def found(settings: Settings, **change: object) -> dict[str, tuple[State, str]]:
    """What is not as it should be."""
    provider = Provider(settings.model_copy(update=change))
    return {each.about: (each.state, each.said) for each in examine(provider) if each.state is not State.GOOD}


def test_right_settings_are_found_right_by_page_rest_command_and_doctor(
    site: Site, provider: MadeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(settings) == {}
    browser = site.browser(site.person(Role.ADMINISTRATOR))
    assert "People can sign in with Northshire account" in browser.post("/single-sign-on/test").text
    answer = browser.post("/api/v1/single-sign-on/test").json()
    assert (answer["people_can_sign_in"], {each["state"] for each in answer["findings"]}) == (True, {"good"})
    assert {each.state for each in look_at_single_sign_on(settings)} <= {State.GOOD, State.LOOK}
    for name in ("issuer", "client_id", "client_secret_file", "on_this_machine"):
        monkeypatch.setenv(f"CASEAUDIT_OIDC_{name.upper()}", str(getattr(settings, f"oidc_{name}")))
    monkeypatch.setenv("CASEAUDIT_PUBLIC_ADDRESS", settings.public_address)
    assert CliRunner().invoke(cli, ["test-single-sign-on"]).exit_code == 0
    provider.answers["/keys"] = lambda: (200, b'{"keys": []}')
    ended = CliRunner().invoke(cli, ["test-single-sign-on"])
    assert (ended.exit_code, "None of the provider's keys can be used" in ended.output) == (1, True)


@pytest.mark.parametrize(
    ("said", "about", "words"),
    [
        ({"issuer": "https://other.example"}, "issuer", "calls itself by another issuer"),
        ({"token_endpoint": "https://other.example/token"}, "addresses", "other.example, which is not among the hosts"),
        ({"token_endpoint": "http://other.example/token"}, "addresses", "does not begin with https"),
        ({"jwks_uri": None}, "addresses", "jwks_uri is missing"),
        ({"response_types_supported": ["token"]}, "sign-in", "does not offer the authorization code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE", "does not know PKCE with S256"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "signatures", "none of the algorithms"),
        ({"backchannel_logout_supported": None}, "sign-out", "does not say that it tells"),
        ({"userinfo_endpoint": "https://other.example/me"}, "addresses", "userinfo_endpoint is at other.example"),
    ],
)
def test_what_the_provider_says_wrong_is_named(
    provider: MadeProvider, settings: Settings, said: dict[str, object], about: str, words: str
) -> None:
    provider.metadata |= said
    assert words in found(settings)[about][1]


def test_a_wrong_secret_or_client_is_named(provider: MadeProvider, settings: Settings, tmp_path: Path) -> None:
    provider.answers["/token"] = lambda: (401, b'{"error": "invalid_client"}')
    assert found(settings)["client"] == (State.WRONG, "The provider does not accept this service: invalid_client.")
    missing = found(settings, oidc_client_secret_file=tmp_path / "none")["client"][1]
    assert "The file with the client secret cannot be read" in missing
    provider.answers["/token"] = lambda: (200, b"{}")
    assert "accepts a code that it never gave" in found(settings)["client"][1]


def test_a_clock_that_is_wrong_and_keys_that_are_too_short_are_named(
    provider: MadeProvider, settings: Settings
) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False):
        assert found(settings) == {}
    provider.keys = [an_rsa_key("short", 1024).as_dict(private=False)]
    assert found(settings)["keys"][1] == "None of the provider's keys can be used."


def test_an_issuer_without_https_or_that_nobody_is_at_is_named(provider: MadeProvider, settings: Settings) -> None:
    assert found(settings, oidc_on_this_machine=False) == {
        "issuer": (State.WRONG, "The issuer does not begin with https.")
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "connection refused" in found(settings, oidc_issuer=f"http://127.0.0.1:{port}")["provider"][1]


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example/x",
        "https://other.example/x",
        "https://login.example:8443/x",
        "https://user@login.example/x",
        "https://login.example.other.example/x",
        "https://login.example@other.example/x",
        "https://[::1/x",
        "https://login.example:port/x",
        "https:///x",
        "file:///etc/passwd",
        "ftp://login.example/x",
        "//login.example/x",
        "",
        "http://127.0.0.1/x",
        "http://169.254.169.254/x",
    ],
)
def test_only_the_hosts_of_the_provider_are_called_and_only_by_https(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("it was called")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(AwayError):
        call(url, hosts=Hosts.of("https://login.example/tenant"))


def test_a_named_host_and_on_this_machine_http_may_be_called() -> None:
    hosts = Hosts.of("https://login.example/tenant", ["keys.example"])
    assert [hosts.fault_of(f"https://{name}/x") for name in ("login.example", "KEYS.example")] == ["", ""]
    for host, fault in (("127.0.0.1", ""), ("localhost", ""), ("[::1]", ""), ("10.0.0.1", "does not begin with https")):
        assert Hosts.of(f"http://{host}", loopback=True).fault_of(f"http://{host}/x") == fault


def test_a_redirect_is_not_followed(provider: MadeProvider, settings: Settings) -> None:
    provider.answers["/.well-known/openid-configuration"] = lambda: (302, b"{}")
    assert "answers with status 302" in found(settings)["provider"][1]


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
def test_a_provider_that_says_nothing_or_dribbles_is_cut_off(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(calls, "CONNECT_SECONDS", 30)
    monkeypatch.setattr(calls, "TOTAL_SECONDS", 0.2)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dribble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(sent)
                over.wait(20)

        thread = threading.Thread(target=dribble)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.getsockname()[1]}"
            with pytest.raises(AwayError):
                call(address, hosts=Hosts.of(address, loopback=True))
            assert not over.is_set()
        finally:
            over.set()
            thread.join()


def test_settings_that_do_not_fit_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="CASEAUDIT_OIDC_CLIENT_ID"):
        Settings(oidc_issuer="https://login.example")


def test_nothing_else_waits_for_a_provider_that_is_slow(site: Site, provider: MadeProvider) -> None:
    """Neither the event loop, nor a reader, nor the writer, nor those who sign in with a password."""
    person = site.person(Role.AUDITOR)
    may_answer, is_asked = threading.Event(), threading.Event()

    def slow() -> tuple[int, bytes]:
        is_asked.set()
        assert may_answer.wait(20)
        return 503, b"{}"

    provider.answers["/.well-known/openid-configuration"] = slow
    waiting = [threading.Thread(target=lambda: site.browser().get("/sign-in/provider")) for _ in range(6)]
    for each in waiting:
        each.start()
    try:
        assert is_asked.wait(20)
        assert site.browser(person).get("/account").status_code == 200
    finally:
        may_answer.set()
        for each in waiting:
            each.join()
