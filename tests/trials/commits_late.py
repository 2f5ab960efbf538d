"""The service with one mistake in it, to show that the trials would see it: it answers first and commits afterwards."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Depends, Request

from api import dependencies, serving
from api.dependencies import Acting, Allow
from api.permissions import Permission
from api.settings import Settings

# Long enough that a kill falls between answer and commit, and not once in a hundred times.
BETWEEN_ANSWER_AND_COMMIT_SECONDS = 0.1


class AllowAndCommitLate(Allow):
    def __call__(self, request: Request) -> Iterator[Acting]:
        with contextmanager(super().__call__)(request) as acting:
            yield acting
            time.sleep(BETWEEN_ANSWER_AND_COMMIT_SECONDS)


def allow(permission: Permission) -> Allow:
    # FastAPI's default scope is the whole request: what comes after the yield runs when the answer has been sent.
    declared: Allow = Depends(AllowAndCommitLate(permission))
    return declared


def main() -> None:
    """Serve the mistaken service as `caseaudit serve` serves the right one.

    The server asks for the application by its name, in this process, when `allow` is already the mistaken one.
    """
    dependencies.allow = allow
    serving.serve(Settings())
