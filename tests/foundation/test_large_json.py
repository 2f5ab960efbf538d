"""Large JSON goes by a file and a process of its own to its route; what is said of it is what is said of small JSON."""

import asyncio
import hashlib
import json
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from api.case_files.routes import NewCaseFiles
from api.case_lists.routes import CaseListIn
from api.foundation.http.bodies import FIRST_BYTES, MEGABYTE
from api.foundation.http.json_bodies import arriving, reading, spooling
from api.foundation.http.json_bodies.reading import LargeModel
from api.foundation.http.json_bodies.splitting import LARGEST_PIECE
from models import Role
from tests.cast import Site
from tests.client import Client

FILES, LISTS, BATCH = "/api/v1/case-files/batch", "/api/v1/case-lists", "/api/v1/complete-audits/batch"
JSON = {"Content-Type": "application/json"}
SPACE = b" " * FIRST_BYTES * 2
NUMBERED = "".join(f"{number:>6}\n" for number in range(60_000)).encode()


@pytest.fixture
def lead(site: Site) -> Client:
    return site.browser(site.person(Role.QUALITY_LEAD, Role.ADMINISTRATOR))


@pytest.fixture
def files(lead: Client) -> list[dict[str, Any]]:
    """A thousand of them, which together are large."""
    made = lead.post("/api/v1/teams", json={"name": "North"}, headers={"Idempotency-Key": "team"})
    team = made.json()["id"]
    return [
        {
            "team_id": team,
            "status": "closed",
            "age_band": "5-to-9",
            "forms_of_harm": [],
            "reference": f"NW-2026-{number}",
        }
        for number in range(1_000)
    ]


def send(client: Client, path: str, content: bytes, key: str = "one", **headers: str) -> Response:
    return client.post(path, content=content, headers={**JSON, "Idempotency-Key": key, **headers})


def told(answered: Response) -> tuple[int, Any]:
    body = answered.json()
    errors = sorted((each["pointer"], each["detail"]) for each in body["errors"])
    return answered.status_code, (body["type"], body["detail"], errors)


BROKEN: list[tuple[str, Any]] = [
    (FILES, [{}, {"status": "x"}, 7, None]),
    (FILES, [{"team_id": "x", "status": "closed", "age_band": "5-to-9", "more": [1]}] * 3),
    (FILES, []),
    (FILES, [{}] * 1_001),
    (FILES, {"a": 1}),
    (FILES, "text"),
    (FILES, None),
    (FILES, [{"team_id": "\ud800", "reference": 1}]),
    (BATCH, [{"round_id": 1, "scores": [{"theme": "a", "answer": ""}]}, {}]),
    (BATCH, [{"scores": [{"theme": "a", "answer": 7}] * 3}] * 60),
    (LISTS, {"listed_on": "2026-01-01", "cases": []}),
    (LISTS, {"listed_on": "never", "cases": [{}, {"reference": "x" * 40, "team": 1}], "more": 1, "a b": 2}),
    (LISTS, {"listed_on": "2026-01-01", "cases": 7}),
    (LISTS, {"cases": [{}]}),
    (LISTS, {}),
    (LISTS, []),
]


@pytest.mark.parametrize(("path", "sent"), BROKEN)
def test_what_does_not_fit_is_told_in_the_same_words_however_large_it_is(lead: Client, path: str, sent: Any) -> None:
    content = json.dumps(sent).encode()
    status, small = told(send(lead, path, content))
    assert told(send(lead, path, content + SPACE)) == (status, small)
    assert told(send(lead, path, SPACE + content, **{"Content-Type": "application/vnd.x+json"})) == (status, small)
    assert status == 422


@pytest.mark.parametrize(
    ("path", "content", "status", "said"),
    [
        (FILES, b"[1", 400, "not JSON"),
        (FILES, b"[1] 2" + SPACE, 400, "not JSON"),
        (FILES, b'["\xff"]', 400, "not UTF-8"),
        (FILES, "[1]".encode("utf-16") * 40_000, 400, "not UTF-8"),
        (FILES, b"[" * 200_000, 400, "nested"),
        (FILES, b"[[" + b"1," * 90_000 + b"1]]", 413, "One item"),
        (FILES, b'["' + b"x" * MEGABYTE + b'"]', 413, "larger than 1 MB"),
        (LISTS, b'{"cases":[1],"cases":[2]}', 400, "twice"),
        (LISTS, b'{"cases":[' + b"[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]," * 99_999 + b"1]}", 413, "more values"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    lead: Client, path: str, content: bytes, status: int, said: str
) -> None:
    answered = send(lead, path, SPACE + content if content[0] in b"[{" else content)
    assert answered.status_code == status, answered.text
    assert said in answered.json()["detail"]


def test_another_kind_of_content_is_refused_as_such(lead: Client) -> None:
    assert send(lead, FILES, SPACE, **{"Content-Type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"[" * 60_000, 400, "nested"),
        (b"[" * 900_000, 400, "nested"),
        (b"[" + b"{}," * 15_000 + b"{}]", 413, "more values"),
        (b"[" + b"{}," * 300_000 + b"{}]", 413, "more values"),
        ("[1]".encode("utf-16"), 400, "not UTF-8"),
    ],
)
def test_ordinary_json_is_bounded_before_it_is_read(
    lead: Client, content: bytes, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = _noted_reading(monkeypatch)
    answered = send(lead, "/api/v1/case-files", content)
    assert read == []
    assert answered.status_code == status
    assert said in answered.json()["detail"]


def test_a_large_body_is_read_in_small_pieces_and_never_on_the_event_loop(
    lead: Client, files: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.dumps(files).encode()
    assert len(content) > 2 * FIRST_BYTES
    read = _noted_reading(monkeypatch)
    assert send(lead, FILES, content).status_code in {201, 422}
    assert sum(size for size, _ in read) >= len(content) - 2
    assert max(size for size, _ in read) <= LARGEST_PIECE + 2
    assert {thread.rpartition("_")[0] for _, thread in read} == {"work"}


def _noted_reading(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """How much JSON is read in this process from now on, in each step, and in which thread."""
    read: list[tuple[int, str]] = []
    loads = json.loads

    def noted(content: Any, **options: Any) -> Any:
        read.append((len(content), threading.current_thread().name))
        return loads(content, **options)

    monkeypatch.setattr(json, "loads", noted)
    return read


def test_a_large_request_that_is_sent_again_has_one_effect(lead: Client, files: list[dict[str, Any]]) -> None:
    content = json.dumps(files).encode()
    made, again = (send(lead, FILES, content) for _ in range(2))
    assert made.status_code == 201, made.text[:500]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == made.content
    assert send(lead, FILES, content + b" ").status_code == 422


def _spooled(*parts: bytes) -> spooling.SpooledBody:
    body = spooling.SpooledBody(b"POST /here\n")

    async def coming() -> Any:
        for part in parts:
            yield part

    async def run(work: Any) -> None:
        work()

    asyncio.run(body.take(coming(), run))
    return body


def test_the_fingerprint_is_that_of_the_whole_body() -> None:
    parts = [b"x" * 100_000, b"", b"y" * 300_000, b"z"]
    with closing(_spooled(*parts)) as body:
        assert body.fingerprint == hashlib.sha256(b"POST /here\n" + b"".join(parts)).hexdigest()
        assert b"".join(body.parts()) == b"".join(parts)


@given(start=st.integers(0, 400_001), length=st.integers(0, 70_000))
def test_any_part_of_a_body_is_read_alone(numbered_body: spooling.SpooledBody, start: int, length: int) -> None:
    assert numbered_body.part(start, start + length) == NUMBERED[start : start + length]


@pytest.fixture(scope="module")
def numbered_body() -> Iterator[spooling.SpooledBody]:
    with closing(_spooled(NUMBERED[:300_000], NUMBERED[300_000:])) as body:
        yield body


def test_nothing_of_a_body_can_be_read_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    monkeypatch.setattr(spooling, "TemporaryFile", lambda: disk.open("w+b"))
    with closing(_spooled(b"a canary in its cage" * 50_000)) as body:
        assert body.part(2, 8) == b"canary"
    content = disk.read_bytes()
    assert len(content) == 1_000_000
    assert b"canary" not in content
    assert len(zlib.compress(content)) >= 1_000_000, "what repeats itself can be seen"


def test_a_disk_without_room_is_told(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = reading.start_splitting

    def noted(large: LargeModel) -> subprocess.Popen[bytes]:
        started.append(start(large))
        return started[0]

    monkeypatch.setattr(arriving, "start_splitting", noted)
    monkeypatch.setattr(spooling, "TemporaryFile", lambda: open("/dev/full", "wb"))  # noqa: SIM115, PTH123 - closed with the body
    answered = send(lead, FILES, SPACE)
    assert answered.status_code == 503
    assert "The disk of the service is full" in answered.json()["detail"]
    assert [process.returncode for process in started] != [None], "the process that would have split it has ended"


def test_a_process_that_dies_is_a_refusal_in_words(
    lead: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "interpreter"
    broken.write_text("#!/bin/sh\necho list\nexit 9\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    answered = send(lead, FILES, SPACE + b"[]")
    assert answered.status_code == 413
    assert "time and memory" in answered.json()["detail"]


def test_a_process_that_takes_too_long_is_ended(lead: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "interpreter"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    monkeypatch.setattr(reading, "LONGEST_SECONDS", 0.1)
    assert send(lead, FILES, SPACE + b"[]").status_code == 413


def test_every_route_with_a_large_body_of_json_goes_this_way(
    app: FastAPI, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    read = reading.read_large

    def noted(large: LargeModel, body: Any, started: Any) -> BaseModel:
        taken.append(large.model.__name__)
        return read(large, body, started)

    monkeypatch.setattr(arriving, "read_large", noted)
    for path in (FILES, LISTS, BATCH):
        send(lead, path, SPACE + b"7")
    assert taken == ["NewCaseFiles", "CaseListIn", "CompleteAudits"]


def test_a_model_without_a_bounded_list_cannot_be_read_so() -> None:
    assert LargeModel.of(NewCaseFiles, "").most == 1_000
    assert LargeModel.of(CaseListIn, "cases").most == 100_000
    for model, field in ((CaseListIn, ""), (NewCaseFiles, "root"), (CaseListIn, "listed_on"), (dict, "")):
        with pytest.raises(TypeError):
            LargeModel.of(model, field)
