"""Run as a module: reads a job from standard input, as JSON, and writes what was prepared to standard output."""

import gc
import json
import sys
from importlib import import_module
from typing import Final

_UNLIMITED: Final = -1

# A job makes hundreds of thousands of objects and keeps nearly all of them to its end: to look through them again and
# again takes nearly half of its time.
COLLECTOR_THRESHOLDS: Final = (100_000, 50, 1_000)


def main(room: str) -> None:
    """Compute a job of the work in this module, which is imported before the job is read."""
    # What is imported stays: to look through it takes a fifth of the time of importing it.
    gc.disable()
    from api.foundation.jobs import handover
    from api.foundation.jobs.worker import LONGEST_SECONDS, MOST_MEMORY, prepare_here
    from api.foundation.own_process import let_requests_go_first, limit_this_process

    limit_this_process(memory=MOST_MEMORY, processor_seconds=LONGEST_SECONDS, file_size=_UNLIMITED)
    let_requests_go_first()
    import_module(room)
    gc.freeze()
    gc.enable()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    if given := sys.stdin.buffer.read():  # nothing when no job came of it
        handover.send(prepare_here(json.loads(given)), sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1])
