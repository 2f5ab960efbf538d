"""No file does harm: each is refused in time, in little memory, and in words that somebody can act on."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.case_lists.readers.reader import read
from api.documents.reading.limits import LARGEST_FILE
from api.documents.reading.refusals import UnreadableError
from tests.case_lists.exports import ON
from tests.case_lists.readers.hostile_files import HOSTILE_FILES

# A process of its own, so that its memory is that of reading alone. What the system calls a process's own peak in
# `getrusage` is handed down by whoever starts it.
_READER = """
import re, sys, time
from datetime import date
from pathlib import Path
from api.case_lists.readers.reader import read
from api.documents.reading.refusals import UnreadableError

for file in sorted(Path(sys.argv[1]).iterdir()):
    content = file.read_bytes()
    began = time.process_time()
    try:
        read(content, name=file.name, on=date(2026, 11, 1))
        outcome = "read"
    except UnreadableError as refusal:
        outcome = f"refused: {refusal}"
    peak = int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(file.name, round(time.process_time() - began, 3), peak, outcome, sep="\\t")
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, float, int, str]]:
    """Each file by its number, with the seconds, the most megabytes so far, and what came of it."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, (_, make) in enumerate(HOSTILE_FILES):
        (folder / f"{number:03}").write_bytes(make())
    command = [sys.executable, "-c", _READER, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [(HOSTILE_FILES[int(name)][0], float(spent), int(peak), said) for name, spent, peak, said in lines]


def test_every_hostile_file_is_refused(outcomes: list[tuple[str, float, int, str]]) -> None:
    assert len(outcomes) == len(HOSTILE_FILES) >= 30
    assert [(name, said) for name, _, _, said in outcomes if not said.startswith("refused: ")] == []


def test_a_refusal_takes_two_seconds_and_256_megabytes_at_most(outcomes: list[tuple[str, float, int, str]]) -> None:
    assert [(name, spent) for name, spent, _, _ in outcomes if spent > 2] == []
    assert max(peak for _, _, peak, _ in outcomes) <= 256


def test_a_refusal_is_a_sentence_and_repeats_nothing_of_the_file(outcomes: list[tuple[str, float, int, str]]) -> None:
    words = [said.removeprefix("refused: ") for _, _, _, said in outcomes]
    assert [it for it in words if not (it[0].isupper() and it.endswith(".") and len(it) < 260)] == []
    assert [it for it in words if "Amara" in it or "4471002" in it or "passwd" in it] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a bomb of 60 MB in a cell", "unzipped file is too large"),
        ("macros by its kind alone", "macros"),
        ("a link to another workbook", "links to other workbooks"),
        ("entities in the texts", "document type"),
        ("entities in a census", "DOCTYPE"),
        ("entities in a census in UTF-16", "DOCTYPE"),
        ("a census nested deep", "nested more deeply"),
        ("a census with a tag that never ends", "longer than in any export"),
        ("a zip in a zip", "another zip file"),
        ("a name that climbs out", "unsafe name"),
        ("a lock of a zip", "password"),
        ("a quotation mark without a partner", "is not closed"),
    ],
)
def test_the_reason_is_the_true_one(name: str, reason: str, outcomes: list[tuple[str, float, int, str]]) -> None:
    (said,) = [said for of, _, _, said in outcomes if of == name]
    assert reason in said


def test_a_file_beyond_the_limit_is_not_looked_into() -> None:
    with pytest.raises(UnreadableError, match="larger than 64 MB"):
        read(b"PK\x03\x04" + bytes(LARGEST_FILE), on=ON)
