"""The service with one mistake in it, to show that the trials would see it: it answers first and commits afterwards."""

import asyncio
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from api import serving
from api.foundation.http import routing, running
from api.foundation.http.dependencies import Transaction
from api.foundation.settings import Settings

# Long enough that a kill falls between answer and commit, and not once in a hundred times.
BETWEEN_ANSWER_AND_COMMIT_SECONDS = 0.1


class CommitsLate(running.Run):
    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def run() -> None:
            try:
                with self.database.writing(self.owner) as session:
                    loop.call_soon_threadsafe(answered.set_result, work(self.acting(session)))
                    time.sleep(BETWEEN_ANSWER_AND_COMMIT_SECONDS)
            except Exception as error:  # noqa: BLE001 - the request gets it
                loop.call_soon_threadsafe(answered.set_exception, error)

        Thread(target=run).start()
        return await answered


def main() -> None:
    """Serve the mistaken service as `caseaudit serve` serves the right one."""
    vars(routing)["Run"] = CommitsLate
    serving.serve(Settings())
