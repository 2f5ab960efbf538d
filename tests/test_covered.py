"""What `make coverage` says is true: nothing is rounded up, forgotten, or left out without a reason."""

import sys
from collections.abc import Sequence
from typing import Any

import pytest

from tests import covered
from tests.covered import PACKAGES, ROOT, TESTS, Share, places_left_out


def test_a_share_is_whole_only_when_every_line_and_branch_was_run() -> None:
    whole = Share(lines=99_999, lines_run=99_999, branches=1, branches_run=1)
    assert whole.is_whole
    assert str(whole).startswith("100.00%")
    nearly = Share(lines=99_999, lines_run=99_999, branches=1, branches_run=0)
    assert not nearly.is_whole
    assert str(nearly).startswith(" 99.99%")


def test_shares_of_files_add_up() -> None:
    summary = {"num_statements": 3, "covered_lines": 2, "num_branches": 4, "covered_branches": 1}
    one = Share.of_file({"summary": summary})
    assert one + one == Share(lines=6, lines_run=4, branches=8, branches_run=2)


def test_everything_that_is_measured_is_there() -> None:
    for place in (*TESTS, *(each for package in PACKAGES.values() for each in package)):
        assert (ROOT / place).exists(), place


def measured(*, branches_run: int = 2, lines: Sequence[int] = ()) -> dict[str, Any]:
    """One file of each package, of which all was run but these lines and branches."""
    summary = {
        "num_statements": 9,
        "covered_lines": 9 - len(lines),
        "num_branches": 2,
        "covered_branches": branches_run,
    }
    missing = {"missing_lines": [*lines], "missing_branches": [[7, 8]] * (2 - branches_run)}
    whole = {"summary": {**summary, "covered_lines": 9, "covered_branches": 2}, "missing_lines": []}
    return {
        **{PACKAGES[name][0]: {**whole, "missing_branches": []} for name in PACKAGES},
        PACKAGES["sdc"][0]: {"summary": summary, **missing},
    }


@pytest.mark.parametrize(
    ("found", "failed", "ends_with"),
    [
        (measured(), False, 0),
        (measured(branches_run=1), False, 1),
        (measured(lines=[4]), False, 1),
        (measured(), True, 1),
        ({}, False, 1),
    ],
)
def test_it_ends_with_1_unless_every_line_and_branch_was_run_and_no_test_failed(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], failed: bool, ends_with: int
) -> None:
    monkeypatch.setattr(covered, "_run_tests", lambda *_: failed)
    monkeypatch.setattr(covered, "_measured", lambda _: found)
    monkeypatch.setattr(sys, "argv", ["covered"])
    assert covered.main() == ends_with


def test_whatever_is_not_measured_says_why() -> None:
    assert [place for place, reason in places_left_out() if not reason] == []
