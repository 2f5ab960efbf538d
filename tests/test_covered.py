"""What `make coverage` says is true: nothing is rounded up, forgotten, or left out without a reason."""

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


def test_whatever_is_not_measured_says_why() -> None:
    assert [place for place, reason in places_left_out() if not reason] == []
