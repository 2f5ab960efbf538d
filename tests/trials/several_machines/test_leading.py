"""Of two servers one leads the background work; when it dies the other does, and each job is done once."""

import os
import signal
import time
from contextlib import ExitStack, suppress
from http.client import HTTPException

import pytest
from sqlmodel import col, select

from models import CaseList, Job, JobState
from models.storage.postgresql.leading import CUT_OFF_AFTER_SECONDS, DEAD_AFTER_SECONDS
from tests.live import Server, serving
from tests.trials.conftest import Place, Record
from tests.trials.test_job_trials import CASES, a_list, ask, entries_of, wait_until_over

pytestmark = pytest.mark.trial

KILLS = 6
LISTS_A_KILL = 2
LONGEST_SECONDS = 60.0


def leads(server: Server) -> bool:
    """Whether this server says that it leads. Raises OSError or HTTPException when it is not there."""
    said = server.client().send("GET", "/metrics").body.decode()
    return "\ncaseaudit_leads 1" in said


def leaders(servers: list[Server]) -> list[Server]:
    found = []
    for each in servers:
        with suppress(OSError, HTTPException):
            found += [each] if leads(each) else []
    return found


def until_it_leads(server: Server, began: float) -> float:
    """In how many seconds since then the server leads."""
    while not leads(server):
        assert time.monotonic() - began < LONGEST_SECONDS
        time.sleep(0.05)
    return time.monotonic() - began


def test_when_the_leader_dies_or_stands_still_the_other_leads_and_each_job_is_done_once(
    postgresql_place: Place, record_property: Record
) -> None:
    took, asked = [], []
    with ExitStack() as stack:
        environment = {"CASEAUDIT_METRICS": "true"}
        servers = [
            stack.enter_context(serving(postgresql_place.url, postgresql_place.folder, environment=environment))
            for _ in range(2)
        ]
        for number in range(KILLS):
            (leader,) = leaders(servers)
            other = next(each for each in servers if each is not leader)
            for part in range(LISTS_A_KILL):
                client = (leader, other)[part % 2].client(postgresql_place.ground.lead_token)
                asked.append(ask(client, a_list(number * LISTS_A_KILL + part), f"list-{number}-{part}"))
            leader.kill()
            took.append(until_it_leads(other, time.monotonic()))
            leader.start()
            assert leaders(servers) == [other]
        frozen, still = _stand_still(servers)
        wait_until_over(postgresql_place)
        assert leaders(servers) == [next(each for each in servers if each is not frozen)]
    with postgresql_place.database.reading() as session:
        done = session.exec(select(Job.id, Job.made_id).where(col(Job.state) == JobState.DONE)).all()
        lists = session.exec(select(CaseList.id)).all()
        half = sum(1 for each in lists if entries_of(session, each) != CASES)
    record_property(
        "figure",
        f"{KILLS} kills of the leader: the other leads after {min(took):.1f} to {max(took):.1f} s; a standstill: after "
        f"{still:.1f} s. Of {len(asked)} lists as jobs {len(lists)} made, {half} of them half",
    )
    assert max(took) <= DEAD_AFTER_SECONDS
    assert still <= CUT_OFF_AFTER_SECONDS
    assert {str(job) for job, _ in done} == set(asked)
    assert {made for _, made in done} == set(lists)
    assert (len(lists), half) == (len(asked), 0)


def _stand_still(servers: list[Server]) -> tuple[Server, float]:
    """Let the leader stand still until the other leads, and go on: which it was, and in how many seconds."""
    (leader,) = leaders(servers)
    other = next(each for each in servers if each is not leader)
    assert leader.process is not None
    began = time.monotonic()
    os.kill(leader.process.pid, signal.SIGSTOP)
    try:
        seconds = until_it_leads(other, began)
    finally:
        os.kill(leader.process.pid, signal.SIGCONT)
    for _ in range(20):
        assert leaders(servers) == [other]
        time.sleep(0.1)
    return leader, seconds
