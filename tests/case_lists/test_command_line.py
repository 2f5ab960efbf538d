"""The council's side, as a person at a terminal meets it, with no server and no database."""

import json
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.case_lists.pseudonyms import choices_file, key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from api.case_lists.pseudonyms.pseudonymising import pseudonymise
from api.case_lists.readers.reader import read
from api.cli import cli
from checklists.privacy.pseudonyms import child_reference, worker_pseudonym
from tests.case_lists import exports
from tests.case_lists.exports import ON, TABLE_CHOICES
from tests.forked import run_command

LIST = f"case-list-{ON}.csv"
ENVIRONMENT = {"CASEAUDIT_DATABASE_URL": "sqlite:////nowhere/none.db", "COLUMNS": "300"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the council, where the commands run, with a key and two exports in it."""
    monkeypatch.chdir(tmp_path)
    key_file.create_key_file(tmp_path / "key.json", on=date(2026, 4, 1))
    children = exports.made_children(40)
    (tmp_path / "annex-a.xlsx").write_bytes(exports.annex_a(children))
    (tmp_path / "table.csv").write_bytes(exports.table_csv(children))
    return tmp_path


def run(*words: str) -> Result:
    """The command without a terminal."""
    return CliRunner().invoke(cli, words, env=ENVIRONMENT)


def pseudonymised(*words: str) -> Result:
    return run("pseudonymise", *words, "--key", "key.json", "--on", f"{ON}")


def at_a_terminal(answers: Sequence[str], *words: str) -> tuple[int, str]:
    """How the command ended and what it printed, with these lines typed."""
    typed, terminal = pty.openpty()
    os.write(typed, "".join(f"{answer}\n" for answer in answers).encode())
    done = run_command(*words, "--key", "key.json", "--on", f"{ON}", env={**os.environ, **ENVIRONMENT}, stdin=terminal)
    os.close(terminal)
    os.close(typed)
    return done.returncode, done.stdout + done.stderr


def test_an_export_becomes_a_case_list_for_its_owner_only(folder: Path) -> None:
    done = pseudonymised("annex-a.xlsx")
    assert done.exit_code == 0, done.stderr
    made = folder / LIST
    keys = [it.key for it in key_file.load_keys(folder / "key.json")]
    reading = read((folder / "annex-a.xlsx").read_bytes(), on=ON)
    assert read_case_list(made.read_bytes()) == pseudonymise(reading, keys=keys, on=ON)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert {it.name for it in folder.iterdir()} == {"key.json", "annex-a.xlsx", "table.csv", LIST}


def test_the_preview_says_what_was_read_taken_left_aside_and_found(folder: Path) -> None:
    said = pseudonymised("annex-a.xlsx").stdout
    for words in ("Ofsted Annex A workbook", "List 7", "Team: “Allocated Team”", "Gender", "adopters", "Care leaver"):
        assert words in said
    assert f"40 cases written to {LIST}, using key {key_file.load_keys(folder / 'key.json')[0].key.id}." in said


def test_a_progress_bar_goes_along_on_the_other_stream(folder: Path) -> None:
    done = pseudonymised("annex-a.xlsx")
    assert "rows read" in done.stderr
    assert "rows read" not in done.stdout


def test_a_list_is_never_written_over(folder: Path) -> None:
    (folder / LIST).write_text("mine")
    done = pseudonymised("annex-a.xlsx")
    assert done.exit_code == 1
    assert "already exists" in done.stderr
    assert (folder / LIST).read_text() == "mine"


def test_several_tables_of_one_return_are_read_as_one(folder: Path) -> None:
    children = exports.made_children(30, statuses=exports.STATUSES[3:5])
    for name, content in exports.ssda903(children).items():
        (folder / name).write_bytes(content)
    done = pseudonymised("header.csv", "episodes.csv", "oc3.csv", "social_worker.csv")
    assert done.exit_code == 0, done.stderr
    assert len(read_case_list((folder / LIST).read_bytes()).cases) == 30


def test_without_a_terminal_the_questions_are_printed_with_their_keys(folder: Path) -> None:
    done = pseudonymised("table.csv")
    assert done.exit_code == 2
    for key in TABLE_CHOICES:
        assert json.dumps(key) in done.stderr
    assert '"Held by"' in done.stderr
    assert "key-choices.json" in done.stderr
    assert not (folder / LIST).exists()
    assert not (folder / "key-choices.json").exists()


def test_at_a_terminal_each_question_is_asked_once_and_its_answer_remembered(folder: Path) -> None:
    options = {heading: f"{number}" for number, heading in enumerate(exports.TABLE_HEADINGS, start=1)}
    # After the eight headings the ninth option of most fields is that the table has none.
    answers = [options.get(heading, "9") for heading in TABLE_CHOICES.values()]
    ended, said = at_a_terminal(["nonsense", "99", *answers], "pseudonymise", "table.csv")
    assert ended == 0, said
    assert choices_file.load(folder / "key-choices.json") == TABLE_CHOICES
    assert stat.S_IMODE((folder / "key-choices.json").stat().st_mode) == 0o600
    assert len(read_case_list((folder / LIST).read_bytes()).cases) == 40
    again = run("pseudonymise", "table.csv", "--key", "key.json", "--out", "again.csv", "--on", f"{ON}")
    assert again.exit_code == 0
    assert (folder / "again.csv").read_bytes() == (folder / LIST).read_bytes()


def spoil_two_rows(folder: Path) -> None:
    rows = exports.table(exports.made_children(40))
    rows[5:7] = [("", *row[1:]) for row in rows[5:7]]
    (folder / "table.csv").write_bytes(exports.delimited(rows))
    choices_file.save(folder / "key-choices.json", TABLE_CHOICES)


def test_rows_left_out_are_shown_and_without_a_yes_nothing_is_written(folder: Path) -> None:
    spoil_two_rows(folder)
    done = pseudonymised("table.csv")
    assert done.exit_code == 2
    assert "2 rows excluded" in done.stdout
    assert "Person ref" in done.stdout
    assert "The identifier is missing." in done.stdout
    assert not (folder / LIST).exists()
    assert at_a_terminal(["n"], "pseudonymise", "table.csv")[0] == 1
    assert not (folder / LIST).exists()
    assert pseudonymised("table.csv", "--yes").exit_code == 0
    assert len(read_case_list((folder / LIST).read_bytes()).cases) == 38


def test_at_a_terminal_a_list_with_rows_left_out_is_written_after_a_yes(folder: Path) -> None:
    spoil_two_rows(folder)
    ended, said = at_a_terminal(["y"], "pseudonymise", "table.csv")
    assert ended == 0, said
    assert (folder / LIST).exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"%PDF-1.7", "a PDF"), (b"PK\x03\x04half", "damaged"), (b"x" * 1000, "only 1 column")],
)
def test_what_cannot_be_read_is_refused_in_a_sentence_and_nothing_is_written(
    folder: Path, content: bytes, reason: str
) -> None:
    (folder / "export.bin").write_bytes(content)
    done = pseudonymised("export.bin")
    assert done.exit_code == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / LIST).exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["pseudonymise", "none.xlsx", "--key", "key.json"], "none.xlsx cannot be used"),
        (["pseudonymise", "annex-a.xlsx", "--key", "none.json"], "none.json cannot be used"),
        (["pseudonymise", "annex-a.xlsx", "table.csv", "--key", "key.json"], "one at a time"),
        (["pseudonymise", "annex-a.xlsx", "--key", "key.json", "--out", "none/list.csv"], "cannot be used"),
        (["pseudonymise", "annex-a.xlsx", "--key", "key.json", "--choices", "table.csv"], "not a choices file"),
        (["pseudonymise", "annex-a.xlsx", "--key", "table.csv"], "chmod 600"),
        (["whois", "CF-B1HS-D6RW-Y1VM-Q6WT", "annex-a.xlsx", "--key", "key.json"], "No person in this export"),
        (["whois", "table.csv", "annex-a.xlsx", "--key", "key.json"], "has no references"),
        (["key", "new", "key.json"], "already exists"),
        (["key", "rotate", "none.json"], "cannot be used"),
    ],
)
def test_what_a_person_can_mend_is_said_in_a_sentence(folder: Path, words: list[str], reason: str) -> None:
    (folder / "table.csv").chmod(0o644)
    done = run(*words)
    assert done.exit_code == 1
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_workers_pseudonym_is_the_one_that_lists_have(folder: Path) -> None:
    (key,) = (it.key for it in key_file.load_keys(folder / "key.json"))
    name = exports.made_children(1)[0].worker
    told = run("worker", name, "--key", "key.json")
    assert told.stdout.strip() == worker_pseudonym(key, name)
    refused = run("worker", " ", "--key", "key.json")
    assert (refused.exit_code, "as it appears in the case system" in refused.output) == (1, True)


def test_whois_leads_from_a_reference_to_the_place_in_the_export(folder: Path) -> None:
    child = exports.made_children(40)[2]
    key = key_file.load_keys(folder / "key.json")[0].key
    done = run("whois", child_reference(key, child.identifier), "annex-a.xlsx", "--key", "key.json")
    assert done.exit_code == 0
    sheet, row = done.stdout.strip().split(": ")[0].split(", row ")
    rows = exports.annex_a_sheets(exports.made_children(40))[sheet]
    assert rows[int(row) - 1][0] == child.identifier
    assert done.stdout.strip().endswith(f": {child.identifier}")
    worker = run("whois", worker_pseudonym(key, child.worker), "annex-a.xlsx", "--key", "key.json")
    assert worker.stdout.strip().endswith(f": {child.worker}")


@pytest.mark.parametrize("sent", ["typed", "list.txt", "sample.csv", "sample.xlsx"])
def test_whois_answers_a_list_or_a_downloaded_sample_with_a_table(folder: Path, sent: str) -> None:
    children = exports.made_children(40)[2:5]
    key = key_file.load_keys(folder / "key.json")[0].key
    references = [child_reference(key, child.identifier) for child in children]
    table = [["Case file", "Team"], *([reference, "North"] for reference in references), [references[0], "again"]]
    (folder / "list.txt").write_text("\n".join(references))
    (folder / "sample.csv").write_bytes(exports.delimited(table))
    (folder / "sample.xlsx").write_bytes(exports.workbook({"Cases": table}))
    words = ",".join(references) if sent == "typed" else sent
    done = run("whois", words, "annex-a.xlsx", "--key", "key.json")
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "CF-" in line]
    assert [
        (reference in line, child.identifier in line)
        for line, reference, child in zip(lines, references, children, strict=True)
    ] == [(True, True)] * 3
    written = run("whois", words, "annex-a.xlsx", "--key", "key.json", "--out", "found.csv")
    assert written.exit_code == 0
    assert stat.S_IMODE((folder / "found.csv").stat().st_mode) == 0o600
    assert all(child.identifier in (folder / "found.csv").read_text("utf-8-sig") for child in children)
    assert not any(child.identifier in written.stdout for child in children)


def test_whois_says_which_references_of_a_list_are_not_in_the_export(folder: Path) -> None:
    key = key_file.load_keys(folder / "key.json")[0].key
    known = child_reference(key, exports.made_children(40)[2].identifier)
    (folder / "list.txt").write_text(f"{known}\nCF-B1HS-D6RW-Y1VM-Q6WT\n")
    done = run("whois", "list.txt", "annex-a.xlsx", "--key", "key.json")
    assert done.exit_code == 1
    assert "CF-B1HS-D6RW-Y1VM-Q6WT │ Not found" in done.stdout
    assert "Not in this export under any key in this file: 1 of 2 references." in done.stderr


def test_after_a_rotation_new_and_old_references_lead_to_the_same_child(folder: Path) -> None:
    before = key_file.load_keys(folder / "key.json")[0].key
    assert run("key", "rotate", "key.json").exit_code == 0
    after = key_file.load_keys(folder / "key.json")[0].key
    assert pseudonymised("annex-a.xlsx").exit_code == 0
    case_list = read_case_list((folder / LIST).read_bytes())
    child = exports.made_children(40)[0].identifier
    assert case_list.key_id == after.id != before.id
    (case,) = (it for it in case_list.cases if it.reference == child_reference(after, child))
    assert case.formerly == child_reference(before, child)
    told = {run("whois", it, "annex-a.xlsx", "--key", "key.json").stdout for it in (case.reference, case.formerly)}
    assert len(told) == 1
    assert child in told.pop()


def test_a_key_is_made_and_its_secret_never_shown(folder: Path) -> None:
    done = run("key", "new", "other.json")
    (made,) = key_file.load_keys(folder / "other.json")
    assert done.exit_code == 0
    assert made.key.id in done.stdout
    assert made.key.secret.hex()[:8] not in done.stdout + done.stderr


def test_what_stands_in_an_export_cannot_command_the_terminal(folder: Path) -> None:
    children = [replace(it, team="\x1b[2J[red]North") for it in exports.made_children(40)]
    rows: list[exports.Row] = [(*exports.TABLE_HEADINGS, "\x1b]0;Odd")]
    rows += [(*row, "x") for row in exports.table(children)[1:]]
    (folder / "table.csv").write_bytes(exports.delimited(rows).replace(b"\x1b", b"\xc2\x9b"))
    choices_file.save(folder / "key-choices.json", TABLE_CHOICES)
    done = pseudonymised("table.csv")
    assert "\x1b" not in done.stdout
    assert "\x9b" not in done.stdout
    assert "1 line" in done.stdout


_WATCHING = """
import sys
opened = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and (arguments[2] or 0) & 0o3:
        opened.append(arguments[0])

sys.addaudithook(watch)
sys.dont_write_bytecode = True
from api.cli import cli
sys.argv = ["caseaudit", *sys.argv[1:]]
try:
    cli()
finally:
    print("OPENED", [it for it in opened if it != "/dev/null"])
"""


def test_the_command_writes_the_list_and_opens_nothing_else_for_writing(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WATCHING, "pseudonymise", "annex-a.xlsx", "--key", "key.json", "--on", f"{ON}"],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(rf"OPENED \['\.{re.escape(LIST)}\.[0-9a-f]+\.new'\]", done.stdout.splitlines()[-1])
