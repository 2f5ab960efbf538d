"""The process in which a job is computed: it only reads, and its memory is limited and freed when it ends."""

import base64
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from api.foundation.access_log import pending_views
from api.foundation.identity.actors import current_actor
from api.foundation.jobs import handover
from api.foundation.jobs.ahead import process_for
from api.foundation.jobs.long_work import LongWork, decode_request, work_of
from api.foundation.jobs.queue import Claim, read_refusal, write_refusal
from api.foundation.own_process import ended_in_time, give
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Problem, problem_around
from api.foundation.text.sensitive_terms import use_key_of
from models.storage.database import Database, open_database
from models.storage.failures import is_lost
from models.storage.trail import Row

LONGEST_SECONDS: Final = 240
BEAT_SECONDS: Final = 1
# Twice what a snapshot of 20,000 audits takes.
MOST_MEMORY: Final = 1024 * 1024 * 1024
_TOO_MUCH: Final = "This job is too large for the time and memory available. Request less at once."


class NotWantedError(Exception):
    """The job has been cancelled, or another server does it."""


class JobProcessError(Exception):
    """The code of a job failed. Says where, and nothing about the data."""


class DatabaseLostError(Exception):
    """The process of a job lost the database: the job can be done when the database is there again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the work cannot be done, as JSON."""

    written: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Where our code failed: the class of the error and its lines, without its message, which may contain case data.

    `is_lost`: it was the connection to the database that was lost.
    """

    where: str
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was prepared, and the events of the views that it needed."""

    content: Any
    reads: list[Row]


def prepare(database: Database, key_path: Path, claimed: Claim, *, is_wanted: Callable[[], bool]) -> Prepared:
    """What the work of a job prepares, computed in a separate process.

    Checks every second whether the job is still wanted. Raises NotWantedError when it is not, DatabaseLostError, and
    the Problem of what cannot be done, also when it takes too much time or memory.
    """
    work = work_of(claimed.kind)
    task = {
        "database": database.opened_with,
        "key_path": str(key_path),
        "organisation_id": claimed.organisation_id,
        "person_id": claimed.person_id and str(claimed.person_id),
        "token_id": claimed.token_id and str(claimed.token_id),
        "work": _name_of(work),
        "asked": base64.b64encode(claimed.asked).decode(),
    }
    with ended_in_time(process_for(work), LONGEST_SECONDS) as process:
        with _watched(is_wanted, process.kill) as found:
            give(process.stdin, [json.dumps(task).encode()])
            try:
                said = handover.receive(process.stdout, keep_packed=True) if process.stdout else None
            except handover.INCOMPLETE:
                said = None
        if found.is_unwanted:
            raise NotWantedError
    match said:
        case Prepared():
            return said
        case Refusal():
            raise read_refusal(said.written)
        case Failure():
            raise (DatabaseLostError if said.is_lost else JobProcessError)(said.where)
    # It was ended for exceeding its time or memory.
    raise Conflict(_TOO_MUCH)


@dataclass(slots=True)
class _Found:
    is_unwanted: bool = False


@contextmanager
def _watched(is_wanted: Callable[[], bool], kill: Callable[[], None]) -> Iterator[_Found]:
    """While the block runs, kill the process when its job is no longer wanted."""
    found, over = _Found(), threading.Event()

    def watch() -> None:
        while not over.wait(BEAT_SECONDS):
            # When the database does not respond, the result may still be wanted.
            with suppress(Exception):
                if not is_wanted():
                    found.is_unwanted = True
                    kill()
                    return

    watcher = threading.Thread(target=watch, name="job watcher", daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def prepare_here(task: dict[str, Any]) -> Prepared | Refusal | Failure:
    """What was prepared, in this process, or why not."""
    database = open_database(**task["database"])
    try:
        with database.reading() as session:
            use_key_of(session, lambda: Path(task["key_path"]))
            by = _asker_of(session, task)
            database.narrow(session, by.organisation_id)
            work = decode_request(_work_named(task["work"]), base64.b64decode(task["asked"]))
            return Prepared(work.prepare(session, by), pending_views(session))
    except Problem as problem:
        return Refusal(write_refusal(problem))
    except MemoryError:
        return Refusal(write_refusal(Conflict(_TOO_MUCH)))
    except Exception as error:  # noqa: BLE001 - reported to the server, which logs it
        if passing := problem_around(error):
            return Refusal(write_refusal(passing))
        places = "".join(traceback.format_tb(error.__traceback__))
        return Failure(f"{type(error).__name__}\n{places}", is_lost(error))
    finally:
        database.close()


def _name_of(work: type[LongWork]) -> str:
    return f"{work.__module__}:{work.__qualname__}"


def _work_named(name: str) -> type[LongWork]:
    """The work of this name. The process imports only its room, so that it starts quickly."""
    module, _, work = name.partition(":")
    found: type[LongWork] = getattr(import_module(module), work)
    return found


def _asker_of(session: Session, task: dict[str, Any]) -> Actor:
    person_id, token_id = (UUID(task[name]) if task[name] else None for name in ("person_id", "token_id"))
    return current_actor(session, organisation_id=task["organisation_id"], person_id=person_id, token_id=token_id)
