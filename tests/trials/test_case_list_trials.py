"""Case lists of full size through the command as people run it, and every hostile file through its process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.case_lists.pseudonyms import key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from api.case_lists.readers.sandbox import read_in_sandbox
from api.documents.reading.refusals import UnreadableError
from checklists.privacy.pseudonyms import Key
from tests.case_lists import exports
from tests.case_lists.exports import ON
from tests.case_lists.readers.hostile_files import HOSTILE_FILES

pytestmark = pytest.mark.trial

CASEAUDIT = Path(sys.executable).with_name("caseaudit")
# A process of its own measures the command and all that it starts: the peak of one is not handed down to the next.
_MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
seconds = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = {"ended": done.returncode, "said": done.stderr[-500:], "seconds": seconds, "megabytes": used.ru_maxrss / 1024}
print(json.dumps(told | {"processor": used.ru_utime + used.ru_stime}))
"""
Record = Callable[[str, object], None]


@pytest.mark.parametrize("children", [8_300, 20_000])
def test_an_annex_a_of_twenty_thousand_rows_and_more_takes_ten_seconds_and_300_megabytes_at_most(
    children: int, tmp_path: Path, record_property: Record
) -> None:
    key_file.create_key_file(tmp_path / "key.json", on=ON)
    sheets = exports.annex_a_sheets(exports.made_children(children))
    rows = sum(len(each) - 1 for each in sheets.values())
    (tmp_path / "annex-a.xlsx").write_bytes(exports.workbook(sheets))
    command = [
        f"{CASEAUDIT}",
        "pseudonymise",
        "annex-a.xlsx",
        "--key",
        "key.json",
        "--on",
        f"{ON}",
        "--out",
        "list.csv",
    ]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    measured = json.loads(done.stdout)
    assert measured["ended"] == 0, measured["said"]
    assert len(read_case_list((tmp_path / "list.csv").read_bytes()).cases) == children
    assert rows >= 20_000
    seconds, megabytes = measured["seconds"], measured["megabytes"]
    shown = (
        f"Annex A of {rows:,} rows, {children:,} children: {seconds:.1f} s ({measured['processor']:.1f} s of work), "
        f"{rows / seconds:,.0f} rows/s, {megabytes:.0f} MB at most in one process"
    )
    print(shown)
    record_property("figure", shown)
    assert seconds <= 10
    assert megabytes <= 300


def test_every_hostile_file_is_refused_in_two_seconds_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    took = {}
    for name, make in HOSTILE_FILES:
        content = make()
        began = time.monotonic()
        with pytest.raises(UnreadableError):
            read_in_sandbox(content, name=name, choices={}, on=ON, keys=[Key(os.urandom(32))])
        took[name] = time.monotonic() - began
    slowest = max(took, key=took.__getitem__)
    shown = f"{len(took)} hostile files refused, the slowest ({slowest}) in {took[slowest]:.2f} s"
    print(shown)
    record_property("figure", shown)
    assert took[slowest] <= 2
    assert list(tmp_path.iterdir()) == []
