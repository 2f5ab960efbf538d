"""The lines of a PDF that has text, from bytes that may be hostile: nothing in it is run, opened or fetched.

A PDF has letters at places and no paragraphs. What is a heading, a list or a paragraph follows from the size and the
weight of the letters and from the space above them.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from checklists.outlines.lines import Line, LineKind, own_line, with_headings

MOST_PAGES: Final = 200
_LOCKED: Final = "The PDF has a password. Save a copy without a password, or paste its text."
_DAMAGED: Final = "The PDF is damaged. Save it again, or copy its text and paste it."
_ACTIVE: Final = "The PDF contains a script or other files. Print it to a new PDF, or copy its text and paste it."
_NO_TEXT: Final = "The PDF has no text: it may be a scan. Type or paste the text that you need."
# What makes a file more than pages to read.
_NOT_FOR_READING: Final = frozenset({"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/RichMedia"})
_PAGE_NUMBER: Final = re.compile(r"(?:page\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?", re.IGNORECASE)
_BOLD: Final = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_BULLETS_ALONE: Final = frozenset("•·▪◦–*o-\uf0b7\u2023")
_ENDS: Final = (".", "?", "!", ":", ";")
# Letters this much larger than those of the text are a heading's; a space this much larger than usual is a paragraph's.
_LARGER: Final = 1.12
_WIDER: Final = 1.25
# The space from row to row of a paragraph, in heights of letters: at least, at most, and where none is known.
_TIGHT, _LOOSE, _USUAL = 0.9, 1.7, 1.3
_MOST_WORDS_OF_A_HEADING: Final = 14
# A row at the same height of so many pages, and on half of them, is printed on every page: it is no part of the text.
_REPEATED: Final = 2


class UnreadablePdfError(Exception):
    """A PDF that cannot be read, with what to do about it."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of letters. `size`: of most of them; `top`: how far above the foot of the page it is."""

    text: str
    page: int
    size: float
    is_bold: bool
    top: float


def lines_of_pdf(content: bytes) -> list[Line]:
    """The lines of a PDF, each with its page. Raises UnreadablePdfError for one that is hostile, locked or a scan."""
    import pypdf  # its import takes longer than a start may; only the process of one document needs it
    from pypdf.errors import PyPdfError

    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        _check(reader)
        rows = [row for number, page in enumerate(reader.pages, start=1) for row in _rows_of(page, number)]
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        RecursionError,
    ) as problem:
        # A damaged file breaks its reader anywhere.
        raise UnreadablePdfError(_DAMAGED) from problem
    kept = [row for row in _without_running_heads(rows) if row.text]
    if not any(len(row.text) > 1 for row in kept):
        raise UnreadablePdfError(_NO_TEXT)
    lines = _lines(_with_bullets(kept))
    return lines if any(line.kind is LineKind.HEADING for line in lines) else list(with_headings(lines))


def _check(reader: Any) -> None:
    """Refuse what is locked, long, or more than pages to read: by its catalogue, its names and its opening action."""
    if reader.is_encrypted:
        raise UnreadablePdfError(_LOCKED)
    if len(reader.pages) > MOST_PAGES:
        raise UnreadablePdfError(f"The PDF has more than {MOST_PAGES} pages. Paste the text that you need.")
    root = reader.trailer["/Root"].get_object()
    named = root.get("/Names")
    opening = root.get("/OpenAction")
    for found in (root, named, opening):
        inner = found.get_object() if found is not None and hasattr(found, "get_object") else found
        if isinstance(inner, dict) and (_NOT_FOR_READING & inner.keys() or inner.get("/S") in _NOT_FOR_READING):
            raise UnreadablePdfError(_ACTIVE)


def _rows_of(page: Any, number: int) -> Iterator[_Row]:
    pieces: list[tuple[str, float, bool, float]] = []

    def note(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        height = abs(tm[3] * cm[3]) or abs(tm[0] * cm[0]) or 1.0
        is_bold = _BOLD.search(str((font or {}).get("/BaseFont", ""))) is not None
        pieces.append((text, round(size * height, 1), is_bold, tm[5] * cm[3] + cm[5]))

    page.extract_text(visitor_text=note)
    row: list[tuple[str, float, bool, float]] = []
    for text, size, is_bold, top in pieces:
        for place, part in enumerate(text.split("\n")):
            if place:
                yield from _row(row, number)
                row = []
            if part.strip():
                row.append((part, size, is_bold, top))
            elif part and row:
                row.append((part, row[-1][1], row[-1][2], row[-1][3]))
    yield from _row(row, number)


def _row(pieces: Sequence[tuple[str, float, bool, float]], number: int) -> Iterator[_Row]:
    if pieces:
        sizes: Counter[float] = Counter()
        bold = 0
        for text, size, is_bold, _ in pieces:
            sizes[size] += len(text.strip())
            bold += len(text.strip()) if is_bold else 0
        text = " ".join("".join(piece[0] for piece in pieces).replace("\uf0b7", "•").split())
        yield _Row(text, number, sizes.most_common(1)[0][0], bold * 10 > 9 * sizes.total(), pieces[0][3])


def _without_running_heads(rows: Sequence[_Row]) -> list[_Row]:
    """The rows without numbers of pages, and without what is on half of the pages at the same height."""
    pages = max((row.page for row in rows), default=0)
    seen = Counter((row.text, round(row.top)) for row in rows)
    most = max(_REPEATED, (pages + 1) // 2)
    return [
        row
        for row in rows
        if seen[row.text, round(row.top)] < most and not (_PAGE_NUMBER.fullmatch(row.text) and not row.is_bold)
    ]


def _with_bullets(rows: Sequence[_Row]) -> list[_Row]:
    """The rows, with a bullet on a row of its own put before the next row."""
    found: list[_Row] = []
    bullet = ""
    for row in rows:
        if row.text in _BULLETS_ALONE:
            bullet = "• "
            continue
        found.append(replace(row, text=f"{bullet}{row.text}"))
        bullet = ""
    return found


def _lines(rows: Sequence[_Row]) -> list[Line]:
    letters: Counter[float] = Counter()
    for row in rows:
        letters[row.size] += len(row.text)
    body = letters.most_common(1)[0][0]
    larger = sorted({row.size for row in rows if row.size > body * _LARGER}, reverse=True)
    usual = _usual_space(rows, body)
    found: list[Line] = []
    before: _Row | None = None
    for row in rows:
        heading = _heading(row, body, larger)
        own = heading or own_line(row.text)
        if before is not None and _goes_on(row, before, found[-1], own, usual, body):
            found[-1] = replace(found[-1], text=_joined(found[-1].text, row.text))
        else:
            found.append(replace(own or Line(row.text), page=row.page))
        before = row
    return found


def _usual_space(rows: Sequence[_Row], body: float) -> float:
    """From one row of a paragraph to the next: the smaller of the spaces that are usual between rows."""
    spaces = [one.top - other.top for one, other in pairwise(rows) if one.page == other.page]
    within = sorted(space for space in spaces if body * _TIGHT <= space <= body * _LOOSE)
    return within[len(within) // 4] if within else body * _USUAL


def _heading(row: _Row, body: float, larger: Sequence[float]) -> Line | None:
    """The row as a heading, by its size or its weight; None for any other."""
    if row.size in larger and len(row.text.split()) <= 2 * _MOST_WORDS_OF_A_HEADING:
        return Line(row.text, LineKind.HEADING, larger.index(row.size))
    is_short = len(row.text.split()) <= _MOST_WORDS_OF_A_HEADING and not row.text.endswith((".", ";", ","))
    if row.is_bold and row.size >= body and is_short and own_line(row.text) is None:
        return Line(row.text, LineKind.HEADING, len(larger))
    return None


def _goes_on(row: _Row, before: _Row, held: Line, own: Line | None, usual: float, body: float) -> bool:
    """Whether a row goes on from the line that the one above it belongs to."""
    space, is_same_page = before.top - row.top, row.page == before.page
    if own is not None:
        is_heading = own.kind is held.kind is LineKind.HEADING and own.depth == held.depth and row.size == before.size
        return is_heading and is_same_page and space <= max(usual, row.size) * 1.5
    if held.kind is LineKind.HEADING or row.size > body * _LARGER:
        return False
    return space <= usual * _WIDER if is_same_page else not held.text.endswith(_ENDS)


def _joined(text: str, more: str) -> str:
    """A line and what follows it; a word that is divided at the end keeps its hyphen, which may belong to it."""
    divided = re.search(r"\w-$", text) is not None and more[:1].islower()
    return f"{text}{more}" if divided else f"{text} {more}"
