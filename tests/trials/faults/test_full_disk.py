"""The disk is full while people save, export, import and look: they are told so, and nothing is half done."""

import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.storage.database import open_database
from models.storage.migrating import migrate
from tests.case_lists.exports import ON, annex_a, made_children
from tests.live import THEMES, Answer, Client, Ground, Server, a_complete_audit, a_ground, serving
from tests.trials.conftest import Place, Record
from tests.trials.editing import an_audit
from tests.trials.faults.small_disk import SmallDisk, small_disk
from tests.trials.faults.under_load import (
    LONGEST_RECOVERY_SECONDS,
    NOTHING_WRONG,
    faults_of_the_trail,
    ready_again,
    saved_again,
)
from tests.trials.killing import Writers, look_at
from tests.uploading import Uploader

pytestmark = pytest.mark.trial

MEGABYTES = 32
TIMES = 20
LONGEST_FILLING_SECONDS = 20.0
REFUSED = {503, 507}
CASES = 3_000
CASEAUDIT = Path(sys.executable).with_name("caseaudit")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=MEGABYTES) as made:
        yield made


@pytest.fixture
def full_place(disk: SmallDisk) -> Iterator[Place]:
    url = f"sqlite:///{disk.folder}/audits.sqlite3"
    migrate(url)
    database = open_database(url)
    yield Place(url, database, a_ground(database), disk.folder)
    database.close()


@pytest.fixture
def server(disk: SmallDisk, full_place: Place) -> Iterator[Server]:
    """Everything of it is on the small disk: database, keys, checkpoints, log and temporary files."""
    temporary = disk.folder / "temporary"
    temporary.mkdir()
    with serving(full_place.url, disk.folder, environment={"TMPDIR": f"{temporary}"}) as running:
        yield running


def test_a_disk_that_fills_up_under_writers_twenty_times_costs_nobody_a_word(
    disk: SmallDisk, full_place: Place, server: Server, record_property: Record
) -> None:
    writers, chance = Writers(server, full_place.ground, may_refuse=True), random.Random(TIMES)
    before = [process.pid for process in server.processes()]
    recovered = []
    writers.start()
    try:
        for number in range(TIMES):
            writers.wait_for(more=4)
            refused = writers.refused
            disk.fill(leaving=chance.choice((0, 400_000, 9_000_000)) * number // TIMES)
            deadline = time.monotonic() + LONGEST_FILLING_SECONDS
            while writers.refused == refused and not writers.failures and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(chance.random() * 0.5)
            disk.empty()
            client = server.client(full_place.ground.integration_token)
            recovered.append(saved_again(client, full_place, f"after {number}"))
        ready = ready_again(server)
        writers.wait_for(more=4)
    finally:
        writers.stop()
    aftermath = look_at(full_place.database, full_place.ground, writers.acknowledged)
    shown = (
        f"{TIMES} times full under writers: {len(writers.acknowledged)} audits recorded, {writers.refused} refusals, "
        f"longest {writers.longest_seconds:.1f} s; first save {max(recovered):.2f} s after there was room at most, "
        f"ready after {ready:.1f} s; {aftermath}"
    )
    print(shown)
    record_property("figure", shown)
    assert writers.failures == []
    assert writers.refused >= TIMES
    assert aftermath == NOTHING_WRONG
    assert faults_of_the_trail(full_place) == []
    assert max(recovered) <= LONGEST_RECOVERY_SECONDS
    assert [process.pid for process in server.processes()] == before
    assert _records_run_together(server) == []


def test_while_the_disk_is_full_everything_is_refused_in_words_or_done_and_nothing_is_left(
    disk: SmallDisk, full_place: Place, server: Server, record_property: Record
) -> None:
    ground = full_place.ground
    audit_id = an_audit(full_place.database, ground)
    people = Uploader(server, full_place.database, ground, full_place.folder)
    looked = people.look(annex_a(made_children(200)), on=ON)
    lead, program = server.client(ground.lead_token), server.client(ground.integration_token)
    auditor = server.client(ground.auditor_token)
    score = f"/api/v1/audits/{audit_id}/scores/{THEMES[0]}"
    asked: dict[str, Callable[[], Answer]] = {
        "record an audit": lambda: program.send(
            "POST", "/api/v1/complete-audits", a_complete_audit(ground, random.Random(1)), Idempotency_Key="audit"
        ),
        "score a theme": lambda: auditor.send(
            "PUT", score, {"answer": "good", "rationale": "Seen alone."}, If_Match='"0"'
        ),
        "ask for an export": lambda: lead.send(
            "POST", "/api/v1/exports", {"round_id": str(ground.round_id)}, Idempotency_Key="export"
        ),
        "import a list": lambda: lead.send("POST", "/api/v1/case-lists", _a_case_list(ground), Idempotency_Key="list"),
        "import a list, on the page": lambda: people.take(looked),
        "ask for an export, on the page": lambda: _form(people.client, f"/rounds/{ground.round_id}/export"),
        "read an audit": lambda: auditor.send("GET", f"/api/v1/audits/{audit_id}"),
    }
    reads: dict[str, Callable[[], Answer]] = {
        "list rounds": lambda: lead.send("GET", "/api/v1/rounds"),
        "read a report": lambda: lead.send("GET", f"/api/v1/rounds/{ground.round_id}/report"),
        "a page": lambda: people.client.send("GET", "/rounds"),
        "live": lambda: lead.send("GET", "/api/v1/health/live"),
    }
    assert {name: ask().status for name, ask in reads.items()} == dict.fromkeys(reads, 200)
    ready_again(server)
    names = _lasting(disk)
    disk.fill()
    time.sleep(6)  # longer than a trail is believed to be writable
    refused = {name: ask() for name, ask in asked.items()}
    read = {name: ask() for name, ask in reads.items()}
    ready = lead.send("GET", "/api/v1/health/ready")
    backup = _caseaudit(server, "backup", f"{disk.folder}", "--recipient", _recipient())
    left = _lasting(disk) - names
    told = {name: (answer.status, _said(answer)) for name, answer in (refused | read).items()}
    print(*told.items(), f"ready: {ready.body.decode()}", f"backup: {backup}", sep="\n")
    disk.empty()
    recovered = saved_again(program, full_place, "afterwards")
    done = {name: ask() for name, ask in asked.items()}
    after = ready_again(server)
    export = _until_export_is_ready(lead, done["ask for an export"])
    backup_after = _caseaudit(server, "backup", f"{disk.folder}", "--recipient", _recipient())
    print({name: answer.status for name, answer in done.items()}, export, backup_after)
    record_property(
        "figure",
        f"A full disk: {len(refused)} of {len(refused)} changes refused in words, {len(read)} of {len(read)} reads "
        f"answered; after there was room the first save in {recovered:.2f} s, ready in {after:.1f} s",
    )
    assert {name: answer.status for name, answer in refused.items() if answer.status not in REFUSED} == {}
    assert [name for name, answer in refused.items() if not _is_in_words(answer)] == []
    assert {name: answer.status for name, answer in read.items()} == dict.fromkeys(reads, 200)
    assert ready.status == 503
    assert [name for name, answer in refused.items() if "disk" not in _said(answer)] == []
    assert "disk is full" in ready.json()["detail"]
    assert backup[0] != 0
    assert "disk is full" in backup[1] or "No space left on device" in backup[1]
    assert "Traceback" not in backup[1]
    assert left == set()
    assert {name: answer.status for name, answer in done.items() if answer.status >= 400} == {}
    assert backup_after[0] == 0
    assert faults_of_the_trail(full_place) == []
    assert _records_run_together(server) == []


def test_a_server_that_starts_on_a_full_disk_serves_or_says_why_in_a_sentence(
    disk: SmallDisk, full_place: Place, record_property: Record
) -> None:
    full_place.database.close()
    server = Server(full_place.url, disk.folder.parent / "server.log")
    disk.fill()
    try:
        server.start()
        status = server.client(full_place.ground.lead_token).send("GET", "/api/v1/rounds").status
        said = f"served: {status}"
        assert status in {200, 503}
    except RuntimeError as problem:
        said = str(problem).partition("\n")[2]
        assert "Traceback" not in said
        assert "disk" in said
    finally:
        server.kill()
        for client in server.clients:
            client.connection.close()
    print(said)
    record_property("figure", f"Started on a full disk: {said.strip()}")
    disk.empty()
    with serving(full_place.url, disk.folder) as again:
        ready_again(again)
        client = again.client(full_place.ground.integration_token)
        assert saved_again(client, full_place, "started") <= LONGEST_RECOVERY_SECONDS


def _until(done: Callable[[], bool], *, within: float) -> None:
    deadline = time.monotonic() + within
    while not done() and time.monotonic() < deadline:
        time.sleep(0.01)


def _a_case_list(ground: Ground) -> dict[str, Any]:
    cases = [
        {"reference": f"CASE-{number:06}", "team": "North team", "status": "child-in-need", "age_band": "5-to-9"}
        for number in range(CASES)
    ]
    return {"listed_on": str(ON), "cases": cases, "teams": {"North team": str(ground.team_id)}}


def _form(client: Client, path: str) -> Answer:
    return client.send("POST", path, b"", Content_Type="application/x-www-form-urlencoded")


def _said(answer: Answer) -> str:
    if "html" in answer.headers.get("content-type", ""):
        (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.body.decode(), re.DOTALL)[:1] or [""]
        paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", answer.body.decode(), re.DOTALL)
        return " | ".join(each.strip() for each in (title, *paragraphs))
    return answer.body.decode()[:300]


def _is_in_words(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "")
    return answer.headers.get("retry-after", "").isdecimal() and (
        kind.startswith("application/problem+json") or (kind.startswith("text/html") and "<h1" in answer.body.decode())
    )


def _lasting(disk: SmallDisk) -> set[str]:
    """The files, but for those that SQLite keeps beside its own and the log."""
    return {name for name in disk.names() if not name.endswith(("-wal", "-shm", "-journal", ".log"))}


def _records_run_together(server: Server) -> list[str]:
    """Lines of the log with more than one record: one that was cut must not spoil the next."""
    return [line for line in server.log.read_text().splitlines() if line.count('{"at": ') > 1]


def _until_export_is_ready(lead: Client, asked: Answer) -> str:
    path = asked.headers["location"]
    _until(lambda: lead.send("GET", path).json()["state"] in {"ready", "failed"}, within=30)
    return str(lead.send("GET", path).json()["state"])


def _recipient() -> str:
    from pyrage import x25519

    return str(x25519.Identity.generate().to_public())


def _caseaudit(server: Server, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [CASEAUDIT, *words], env=dict(server.environment), cwd=Path.cwd(), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
