"""A log that could not be written for a while is still one JSON object a line."""

import json
import logging
import resource
import signal
from pathlib import Path

from api.foundation.logs import JsonLines, WholeLines


def test_after_a_line_that_was_cut_the_next_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "log"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    logger = logging.getLogger("a log of a full disk")
    with file.open("w") as stream:
        handler = WholeLines(stream)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
        logger.propagate = False
        logger.warning("before")
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, hard))
        try:
            for _ in range(3):
                logger.warning("there is no room")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        logger.warning("after")
        logger.removeHandler(handler)
    first, cut, last = file.read_text().splitlines()
    assert (json.loads(first)["message"], json.loads(last)["message"]) == ("before", "after")
    assert len(cut) == 20
