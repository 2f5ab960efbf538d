"""Following what was begun, to its end."""

import json
import re
import time
from collections.abc import Callable

from tests.live import Answer

EVERY_SECONDS = 0.2
LONGEST_SECONDS = 300.0
UNDER_WAY = {"waiting", "working", "writing"}
FINE = {"done", "ready"}
Ask = Callable[[str, str], Answer]


def followed(ask: Ask, answer: Answer, *, every: float = EVERY_SECONDS) -> str:
    """The status of what was asked; of a job, with the state in which it ended, asked for every so many seconds.

    A job is told by 202, or on a page by a redirection to it; its address answers with its state in JSON.
    """
    location = answer.headers.get("location", "")
    job = re.fullmatch(r"(?:/api/v1)?/jobs/([0-9a-f-]{36})", location)
    if answer.status == 303 and job is not None:
        location = f"/api/v1/jobs/{job[1]}"
    elif answer.status != 202:
        return str(answer.status)
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        state = _state_of(ask("GET", location))
        if state not in UNDER_WAY:
            return f"{answer.status} {state}"
        if time.monotonic() > deadline:
            return f"{answer.status} not done after {LONGEST_SECONDS:.0f} s"
        time.sleep(every)


def is_fine(outcome: str) -> bool:
    """Whether it was done, at once or as a job."""
    status, _, state = outcome.partition(" ")
    return state in FINE if state else status in {"200", "201", "303"}


def _state_of(answer: Answer) -> str:
    if answer.status in {429, 503}:
        return "waiting"
    if answer.status != 200:
        return f"lost ({answer.status})"
    try:
        return str(json.loads(answer.body)["state"])
    except (ValueError, KeyError, TypeError):
        return "untold"
