"""The calendar of an audit programme: its rounds by month, and a file for another calendar."""

from collections.abc import Iterator

from api.documents.files import WrittenFile
from api.programme.queries import ShownPlannedRound, ShownProgramme, Standing
from checklists.programme.calendar_file import CalendarEntry, calendar_file
from checklists.programme.expected import first_of_month
from models import ProgrammeLine

# What has no place in a calendar: nothing happens then.
_LEFT_OUT = (Standing.EXEMPT, Standing.PASSED_OVER, Standing.PAUSED, Standing.NOT_PLANNED)
Month = tuple[str, list[tuple[ShownPlannedRound, ProgrammeLine]]]


def months_of(found: ShownProgramme) -> list[Month]:
    """The rounds of a programme by the month in which they begin, such as "April 2027"."""
    months: dict[str, list[tuple[ShownPlannedRound, ProgrammeLine]]] = {}
    for each, line in found.in_order:
        name = f"{first_of_month(each.dates.starts_on):%B %Y}"
        months.setdefault(name, []).append((each, line))
    return list(months.items())


def calendar_of(found: ShownProgramme) -> WrittenFile:
    """The days and the due date of each round as a file: titles of lines and dates, nothing about cases or people."""
    rows = [each.row.made_at for each, _ in found.in_order if each.row is not None]
    # Not the present moment: the same calendar is the same file whenever it is downloaded.
    made_at = max([found.programme.created_at, *(shown.line.created_at for shown in found.lines), *rows])
    content = calendar_file(found.programme.title, _entries(found), made_at=made_at)
    return WrittenFile(content, "text/calendar", "audit-programme.ics")


def _entries(found: ShownProgramme) -> Iterator[CalendarEntry]:
    for each, line in found.in_order:
        if each.standing in _LEFT_OUT:
            continue
        start = each.dates.starts_on
        key = f"{line.id}-{start.isoformat()}@caseaudit"
        title = line.title if each.made is None else each.made.title
        yield CalendarEntry(f"audits-{key}", title, start, max(start, each.due_on), line.kind.label)
        yield CalendarEntry(f"due-{key}", f"Due: {title}", each.due_on, each.due_on, line.kind.label)
