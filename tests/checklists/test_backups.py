"""When a backup is due or missing, and which are kept: of the last days, weeks and months that have one, the newest."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checklists.backups import DAYS, MONTHS, WEEKS, backups_to_keep, is_backup_due, is_backup_missing

START = datetime(2026, 1, 1, 2, 15, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)
TIMES = st.lists(
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    max_size=80,
)


def test_a_backup_is_due_once_a_day_from_two_in_the_morning_and_at_once_where_there_is_none() -> None:
    day = START.replace(hour=0, minute=0)
    assert is_backup_due(None, day)
    of_yesterday, of_today = day - timedelta(hours=20), day + timedelta(hours=2)
    assert not is_backup_due(of_yesterday, day + timedelta(hours=1, minutes=59))
    assert is_backup_due(of_yesterday, day + timedelta(hours=2))
    assert not is_backup_due(of_today, day + timedelta(hours=23, minutes=59))
    # Yesterday's was missed: it is due before two as well.
    assert is_backup_due(of_yesterday - timedelta(days=1), day)


def test_a_backup_is_missing_where_there_is_none_or_the_newest_is_too_old() -> None:
    assert is_backup_missing(None, START)
    assert not is_backup_missing(START, START + timedelta(hours=36))
    assert is_backup_missing(START, START + timedelta(hours=36, seconds=1))


def test_of_a_year_of_nights_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    nights = [START + timedelta(days=number) for number in range(365)]  # ends on 31 December, a Thursday
    kept = sorted(backups_to_keep(nights, END))
    days = [START + timedelta(days=number) for number in range(358, 365)]
    sundays = [datetime(2026, 12, day, 2, 15, tzinfo=UTC) for day in (13, 20, 27)]  # the fourth week is today's
    month_ends = [datetime(2026, month, 1, 2, 15, tzinfo=UTC) - timedelta(days=1) for month in range(2, 13)]
    assert kept == sorted({*days, *sundays, *month_ends})


def test_of_more_months_than_a_year_the_newest_twelve_are_kept() -> None:
    months = [START.replace(year=year, month=month) for year in (2025, 2026) for month in range(1, 13)]
    assert sorted(backups_to_keep(months, END)) == months[12:]


def test_of_several_in_a_day_the_newest_is_kept() -> None:
    morning, evening = START, START + timedelta(hours=12)
    assert backups_to_keep([morning, evening], END) == {evening}


@given(TIMES)
def test_the_newest_is_always_kept_and_never_more_than_the_rule_says(made: list[datetime]) -> None:
    kept = backups_to_keep(made, END)
    assert kept <= set(made)
    assert len(kept) <= DAYS + WEEKS + MONTHS
    assert not made or max(made) in kept


@given(TIMES)
def test_what_was_deleted_once_makes_no_difference_to_what_is_kept(made: list[datetime]) -> None:
    kept = backups_to_keep(made, END)
    assert backups_to_keep(kept, END) == kept


def test_backups_dated_in_the_future_are_kept_and_take_the_place_of_no_other() -> None:
    nights = [START + timedelta(days=number) for number in range(100)]
    ahead = [night + timedelta(days=365) for night in nights[90:]]
    assert backups_to_keep([*nights, *ahead], nights[-1]) == {*backups_to_keep(nights, END), *ahead}


def test_a_backup_made_while_the_clock_is_years_behind_is_kept_and_deletes_no_other() -> None:
    nights = [START + timedelta(days=number) for number in range(365)]
    behind = datetime(2000, 1, 1, tzinfo=UTC)
    assert backups_to_keep([*nights, behind], behind) == {*nights, behind}
