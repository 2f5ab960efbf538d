"""Run as a module: reads a job from standard input, as JSON, and writes what was prepared to standard output."""

import gc
import json
import sys
from typing import Final

from api.foundation.jobs import handover
from api.foundation.jobs.worker import LONGEST_SECONDS, MOST_MEMORY, prepare_here
from api.foundation.own_process import let_requests_go_first, limit_this_process

_UNLIMITED: Final = -1

# A job makes hundreds of thousands of objects and keeps nearly all of them to its end: to look through them again and
# again takes nearly half of its time.
COLLECTOR_THRESHOLDS: Final = (100_000, 50, 1_000)

if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    limit_this_process(memory=MOST_MEMORY, processor_seconds=LONGEST_SECONDS, file_size=_UNLIMITED)
    let_requests_go_first()
    given = json.loads(sys.stdin.buffer.read())
    handover.send(prepare_here(given), sys.stdout.buffer)
