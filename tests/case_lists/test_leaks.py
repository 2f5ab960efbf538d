"""Over a thousand identifiers go in, and none comes out: neither in the list nor anywhere else."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from api.case_lists.pseudonyms import choices_file, key_file
from api.case_lists.pseudonyms.list_file import ListFileError, read_case_list, write_case_list
from api.case_lists.pseudonyms.pseudonymising import pseudonymise
from api.case_lists.readers.reader import read
from api.case_lists.readers.result import ExportContent, SourceCase
from api.case_lists.readers.sandbox import read_in_sandbox
from api.documents.reading.refusals import UnreadableError
from checklists.case_list import CaseList, ListedCase
from checklists.privacy.pseudonyms import Key, child_reference
from tests.case_lists import planting
from tests.case_lists.exports import ON, TABLE_CHOICES
from tests.case_lists.planting import Gardener, Planted
from tests.forked import run_command

KEY = Key(b"k" * 32)
EXPORTS: dict[str, Callable[[Gardener], bytes]] = {
    "annex-a.xlsx": planting.annex_a,
    "census.xml": planting.cin_census,
    "return.zip": planting.ssda903,
    "dataset.zip": planting.standard_dataset,
    "table.csv": planting.table,
}
ALL = pytest.mark.parametrize("name", EXPORTS)


def planted(name: str) -> tuple[bytes, Planted]:
    gardener = Gardener()
    return EXPORTS[name](gardener), gardener.planted


def understood(content: bytes) -> ExportContent:
    return read(content, choices=TABLE_CHOICES, on=ON)


def test_a_thousand_identifiers_and_more_are_planted() -> None:
    numbers = {name: len(planted(name)[1].texts) for name in EXPORTS}
    print(f"planted: {numbers}, in all {sum(numbers.values())}")
    assert sum(numbers.values()) >= 1_000
    assert min(numbers.values()) >= 200


@ALL
def test_the_search_finds_what_was_planted_where_it_stands(name: str) -> None:
    content, sown = planted(name)
    cases = understood(content).cases
    told = " ".join(f"{it.child} {it.born} {it.worker}" for it in cases)
    assert len(sown.found_in(told)) >= 2 * len(cases)


@ALL
def test_no_identifier_comes_out_of_the_process_that_reads(name: str) -> None:
    content, sown = planted(name)
    job = {"bytes": len(content), "name": name, "choices": TABLE_CHOICES, "on": f"{ON}", "keys": [KEY.secret.hex()]}
    job["characteristics"] = []
    done = subprocess.run(
        [sys.executable, "-I", "-m", "api.case_lists.readers.sandbox"],
        input=json.dumps(job).encode() + b"\n" + content,
        capture_output=True,
        check=True,
    )
    assert done.stdout.count(b"CF-") >= 30
    assert done.stderr == b""
    assert sown.found_in(done.stdout) == set()
    assert KEY.secret.hex().encode() not in done.stdout


@ALL
def test_no_identifier_is_in_what_the_server_is_told(name: str) -> None:
    content, sown = planted(name)
    outcome = read_in_sandbox(content, name=name, choices=TABLE_CHOICES, on=ON, keys=[KEY])
    assert outcome.case_list is not None
    assert len(outcome.case_list.cases) >= 30
    assert sown.found_in(repr(outcome)) == set()
    assert sown.found_in(write_case_list(outcome.case_list)) == set()


@ALL
def test_no_identifier_is_left_behind_by_the_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, sown = planted(name)
    for folder in ("here", "temporary", "keys"):
        (tmp_path / folder).mkdir()
    key = tmp_path / "keys" / "key.json"
    key_file.create_key_file(key, on=ON)
    choices_file.save(tmp_path / "keys" / "key-choices.json", TABLE_CHOICES)
    export = tmp_path / name
    export.write_bytes(content)
    monkeypatch.chdir(tmp_path / "here")
    words = (str(export), "--key", str(key), "--on", f"{ON}", "--yes", "--out", "list.csv")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary"), "COLUMNS": "400"}
    done = run_command("pseudonymise", *words, env=environment)
    assert done.returncode == 0, done.stderr
    assert len(read_case_list((tmp_path / "here" / "list.csv").read_bytes()).cases) >= 30
    left = {it for it in tmp_path.rglob("*") if it.is_file()} - {export}
    assert {it.name for it in left} == {"key.json", "key-choices.json", "list.csv"}
    for file in left:
        assert sown.found_in(file.read_bytes()) == set()
    assert "rows excluded" in done.stdout or name in {"return.zip", "dataset.zip"}
    assert sown.found_in(done.stdout + done.stderr) == set()


@ALL
@pytest.mark.parametrize("spoil", ["cut short", "no identifiers", "one column", "twice"])
def test_no_identifier_stands_in_the_words_of_a_refusal(name: str, spoil: str) -> None:
    content, sown = planted(name)
    spoilt = {
        "cut short": content[: len(content) * 2 // 3],
        "no identifiers": content.replace(b"LAchildID", b"Name")
        .replace(b"Person ref", b"Nobody")
        .replace(b"PK", b"KP", 1),
        "one column": b"Notes\n" + content[:4000],
        "twice": content + content,
    }[spoil]
    choices = {} if spoil == "one column" else TABLE_CHOICES
    try:
        said = repr(replace(read_in_sandbox(spoilt, name=name, choices=choices, on=ON, keys=[KEY]), case_list=None))
    except UnreadableError as refused:
        said = str(refused)
    assert len(said) > 20
    assert sown.found_in(said) == set()


LET_THROUGH: dict[str, Callable[[ListedCase, SourceCase], ListedCase]] = {
    "the child's identifier": lambda listed, source: replace(listed, reference=source.child),
    "the identifier as it was before": lambda listed, source: replace(listed, formerly=source.child),
    "the worker's name": lambda listed, source: replace(listed, worker=source.worker),
    "the worker as the team": lambda listed, source: replace(listed, team=source.worker or listed.team),
    "the birth date as the start": lambda listed, source: replace(listed, started=source.born),
    "the birth date as the team": lambda listed, source: replace(listed, team=f"{source.born}"),
}


def let_through(content: bytes, change: Callable[[ListedCase, SourceCase], ListedCase]) -> CaseList:
    """The case list as it would be if one column were let through."""
    reading = understood(content)
    right = pseudonymise(reading, keys=[KEY], on=ON)
    source = {child_reference(KEY, it.child): it for it in reading.cases}
    return replace(right, cases=tuple(change(it, source[it.reference]) for it in right.cases))


@pytest.mark.parametrize("name", ["annex-a.xlsx", "table.csv"])
@pytest.mark.parametrize("column", LET_THROUGH)
def test_with_one_column_let_through_the_search_finds_it(name: str, column: str) -> None:
    content, sown = planted(name)
    wrong = let_through(content, LET_THROUGH[column])
    assert len(sown.found_in(write_case_list(wrong))) >= 20


@pytest.mark.parametrize("column", LET_THROUGH)
def test_a_list_with_one_column_let_through_is_not_taken(column: str) -> None:
    content, sown = planted("annex-a.xlsx")
    wrong = write_case_list(let_through(content, LET_THROUGH[column]))
    if column in {"the worker as the team", "the birth date as the start"}:
        # A name may be a team's, and any month a start: from the list alone nobody can tell.
        assert read_case_list(wrong).cases
        return
    with pytest.raises(ListFileError) as refused:
        read_case_list(wrong)
    assert sown.found_in(json.dumps([it.words for it in refused.value.faults])) == set()


def test_what_is_asked_names_no_child() -> None:
    content, sown = planted("table.csv")
    outcome = read_in_sandbox(content, choices={}, on=ON, keys=[KEY])
    assert len(outcome.questions) > 3
    assert outcome.case_list is None
    assert sown.found_in(repr(outcome)) == set()


def test_a_birth_date_is_found_in_whichever_way_it_is_written() -> None:
    sown = Planted()
    sown.plant_date(date(2015, 3, 7))
    for form in ("2015-03-07", "07/03/2015", "20150307", "07032015", "7 March 2015".replace("7", "07"), "07-03-2015"):
        assert sown.found_in(f"a,{form},b")
    assert sown.found_in("a,2015-03,b")
    assert not sown.found_in("a,2015-04,b")
