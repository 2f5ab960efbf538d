"""Doing the jobs that wait: each is computed in a process of its own, and stored whole or not at all."""

import logging
import time
from typing import Final

from api import job_worker
from api.actions import jobs
from api.actions.askers import asker
from api.actions.jobs import Claim
from api.actions.reads import Reads
from api.actions.risky_terms import use_key_of
from api.job_worker import NotWantedError, Prepared
from api.problems import Conflict, Moved, Problem
from api.settings import Settings
from models.database import Database
from models.slots import Busy

LOG: Final = logging.getLogger("caseaudit")
# How often what was prepared is prepared again because something moved meanwhile.
TIMES: Final = 3
_FAILED: Final = "The fault is in the service, and has been logged. Nothing was stored. Ask again, or report it."


def do_next(database: Database, settings: Settings) -> bool:
    """Do the next job that waits, if there is one; whether there was. One that fails holds up no other."""
    claimed = jobs.claim(database)
    if claimed is None:
        return False
    try:
        _do(database, settings, claimed)
    except NotWantedError:
        pass
    except Problem as problem:
        jobs.fail(database, claimed, problem)
    except Exception:
        LOG.exception("a job failed")
        jobs.fail(database, claimed, Conflict(_FAILED))
    return True


def _do(database: Database, settings: Settings, claimed: Claim) -> None:
    for turn in range(TIMES):
        prepared = job_worker.prepare(
            database,
            settings.risky_terms_key_path,
            claimed,
            is_wanted=lambda: jobs.beat(database, claimed),
        )
        try:
            _store(database, settings, claimed, prepared)
        except Moved:
            if turn == TIMES - 1:
                raise
        else:
            return


def _store(database: Database, settings: Settings, claimed: Claim, prepared: Prepared) -> None:
    while True:
        try:
            with database.writing(claimed.organisation_id) as session:
                use_key_of(session, settings.risky_terms_key_path)
                by = asker(
                    session,
                    organisation_id=claimed.organisation_id,
                    person_id=claimed.person_id,
                    token_id=claimed.token_id,
                )
                Reads(database).add(session, prepared.reads)
                jobs.finish(session, claimed, claimed.work.store(session, prepared.content, by))
        except Busy as busy:
            # Nobody waits for an answer: it has time.
            if not jobs.beat(database, claimed):
                raise NotWantedError from None
            time.sleep(busy.seconds)
        else:
            return
