"""Compute a pure function in a process of its own, which imports only the function's module: in a moment it is ready.

Our own interpreter goes on with other requests meanwhile. The process has no database, no key and no settings.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import Final, TypeVar

from api.foundation.hooks import Later
from api.foundation.jobs import handover
from api.foundation.own_process import ended_in_time, start_process

LONGEST_SECONDS: Final = 60
AS_A_REQUEST: Final = "as-a-request"
_MODULE: Final = "api.foundation.apart.process"

Given = TypeVar("Given")
Result = TypeVar("Result")


@contextmanager
def computing_apart(
    function: Callable[[Given], Result] | Later, *, as_a_request: bool = False
) -> Iterator[Callable[[Given], Result]]:
    """While the block runs, a process is ready to compute this function of a module, once: call what the block gets.

    Given and returned are plain values. If the process cannot start, fails or is ended, the call computes the function
    in this process; only then is a function named by `Later` imported here. The process has a low priority, unless it
    computes `as_a_request`: something short that a person waits for.
    """
    module, name = _named(function)
    try:
        started = start_process(_MODULE, module, name, *((AS_A_REQUEST,) if as_a_request else ()))
    except OSError:
        yield function
        return
    with ended_in_time(started, LONGEST_SECONDS) as process:
        yield lambda value: _computed(process, function, value)


def _named(function: Callable[[Given], Result] | Later) -> tuple[str, str]:
    if isinstance(function, Later):
        return function.module, function.name
    return function.__module__, function.__qualname__


def _computed(process: Popen[bytes], function: Callable[[Given], Result] | Later, value: Given) -> Result:
    try:
        if process.stdin is not None and process.stdout is not None:
            with process.stdin:
                handover.send(value, process.stdin)
            answered: Result = handover.receive(process.stdout)
            return answered
    except (OSError, *handover.INCOMPLETE) as error:
        logging.getLogger("caseaudit").warning("%s is computed here: %s", _named(function)[1], type(error).__name__)
    computed: Result = function(value)
    return computed
