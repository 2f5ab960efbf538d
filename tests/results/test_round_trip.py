"""The whole way of a case, over a real server: from the council's export to the service and back under its own child
identifier, which the service never learns.
"""

import csv
import http.client
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select
from typer.testing import CliRunner, Result

from api.allocation.actions import Allocation, allocate
from api.case_lists.pseudonyms import key_file
from api.cli import cli
from api.foundation.local_time import local_date
from api.foundation.permissions import RESULT_SCOPES, Permission
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.results.council_file import COLUMNS
from checklists.privacy.pseudonyms import child_reference
from models import CaseFile, now
from tests.case_lists import exports
from tests.case_lists.exports import ON
from tests.desk import Desk, a_desk
from tests.factories import an_actor, an_integration
from tests.live import Server, serving
from tests.writing_times import filling_for_a_test

CHILDREN = 40
AUDITED = 12
RATINGS = ("outstanding", "good", "requires-improvement", "inadequate")
# Begins as a formula would.
SAYS = "=See the child alone within the week."
Line = tuple[str, ...]


@dataclass
class Council:
    """A folder on a council's computer, in which the commands run, and what they sent."""

    folder: Path
    server: Server
    desk: Desk
    children: list[str]
    sent: list[bytes] = field(default_factory=list)

    def run(self, *words: str, token: str = "") -> Result:
        """A command without a terminal; with a token, it is in the environment, and the service is named there."""
        environment = {
            "CASEAUDIT_DATABASE_URL": "sqlite:////nowhere/none.db",
            "COLUMNS": "300",
            "CASEAUDIT_SERVICE": f"http://127.0.0.1:{self.server.port}",
            "CASEAUDIT_TOKEN": token,
        }
        return CliRunner().invoke(cli, words, env=environment)

    def token(self, *scopes: Permission) -> str:
        return an_integration(self.desk.database, self.desk.cast.organisation, scopes=scopes).secret

    def pushed(self) -> None:
        done = self.run("pseudonymise", "annex-a.xlsx", "--key", "key.json", "--on", f"{ON}", "--out", "list.csv")
        assert done.exit_code == 0, done.output
        done = self.run("push", "list.csv", "--create-teams", token=self.token(Permission.WRITE_CASE_FILES))
        assert done.exit_code == 0, done.output

    def results(self, *words: str, token: str = "") -> Result:
        found = token or self.token(*RESULT_SCOPES)
        return self.run("results", "annex-a.xlsx", "--key", "key.json", "--on", f"{ON}", *words, token=found)


@pytest.fixture
def council(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    folder = tmp_path / "council"
    folder.mkdir()
    monkeypatch.chdir(folder)
    key_file.create_key_file(folder / "key.json", on=date(2026, 4, 1))
    made = [replace(child, identifier=f"QXJV{child.identifier}") for child in exports.made_children(CHILDREN)]
    (folder / "annex-a.xlsx").write_bytes(exports.annex_a(made))
    with a_desk(database_url) as desk, serving(database_url, tmp_path, forked=True) as server:
        council = Council(folder, server, desk, [child.identifier for child in made])
        send = http.client.HTTPConnection.send

        def watched(connection: http.client.HTTPConnection, data: bytes) -> None:
            council.sent.append(data)
            send(connection, data)

        monkeypatch.setattr(http.client.HTTPConnection, "send", watched)
        yield council


def audited(council: Council) -> dict[str, list[Line]]:
    """Audit some of the cases, each in another way; what the council's file must say of each, by child."""
    desk, key = council.desk, key_file.load_keys(council.folder / "key.json")[0].key
    with desk.database.reading() as session:
        cases = {case.reference: case.id for case in session.exec(select(CaseFile))}
    expected = {}
    for number, child in enumerate(council.children[:AUDITED]):
        reference, rating = child_reference(key, child), RATINGS[number % 4]
        with desk.database.writing() as session:
            made = allocate(
                session,
                round_id=desk.round_id,
                allocation=Allocation(cases[reference], desk.cast.asha.id),
                by=an_actor(desk.cast.lena),
            )
        whole: Line = (child, reference, "Spring round")
        if number == AUDITED - 1:
            expected[child] = [(*whole, "Draft", "", "", "", "", "", "", "", "")]
            continue
        desk.answer(made.id, rating, rationale="Seen on file.")
        for days in range(3, 3 + number % 3):
            new = NewChildAction(SAYS, "voice", None, "Team manager", due_days=days)
            with desk.database.writing() as session:
                child_level.propose_child_action(session, audit_id=made.id, new=new, by=an_actor(desk.cast.asha))
        desk.submit(made.id)
        if number == AUDITED - 2:
            desk.give_back(made.id, "Look again.")
            expected[child] = [(*whole, "Returned", "", "", "", "", "", "", "", "")]
            continue
        label = rating.replace("-", " ").capitalize()
        judged = (*whole, "Submitted", label, "no", local_date(now()).isoformat(), "", "")
        actions = desk.browser(desk.cast.lena).get(f"/api/v1/audits/{made.id}/actions").json()["items"]
        assert len(actions) == number % 3
        due = sorted(each["due_on"] for each in actions)
        expected[child] = [(*judged, SAYS, "Agreed", day) for day in due] or [(*judged, "", "", "")]
    return expected


def lines_of(content: bytes) -> list[Line]:
    """The lines of a CSV file, without the apostrophes that keep a spreadsheet from running a text."""
    assert b"\"'=See" in content or SAYS.encode() not in content
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [tuple(cell.removeprefix("'") for cell in row) for row in rows]


def stored_texts(desk: Desk) -> Iterator[str]:
    """Every row of every table, as one text each."""
    with desk.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
                yield repr(tuple(row))


@pytest.mark.both_databases
def test_results_come_back_under_the_councils_identifiers_with_no_difference_and_no_identifier_leaves(
    council: Council,
) -> None:
    council.pushed()
    with filling_for_a_test():
        expected = audited(council)
    done = council.results("--out", "results.csv")
    assert done.exit_code == 0, done.output
    made = council.folder / "results.csv"
    head, *lines = lines_of(made.read_bytes())
    differences = {*lines} ^ {line for of_child in expected.values() for line in of_child}
    print(f"{len(lines)} lines of {len(expected)} cases came back; {len(differences)} differ")
    assert head == COLUMNS
    assert differences == set()
    assert len(lines) == sum(map(len, expected.values()))
    assert stat.S_IMODE(made.stat().st_mode) == 0o600

    done = council.results("--out", "results.xlsx")
    assert done.exit_code == 0, done.output
    sheet = openpyxl.load_workbook(council.folder / "results.xlsx").worksheets[0]
    rows = [tuple(cell.value or "" for cell in row) for row in sheet.iter_rows()]
    assert rows == [head, *lines]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}

    told = b"".join(council.sent)
    assert b"CF-" in told
    assert [child for child in council.children if child.encode() in told] == []
    rows_stored = "\n".join(stored_texts(council.desk)) + council.server.log.read_text()
    assert "CF-" in rows_stored
    assert [child for child in council.children if child in rows_stored] == []


def test_a_file_is_never_replaced_by_chance_and_the_command_says_what_the_token_may_not_read(council: Council) -> None:
    council.pushed()
    with filling_for_a_test():
        audited(council)
    mine = council.folder / "results.csv"
    mine.write_text("mine")
    council.sent.clear()
    done = council.results("--out", "results.csv")
    assert (done.exit_code, "already exists and was not overwritten" in done.stderr) == (1, True)
    assert council.results("--out", "results.doc").exit_code == 1
    assert council.sent == [], "it asks nothing of the service before it knows that it may write"
    everything = council.token(*RESULT_SCOPES)
    assert council.results("--out", "results.csv", "--dry-run", "--replace", token=everything).exit_code == 0
    assert mine.read_text() == "mine"
    done = council.results("--out", "more.csv", "--since", "2999-01-01T08:30", token=everything)
    assert (done.exit_code, "0 results written" in done.stdout) == (0, True)
    (council.folder / "more.csv").unlink()
    assert b"since=2999-01-01T08%3A30%3A00%2B00%3A00" in b"".join(council.sent)
    whole = ("--replace", "--since", "2020-01-01", "--round", f"{council.desk.round_id}")
    assert council.results("--out", "results.csv", *whole, token=everything).exit_code == 0
    assert f"round={council.desk.round_id}".encode() in b"".join(council.sent)
    assert "Child identifier" in mine.read_text("utf-8-sig")
    done = council.results("--out", "more.csv", token=council.token(Permission.READ_AUDIT_STATUSES))
    assert (done.exit_code, "results:read" in done.stderr) == (1, True)
    assert {it.name for it in council.folder.iterdir()} == {"annex-a.xlsx", "key.json", "list.csv", "results.csv"}
    done = council.results("--out", "more.csv", token=council.token(Permission.READ_RESULTS))
    assert done.exit_code == 0
    assert "The token may not read actions: it needs the scope results:actions." in done.stdout


def test_what_cannot_be_matched_is_said_plainly_and_is_not_in_the_file(council: Council) -> None:
    council.pushed()
    desk = council.desk
    with filling_for_a_test():
        audited(council)
        own = desk.an_audit(reference="CASE-2026-17")
    # The child of the first case has left the export, and the key of the second was another.
    gone, kept = council.children[0], council.children[1]
    made = [
        replace(child, identifier=f"QXJV{child.identifier}")
        for child in exports.made_children(CHILDREN)
        if f"QXJV{child.identifier}" != gone
    ]
    (council.folder / "annex-a.xlsx").write_bytes(exports.annex_a(made))
    done = council.results("--out", "results.csv")
    assert done.exit_code == 3, done.output
    assert "2 references could not be matched to a child. Excluded from the file:" in done.stderr
    assert "1: entered manually in the service, not from an export" in done.stderr
    assert "1: not in this export" in done.stderr
    assert desk.find(own).case_file.reference in done.stderr
    _, *lines = lines_of((council.folder / "results.csv").read_bytes())
    assert gone not in {line[0] for line in lines}
    assert kept in {line[0] for line in lines}
    (council.folder / "key.json").unlink()
    key_file.create_key_file(council.folder / "key.json", on=date(2026, 4, 1))
    done = council.results("--out", "others.csv")
    assert done.exit_code == 3
    assert "which is not in this key file" in done.stderr
    assert lines_of((council.folder / "others.csv").read_bytes()) == [COLUMNS]
