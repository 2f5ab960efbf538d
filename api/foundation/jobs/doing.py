"""Running waiting jobs: each is computed in a separate process, and stored completely or not at all."""

import logging
import time
from typing import Final

from sqlmodel import Session

from api.foundation.access_log import AccessRecorder
from api.foundation.identity.actors import current_actor
from api.foundation.jobs import queue as actions
from api.foundation.jobs import worker as job_worker
from api.foundation.jobs.long_work import Piece, work_of
from api.foundation.jobs.queue import Claim
from api.foundation.jobs.worker import DatabaseLostError, NotWantedError, Prepared
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Moved, Problem, problem_around
from api.foundation.settings import Settings
from api.foundation.text.sensitive_terms import use_key_of
from models.storage.database import Database
from models.storage.failures import is_lost
from models.storage.slots import Busy

LOG: Final = logging.getLogger("caseaudit")
# How often a preparation is repeated because its input changed meanwhile.
MOST_PREPARATIONS: Final = 3
# For how long a job waits for what is in its way, such as another import. What a stopped server left is gone by then.
LONGEST_WAIT_SECONDS: Final = 120
_FAILED: Final = (
    "There is a fault in the service. It has been logged and nothing was stored. Try again, or report the problem."
)


def run_next_job(database: Database, settings: Settings) -> bool:
    """Run the next waiting job; whether there was one. A job that fails does not block others."""
    claimed = actions.claim_job(database)
    if claimed is None:
        return False
    try:
        _do(database, settings, claimed)
    except NotWantedError:
        pass
    except Problem as problem:
        actions.fail_job(database, claimed, problem)
    except Exception as error:
        if is_lost(error) or isinstance(error, DatabaseLostError):
            raise  # it may even have been stored: if not, the job is claimed again
        LOG.exception("a job failed")
        actions.fail_job(database, claimed, problem_around(error) or Conflict(_FAILED))
    return True


def _do(database: Database, settings: Settings, claimed: Claim) -> None:
    ends, moved = time.monotonic() + LONGEST_WAIT_SECONDS, 0
    while True:
        try:
            _store(database, settings, claimed, _prepared(database, settings, claimed))
        except Moved:
            moved += 1
            if moved == MOST_PREPARATIONS:
                raise
        except Exception as error:
            problem = error if isinstance(error, Problem) else problem_around(error)
            # What has been accepted is not refused for what is over in a moment.
            if problem is None or not problem.retry_after or time.monotonic() > ends:
                raise
            _wait(database, claimed, problem.retry_after)
        else:
            return


def _prepared(database: Database, settings: Settings, claimed: Claim) -> Prepared:
    return job_worker.prepare(
        database,
        settings.risky_terms_key_path,
        claimed,
        is_wanted=lambda: actions.extend_claim(database, claimed),
    )


def _wait(database: Database, claimed: Claim, seconds: int) -> None:
    for _ in range(seconds):
        if not actions.extend_claim(database, claimed):
            raise NotWantedError
        time.sleep(1)


def _store(database: Database, settings: Settings, claimed: Claim, prepared: Prepared) -> None:
    """Store what was prepared, piece by piece; nothing remains stored when a piece fails or the job is cancelled."""
    work = work_of(claimed.kind)

    def finish(session: Session, by: Actor) -> None:
        AccessRecorder(database).add(session, prepared.reads)
        actions.finish_job(session, claimed, work.store(session, prepared.content, by))

    def run(piece: Piece) -> None:
        _write_when_free(database, settings, claimed, piece)

    try:
        for piece in work.pieces(prepared.content):
            run(piece)
        run(finish)
    except BaseException:
        for piece in work.give_up(prepared.content):
            _write_when_free(database, settings, claimed, piece, giving_up=True)
        raise


def _write_when_free(
    database: Database, settings: Settings, claimed: Claim, piece: Piece, *, giving_up: bool = False
) -> None:
    """Store one piece in a writing transaction of its own; no client waits, so it can wait longer for the writer."""
    while giving_up or actions.extend_claim(database, claimed):
        try:
            with database.writing(claimed.organisation_id) as session:
                database.narrow(session, claimed.organisation_id)
                piece(session, claimed.by if giving_up else _actor_of(session, settings, claimed))
        except Busy as busy:
            time.sleep(busy.seconds)
        else:
            return
    raise NotWantedError


def _actor_of(session: Session, settings: Settings, claimed: Claim) -> Actor:
    use_key_of(session, lambda: settings.risky_terms_key_path)
    return current_actor(
        session,
        organisation_id=claimed.organisation_id,
        person_id=claimed.person_id,
        token_id=claimed.token_id,
    )
