"""Figures are rounded as people round them, in one place, and the same wherever they are shown."""

import ast
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents.document import decimal, percent, plain_percent, points
from checklists.statistics.rounding import in_figures, in_percent, rounded

ROOMS: Final = (
    *("api/reports", "api/agreement", "api/improvement", "api/follow_ups", "api/joint_rounds", "api/release"),
    *("api/calibration", "api/programme", "api/re_audits", "api/documents", "api/odata", "api/results"),
    *("checklists/reports", "checklists/reliability", "checklists/release", "checklists/joint", "checklists/audits"),
)
# What is no figure of a report: places in a drawing, six places for programs, and how sure an interval is.
NO_FIGURES: Final = {
    "api/documents/document.py",  # writes what it has rounded
    "api/reports/gaps/chart.py",
    "api/reports/trends/chart.py",
    "api/reports/gaps/routes.py",
    "api/reports/overall.py",
    "api/reports/questions/shapes.py",
    "api/re_audits/routes.py",
    "api/programme/register/routes.py",
    "api/reports/round_report/comparison.py",
    "api/documents/writers/xlsx.py",
}
_ROUNDS: Final = re.compile(r"\.\d*[f%eg]$")


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.integers(0, 3))
def test_halves_are_rounded_away_from_zero(over: int, of: int, digits: int) -> None:
    number = Fraction(over, of)
    exact = Decimal(over) / Decimal(of)
    if Fraction(exact) == number:
        assert Decimal(in_figures(number, digits)) == exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert rounded(-number, digits) == -rounded(number, digits)


@pytest.mark.parametrize(
    ("difference", "shown"),
    [(Fraction(1, 16), "+6.3"), (Fraction(-1, 16), "-6.3"), (Fraction(-1, 3000), "0.0"), (0, "0.0"), (0.0005, "+0.1")],
)
def test_a_fall_reads_as_the_rise_of_its_size_and_none_has_no_sign(difference: Fraction, shown: str) -> None:
    assert points(difference, signed=True).text == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0%"),
        (Fraction(1, 300), "0.3%"),
        (Fraction(1, 3000), "0.03%"),
        (Fraction(1, 200), "1%"),
        (Fraction(23, 40), "58%"),
        (Fraction(5, 8), "63%"),
        (Fraction(299, 300), "99.7%"),
        (1 - 1e-16, "100%"),
        (1e-16, "0%"),
        (1, "100%"),
    ],
)
def test_only_nothing_is_0_percent_and_only_all_is_100_percent(share: Fraction, shown: str) -> None:
    cell = percent(share)
    assert (cell.text, in_percent(share)) == (shown, shown)
    assert cell.number == pytest.approx(float(shown.rstrip("%")) / 100)


def test_figures_of_programs_are_rounded_alike() -> None:
    assert (plain_percent(Fraction(1, 16)).text, plain_percent(Fraction(11, 16)).text) == ("6.3", "68.8")
    assert (decimal(Fraction(1, 8)).text, decimal(Fraction(-1, 8), signed=True).text) == ("0.13", "-0.13")


def test_no_report_rounds_a_figure_by_itself() -> None:
    files = [file for room in ROOMS for file in sorted(Path(room).rglob("*.py")) if str(file) not in NO_FIGURES]
    assert len(files) > 100
    assert not [f"{file}:{line}" for file in files for line in rounded_at(file.read_text())]


def test_what_rounds_by_itself_is_seen() -> None:
    assert sorted(rounded_at('f"{share:.0%}"\nround(share)\nf"{share:{width}}"\n"{:.1f}".format(share)')) == [1, 2, 4]


def rounded_at(source: str) -> Iterator[int]:
    """The lines that round a number by Python's own rules, which take halves to the even number."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=[*_, ast.Constant(value=str(look))])):
                if _ROUNDS.search(look):
                    yield node.lineno
            case ast.Call(func=ast.Name(id="round")):
                yield node.lineno
            case ast.Constant(value=str(words)):
                if re.search(r"\{[^{}]*:[^{}]*\.\d[f%]\}|%\.\df", words):
                    yield node.lineno
