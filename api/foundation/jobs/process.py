"""Run as a module: reads a job from standard input, as JSON, and writes what was prepared to standard output."""

import json
import os
import sys
from contextlib import suppress
from typing import Final

from api.foundation.jobs import handover
from api.foundation.jobs.worker import LONGEST_SECONDS, MOST_MEMORY, prepare_here
from api.foundation.own_process import limit_this_process

# Requests have priority.
_NICENESS: Final = 10
_UNLIMITED: Final = -1

if __name__ == "__main__":
    limit_this_process(memory=MOST_MEMORY, processor_seconds=LONGEST_SECONDS, file_size=_UNLIMITED)
    with suppress(AttributeError):  # not available on Windows
        os.nice(_NICENESS)
    given = json.loads(sys.stdin.buffer.read())
    handover.send(prepare_here(given), sys.stdout.buffer)
