"""A year of an audit programme, day by day: every round is planned once, whatever runs beside or is killed."""

import subprocess
import sys
import threading
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from api.programme.making import make_rounds
from checklists.programme.dates import DAYS_BEFORE, Cadence, starts_of
from models import LineKind, NoticeKind, Round
from models.storage.database import Database, open_database
from tests.desk import Desk
from tests.programme.planning import FIRST, LAST, a_line, a_programme, days, made_in, notices_in, rows_in


def planned_by_several(databases: list[Database], today: date) -> int:
    """Plan the rounds of a day in several threads at once, each with the connections of a process of its own."""
    numbers, barrier = [], threading.Barrier(len(databases))

    def plan(database: Database) -> None:
        barrier.wait()
        numbers.append(make_rounds(database, today=today))

    threads = [threading.Thread(target=plan, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(numbers)


def killed_in_the_middle(desk: Desk, today: date) -> None:
    url = desk.database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-m", "tests.programme.killed", url, today.isoformat()], check=False)
    assert done.returncode == -9


def check_every_round_once(desk: Desk, expected: list[date]) -> None:
    """Each round exists once, has one notice to the lead of the programme and one event, and follows the one before."""
    assert made_in(desk.database) == sorted(expected)
    rows = rows_in(desk.database)
    notices = notices_in(desk.database, NoticeKind.ROUND_PLANNED)
    assert Counter((each.person_id, each.subject_id) for each in notices) == Counter(
        (desk.cast.lena.id, row.round_id) for row in rows
    )
    assert desk.events().count("programme.round-planned") == len(expected)
    with desk.database.reading() as session:
        rounds = {each.id: each for each in session.exec(select(Round).where(col(Round.id) != desk.round_id))}
    assert len(rounds) == len(expected)
    by_line: dict[object, list[Round]] = {}
    for row in rows:
        assert row.round_id is not None
        by_line.setdefault(row.line_id, []).append(rounds[row.round_id])
    for of_line in by_line.values():
        assert [each.follows_id for each in of_line] == [None, *(each.id for each in of_line[:-1])]


@pytest.mark.both_in_trials
def test_a_spring_with_a_leap_day_and_a_change_of_the_clock_plans_every_round_once(
    desk: Desk, database_url: str
) -> None:
    first, last = date(2028, 2, 1), date(2028, 4, 30)
    programme = a_programme(desk, first_day=first, last_day=last)
    monthly = starts_of(date(2028, 2, 29), Cadence.MONTHLY, last_day=last)
    assert len(monthly) == 3
    a_line(desk, programme, first_on=date(2028, 2, 29), months_judged=1)
    a_line(
        desk, programme, title="Neglect", kind=LineKind.THEMATIC, cadence=Cadence.QUARTERLY, first_on=date(2028, 2, 29)
    )
    due = date(2028, 2, 15)
    killed_in_the_middle(desk, due)
    assert made_in(desk.database) == []
    other = desk.database if desk.database.is_sqlite else open_database(database_url)
    try:
        for today in days(due - timedelta(days=1), due):
            number = planned_by_several([desk.database, other], today)
            assert number == (2 if today == due and number else 0)
        for today in days(date(2028, 3, 15), date(2028, 3, 15)):
            make_rounds(desk.database, today=today)
        for today in days(date(2028, 3, 26), date(2028, 3, 26)):
            make_rounds(desk.database, today=today)
        make_rounds(desk.database, today=last)
        make_rounds(desk.database, today=last + timedelta(days=400))
    finally:
        if other is not desk.database:
            other.close()
    check_every_round_once(desk, [*monthly, date(2028, 2, 29)])


@pytest.mark.trial
@pytest.mark.both_databases
@pytest.mark.writes_long("the whole year is one test: its slowest of many transactions says nothing of the service")
def test_a_year_of_twelve_monthly_and_four_thematic_lines(desk: Desk, database_url: str) -> None:
    programme = a_programme(desk)
    expected: list[date] = []
    for number in range(12):
        start = FIRST + timedelta(days=2 * number)
        a_line(desk, programme, title=f"Monthly audits of service {number + 1}", first_on=start)
        expected += starts_of(start, Cadence.MONTHLY, last_day=LAST)
    for number, start in enumerate((FIRST, date(2027, 5, 31), date(2027, 10, 31), date(2028, 2, 29))):
        cadence = Cadence.ONCE if number else Cadence.QUARTERLY
        a_line(desk, programme, title=f"Theme {number + 1}", kind=LineKind.THEMATIC, cadence=cadence, first_on=start)
        expected += starts_of(start, cadence, last_day=LAST)
    assert len(expected) == 12 * 12 + 4 + 3
    others = [desk.database] if desk.database.is_sqlite else [open_database(database_url) for _ in range(2)]
    killed = 0
    try:
        for place, today in enumerate(days(FIRST - timedelta(days=DAYS_BEFORE + 2), LAST)):
            known = set(made_in(desk.database))
            is_due = any(day - timedelta(days=DAYS_BEFORE) <= today and day not in known for day in expected)
            if is_due and place % 7 == 0:
                killed_in_the_middle(desk, today)
                killed += 1
            planned_by_several([desk.database, *others], today)
    finally:
        for other in others:
            if other is not desk.database:
                other.close()
    assert killed > 5
    check_every_round_once(desk, expected)
