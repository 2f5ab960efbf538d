"""Slots are given out one by one, in turn, and nobody waits for ever."""

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.storage.slots import Busy, Slots


def test_no_more_hold_a_slot_than_there_are() -> None:
    slots = Slots("a test", 2, longest_wait=5)
    held, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal held, most
        with slots.hold():
            with guard:
                held += 1
                most = max(most, held)
            time.sleep(0.005)
            with guard:
                held -= 1

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (held, most) == (0, 2)
    assert (slots.load.held, slots.load.waiting) == (0, 0)


def _holding_until(slots: Slots, refused: threading.Event) -> threading.Thread:
    """A thread that holds a slot until somebody has been refused; not for ever, so that who is not refused gets it."""
    holds = threading.Event()

    def hold() -> None:
        with slots.hold():
            holds.set()
            refused.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(5)
    return thread


def test_a_thread_that_waits_too_long_is_told_to_come_again_and_leaves_no_trace() -> None:
    slots, refused = Slots("a test", 1, longest_wait=0.05), threading.Event()
    holder = _holding_until(slots, refused)
    with pytest.raises(Busy), slots.hold():
        raise AssertionError("nobody was refused")
    assert slots.load.waiting == 0
    refused.set()
    holder.join()
    with slots.hold():
        assert slots.load.held == 1


def test_a_task_that_waits_too_long_is_told_to_come_again_and_leaves_no_trace() -> None:
    slots, refused = Slots("a test", 1, longest_wait=0.05), threading.Event()
    holder = _holding_until(slots, refused)

    async def ask() -> None:
        async with slots.hold_async():
            raise AssertionError("nobody was refused")

    with pytest.raises(Busy):
        asyncio.run(ask())
    assert slots.load.waiting == 0
    refused.set()
    holder.join()


def test_whoever_finds_a_full_queue_is_told_at_once() -> None:
    slots = Slots("a test", 1, longest_wait=60, most_waiting=0)
    started = time.monotonic()
    with pytest.raises(Busy), slots.hold():
        raise AssertionError("never reached")
    assert time.monotonic() - started < 1


def test_one_owner_does_not_fill_the_queue_for_the_others() -> None:
    slots = Slots("a test", 1, longest_wait=0.05, most_waiting=3)

    async def ask(owner: str) -> str:
        try:
            async with slots.hold_async(owner):
                return "held"
        except Busy:
            return f"after {slots.load.waiting}"

    async def many() -> list[str]:
        async with slots.hold_async("many"):
            waiting = [asyncio.ensure_future(ask("many")) for _ in range(3)]
            await asyncio.sleep(0)
            assert slots.load.waiting == 3
            assert await ask("many") == "after 3"
            others = [asyncio.ensure_future(ask(f"other {number}")) for number in range(3)]
            await asyncio.sleep(0)
            assert slots.load.waiting == 6
            assert await ask("one more") == "after 6"
            for each in (*waiting, *others):
                each.cancel()
        return []

    asyncio.run(many())


def _until_somebody_waits(slots: Slots) -> None:
    while not slots.load.waiting:
        time.sleep(0.001)


async def _order(slots: Slots, asked: list[str]) -> list[str]:
    """In which order these owners get a slot that is free only when all of them wait."""
    got: list[str] = []

    async def ask(owner: str) -> None:
        async with slots.hold_async(owner):
            got.append(owner)

    async with slots.hold_async("first of all"):
        tasks = [asyncio.create_task(ask(owner)) for owner in asked]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return got


def test_owners_take_turns_however_much_one_of_them_asks() -> None:
    slots = Slots("a test", 1, longest_wait=5)
    got = asyncio.run(_order(slots, ["north"] * 50 + ["south"]))
    assert got.index("south") <= 1


@given(st.lists(st.sampled_from(["north", "south", "east"]), min_size=1, max_size=30))
def test_everybody_gets_a_slot_and_no_owner_is_passed_over_twice(asked: list[str]) -> None:
    got = asyncio.run(_order(Slots("a test", 1, longest_wait=5), asked))
    assert sorted(got) == sorted(asked)
    # Two of one owner in a row only when nobody else waits.
    for place in range(1, len(got)):
        if got[place] == got[place - 1]:
            assert set(got[place:]) == {got[place]}


def test_one_owner_holds_no_more_than_its_part() -> None:
    async def scenario() -> None:
        slots = Slots("a test", 4, longest_wait=0.05, most_of_one=2)
        async with slots.hold_async("north"), slots.hold_async("north"):
            with pytest.raises(Busy):
                async with slots.hold_async("north"):
                    raise AssertionError("never reached")
            async with slots.hold_async("south"):
                assert slots.load.held == 3

    asyncio.run(asyncio.wait_for(scenario(), 5))


def test_a_task_that_is_cancelled_while_it_waits_takes_no_slot_with_it() -> None:
    async def scenario() -> None:
        slots = Slots("a test", 1, longest_wait=5)

        async def ask() -> None:
            async with slots.hold_async():
                raise AssertionError("never reached")

        async with slots.hold_async():
            task = asyncio.create_task(ask())
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with slots.hold_async():
            assert slots.load.waiting == 0

    asyncio.run(scenario())


def test_threads_and_tasks_wait_in_one_queue() -> None:
    slots = Slots("a test", 1, longest_wait=5)
    got: list[str] = []

    def in_a_thread() -> None:
        with slots.hold():
            got.append("thread")

    async def scenario() -> None:
        async with slots.hold_async():
            thread = threading.Thread(target=in_a_thread)
            thread.start()
            await asyncio.to_thread(_until_somebody_waits, slots)

            async def ask() -> None:
                async with slots.hold_async():
                    got.append("task")

            task = asyncio.create_task(ask())
            await asyncio.sleep(0)
        await task
        thread.join()

    asyncio.run(scenario())
    assert got == ["thread", "task"]
