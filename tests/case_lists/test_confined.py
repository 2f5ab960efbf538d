import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from api.case_lists.pseudonyms.pseudonymising import pseudonymise
from api.case_lists.readers import sandbox
from api.case_lists.readers.outcome import MOST_REFUSED
from api.case_lists.readers.reader import read
from api.case_lists.readers.sandbox import read_in_sandbox
from api.documents.reading.limits import LARGEST_FILE
from api.documents.reading.refusals import UnreadableError
from checklists.privacy.pseudonyms import Key
from tests.case_lists import exports
from tests.case_lists.exports import ON, TABLE_CHOICES
from tests.case_lists.readers.hostile_files import HOSTILE_FILES
from tests.thorough import many, some_of

KEYS = [Key(b"2" * 32), Key(b"1" * 32)]
MEGABYTE = 2**20
HOSTILE = dict(HOSTILE_FILES)
SOME_HOSTILE = [
    "a bomb of 60 MB in a cell",
    "a million rows",
    "a formula",
    "macros",
    "entities in a sheet",
    "a sheet nested deep",
    "a name that climbs out",
    "a zip in a zip",
    "a workbook cut short",
    "an old workbook",
    "a quotation mark without a partner",
    "a table without headings",
    "a file of the server in a census",
    "a census nested deep",
    "nothing",
]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everything temporary would be written to; it must be empty afterwards."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert list(tmp_path.rglob("*")) == []


def children_of_this_process() -> list[psutil.Process]:
    return [it for it in psutil.Process().children() if "api.case_lists.readers.sandbox" in it.cmdline()]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("annex-a.xlsx", exports.annex_a),
        ("census.xml", exports.cin_census),
        ("return.zip", exports.ssda903_zip),
        ("return.xml", exports.ssda903_xml),
        ("dataset.zip", exports.standard_dataset_zip),
        ("table.csv", exports.table_csv),
        ("table.xlsx", exports.table_xlsx),
    ],
)
def test_what_comes_back_is_what_would_be_made_here(
    name: str, make: Callable[[list[exports.MadeChild]], bytes], watched: Path
) -> None:
    content = make(exports.made_children(60))
    outcome = read_in_sandbox(content, name=name, choices=TABLE_CHOICES, on=ON, keys=KEYS)
    reading = read(content, name=name, choices=TABLE_CHOICES, on=ON)
    assert outcome.case_list == pseudonymise(reading, keys=KEYS, on=ON)
    assert len(outcome.case_list.cases) == sum(outcome.by_status.values()) == 60
    assert outcome.format is reading.format
    assert [(it.name, it.rows) for it in outcome.sheets] == [(it.name, it.rows) for it in reading.sheets]
    assert outcome.rows >= 60


def test_questions_come_back_and_no_list_before_they_are_answered() -> None:
    content = exports.table_csv(exports.made_children(30))
    outcome = read_in_sandbox(content, choices={}, on=ON, keys=KEYS)
    assert outcome.case_list is None
    assert {it.key for it in outcome.questions} == set(TABLE_CHOICES)


def test_rows_left_out_come_back_with_place_and_reason_and_are_counted_beyond_those_shown() -> None:
    rows = exports.table(exports.made_children(300))
    spoilt = [rows[0], *((row[0], row[1], "soon", *row[3:]) for row in rows[1:251]), *rows[251:]]
    outcome = read_in_sandbox(exports.delimited(spoilt), name="t.csv", choices=TABLE_CHOICES, on=ON, keys=KEYS)
    assert len(outcome.refused) == MOST_REFUSED
    assert outcome.refused_in_all == 250
    assert (outcome.refused[0].place.sheet, outcome.refused[0].place.row) == ("t.csv", 2)
    assert outcome.refused[0].column == "Born on"
    assert outcome.case_list is not None
    assert len(outcome.case_list.cases) == 50


def test_a_heading_that_holds_a_number_of_a_person_is_not_shown() -> None:
    sheets = exports.annex_a_sheets(exports.made_children(30))
    grown = {name: [(*rows[0], "Amara 943 476 5919", "12/03/2015"), *rows[1:]] for name, rows in sheets.items()}
    outcome = read_in_sandbox(exports.workbook(grown), choices={}, on=ON, keys=KEYS)
    assert outcome.sheets[0].left_aside[-2:] == ["(not shown)", "(not shown)"]
    assert not any(it in repr(outcome) for it in ("943", "12/03/2015"))


@pytest.mark.parametrize("name", some_of(SOME_HOSTILE, 5, of="hostile files in a process of their own"))
def test_a_hostile_file_comes_back_as_a_refusal_in_words(name: str, watched: Path) -> None:
    content = HOSTILE[name]()
    began = time.monotonic()
    with pytest.raises(UnreadableError) as refused:
        read_in_sandbox(content, choices={}, on=ON, keys=KEYS)
    # Long before its time is over, also on a busy machine.
    assert time.monotonic() - began < sandbox.LONGEST_SECONDS / 3
    assert str(refused.value).endswith(".")
    assert children_of_this_process() == []


def test_a_file_beyond_the_limit_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(UnreadableError, match="64 MB"):
        read_in_sandbox(bytes(LARGEST_FILE + 1), choices={}, on=ON, keys=KEYS)


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, watched: Path) -> None:
    monkeypatch.setattr(sandbox, "LONGEST_SECONDS", 0.05)
    content = exports.table_csv(exports.made_children(2000))
    began = time.monotonic()
    with pytest.raises(UnreadableError, match="time and memory"):
        read_in_sandbox(content, choices=TABLE_CHOICES, on=ON, keys=KEYS)
    assert time.monotonic() - began < 5
    assert children_of_this_process() == []


def test_a_process_that_is_killed_is_a_refusal_in_words_and_knew_its_key_from_the_pipe_alone(watched: Path) -> None:
    content = exports.table_csv(exports.made_children(20_000))
    seen: list[str] = []

    def kill() -> None:
        while not (running := children_of_this_process()):
            time.sleep(0.005)
        seen.extend((" ".join(running[0].cmdline()), " ".join(running[0].environ().values())))
        running[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(UnreadableError, match="time and memory"):
        read_in_sandbox(content, choices=TABLE_CHOICES, on=ON, keys=KEYS)
    killer.join()
    assert "-I" in seen[0].split()
    assert KEYS[0].secret.hex() not in seen[0]
    assert seen[1] == ""


@pytest.mark.parametrize("ended", [0, 3, 1])
@pytest.mark.parametrize("reply", ["", "{}", "nonsense", '{"format": "annex-a"}', "[1]"])
def test_an_answer_that_makes_no_sense_is_a_refusal_in_words(
    reply: str, ended: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "interpreter"
    broken.write_text(f"#!/bin/sh\nprintf '%s\\n' '{reply}'\nexit {ended}\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(UnreadableError, match="time and memory"):
        read_in_sandbox(b"x" * 500_000, choices={}, on=ON, keys=KEYS)


def limited(attempt: str) -> subprocess.CompletedProcess[str]:
    script = f"from api.case_lists.readers import sandbox as confined\nconfined._set_limits()\n{attempt}"
    return subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)


def test_the_process_can_write_no_file(tmp_path: Path) -> None:
    done = limited(f"open({str(tmp_path / 'leak')!r}, 'wb', buffering=0).write(b'identifier')")
    assert "File too large" in done.stderr
    assert (tmp_path / "leak").read_bytes() == b""


def test_the_process_can_take_no_more_than_256_megabytes() -> None:
    assert "MemoryError" in limited(f"bytearray({256 * MEGABYTE})").stderr
    assert limited(f"bytearray({150 * MEGABYTE})").returncode == 0


def test_the_process_leaves_no_picture_of_its_memory_and_ends_after_its_share_of_the_processor() -> None:
    done = limited(
        "import resource\n"
        "print([resource.getrlimit(it) for it in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU)])"
    )
    assert done.stdout == "[(0, 0), (0, 0), (25, 25)]\n"


_GROWTH = """
import re, sys
from datetime import date
from pathlib import Path
from api.case_lists.readers.sandbox import read_in_sandbox
from checklists.privacy.pseudonyms import Key

def megabytes(name):
    return int(re.search(name + r":\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024

content = Path(sys.argv[1]).read_bytes()
small = Path(sys.argv[2]).read_bytes()
read_in_sandbox(small, choices={}, on=date(2026, 11, 1), keys=[Key(bytes(32))])
before = megabytes("VmRSS")
outcome = read_in_sandbox(content, choices={}, on=date(2026, 11, 1), keys=[Key(bytes(32))])
print(len(outcome.case_list.cases), megabytes("VmHWM") - before)
"""


def test_the_server_grows_by_a_megabyte_at_most_with_a_thousand_cases_of_a_list(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Of six thousand; `make trials` asks for twenty thousand."""
    number_of_cases = many(6_000, thorough=20_000)
    statuses = exports.STATUSES[1:3]
    for name, number in (("large", number_of_cases), ("small", 20)):
        (tmp_path / name).write_bytes(exports.cin_census(exports.made_children(number, statuses=statuses)))
    command = [sys.executable, "-c", _GROWTH, str(tmp_path / "large"), str(tmp_path / "small")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cases, growth = done.stdout.split()
    record_property("figure", f"server grown by {float(growth):.1f} MB at most for {cases} cases")
    print(f"server grown by {float(growth):.1f} MB at most for {cases} cases")
    assert int(cases) == number_of_cases
    assert float(growth) <= number_of_cases / 1_000


def test_several_exports_at_once_do_not_meet() -> None:
    contents = {seed: exports.table_csv(exports.made_children(40 + seed, seed=seed)) for seed in range(1, 7)}

    def cases(seed: int) -> int:
        outcome = read_in_sandbox(contents[seed], choices=TABLE_CHOICES, on=ON, keys=KEYS)
        return len(outcome.case_list.cases) if outcome.case_list else 0

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(cases, contents)) == [41, 42, 43, 44, 45, 46]
