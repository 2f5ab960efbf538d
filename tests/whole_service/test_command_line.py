"""The command line, as a person at a terminal meets it: real processes on files and ports of their own."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from api.foundation.keys.database import open_own
from api.foundation.settings import Settings
from models.storage.sqlite_engine import can_encrypt, connect
from tests.forked import ForkedProcess, command_line, run_command

CASEAUDIT = Path(sys.executable).with_name("caseaudit")
README = (Path(__file__).parents[2] / "README.md").read_text()
READY = re.compile(r"Serving on (http://127\.0\.0\.1:\d+)")


def environment(url: str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEAUDIT_")}
    return {**kept, "CASEAUDIT_DATABASE_URL": url, "CASEAUDIT_PORT": "0", "COLUMNS": "120", **more}


@contextmanager
def served(*command: str, url: str, **more: str) -> Iterator[tuple[str, str]]:
    """The address of a server that this command started, and what it printed on the way."""
    asked = environment(url, **more)
    with ForkedProcess(command_line, "api.cli", *command, env=asked, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with io.TextIOWrapper(process.stdout) as printed:
            yield from _ready(process, printed)


@contextmanager
def served_from_nothing(*command: str, url: str, **more: str) -> Iterator[tuple[str, str]]:
    """The same, started as a person at a terminal starts it."""
    with subprocess.Popen(
        [CASEAUDIT, *command],
        env=environment(url, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield from _ready(process, process.stdout)


def _ready(process: ForkedProcess | subprocess.Popen[str], stream: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Its address and what it printed, when it serves; it is ended afterwards."""
    try:
        printed = ""
        for line in stream:
            printed += line
            ready = READY.search(line)
            if ready:
                yield ready[1], printed
                break
        else:
            pytest.fail(f"the server did not start; it printed: {printed}")
    finally:
        process.terminate()
        process.wait(timeout=20)


def run(*command: str, url: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run_command(*command, env=environment(url, **more))


def rows_of(url: str, table: str) -> int:
    database = open_own(Settings(database_url=url))
    with database.reading() as session:
        number: int = session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    database.close()
    return number


@pytest.fixture
def fresh_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'fresh.db'}"


@pytest.fixture
def empty_url(tmp_path: Path, migrated_sqlite_file: Path) -> str:
    """A database that is up to date, with which nobody has started."""
    return f"sqlite:///{shutil.copyfile(migrated_sqlite_file, tmp_path / 'empty.db')}"


def trail_in(folder: Path) -> dict[str, str]:
    """The key and the second place of the trail in a folder of the test, whatever the database is."""
    return {
        "CASEAUDIT_TRAIL_KEY_FILE": f"{folder}/trail-key",
        "CASEAUDIT_TRAIL_CHECKPOINTS_FILE": f"{folder}/checkpoints",
    }


def tried_as_the_readme_says(address: str, printed: str) -> str:
    """What the REST lines of the README print, pasted one after another with the token of the demonstration."""
    token = re.search(r"export TOKEN=(\S+)", printed)
    lines = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
    assert token is not None
    assert lines is not None
    tried = subprocess.run(
        ["bash", "-e", "-c", lines[1].replace("http://127.0.0.1:8000", address)],
        env={"PATH": os.environ["PATH"], "TOKEN": token[1]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr
    assert len(lines[1].splitlines()) == 5
    return tried.stdout


def test_the_demonstration_makes_its_rounds_prints_their_gaps_and_serves(database_url: str, tmp_path: Path) -> None:
    with served_from_nothing("demo", url=database_url, **trail_in(tmp_path)) as (address, printed):
        with urlopen(f"{address}/sign-in") as page:  # noqa: S310 - our own server on loopback
            assert page.status == 200
        assert "Children's lived experience" in printed
        for role in ("auditor", "moderator", "quality lead", "administrator", "action owner", "agency auditor"):
            assert role in printed
        assert "South locality" in tried_as_the_readme_says(address, printed)
    assert rows_of(database_url, "case_file") == 289
    assert rows_of(database_url, "team") == 3
    assert rows_of(database_url, "person") == 8
    assert rows_of(database_url, "event") > 84

    with served("demo", url=database_url, **trail_in(tmp_path)) as (_, printed):
        assert "Auditing" not in printed, "run again, it makes nothing again"
    assert rows_of(database_url, "case_file") == 289

    verified = run("verify-events", url=database_url, **trail_in(tmp_path))
    assert (verified.returncode, "unchanged" in verified.stdout) == (0, True), verified.stdout

    table = run("report", "gaps", "--as", "lead@demo.invalid", url=database_url)
    assert table.returncode == 0
    assert "Gap report" in table.stdout
    exact = json.loads(run("report", "gaps", "--as", "lead@demo.invalid", "--format", "json", url=database_url).stdout)
    assert exact["counted"] == 60
    rows = list(
        csv.DictReader(
            io.StringIO(
                run(
                    "report", "gaps", "--as", "lead@demo.invalid", "--by", "team", "--format", "csv", url=database_url
                ).stdout
            )
        )
    )
    assert len(rows) == 3 * (3 + 19)

    refused = run("report", "gaps", "--as", "auditor@demo.invalid", url=database_url)
    assert refused.returncode == 1
    assert "reports:read" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_first_start_makes_one_administrator_with_a_link_and_the_second_makes_none(fresh_url: str) -> None:
    with served("serve", "--organisation", "Northshire", url=fresh_url) as (address, printed):
        assert ("fresh.db.database-key: keep a copy of it elsewhere" in printed) is can_encrypt()
        secret = re.search(r"/link/(\S+)", printed)
        assert secret is not None
        with urlopen(f"{address}/link/{secret[1]}") as page:  # noqa: S310 - our own server on loopback
            assert "password" in page.read().decode()
    assert rows_of(fresh_url, "person") == 1
    assert rows_of(fresh_url, "template_version") == 1
    with served("serve", url=fresh_url) as (_, printed):
        assert "Its key is at" not in printed
        assert "/link/" not in printed
    assert rows_of(fresh_url, "person") == 1


def test_an_administrator_locked_out_gets_a_new_link_from_the_host(empty_url: str) -> None:
    with served("serve", "--administrator", "ada@northshire.example", url=empty_url):
        pass
    again = run("link", "ada@northshire.example", url=empty_url)
    assert again.returncode == 0
    assert "/link/" in again.stdout
    nobody = run("link", "nobody@northshire.example", url=empty_url)
    assert nobody.returncode == 1
    assert "This person does not exist" in nobody.stderr


def test_a_database_that_was_not_migrated_is_refused_in_a_sentence(fresh_url: str) -> None:
    refused = run("link", "ada@northshire.example", url=fresh_url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "This database is not at this version. Run: caseaudit migrate\n"


def test_settings_that_cannot_be_used_are_said_by_their_names_and_without_their_values(fresh_url: str) -> None:
    wrong = {"CASEAUDIT_PORT": "eight", "CASEAUDIT_SMTP_PASSWORD": "a-secret-of-the-mail-server"}
    done = run("migrate", url=fresh_url, **wrong)
    assert done.returncode == 1
    assert done.stderr.startswith("The settings cannot be used.\nCASEAUDIT_PORT: Input should be a valid integer")
    alone = run("migrate", url=fresh_url, CASEAUDIT_BACKUP_FOLDER="/nowhere")
    assert alone.stderr.splitlines()[1] == "With CASEAUDIT_BACKUP_FOLDER, set CASEAUDIT_BACKUP_RECIPIENTS too."
    for told in (done, alone):
        assert "Traceback" not in told.stderr
        assert "secret" not in told.stderr


def test_somebody_who_tampered_with_the_trail_is_found_out_from_the_host(empty_url: str) -> None:
    before = run("verify-events", url=empty_url)
    assert before.returncode == 1
    assert "There is no key" in before.stderr
    with served("serve", "--organisation", "Northshire", url=empty_url):
        pass
    whole = run("verify-events", "--organisation", "northshire", url=empty_url)
    assert (whole.returncode, whole.stdout.startswith("Northshire (organisation 1): ")) == (0, True)
    connection = connect(empty_url.removeprefix("sqlite:///"))
    connection.execute("DROP TRIGGER event_refuses_update")
    connection.execute("UPDATE event SET kind = 'team.made' WHERE number = 2")
    connection.close()
    tampered = run("verify-events", url=empty_url)
    assert tampered.returncode == 1
    assert "The first incorrect event is number 2: what it says does not fit its hash" in tampered.stdout
    nobody = run("verify-events", "--organisation", "Westshire", url=empty_url)
    assert (nobody.returncode, nobody.stderr) == (1, "This organisation does not exist.\n")


def test_a_second_server_on_the_same_sqlite_file_is_refused(empty_url: str) -> None:
    with served("serve", url=empty_url):
        second = run("serve", url=empty_url)
    assert second.returncode == 1
    assert "Another server is using" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_said_plainly(empty_url: str, tmp_path: Path) -> None:
    with served("serve", url=empty_url) as (address, _):
        second = run("serve", url=f"sqlite:///{tmp_path / 'other.db'}", CASEAUDIT_PORT=address.rpartition(":")[2])
    assert second.returncode == 1
    assert "Set CASEAUDIT_PORT to a free port" in second.stderr


def test_several_workers_want_postgresql(fresh_url: str) -> None:
    refused = run("serve", url=fresh_url, CASEAUDIT_WORKERS="2")
    assert refused.returncode == 1
    assert "needs PostgreSQL" in refused.stderr
