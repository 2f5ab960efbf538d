"""Run as a module: reads a value from standard input, and writes what a function makes of it to standard output."""

import gc
import sys
from importlib import import_module
from typing import Final

from api.foundation.apart.computing import AS_A_REQUEST, LONGEST_SECONDS
from api.foundation.jobs import handover
from api.foundation.own_process import let_requests_go_first, limit_this_process

MOST_MEMORY: Final = 512 * 1024 * 1024
_UNLIMITED: Final = -1


def main(module: str, function: str, *how: str) -> None:
    """Compute this function of this module, which is imported before the value is read."""
    # The process ends with its result, so collecting garbage before that is not worth its time.
    gc.disable()
    limit_this_process(memory=MOST_MEMORY, processor_seconds=LONGEST_SECONDS, file_size=_UNLIMITED)
    if how != (AS_A_REQUEST,):
        let_requests_go_first()
    compute = getattr(import_module(module), function)
    handover.send(compute(handover.receive(sys.stdin.buffer)), sys.stdout.buffer)


if __name__ == "__main__":
    main(*sys.argv[1:])
