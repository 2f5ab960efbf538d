"""Ten minutes of two hundred people at work: no error but "come again", nothing lost, and no memory kept.

CASEAUDIT_SOAK_SECONDS makes it shorter, to try it out.
"""

import os
import time
from statistics import median

import pytest

from tests.conftest import DatabaseKind
from tests.live import serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.gathering import Gathered, gather, statuses_of
from tests.trials.crowds.memory import Sampled, sampling
from tests.trials.crowds.people import Asked, Crowd
from tests.trials.crowds.population import Population

pytestmark = pytest.mark.trial

SECONDS = float(os.environ.get("CASEAUDIT_SOAK_SECONDS", "600"))
PEOPLE = 200
# Each asks, looks at the answer for as long, and asks again.
PAUSE_SECONDS = 2.0
# Memory is compared between the third minute of ten and the last.
SETTLED_AFTER = 0.2
COMPARED_PART = 0.1
MOST_GROWTH = 0.10
LIMIT_SECONDS = SECONDS + 120


def test_two_hundred_people_work_for_ten_minutes(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    population = Population(place.database, place.ground)
    everybody = population.mixed(PEOPLE)
    with serving(place.url, place.folder) as server, sampling(server, every_seconds=1) as sampled:
        began = time.monotonic()
        crowd = Crowd(server.port, "soak", everybody, seconds=SECONDS, pause=PAUSE_SECONDS, patient=True)
        came = gather(crowd, limit_seconds=LIMIT_SECONDS)
    stands = population.stands(came.told)
    settled = _held(sampled, began + SETTLED_AFTER * SECONDS)
    ended = _held(sampled, began + (1 - COMPARED_PART) * SECONDS)
    errors = _errors(came)
    memory = (
        f"memory when settled {settled / 1e6:.0f} MB, at the end {ended / 1e6:.0f} MB "
        f"({100 * (ended / settled - 1):+.1f}%), at most {sampled.peak / 1e6:.0f} MB"
    )
    shown = f"""{came.table(f"{PEOPLE} people for {SECONDS:.0f} s on {database_kind}")}
  {len(came.told) / SECONDS:.0f} requests a second; errors but 503: {len(errors)} {statuses_of(errors)}
  {stands}; load average {os.getloadavg()[0]:.1f}
  {memory}"""
    print(shown)
    record_property("figure", shown)
    assert errors == []
    assert (stands.lost, stands.stored_though_refused) == (0, 0)
    assert stands.acknowledged > PEOPLE
    assert ended <= settled * (1 + MOST_GROWTH)


def _errors(came: Gathered) -> list[Asked]:
    return [each for each in came.told if not 200 <= each.status < 400 and each.status != 503]


def _held(sampled: Sampled, since: float) -> float:
    """What was held, typically, in the part of the time that begins here."""
    part = [size for at, size in sampled.at if since <= at <= since + COMPARED_PART * SECONDS]
    return median(part)
