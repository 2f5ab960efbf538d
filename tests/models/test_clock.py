"""The clock is asked in one place and doubted: a jump is noticed, logged and kept, and durations go on as before."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from models import clock, now
from models.clock import AHEAD, DOUBTED, Clock, Deadlines

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


class World:
    """Time that passes, and a clock on the wall that can be put."""

    def __init__(self) -> None:
        self.run, self.wall = 500.0, NOON.timestamp()
        self.clock = Clock(wall=lambda: self.wall, monotonic=lambda: self.run)

    def passes(self, time: timedelta) -> None:
        self.run += time.total_seconds()
        self.wall += time.total_seconds()

    def put(self, by: timedelta) -> None:
        self.wall += by.total_seconds()


@pytest.mark.parametrize("by", [HOUR, -HOUR, YEAR, -YEAR, timedelta(minutes=2)])
def test_a_jump_is_noticed_logged_and_kept(by: timedelta, caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.passes(timedelta(minutes=10))
    assert world.clock.last_jump() is None
    world.put(by)
    assert world.clock.now() == NOON + timedelta(minutes=10) + by
    jump = world.clock.last_jump()
    assert jump is not None
    assert (jump.at, jump.by) == (NOON + timedelta(minutes=10) + by, by)
    assert [record.levelname for record in caplog.records] == ["WARNING"], "told once"
    assert ("put forward by" if by > timedelta(0) else "put back by") in caplog.text


def test_time_that_only_passes_is_no_jump_however_long_nobody_asks() -> None:
    world = World()
    for time in (timedelta(seconds=1), HOUR, 30 * YEAR):
        world.passes(time)
        assert world.clock.now() == world.clock.steady()
    assert world.clock.last_jump() is None


def test_a_clock_that_is_set_right_by_little_steps_is_followed() -> None:
    world = World()
    for _ in range(200):
        world.passes(timedelta(minutes=1))
        world.put(timedelta(seconds=-5))
        assert world.clock.steady() == world.clock.now()
    assert world.clock.last_jump() is None


@pytest.mark.parametrize("by", [HOUR, -HOUR, YEAR, -YEAR])
def test_a_jump_is_doubted_for_an_hour_or_until_it_is_undone(by: timedelta) -> None:
    world = World()
    world.put(by)
    world.clock.now()
    world.passes(DOUBTED - timedelta(seconds=1))
    assert world.clock.steady() == NOON + DOUBTED - timedelta(seconds=1)
    world.passes(timedelta(seconds=1))
    assert world.clock.steady() == world.clock.now() == NOON + by + DOUBTED
    world.put(-by)
    assert world.clock.steady() == NOON + by + DOUBTED
    world.put(by)
    assert world.clock.steady() == world.clock.now()


def test_a_process_that_was_stopped_while_it_read_the_clock_sees_no_jump() -> None:
    world, stops = World(), iter([0.0, 3600.0])

    def stopped() -> float:
        world.passes(timedelta(seconds=next(stops, 0.0)))
        return world.run

    world.clock._monotonic = stopped
    world.clock.now()
    assert world.clock.last_jump() is None


def test_many_threads_see_a_jump_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.put(-YEAR)
    threads = [threading.Thread(target=world.clock.now) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(caplog.records) == 1


def test_the_clock_of_the_service_is_watched() -> None:
    with time_machine.travel(now() + YEAR):
        assert clock.latest() - clock.earliest() > timedelta(days=364)
        jump = clock.last_jump()
        assert jump is not None
        assert jump.by > timedelta(days=364)
    assert clock.latest() - clock.earliest() < AHEAD


@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(-(10**8), 10**8)), max_size=20))
def test_a_deadline_is_never_late_however_the_clock_is_moved(moves: list[tuple[int, int]]) -> None:
    world, run = World(), 0
    deadlines = Deadlines(lambda: world.run)
    ends = {"it": NOON + timedelta(hours=4)}
    deadlines.passed(ends, moment=world.clock.now())
    for passed, by in moves:
        world.passes(timedelta(seconds=passed))
        world.put(timedelta(seconds=by))
        run += passed
        come = deadlines.passed(ends, moment=world.clock.now())
        if run >= 4 * 3600:
            assert come == {"it"}
    assert deadlines.passed({}, moment=world.clock.now()) == set()


def test_a_deadline_comes_by_the_clock_too_and_is_forgotten_with_what_it_was_of() -> None:
    world = World()
    deadlines = Deadlines(lambda: world.run)
    ends = {1: NOON + HOUR, 2: NOON + 2 * HOUR}
    assert deadlines.passed(ends, moment=world.clock.now()) == set()
    world.put(HOUR)
    assert deadlines.passed(ends, moment=world.clock.now()) == {1}
    assert deadlines.passed({2: NOON + 2 * HOUR}, moment=world.clock.now()) == set()
    assert set(deadlines._ends) == {2}
