"""A report as a document: the common source of its page, JSON, CSV, workbook, PDF and word-processor file.

The code that builds a document decides what it may show. Writers output every cell unchanged, and no others.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.statistics.rounding import in_figures, in_parts, percent_digits, rounded

LONGEST_ABOUT: Final = 60
# Characters, and as many for a line that is not full: over half a page.
SHORT_TEXT: Final = 4_000
# Of fewer cases than these, a percentage alone would hide how few they are.
FEW_CASES: Final = 20
# Rows, and characters of a cell: two lines of it in a narrow column.
SHORT_TABLE, LONGEST_IN_SHORT_TABLE = 20, 50


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
    """How a cell is highlighted. Its text always says the same, or its mark where it is one of a heat map."""

    NONE = ""
    GOOD = "good"
    UNSURE = "unsure"
    BAD = "bad"
    FEW = "few"

    @property
    def mark(self) -> str:
        """The shape that charts draw for the same state: it is read without colour."""
        return {"good": "●", "unsure": "◆", "bad": "■", "few": "○"}.get(self.value, "")


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell and, for figures, the number, rounded like the text so that no output reveals more."""

    text: str
    kind: Kind = Kind.TEXT
    number: int | float | None = None
    tone: Tone = Tone.NONE
    # The page links here, for people who may read the audits behind the figure. Files leave it out.
    href: str = ""

    @property
    def is_of_few(self) -> bool:
        """Whether it is a share shown with its numbers, because they are few: see `share_of`."""
        return self.kind is Kind.PERCENT and self.text.endswith("%)")


NOTHING: Final = Cell("", Kind.EMPTY)


def text(words: str, *, tone: Tone = Tone.NONE, href: str = "") -> Cell:
    return Cell(words, Kind.TEXT, tone=tone, href=href)


def count(number: int, *, href: str = "") -> Cell:
    return Cell(f"{number:,}", Kind.COUNT, number, href=href)


def percent(share: Fraction | float | None, *, digits: int = 0, tone: Tone = Tone.NONE, href: str = "") -> Cell:
    """A share (0 to 1) as a percentage with `digits` decimals: more where it would read as none or all, and is not."""
    if share is None:
        return NOTHING
    digits = percent_digits(share, digits)
    scale = 10**digits
    parts = in_parts(share, 100 * scale)
    return Cell(f"{parts / scale:.{digits}f}%", Kind.PERCENT, parts / (100 * scale), tone, href)


def share_of(
    number: int, of: int, *, digits: int = 0, few: bool | None = None, tone: Tone = Tone.NONE, href: str = ""
) -> Cell:
    """A share of cases: "78%", or "7 of 9 (78%)" of fewer than FEW_CASES; NOTHING when `of` is 0.

    `few` says so of numbers that do not count cases, such as the answers of a whole learning domain.
    """
    if not of:
        return NOTHING
    alone = percent(Fraction(number, of), digits=digits, tone=tone, href=href)
    if not (of < FEW_CASES if few is None else few):
        return alone
    return replace(alone, text=f"{number:,} of {of:,} ({alone.text})")


def points(share: Fraction | float | None, *, signed: bool = False) -> Cell:
    """A difference of shares in percentage points with one decimal; with its sign if `signed`, unless it is 0.0."""
    if share is None:
        return NOTHING
    shown = in_parts(share, 1000) / 10
    return Cell(f"{shown:+.1f}" if signed and shown else f"{shown:.1f}", Kind.POINTS, shown)


def decimal(number: Fraction | float | None, *, signed: bool = False) -> Cell:
    """A figure with two decimals; with its sign if `signed`, unless it is 0.00."""
    if number is None:
        return NOTHING
    return Cell(in_figures(number, 2, signed=signed), Kind.DECIMAL, float(rounded(number, 2)))


def plain_count(number: int) -> Cell:
    """A number without a sign between thousands: for programs that read the file."""
    return Cell(str(number), Kind.COUNT, number)


def plain_percent(share: Fraction | float | None) -> Cell:
    """A share of 1 in percent with one decimal, without the sign: for programs that read the file."""
    return NOTHING if share is None else plain_decimal(Fraction(share) * 100)


def plain_decimal(number: Fraction | float | None) -> Cell:
    """A figure with one decimal, without a sign between thousands: for programs that read the file."""
    if number is None:
        return NOTHING
    return Cell(in_figures(number, 1), Kind.DECIMAL, float(rounded(number, 1)))


def days(number: Fraction | None) -> Cell:
    """A median of days, which is a whole number or lies half-way between two; NOTHING for None."""
    return count(int(number)) if number is not None and number.denominator == 1 else decimal(number)


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
    # Whether it is a heat map: a cell with a tone then has the mark of its tone before its text.
    heat: bool = False
    # What each tone of a heat map means.
    meanings: tuple[tuple[Tone, str], ...] = ()
    # Explains the columns in a terminal, where no definitions follow.
    note: str = ""
    # How many rows at the top a terminal dims and sets apart.
    faint: int = 0

    def mark_of(self, cell: Cell) -> str:
        """What people read before the cell's text; programs read it from no file."""
        return cell.tone.mark if self.heat else ""

    def meaning_of(self, cell: Cell) -> str:
        """What the mark means, for people who hear the page."""
        return dict(self.meanings).get(cell.tone, "") if self.heat else ""

    @property
    def legend(self) -> str:
        """What the marks mean, in a sentence; empty without marks."""
        meanings = ", ".join(f"{tone.mark} {words}" for tone, words in self.meanings)
        return f"{meanings}." if self.heat and meanings else ""

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
    # The sheet of a workbook that holds it: "summary", "themes", "breakdowns" or "definitions".
    sheet: str = "summary"

    def __post_init__(self) -> None:
        if self.chart is not None and self.table is not None:
            self.table.place_of(self.chart.column)

    @property
    def is_short_text(self) -> bool:
        """Whether it has words only, and few enough for part of a page."""
        return self.chart is None and self.table is None and self._length_of_text < SHORT_TEXT

    @property
    def is_short_table(self) -> bool:
        """Whether it has a table of so few lines that it fits on a page with its words."""
        table = self.table
        if table is None or self.chart is not None or len(table.rows) > SHORT_TABLE:
            return False
        longest = max((len(cell.text) for row in table.rows for cell in row), default=0)
        return longest <= LONGEST_IN_SHORT_TABLE and self._length_of_text < SHORT_TEXT // 3

    @property
    def _length_of_text(self) -> int:
        words = (*self.paragraphs, *self.points)
        return sum(map(len, words)) + 90 * len(words)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose practice a document is about, what was counted, and who made it; what is empty is left out.

    A released document has only what its rule releases: rounded counts, and no person's name.
    """

    organisation: str = ""
    rounds: tuple[str, ...] = ()
    period: tuple[date, date] | None = None
    made_by: str = ""
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`marking` is at the head of every page of it: whether it is internal, or released under which rule.

    `kind` and `about` name its files: what it is, such as "gap-report", and of what; without `about`, its rounds.
    """

    title: str
    subtitle: str
    marking: str
    made_on: date
    sections: tuple[Section, ...]
    origin: Origin = Origin()
    kind: str = "report"
    about: str = ""

    @property
    def summary(self) -> Section | None:
        """What it says in short: its first section, where that has words only. A page shows it before anything else."""
        return self.sections[0] if self.sections and self.sections[0].is_short_text else None

    @property
    def after_summary(self) -> tuple[Section, ...]:
        return self.sections if self.summary is None else self.sections[1:]

    @property
    def tables(self) -> Sequence[Table]:
        return [section.table for section in self.sections if section.table is not None]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the head of every file and of the page says of the document's origin: pairs of a name and a text."""
        origin = self.origin
        facts = (
            ("Organisation", origin.organisation),
            ("Round" if len(origin.rounds) == 1 else "Rounds", _listed(origin.rounds)),
            ("Period under review", "" if origin.period is None else " to ".join(map(day_in_words, origin.period))),
            ("Counted", origin.counted),
            ("Created by", origin.made_by),
            ("Date", day_in_words(self.made_on)),
        )
        return tuple((name, words) for name, words in facts if words)

    @property
    def file_name(self) -> str:
        """The name of its files without the ending: what it is, of what, and the day."""
        about = self.about or (self.origin.rounds[0] if len(self.origin.rounds) == 1 else "")
        if not about and self.origin.rounds:
            about = f"{len(self.origin.rounds)} rounds"
        return file_name(self.kind, about, self.made_on)


def _listed(rounds: Sequence[str]) -> str:
    """Up to three titles; of more, how many, with the first and the last."""
    if len(rounds) <= 3:
        return "; ".join(rounds)
    return f"{len(rounds)} rounds, from {rounds[0]} to {rounds[-1]}"


def day_in_words(day: date) -> str:
    """23 November 2026."""
    return f"{day.day} {day:%B %Y}"


def file_name(kind: str, about: str, day: date) -> str:
    """A file's name without its ending, safe on every system: "gap-report-spring-round-2026-11-28"."""
    plain = unicodedata.normalize("NFKD", about).encode("ascii", "ignore").decode().lower().replace("'", "")
    words = [word for word in re.split("[^a-z0-9]+", plain) if word]
    while len("-".join(words)) > LONGEST_ABOUT:
        words = words[:-1] if len(words) > 1 else [words[0][:LONGEST_ABOUT]]
    return "-".join([kind, *words, day.isoformat()])
