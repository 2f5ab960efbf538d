"""A process that plans the rounds of a day and is killed within the transaction of the first one."""

import os
import signal
import sys
from datetime import date
from typing import NoReturn

import api.features  # noqa: F401 - fills the hooks of every room
from api.notices import actions as notices
from api.programme import making
from models.storage.database import open_database


def _die(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


if __name__ == "__main__":
    url, day = sys.argv[1:]
    notices.give_notice = _die
    making.make_rounds(open_database(url), today=date.fromisoformat(day))
