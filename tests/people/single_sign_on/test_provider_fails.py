"""What a provider may do wrong, or leave unsaid, is noticed and told apart; and a decision keeps within its limits."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlmodel import col, select, update
from typer.testing import CliRunner

from api.cli import cli
from api.foundation.health.findings import State
from api.foundation.permissions import operator_of
from api.foundation.problems import Conflict, Invalid
from api.foundation.settings import Settings
from api.people.single_sign_on.actions import delete_spent
from api.people.single_sign_on.group_lines import read_lines
from api.people.single_sign_on.provider import calls
from api.people.single_sign_on.provider.calls import AwayError, Hosts, call
from api.people.single_sign_on.provider.client import Metadata, Provider, UnusableError
from api.people.single_sign_on.provider.examining import _abilities, _clock
from api.people.single_sign_on.provider.proved import asked
from api.people.single_sign_on.provider.refusals import ProviderRefusal, Reason
from api.people.single_sign_on.rule import MOST_GROUPS, MOST_KEEPERS, Wanted, _faults, allow_passwords_on_host
from models import Role, SingleSignOn, SpentAnswer, WebSession, now
from tests.cast import PASSWORD, Site
from tests.people.single_sign_on.made_provider import MadeProvider, allow, begin, come_back, refused, sign_in


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[int]:
    """The port of a server whose certificate nobody has signed but itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(private + signed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError), server.accept()[0] as plain, context.wrap_socket(plain, server_side=True):
                pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_a_certificate_that_nobody_vouches_for_is_refused(untrusted: int) -> None:
    issuer = f"https://127.0.0.1:{untrusted}"
    with pytest.raises(AwayError, match="its certificate cannot be trusted"):
        call(f"{issuer}/x", hosts=Hosts.of(issuer))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "there is no answer within"),
        (socket.gaierror(8, "no such name"), "its name is not known"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (OSError(), "cut off"),
        (ValueError("no status"), "cut off"),
    ],
)
def test_why_there_is_no_answer_is_said_in_words(error: Exception, words: str) -> None:
    assert words in calls._in_words(error)


def test_keys_that_were_just_read_are_not_read_again(provider: MadeProvider, settings: Settings) -> None:
    here = Provider(settings)
    assert here.keys() is here.keys()
    assert [path for path, *_ in provider.asked].count("/keys") == 1


@pytest.mark.parametrize("answer", [(503, b"{}"), (200, b'{"keys": 1}'), (200, b"{}"), (404, b'{"keys": []}')])
def test_a_provider_that_shows_no_keys_is_away(
    provider: MadeProvider, settings: Settings, answer: tuple[int, bytes]
) -> None:
    provider.answers["/keys"] = lambda: answer
    with pytest.raises(AwayError, match="it shows no keys"):
        Provider(settings).keys()


@pytest.mark.parametrize("ways", [["client_secret_basic"], ["client_secret_post"]])
def test_without_a_secret_none_is_sent(provider: MadeProvider, settings: Settings, ways: list[str]) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ways
    provider.gives("code-1", "token")
    Provider(settings.model_copy(update={"oidc_client_secret_file": None})).exchange("code-1", "verifier")
    _, form, authorization = provider.asked[-1]
    assert (authorization, "client_secret" in form) == ("", False)


def test_a_secret_that_cannot_be_read_is_said(settings: Settings, tmp_path: Path) -> None:
    without = Provider(settings.model_copy(update={"oidc_client_secret_file": tmp_path / "none"}))
    with pytest.raises(UnusableError, match="cannot be read"):
        without.secret()


def test_about_a_person_only_a_provider_that_says_where_is_asked(provider: MadeProvider, settings: Settings) -> None:
    assert Provider(settings).user_info("access-code") == {"sub": "ash-there"}
    provider.answers["/userinfo"] = lambda: (503, b"{}")
    with pytest.raises(AwayError, match="status 503"):
        Provider(settings).user_info("access-code")
    provider.metadata["userinfo_endpoint"] = None
    assert Provider(settings).user_info("access-code") == {}


@pytest.mark.parametrize(("status", "body"), [(500, b'{"error": "server_error"}'), (400, b'{"error": 7}')])
def test_an_answer_without_a_reason_counts_as_none(
    provider: MadeProvider, settings: Settings, status: int, body: bytes
) -> None:
    provider.answers["/token"] = lambda: (status, body)
    with pytest.raises(AwayError, match=f"status {status}"):
        Provider(settings).exchange("code-1", "verifier")


def test_what_a_provider_leaves_unsaid_is_no_fault_and_a_wrong_clock_is() -> None:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    silent = Metadata({}, "", moment)
    assert [each.about for each in _abilities(silent) if each.state is not State.GOOD] == []
    assert {each.said for each in _clock(silent)} == {"The provider does not say what time it is."}
    late = Metadata({}, "Mon, 02 Mar 2026 13:00:00 GMT", moment)
    assert [(each.state, "3,600 seconds apart" in each.said) for each in _clock(late)] == [(State.WRONG, True)]
    right = Metadata({}, "Mon, 02 Mar 2026 12:00:01 GMT", moment)
    assert [each.state for each in _clock(right)] == [State.GOOD]


def test_whoever_comes_back_with_neither_a_code_nor_a_reason_is_refused(site: Site, provider: MadeProvider) -> None:
    allow(site, site.person(Role.AUDITOR))
    browser = site.browser()
    assert refused(come_back(browser, begin(browser), "")) == Reason.REFUSED.value


def test_a_setting_that_does_not_fit_is_told_from_a_provider_that_is_away() -> None:
    def ask() -> str:
        raise UnusableError("The file with the client secret cannot be read.")

    with pytest.raises(ProviderRefusal) as found:
        asked(ask)
    assert found.value.reason is Reason.SETTINGS


def test_signing_out_there_says_why_where_the_provider_is_away(site: Site, provider: MadeProvider) -> None:
    provider.answers["/.well-known/openid-configuration"] = lambda: (503, b"{}")
    assert refused(site.browser().get("/sign-in/provider/out").headers["location"]) == Reason.AWAY.value


def test_nobody_proves_anything_whose_session_or_organisation_no_longer_lets_them(
    site: Site, provider: MadeProvider
) -> None:
    person = site.person(Role.ADMINISTRATOR)
    allow(site, person)
    browser = site.browser()
    assert sign_in(browser, provider) == "/"
    again = "/sign-in/provider/again?next=/account"
    begun = begin(browser, again)
    provider.gives("code-2", provider.signed(provider.claims(nonce=begun.nonce)))
    with site.database.writing() as session:
        session.execute(update(SingleSignOn).values(allowed=False))
    assert refused(come_back(browser, begun, "code-2")) == Reason.NOT_ALLOWED.value
    with site.database.writing() as session:
        session.execute(update(SingleSignOn).values(allowed=True))
    begun = begin(browser, again)
    provider.gives("code-3", provider.signed(provider.claims(nonce=begun.nonce)))
    with site.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=now()))
    assert come_back(browser, begun, "code-3") == "/sign-in?next=%2Faccount"


def test_answers_that_were_used_are_forgotten_after_a_day(site: Site) -> None:
    with site.database.writing() as session:
        session.add(SpentAnswer(answer_hash="a" * 64, at=now() - timedelta(days=9)))
        session.add(SpentAnswer(answer_hash="b" * 64))
    delete_spent(site.database)
    with site.database.reading() as session:
        assert session.exec(select(col(SpentAnswer.answer_hash))).all() == ["b" * 64]


def test_the_operator_lets_everybody_use_a_password_again(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = site.person(Role.ADMINISTRATOR)
    with site.database.writing() as session, pytest.raises(Conflict, match="may use a password"):
        allow_passwords_on_host(session, by=operator_of(person.organisation_id))
    allow(site, person, passwords=False)
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", settings.database_url)
    ended = CliRunner().invoke(cli, ["allow-passwords"])
    assert (ended.exit_code, "may use a password again" in ended.output) == (0, True)
    assert site.browser().post("/sign-in", data={"email": person.email, "password": PASSWORD}).status_code == 303


def test_without_a_provider_there_is_nothing_to_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEAUDIT_OIDC_ISSUER", raising=False)
    with pytest.raises(Conflict, match="CASEAUDIT_OIDC_ISSUER"):
        CliRunner().invoke(cli, ["test-single-sign-on"], catch_exceptions=False)


def test_a_link_that_is_not_there_is_not_removed(site: Site, provider: MadeProvider) -> None:
    administrator, person = site.person(Role.ADMINISTRATOR), site.person(Role.AUDITOR, email="b@northshire.example")
    allow(site, person)
    browser = site.browser(administrator)
    answer = browser.post(f"/people/{person.id}/single-sign-on/remove")
    assert answer.headers["location"].startswith(f"/people/{person.id}")
    assert "not linked" in browser.get(answer.headers["location"]).text
    nobody = "/people/00000000-0000-4000-8000-000000000000/single-sign-on/remove"
    assert browser.post(nobody).status_code == 404


def test_groups_and_keepers_have_limits(site: Site, provider: MadeProvider, settings: Settings) -> None:
    many = Wanted(
        allowed=True,
        passwords=True,
        groups={f"Group {number}": frozenset({Role.AUDITOR}) for number in range(MOST_GROUPS + 1)},
    )
    assert [fault.detail for fault in _faults(many, settings)] == [f"Name at most {MOST_GROUPS} groups"]
    empty = Wanted(allowed=True, passwords=True, groups={"Auditors": frozenset()})
    assert [fault.detail for fault in _faults(empty, settings)] == ["Give each group at least 1 role"]
    assert read_lines("\nAuditors = auditor\n\n") == {"Auditors": {Role.AUDITOR}}
    with pytest.raises(Invalid, match="Line 2"):
        read_lines("Auditors = auditor\nLeads = ruler")
    keepers = "\n".join(f"p{number}@northshire.example" for number in range(MOST_KEEPERS + 1))
    form = {"allowed": "yes", "passwords": "named", "keepers": keepers, "groups": "", "version": "0"}
    page = site.browser(site.person(Role.ADMINISTRATOR)).post("/single-sign-on", data=form)
    assert (page.status_code, f"Name at most {MOST_KEEPERS} people" in page.text) == (422, True)
