"""Turns: whatever could all go on at one moment goes on a few at a time, in order, and nothing else waits for it."""

import asyncio
import itertools

from api.foundation.http.turns import OF_A_TURN, Turns, await_turn


def test_a_few_of_many_are_done_in_a_turn_and_others_are_served_between() -> None:
    async def run() -> tuple[list[int], list[int]]:
        turns, done, seen = Turns(asyncio.get_running_loop()), list[int](), list[int]()
        for number in range(100):
            turns.add(lambda number=number: done.append(number))  # type: ignore[misc]
        while len(done) < 100:
            seen.append(len(done))
            await asyncio.sleep(0)
        return done, seen

    done, seen = asyncio.run(run())
    assert done == list(range(100))
    assert all(later - earlier <= OF_A_TURN for earlier, later in itertools.pairwise(seen))
    assert len(seen) > 100 / OF_A_TURN


def test_tasks_that_one_thing_woke_go_on_in_turns() -> None:
    async def run() -> list[int]:
        event, gone_on, seen = asyncio.Event(), list[int](), list[int]()

        async def wait(number: int) -> None:
            await event.wait()
            await await_turn()
            gone_on.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(wait(number))
            await asyncio.sleep(0)
            event.set()
            while len(gone_on) < 100:
                await asyncio.sleep(0)
                seen.append(len(gone_on))
        assert gone_on == list(range(100))
        return seen

    seen = asyncio.run(run())
    assert max(later - earlier for earlier, later in itertools.pairwise(seen)) <= OF_A_TURN


def test_what_waited_and_was_cancelled_holds_nobody_up() -> None:
    async def run() -> None:
        first = asyncio.create_task(await_turn())
        await asyncio.sleep(0)
        first.cancel()
        await await_turn()

    asyncio.run(run())
