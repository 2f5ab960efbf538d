"""The service behind each proxy of deploy/proxies, as people reach it: over HTTPS, on connections that stay open."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.people.sign_in.attempts import ONE_PLACE_ONE_ACCOUNT
from benchmarks.__main__ import signed_in
from models import now
from tests.cast import hidden_fields
from tests.live import serving
from tests.trials.conftest import Place, Record
from tests.trials.test_list_trials import a_list

pytestmark = pytest.mark.trial

PROXIES = Path(__file__).parent.parent.parent / "deploy" / "proxies"
NAME = "localhost"
LONGEST_START_SECONDS = 30
OF_THE_SERVICE = (
    *("content-security-policy", "cross-origin-opener-policy", "permissions-policy", "referrer-policy"),
    *("strict-transport-security", "x-content-type-options", "x-frame-options"),
)


class Behind:
    """A client on one connection to the proxy."""

    def __init__(self, port: int) -> None:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection(NAME, port, timeout=60, context=trusting)
        self.opened = 0
        self.cookies: dict[str, str] = {}

    def close(self) -> None:
        self.connection.close()

    def send(self, method: str, path: str, body: bytes | Mapping[str, str] | None = None, /, **more: str) -> "Got":
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if isinstance(body, Mapping):
            body = urlencode(body).encode()
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"https://{NAME}:{self.connection.port}",
            }
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.connection.sock is None:
            self.opened += 1
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        given = {name.lower(): value for name, value in answer.getheaders()}
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            assert "Secure" in cookie
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Got(answer.status, given, content)


class Got:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


def a_free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def make_certificate(folder: Path) -> None:
    """A certificate for this machine alone, as files of each of the kinds that proxies read."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now() - timedelta(1)).not_valid_after(now() + timedelta(1))
    chain = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for file, content in (("chain.pem", chain), ("key.pem", secret), ("both.pem", chain + secret)):
        (folder / file).write_bytes(content)


def nginx(folder: Path, port: int, service: int) -> tuple[list[str], dict[str, str]]:
    site = (PROXIES / "nginx.conf").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    site = re.sub(r"listen 80;", f"listen 127.0.0.1:{a_free_port()};", site)
    site = site.replace("/etc/ssl/caseaudit", str(folder)).replace("audit.example.org", NAME)
    return nginx_with(folder, site)


def nginx_with(folder: Path, site: str) -> tuple[list[str], dict[str, str]]:
    """nginx with these sections of its http section."""
    (folder / "site.conf").write_text(site)
    paths = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off;\n{paths}\ninclude {folder}/site.conf; }}\n"
    )
    return [program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")], {}


def haproxy(folder: Path, port: int, service: int) -> tuple[list[str], dict[str, str]]:
    text = (PROXIES / "haproxy.cfg").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    text = text.replace("bind :443", f"bind 127.0.0.1:{port}").replace("/etc/ssl/caseaudit", str(folder))
    (folder / "haproxy.cfg").write_text(text)
    return [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")], {}


def caddy(folder: Path, port: int, service: int) -> tuple[list[str], dict[str, str]]:
    (folder / "Caddyfile").write_text(
        f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\nimport {PROXIES / 'Caddyfile'}\n"
    )
    environment = {
        "CASEAUDIT_NAME": f"https://{NAME}:{port}",
        "CASEAUDIT_AT": f"127.0.0.1:{service}",
        **{name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
    }
    command = [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return command, environment


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise FileNotFoundError(f"This trial needs {name} (Debian: apt-get install {name}).")
    return found


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as said:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while True:
            try:
                with closing(Behind(port)) as client:
                    client.send("GET", "/api/v1/health/live")
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.05)
            else:
                break
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(params=[nginx, haproxy, caddy], ids=["nginx", "haproxy", "caddy"])
def port(
    request: pytest.FixtureRequest, sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """The proxy's, in front of a service."""
    port = a_free_port()
    monkeypatch.setenv("CASEAUDIT_BEHIND_HTTPS", "true")
    monkeypatch.setenv("CASEAUDIT_PUBLIC_ADDRESS", f"https://{NAME}:{port}")
    folder = tmp_path / "proxy"
    folder.mkdir()
    make_certificate(folder)
    with serving(sqlite_place.url, sqlite_place.folder) as server:
        command, environment = request.param(folder, port, server.port)
        with running(command, environment, port, folder / "proxy.log"):
            yield port


@pytest.fixture
def client(port: int) -> Iterator[Behind]:
    with closing(Behind(port)) as made:
        yield made


def test_people_work_through_the_proxy_as_they_do_without_it(
    client: Behind, sqlite_place: Place, record_property: Record
) -> None:
    head = client.send("HEAD", "/sign-in")
    assert (head.status, head.body) == (200, b"")
    page = client.send("GET", "/sign-in")
    assert page.status == 200
    assert [name for name in OF_THE_SERVICE if name not in page.headers] == []
    style = re.search(rb'href="(/static/[^"]+\.css[^"]*)"', page.body)
    assert style is not None
    sheet = client.send("GET", style[1].decode(), Accept_Encoding="gzip")
    assert (sheet.status, sheet.headers["content-encoding"]) == (200, "gzip")
    again = client.send("GET", style[1].decode(), Accept_Encoding="gzip", If_None_Match=sheet.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert client.send("GET", "/metrics").status == 404
    ground = sqlite_place.ground
    token = {"Authorization": f"Bearer {ground.lead_token}", "Content_Type": "application/json"}
    of_one = {**token, "Idempotency_Key": "one"}
    listed = client.send("POST", "/api/v1/case-lists", a_list(1, 20_000), **of_one)
    assert listed.status in {200, 201, 202}, listed.body
    refused = client.send("GET", "/api/v1/rounds/none", None, **token)
    assert (refused.status, refused.headers["content-type"]) == (404, "application/problem+json")
    assert client.opened == 1, "all of it on one connection"
    record_property("figure", f"9 requests, one of them with {len(a_list(1, 20_000)) / 1e6:.1f} MB, on 1 connection")


def test_nobody_chooses_the_address_from_which_they_guess(client: Behind) -> None:
    guessed = []
    for number in range(ONE_PLACE_ONE_ACCOUNT.free + 2):
        form = {**hidden_fields(client.send("GET", "/sign-in").body.decode()), "email": "lena@example.org"}
        claims = {"X_Forwarded_For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        guessed.append(client.send("POST", "/sign-in", {**form, "password": "wrong wrong wrong"}, **claims).status)
    assert guessed[: ONE_PLACE_ONE_ACCOUNT.free] == [422] * ONE_PLACE_ONE_ACCOUNT.free
    assert 429 in guessed[ONE_PLACE_ONE_ACCOUNT.free :]


def test_a_form_of_another_site_is_refused_behind_the_proxy(client: Behind) -> None:
    client.send("GET", "/sign-in")
    body = urlencode({"email": "lena@example.org", "password": "wrong"}).encode()
    kind = "application/x-www-form-urlencoded"
    assert client.send("POST", "/sign-in", body, Origin="https://other.example", Content_Type=kind).status == 403


@pytest.fixture
def shared(sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    """A site of nginx of its own, with the service below /case-audit."""
    port = a_free_port()
    monkeypatch.setenv("CASEAUDIT_BEHIND_HTTPS", "true")
    monkeypatch.setenv("CASEAUDIT_PUBLIC_ADDRESS", f"https://{NAME}:{port}/case-audit")
    make_certificate(tmp_path)
    with serving(sqlite_place.url, sqlite_place.folder) as server:
        location = (
            (PROXIES / "nginx-below-a-path.conf").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        )
        command, environment = nginx_with(
            tmp_path,
            f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {tmp_path}/chain.pem;\n"
            f"ssl_certificate_key {tmp_path}/key.pem; location / {{ return 418; }}\n{location} }}",
        )
        with running(command, environment, port, tmp_path / "proxy.log"), closing(Behind(port)) as client:
            yield client


def test_the_service_works_below_a_path_of_a_site_that_has_others(shared: Behind, sqlite_place: Place) -> None:
    page = shared.send("GET", "/case-audit/sign-in")
    assert page.status == 200
    links = set(re.findall(rb'(?:href|src|action)="(/[^"]*)"', page.body))
    assert links
    assert [link for link in links if not link.startswith(b"/case-audit/")] == []
    for link in links:
        assert shared.send("GET", link.decode()).status in {200, 303, 405}, link
    secret = signed_in(sqlite_place.database, sqlite_place.ground, sqlite_place.ground.auditor)
    shared.cookies["__Secure-caseaudit"] = secret
    assert shared.send("GET", "/case-audit/audits").status == 200
    ended = shared.send("POST", "/case-audit/sign-out", {})
    assert (ended.status, ended.headers["location"].startswith("/case-audit/")) == (303, True)
    assert "path=/case-audit" in ended.headers["set-cookie"].lower()
    assert shared.send("GET", "/case-audit/metrics").status == 404
    assert shared.send("GET", "/audits").status == 418, "the rest of the site is its own"
