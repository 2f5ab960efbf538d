"""Sending a case list to the service: imported once however often it is tried, and every refusal is plain."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from api.case_lists.pseudonyms import key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from api.case_lists.pushing import sending
from api.cli import cli
from api.foundation.http import replies
from api.foundation.outgoing import service as calls
from api.foundation.outgoing.service import Address, Service, ServiceAway, ServiceRefused
from api.foundation.permissions import Permission
from checklists.case_list import digest_of
from models import CaseFile, CaseList, Team
from tests.case_lists import exports
from tests.case_lists.exports import ON
from tests.desk import Desk
from tests.factories import an_integration
from tests.live import Server, serving
from tests.webhooks.receiving import a_receiver

CASES = 40
TEAMS = 6


@pytest.fixture(scope="module")
def made_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case list as the council's command writes it, with the export beside it."""
    folder = tmp_path_factory.mktemp("list")
    key_file.create_key_file(folder / "key.json", on=date(2026, 4, 1))
    (folder / "annex-a.xlsx").write_bytes(exports.annex_a(exports.made_children(CASES)))
    words = ("pseudonymise", f"{folder}/annex-a.xlsx", "--key", f"{folder}/key.json", "--on", f"{ON}")
    done = CliRunner().invoke(cli, [*words, "--out", f"{folder}/list.csv"])
    assert done.exit_code == 0, done.output
    return folder / "list.csv"


@pytest.fixture
def server(desk: Desk, database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(database_url, tmp_path, forked=True) as started:
        yield started


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WAITS", (0, 0))


def push(server: Server, token: str, *words: str) -> Result:
    return to_port(server.port, *words, token=token)


def a_token(desk: Desk, *scopes: Permission) -> str:
    return an_integration(desk.database, desk.cast.organisation, scopes=scopes or [Permission.WRITE_CASE_FILES]).secret


def stored(desk: Desk) -> tuple[int, int]:
    """How many lists and how many cases the service has."""
    with desk.database.reading() as session:
        return len(session.exec(select(CaseList)).all()), len(session.exec(select(CaseFile)).all())


@pytest.mark.both_databases
def test_a_list_is_imported_once_however_often_it_is_sent(desk: Desk, server: Server, made_list: Path) -> None:
    token = a_token(desk)
    done = push(server, token, f"{made_list}", "--create-teams")
    assert done.exit_code == 0, done.output
    assert f"The list was imported: {CASES} cases, {CASES} of them new." in done.stdout
    again = push(server, token, f"{made_list}", "--create-teams")
    assert again.exit_code == 0
    assert "Nothing was imported twice." in again.stdout
    # Another program, to which no earlier answer is repeated.
    assert "Nothing was imported twice." in push(server, a_token(desk), f"{made_list}").stdout
    assert stored(desk) == (1, CASES)
    content = read_case_list(made_list.read_bytes())
    with desk.database.reading() as session:
        assert session.exec(select(CaseList.digest)).one() == digest_of(content)
        assert {case.team for case in content.cases} <= set(session.exec(select(Team.name)))


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_under_the_same_key(
    desk: Desk, server: Server, made_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, put = http.client.HTTPConnection.getresponse, http.client.HTTPConnection.putheader
    keys: list[str] = []
    lost: list[bytes] = []

    def lose_the_first_of_the_list(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        got = answered(connection)
        if got.status == 201 and not lost:
            lost.append(got.read())
            raise ConnectionResetError
        return got

    def watch(connection: http.client.HTTPConnection, name: str, *values: Any) -> None:
        if name == "Idempotency-Key":
            keys.append(values[0])
        put(connection, name, *values)

    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", lose_the_first_of_the_list)
    monkeypatch.setattr(http.client.HTTPConnection, "putheader", watch)
    done = push(server, a_token(desk), f"{made_list}", "--create-teams")
    assert (done.exit_code, len(lost), len(keys), len(set(keys))) == (0, 1, 2, 1), done.output
    assert stored(desk) == (1, CASES)


def test_a_dry_run_and_a_refusal_say_what_is_wrong_and_nothing_is_stored(
    desk: Desk, server: Server, made_list: Path
) -> None:
    token = a_token(desk)
    done = push(server, token, f"{made_list}", "--dry-run")
    assert done.exit_code == 0, done.output
    assert f"would add {CASES} cases and change 0. 0 are the same, and 0 open cases" in done.stdout
    assert done.stdout.count("is no active team: use --create-teams, or add it") == TEAMS
    assert push(server, token, f"{made_list}", "--dry-run", "--create-teams").stdout.count("created") == TEAMS
    done = push(server, token, f"{made_list}")
    assert done.exit_code == 1
    content = read_case_list(made_list.read_bytes())
    assert done.stderr.count("None of your active teams has this name.") == TEAMS
    for team in {case.team for case in content.cases}:
        line = next(number for number, case in enumerate(content.cases, start=2) if case.team == team)
        assert f"Line {line}, team {team}: None of your active teams" in done.stderr
    done = push(server, a_token(desk, Permission.READ_ROUNDS), f"{made_list}")
    assert (done.exit_code, "case-files:write" in done.stderr) == (1, True)
    done = push(server, "caseaudit_nobodys", f"{made_list}")
    assert (done.exit_code, "does not accept the token" in done.stderr) == (1, True)
    assert stored(desk) == (0, 0)


def test_an_export_with_names_in_it_is_never_sent(made_list: Path, tmp_path: Path) -> None:
    with scripted([]) as (port, asked):
        for name, content in (
            ("annex-a.xlsx", (made_list.parent / "annex-a.xlsx").read_bytes()),
            ("spoilt.csv", made_list.read_bytes().replace(b'"CF-', b'"7000001","CF-', 1)),
            ("named.csv", made_list.read_bytes().replace(b'"CF-', b'"AGATHA-', 1)),
        ):
            (tmp_path / name).write_bytes(content)
            done = to_port(port, f"{tmp_path / name}")
            assert done.exit_code == 1
            assert "not sent" in done.stderr
            assert "AGATHA" not in done.stderr
        assert asked == []


def test_the_token_comes_from_a_file_that_nobody_else_may_read_or_from_the_environment(
    made_list: Path, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("caseaudit_one\n")
    file.chmod(0o644)
    with scripted([ONE]) as (port, asked):
        done = to_port(port, f"{made_list}", "--token-file", f"{file}")
        assert (done.exit_code, f"chmod 600 {file}" in done.stderr) == (1, True)
        done = to_port(port, f"{made_list}", token="")
        assert (done.exit_code, "There is no token." in done.stderr) == (1, True)
        assert asked == []
        file.chmod(0o600)
        assert to_port(port, f"{made_list}", "--token-file", f"{file}").exit_code == 0


# What a server answers when it does not do what it should, one answer after another.


@dataclass(frozen=True)
class Scripted:
    status: int
    said: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def scripted(answers: Sequence[Scripted]) -> Iterator[tuple[int, list[str]]]:
    """The port of a server that gives these answers, and what it was asked."""
    waiting, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path} {self.headers.get('Idempotency-Key', '')}".strip())
            answer = waiting.pop(0)
            body = json.dumps(answer.said).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": f"{len(body)}", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as started:
        Thread(target=started.serve_forever, daemon=True).start()
        yield started.server_port, asked
        started.shutdown()


def to_port(port: int, *words: str, token: str | None = None) -> Result:
    held = "caseaudit_x" if token is None else token
    environment = {"CASEAUDIT_SERVICE": f"http://127.0.0.1:{port}", "CASEAUDIT_TOKEN": held, "COLUMNS": "300"}
    return CliRunner().invoke(cli, ["push", *words], env=environment)


NONE = Scripted(200, {"items": [], "after": None})
ONE = Scripted(200, {"items": [{"cases": 40, "made": 3}], "after": None})
REPEATED = {calls.REPLAYED: "true"}


def a_job(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "one", "state": state, "detail": "", "faults": [], **more}


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_SECONDS_BETWEEN", 0)


@pytest.mark.usefixtures("no_pause")
def test_a_list_that_becomes_a_job_is_followed_until_it_is_done(made_list: Path) -> None:
    steps = [NONE, Scripted(202, a_job("waiting")), Scripted(200, a_job("working")), Scripted(200, a_job("done")), ONE]
    with scripted(steps) as (port, asked):
        done = to_port(port, f"{made_list}")
    assert (done.exit_code, "40 cases, 3 of them new" in done.stdout) == (0, True), done.output
    assert [each.split()[0:2] for each in asked[2:4]] == [["GET", "/api/v1/jobs/one"]] * 2


@pytest.mark.usefixtures("no_pause")
def test_a_job_that_failed_before_is_not_the_answer_to_a_list_that_is_sent_again(made_list: Path) -> None:
    failed = a_job("failed", detail="The case list was not imported.", faults=[{"pointer": "/x", "detail": "No team."}])
    with scripted([NONE, Scripted(202, failed)]) as (port, asked):
        done = to_port(port, f"{made_list}")
    assert (done.exit_code, "No team." in done.stderr) == (1, True)
    steps = [NONE, Scripted(202, failed, REPEATED), Scripted(201, {"cases": 40, "made": 3})]
    with scripted(steps) as (port, again):
        assert to_port(port, f"{made_list}").exit_code == 0
    first, second = (each.split()[2] for each in again[1:])
    assert first == asked[1].split()[2]
    assert first != second


@pytest.mark.parametrize(
    ("answers", "code", "says"),
    [
        ([Scripted(503, {"detail": "Busy."})] * 3, 4, "Busy. Try again later."),
        ([Scripted(429, {"detail": "Too many."}, {"Retry-After": "0"})] * 3, 4, "Too many. Try again later."),
        ([Scripted(502)] * 3, 4, "The service answered with status 502. Try again later."),
        ([Scripted(302, {}, {"Location": "http://127.0.0.1:9/"})], 1, "at another address"),
        ([Scripted(200, [])], 1, "is not Case Audit"),
        ([Scripted(200, {"items": [{"other": 1}]})], 1, "in a way that this version does not know"),
        (
            [NONE, Scripted(409, {"detail": "Another list.", "type": "/problems/already-exists"}), NONE],
            1,
            "Another list.",
        ),
    ],
)
def test_each_failure_has_its_exit_code_and_its_words(
    made_list: Path, answers: Sequence[Scripted], code: int, says: str
) -> None:
    with scripted(answers) as (port, asked):
        done = to_port(port, f"{made_list}")
    assert (done.exit_code, says in done.stderr) == (code, True), done.output
    assert len(asked) == len(answers)


def test_a_service_that_is_not_there_is_tried_later(made_list: Path) -> None:
    with scripted([]) as (port, _):
        pass
    done = to_port(port, f"{made_list}")
    assert (done.exit_code, "cannot be reached" in done.stderr) == (4, True)


def test_it_waits_as_long_as_the_service_says_within_a_minute() -> None:
    waited: list[float] = []
    answers = [Scripted(503, {}, {"Retry-After": "7"}), Scripted(409, {}, {"Retry-After": "900"}), NONE]
    with scripted(answers) as (port, _):
        assert Service(f"http://127.0.0.1:{port}", "x", wait=waited.append).get("/").said["items"] == []
    assert waited == [7, calls.LONGEST_WAIT]


@pytest.mark.parametrize(
    "address",
    [
        *("", "audit.council.example", "http://audit.council.example", "ftp://audit.council.example"),
        *("https://me:secret@audit.council.example", "https://audit.council.example/?x=1", "https://[", "https://a:b"),
    ],
)
def test_a_token_goes_only_to_an_https_address_or_to_this_machine(address: str) -> None:
    with pytest.raises(ServiceRefused) as refused:
        Service(address, "x")
    assert "secret" not in str(refused.value).replace("the token is a secret", "")


def test_an_address_may_have_a_port_and_a_path() -> None:
    assert Address.of("https://audit.council.example/case-audit/") == Address(
        secure=True, host="audit.council.example", port=443, path="/case-audit"
    )
    assert Address.of("http://localhost:8000").port == 8000


@pytest.mark.parametrize("token", ["two\nlines", "a b", "é", "x" * 501])
def test_a_token_that_could_become_another_header_is_refused(token: str) -> None:
    with pytest.raises(ServiceRefused, match="visible characters"):
        Service("https://audit.council.example", token)


def test_certificates_are_checked_and_a_proxy_of_the_environment_carries_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss@proxy.council.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    made = Service("https://audit.council.example", "x")._connection()
    assert isinstance(made, http.client.HTTPSConnection)
    assert (made.host, made.port) == ("proxy.council.example", 3128)
    told = vars(made)
    assert (told["_tunnel_host"], told["_tunnel_port"]) == ("audit.council.example", 443)
    assert told["_tunnel_headers"]["Proxy-Authorization"] == "Basic bWU6cEBzcw=="
    assert told["_context"].verify_mode is ssl.CERT_REQUIRED
    assert told["_context"].check_hostname


def test_a_certificate_that_cannot_be_trusted_is_refused_at_once_and_nothing_is_sent() -> None:
    with a_receiver() as receiver:
        asked = Service(f"https://127.0.0.1:{receiver.port}", "x", wait=lambda _: None)
        with pytest.raises(ServiceRefused, match="certificate of the service cannot be trusted"):
            asked.get("/")
    assert receiver.requests == []


def test_the_header_of_a_repeated_answer_is_the_one_that_the_service_sends() -> None:
    assert calls.REPLAYED == replies.REPLAYED


def test_reading_goes_on_after_an_answer_that_was_cut_off() -> None:
    with scripted([Scripted(200, {"a": 1}, {"Content-Length": "100", "Connection": "close"}), NONE]) as (port, asked):
        assert Service(f"http://127.0.0.1:{port}", "x", wait=lambda _: None).get("/").said["after"] is None
    assert len(asked) == 2
    with scripted([Scripted(500)] * 3) as (port, asked), pytest.raises(ServiceAway):
        Service(f"http://127.0.0.1:{port}", "x").get("/")
