"""The service with a clock that can be put forward and back while it runs: by the seconds that a file says."""

import os
import time
from pathlib import Path

from api import cli
from models import clock

FILE = "TRIAL_CLOCK_FILE"


def main() -> None:
    """Serve as `caseaudit serve` does."""
    said = Path(os.environ[FILE])
    vars(clock.CLOCK)["_wall"] = lambda: time.time() + float(said.read_text() or 0)
    cli.main()
