"""A process that is started ahead of its job: while a form is filled in, it imports what computing the job needs.

That takes longer than computing most jobs. There is at most one, it knows no data, and it ends when no job comes.
"""

import threading
from subprocess import Popen
from typing import Final, NamedTuple

from sqlmodel import Session

from api.foundation.jobs.long_work import WORKERS, LongWork
from api.foundation.own_process import connection_environment, start_process
from api.foundation.permissions import Actor
from api.foundation.workers import Workers

# How long it waits for a job: about as long as a form takes. Its memory is then free again.
SECONDS_KEPT: Final = 120.0
_MODULE: Final = "api.foundation.jobs.process"


class _Ahead(NamedTuple):
    room: str
    process: Popen[bytes]
    timer: threading.Timer

    def end(self) -> None:
        """End it, and let go of its pipes."""
        self.timer.cancel()
        self.process.kill()
        with self.process:
            pass


_lock: Final = threading.Lock()
_waiting: list[_Ahead] = []


def expect_job(workers: Workers, session: Session, work: LongWork, *, by: Actor) -> None:
    """Start the process for work that somebody is about to request, where it will be a job that these workers do."""
    if does_jobs(workers) and not _waits_for(type(work)) and work.is_long(session, by, work.size(session, by)):
        start_ahead(type(work))


def does_jobs(workers: Workers) -> bool:
    """Whether jobs are done in this process of the service."""
    return WORKERS[0] in workers.names


def start_ahead(work: type[LongWork]) -> None:
    """Start the process for a job of this work, unless it waits already. One for other work ends."""
    room = work.__module__
    with _lock:
        if _waits_for(work):
            return
        _end_all()
        timer = threading.Timer(SECONDS_KEPT, end_ahead)
        timer.daemon = True
        _waiting.append(_Ahead(room, _start(room), timer))
        timer.start()


def process_for(work: type[LongWork]) -> Popen[bytes]:
    """The process that waits for a job of this work, or a new one."""
    room = work.__module__
    with _lock:
        for each in tuple(_waiting):
            if each.room == room and each.process.poll() is None:
                _waiting.remove(each)
                each.timer.cancel()
                return each.process
    return _start(room)


def end_ahead() -> None:
    """End the process that waits, if there is one."""
    with _lock:
        _end_all()


def _waits_for(work: type[LongWork]) -> bool:
    return any(each.room == work.__module__ and each.process.poll() is None for each in tuple(_waiting))


def _end_all() -> None:
    while _waiting:
        _waiting.pop().end()


def _start(room: str) -> Popen[bytes]:
    return start_process(_MODULE, room, environment=connection_environment())
