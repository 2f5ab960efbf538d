"""A report as a document: the common source of its page, JSON, CSV, workbook, PDF and word-processor file.

The code that builds a document decides what it may show. Writers output every cell unchanged, and no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final


class Kind(StrEnum):
    """The kind of value in a cell; spreadsheets store and format it accordingly."""

    TEXT = "text"
    COUNT = "count"
    PERCENT = "percent"  # `number` is the share in parts of 1
    POINTS = "points"  # percentage points; `number` is in points
    DECIMAL = "decimal"  # two decimals; of a scale of its own
    HIDDEN = "hidden"  # held back by disclosure control
    EMPTY = "empty"  # there is nothing to say


class Tone(StrEnum):
    """How a cell is highlighted. Its text always says the same."""

    NONE = ""
    GOOD = "good"
    UNSURE = "unsure"
    BAD = "bad"
    FEW = "few"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell and, for figures, the number, rounded like the text so that no output reveals more."""

    text: str
    kind: Kind = Kind.TEXT
    number: int | float | None = None
    tone: Tone = Tone.NONE
    # The page links here, for people who may read the audits behind the figure. Files leave it out.
    href: str = ""


NOTHING: Final = Cell("", Kind.EMPTY)


def text(words: str, *, tone: Tone = Tone.NONE, href: str = "") -> Cell:
    return Cell(words, Kind.TEXT, tone=tone, href=href)


def count(number: int, *, href: str = "") -> Cell:
    return Cell(f"{number:,}", Kind.COUNT, number, href=href)


def percent(share: Fraction | float | None, *, digits: int = 0, tone: Tone = Tone.NONE, href: str = "") -> Cell:
    """A share (0 to 1) as a percentage with `digits` decimals, halves rounded up."""
    if share is None:
        return NOTHING
    rounded = half_up(100 * Fraction(share), digits)
    return Cell(f"{float(rounded):.{digits}f}%", Kind.PERCENT, float(rounded / 100), tone, href)


def points(share: Fraction | float | None, *, tone: Tone = Tone.NONE, href: str = "", signed: bool = False) -> Cell:
    """A difference of shares in percentage points, one decimal, halves rounded up."""
    if share is None:
        return NOTHING
    rounded = float(half_up(100 * Fraction(share), 1))
    return Cell(f"{rounded:+.1f}" if signed else f"{rounded:.1f}", Kind.POINTS, rounded, tone, href)


def decimal(number: Fraction | float | None, *, tone: Tone = Tone.NONE, signed: bool = False) -> Cell:
    """A figure with two decimals, halves rounded up; with its sign if `signed`."""
    if number is None:
        return NOTHING
    rounded = float(half_up(Fraction(number), 2))
    return Cell(f"{rounded:+.2f}" if signed else f"{rounded:.2f}", Kind.DECIMAL, rounded, tone)


def half_up(number: Fraction, digits: int) -> Fraction:
    """Round to `digits` decimals, halves up."""
    scale = 10**digits
    return Fraction((2 * number * scale + 1) // 2, scale)


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the first cell of a row names it."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    # Colours carry meaning in the cells of a heat map; elsewhere they only mark a state.
    heat: bool = False
    # Explains the columns in a terminal, where no definitions follow.
    note: str = ""
    # How many rows at the top a terminal dims and sets apart.
    faint: int = 0

    def place_of(self, label: str) -> int:
        """Which column, from 0, has this heading. ValueError unless exactly one has."""
        (place,) = (place for place, column in enumerate(self.columns) if column.label == label)
        return place


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one column of its section's table, against a line where `target` (a share of 1) is given.

    `column` is the heading of that column.
    """

    key: str
    title: str
    description: str
    svg: str
    narrow_svg: str
    column: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    # "summary", "themes", "breakdowns" or "definitions": the sheet of a workbook that holds it.
    sheet: str = "summary"

    def __post_init__(self) -> None:
        if self.chart is not None and self.table is not None:
            self.table.place_of(self.chart.column)


@dataclass(frozen=True, slots=True)
class Document:
    """`marking` stands at the head of every page of it: whether it is internal, or released under which rule."""

    title: str
    subtitle: str
    marking: str
    made_on: date
    sections: tuple[Section, ...]

    @property
    def tables(self) -> Sequence[Table]:
        return [section.table for section in self.sections if section.table is not None]
