"""A calendar file that calendars can read: RFC 5545, whole days, folded by bytes."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.programme.calendar_file import CalendarEntry, calendar_file

MADE = datetime(2027, 3, 28, 1, 30, tzinfo=timezone(timedelta(hours=1)))
PLAIN = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=200)


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def read_text(value: str) -> str:
    return value.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")


def test_whole_days_end_on_the_day_after_and_the_time_is_in_utc() -> None:
    entry = CalendarEntry("line-1@caseaudit", "Neglect; a, b", date(2028, 2, 28), date(2028, 2, 29), "One\nTwo")
    lines = unfolded(calendar_file("Programme", [entry], made_at=MADE))
    assert lines == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Case Audit//Audit programme//EN",
        "X-WR-CALNAME:Programme",
        "BEGIN:VEVENT",
        "UID:line-1@caseaudit",
        "DTSTAMP:20270328T003000Z",
        "DTSTART;VALUE=DATE:20280228",
        "DTEND;VALUE=DATE:20280301",
        "SUMMARY:Neglect\\; a\\, b",
        "DESCRIPTION:One\\nTwo",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


@given(title=PLAIN, notes=PLAIN)
def test_whatever_the_title_no_line_is_longer_than_75_bytes_and_nothing_is_lost(title: str, notes: str) -> None:
    day = date(2027, 10, 31)
    content = calendar_file(title, [CalendarEntry("a", title, day, day, notes)], made_at=datetime.now(UTC))
    pieces = content.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, pieces)) <= 75
    for piece in pieces:
        piece.decode()  # no character is cut in two
    lines = unfolded(content)
    (summary,) = [line for line in lines if line.startswith("SUMMARY:")]
    if "\\" not in title:
        assert read_text(summary.removeprefix("SUMMARY:")) == title
    assert any(line.startswith("DESCRIPTION:") for line in lines) is bool(notes)


def test_an_entry_that_ends_before_it_begins_is_refused() -> None:
    entry = CalendarEntry("a", "a", date(2027, 4, 2), date(2027, 4, 1))
    with pytest.raises(ValueError, match="before it begins"):
        calendar_file("a", [entry], made_at=MADE)


def test_a_line_is_folded_after_75_bytes_and_goes_on_with_a_space() -> None:
    day = date(2027, 10, 31)

    def titled(title: str) -> list[bytes]:
        lines = calendar_file("A", [CalendarEntry("a", title, day, day)], made_at=MADE).split(b"\r\n")
        return lines[lines.index(b"DTEND;VALUE=DATE:20271101") + 1 : lines.index(b"TRANSP:TRANSPARENT")]

    assert titled("x" * 67) == [b"SUMMARY:" + b"x" * 67]
    assert titled("x" * 68) == [b"SUMMARY:" + b"x" * 67, b" x"]
    assert titled("x" * 142) == [b"SUMMARY:" + b"x" * 67, b" " + b"x" * 74, b" x"]
    assert titled("x" * 66 + "é") == [b"SUMMARY:" + b"x" * 66, " é".encode()]
