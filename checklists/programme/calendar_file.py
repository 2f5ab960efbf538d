"""A calendar as a file: whole days, in the form of RFC 5545 (iCalendar), which calendars import."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

_LONGEST_LINE: Final = 75
_PRODUCT: Final = "-//Case Audit//Audit programme//EN"
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A whole day, or several up to and including the last one. `uid`: always the same for the same entry."""

    uid: str
    title: str
    first_day: date
    last_day: date
    notes: str = ""


def calendar_file(name: str, entries: Iterable[CalendarEntry], *, made_at: datetime) -> bytes:
    """The calendar as UTF-8 with the line ends and the folding of RFC 5545, sections 3.1 and 3.6.1.

    ValueError for an entry that ends before it begins.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{_PRODUCT}", f"X-WR-CALNAME:{_escaped(name)}"]
    stamp = f"{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for entry in entries:
        lines += _event(entry, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line)).encode()


def _event(entry: CalendarEntry, stamp: str) -> Iterator[str]:
    if entry.last_day < entry.first_day:
        raise ValueError("an entry ends before it begins")
    # The end of a whole day is the day after it.
    end = entry.last_day + timedelta(days=1)
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(entry.uid)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{entry.first_day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{end:%Y%m%d}"
    yield f"SUMMARY:{_escaped(entry.title)}"
    if entry.notes:
        yield f"DESCRIPTION:{_escaped(entry.notes)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes, each after the first with a space before it; no character is cut."""
    piece, size = "", 0
    for character in line:
        bytes_of_it = len(character.encode())
        if size + bytes_of_it > _LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece += character
        size += bytes_of_it
    yield piece
