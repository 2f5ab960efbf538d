"""The service on Windows, as far as Linux can show it: it starts, people work with it, and it is backed up.

What as_on_windows.py puts in place of Linux is not Windows: no test here has been run on Windows itself.
"""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from api.case_lists.long_work import ImportCaseList
from api.demo.demonstration import DEMO_PASSWORD
from checklists.privacy.references import reference_from
from models import now
from tests.page_forms import SeenPage
from tests.thorough import is_thorough, some_of

READY = re.compile(r"Serving on (http://127\.0\.0\.1:\d+)")
COMMAND = "from api.cli import main; main()"
DATABASE = "audits.db"


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEAUDIT_")}
    more = {"DATABASE_URL": f"sqlite:///{folder / DATABASE}", "PORT": "0", "LOG_LEVEL": "warning"}
    return {**kept, "COLUMNS": "200", **{f"CASEAUDIT_{name}": value for name, value in more.items()}}


def run(interpreter: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [interpreter, "-c", COMMAND, *words],
        env=environment(folder),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@contextmanager
def served(interpreter: Path, folder: Path, command: str) -> Iterator[tuple[str, str]]:
    """The address of a server, and what it printed on the way. Its errors are in the file "errors"."""
    with (
        (folder / "errors").open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [interpreter, "-c", COMMAND, command],
            env=environment(folder),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        ) as process,
    ):
        printed = ""
        try:
            assert process.stdout is not None
            for line in process.stdout:
                printed += line
                if ready := READY.search(line):
                    break
            else:
                pytest.fail(f"the server did not start: {printed}{(folder / 'errors').read_text('utf-8')}")
            yield ready[1], printed
        finally:
            process.terminate()
            process.wait(timeout=20)


def signed_in(address: str, email: str) -> httpx2.Client:
    client = httpx2.Client(base_url=address, headers={"Origin": address}, follow_redirects=True, timeout=60)
    form = SeenPage(client.get("/sign-in")).form("/sign-in")
    page = client.post("/sign-in", data={**form, "email": email, "password": DEMO_PASSWORD})
    assert page.status_code == 200
    assert "/account" in SeenPage(page).links
    return client


def save_a_score(address: str) -> str:
    """Save a rationale in an audit as its auditor; the words that its page then has."""
    said = "The plan says who does what by when."
    with closing(signed_in(address, "auditor@demo.invalid")) as asha:
        unfinished = next(link for link in SeenPage(asha.get("/")).links if link.endswith("/next"))
        page = asha.get(unfinished)
        place = page.url.path
        form = SeenPage(page).form(place)
        field = next(name for name, value in form.items() if name.endswith("--rationale") and value)
        saved = asha.post(place, data={**form, field: said})
        assert saved.status_code == 200
        return SeenPage(asha.get(place)).form(place)[field]


def read_reports(address: str) -> tuple[str, bytes]:
    """The words of a report's page, and the report as PDF."""
    with closing(signed_in(address, "lead@demo.invalid")) as lena:
        page = lena.get("/reports/gaps")
        assert page.status_code == 200
        pdf = lena.get(next(link for link in SeenPage(page).links if ".pdf" in link))
        assert pdf.status_code == 200
        return SeenPage(page).words, pdf.content


def import_a_list(address: str, token: str) -> int:
    """Send a case list that is read in pieces, and stored by a process of its own; how many cases are new."""
    case = {"team": "North locality", "status": "child-in-need", "age_band": "5-to-9"}
    chance = random.Random(1)
    cases = [
        {"reference": reference_from(chance.randbytes(10)), **case} for _ in range(ImportCaseList.most_at_once + 1)
    ]
    body = {"listed_on": f"{now():%Y-%m-%d}", "teams": {"North locality": "make"}, "cases": cases}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    with httpx2.Client(base_url=address, headers=headers, timeout=60) as client:
        answer = client.post("/api/v1/case-lists", json=body)
        assert answer.status_code == 201, answer.text
        made: int = answer.json()["made"]
        return made


def test_people_work_with_the_service_as_on_windows(
    interpreter: Path, demonstration_file: Path, tmp_path: Path
) -> None:
    """The demonstration is there already, and either the doctor or backups are tried, another each day.

    `make trials` has the demonstration made as on Windows too, and tries both.
    """
    tried = some_of(["the doctor", "backups"], 1, of="commands as on Windows")
    folder = tmp_path / "Case audits – spring (2026)"
    folder.mkdir()
    if not is_thorough():
        shutil.copyfile(demonstration_file, folder / DATABASE)
    with served(interpreter, folder, "demo") as (address, printed):
        assert "The database is not encrypted, because this installation has no sqlcipher3" in printed
        token = re.search(r'\$env:TOKEN = "(\S+)"', printed)
        assert token is not None

        assert save_a_score(address) == "The plan says who does what by when."
        words, pdf = read_reports(address)
        assert "Children's lived experience" in words.replace("’", "'")
        assert pdf.startswith(b"%PDF-")
        script = httpx2.get(f"{address}/static/session.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert import_a_list(address, token[1]) == ImportCaseList.most_at_once + 1

        second = run(interpreter, folder, "serve")
        assert (second.returncode, "Another server is using audits.db" in second.stderr) == (1, True), second.stderr

        if "the doctor" in tried:
            doctor = run(interpreter, folder, "doctor")
            assert "Windows, on which the service has not been run" in doctor.stdout, doctor.stderr
            assert "icacls" in doctor.stdout
            checked = run(interpreter, folder, "verify-events")
            assert checked.returncode == 0, checked.stderr

        if "backups" in tried:
            key = run(interpreter, folder, "backup-key", "backup.key")
            recipient = re.search(r"age1\w+", key.stdout)
            assert recipient is not None, key.stderr
            made = run(interpreter, folder, "backup", "kept.age", "--recipient", recipient[0])
            assert made.returncode == 0, made.stderr
    assert "Traceback" not in (folder / "errors").read_text("utf-8")
    if "backups" not in tried:
        return
    elsewhere = tmp_path / "restored"
    elsewhere.mkdir()
    restored = run(interpreter, elsewhere, "restore", f"{folder / 'kept.age'}", "--key", f"{folder / 'backup.key'}")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert (elsewhere / DATABASE).read_bytes().startswith(b"SQLite format 3")
