"""A provider on this machine that says whatever a test has it say, right or wrong."""

import json
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.cast import ORIGIN, Site, Someone
from tests.client import Client

CLIENT_ID: Final = "caseaudit"
SECRET: Final = "a secret of this test + /"
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
EVERY_ALGORITHM: Final = JWSRegistry(algorithms=["ES256", "RS256", "HS256"])
Said = dict[str, Any]


@cache
def a_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"}, private=True)


@cache
def an_rsa_key(name: str, bits: int = 2048) -> RSAKey:
    with warnings.catch_warnings(category=SecurityWarning, action="ignore"):
        return RSAKey.generate_key(bits, {"kid": name, "use": "sig", "alg": "RS256"}, private=True)


@dataclass
class MadeProvider:
    """What it says; `answers` replaces the answer at a path, by a status and a body."""

    address: str = ""
    keys: list[Any] = field(default_factory=lambda: [a_key("one").as_dict(private=False)])
    metadata: Said = field(default_factory=dict)
    tokens: dict[str, Said] = field(default_factory=dict)
    people: dict[str, Said] = field(default_factory=dict)
    answers: dict[str, Callable[[], tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def reset(self) -> None:
        new = MadeProvider(self.address)
        self.__dict__.update(new.__dict__)

    def claims(self, **said: Any) -> Said:
        """What is right for this service; None leaves a claim out."""
        moment = int(time.time())
        all_of_them = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": "ash-there",
            "iat": moment,
            "exp": moment + 300,
            "auth_time": moment,
            "sid": "session-there",
            "email": "Ash@Northshire.example",
            "email_verified": True,
            **said,
        }
        return {name: value for name, value in all_of_them.items() if value is not None}

    def signed(self, claims: Said, *, header: Said | None = None, key: Any = None) -> str:
        """A token; signed with the first key unless the test says otherwise."""
        wanted = {"alg": "ES256", "kid": "one", **(header or {})}
        return jwt.encode(wanted, claims, key or a_key("one"), registry=EVERY_ALGORITHM)

    def gives(self, code: str, token: str, **more: Any) -> None:
        """From now on it gives this ID token for this code, once."""
        self.tokens[code] = {"id_token": token, "access_token": f"access-{code}", "token_type": "Bearer", **more}

    def logout_token(self, **said: Any) -> Said:
        moment = int(time.time())
        all_of_them = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "iat": moment,
            "exp": moment + 120,
            "jti": "logout-1",
            "sub": "ash-there",
            "events": {LOGOUT_EVENT: {}},
            **said,
        }
        return {name: value for name, value in all_of_them.items() if value is not None}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        self.asked.append((path, form, authorization))
        if path in self.answers:
            return self.answers[path]()
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self._said_of_itself()).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": self.keys}).encode()
        if path == "/token":
            found = self.tokens.pop(form.get("code", ""), None)
            return (200, json.dumps(found).encode()) if found else (400, b'{"error": "invalid_grant"}')
        if path == "/userinfo":
            found = self.people.get(authorization.removeprefix("Bearer access-"), {"sub": "ash-there"})
            return 200, json.dumps(found).encode()
        return 404, b"{}"

    def _said_of_itself(self) -> Said:
        all_of_it = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "end_session_endpoint": f"{self.address}/out",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "backchannel_logout_supported": True,
            **self.metadata,
        }
        return {name: value for name, value in all_of_it.items() if value is not None}


@contextmanager
def running() -> Iterator[MadeProvider]:
    """A provider for as long as the block lasts."""
    made = MadeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(dict(parse_qsl(body)))

        def _answer(self, form: dict[str, str]) -> None:
            status, body = made.answer(urlsplit(self.path).path, form, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that a browser began: what it asked the provider."""

    state: str
    nonce: str
    asked: dict[str, str]


def begin(browser: Client, path: str = "/sign-in/provider") -> Begun:
    """Begin to sign in, as far as the provider's page."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert "state" in asked, answer.headers["location"]
    return Begun(asked["state"], asked["nonce"], asked)


def come_back(browser: Client, begun: Begun, code: str, **more: str) -> str:
    """Come back from the provider with a code; where the browser is sent."""
    answer = browser.get("/sign-in/provider/back", params={"code": code, "state": begun.state, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def refused(location: str) -> str:
    """Why, where the browser is sent to a page that says why; else ""."""
    return dict(parse_qsl(urlsplit(location).query)).get("refused", "")


def sign_in(browser: Client, provider: MadeProvider, path: str = "/sign-in/provider", **said: Any) -> str:
    """Sign in with what is right, but for what is said; where the browser is sent."""
    begun = begin(browser, path)
    provider.gives("code-1", provider.signed(provider.claims(nonce=begun.nonce, **said)))
    return come_back(browser, begun, "code-1")


def unsigned(claims: Said) -> str:
    """The claims as a token that says it needs no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return f"{'.'.join(urlsafe_b64encode(part).decode().rstrip('=') for part in parts)}."


def allow(site: Site, person: Someone, **more: Any) -> None:
    """Let the organisation of this person sign in with the provider."""
    from models import SingleSignOn

    with site.database.writing() as session:
        session.add(SingleSignOn(organisation_id=person.organisation_id, allowed=True, **more))


PUBLIC_ADDRESS: Final = ORIGIN
