"""What one who saves and one who reads feel of the heaviest things that others do meanwhile: hardly anything.

CASEAUDIT_TRIAL_ROWS keeps to the rows whose name holds it, such as "sample".
"""

import os
import time
from dataclasses import dataclass

import pytest

from tests.conftest import DatabaseKind
from tests.live import serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.population import Population
from tests.trials.heavy.jobs import is_fine
from tests.trials.heavy.ordinary import Desk, Work, ordinary_work
from tests.trials.heavy.rows import ROWS, Row, done
from tests.trials.heavy.stage import Stage, with_large_rounds

pytestmark = pytest.mark.trial

BASELINE_SECONDS = 4.0
AFTERWARDS_SECONDS = 1.0
# The most that anybody may feel: so many times what the same thing takes when nothing else goes on, and so much more.
TIMES_BASELINE = 2
BEYOND_SECONDS = 0.3
CHOSEN = os.environ.get("CASEAUDIT_TRIAL_ROWS", "")
PUT_OFF = {"429", "503"}
HEADINGS = (
    f"  {'heavy thing':<37}{'took':>8}{'save':>7}{'read':>7}{'base s.':>9}{'base r.':>9}"
    f"{'limits':>12}  ok   what came of it"
)


@dataclass(frozen=True, slots=True)
class Felt:
    """One row of the table."""

    row: Row
    seconds: float
    outcome: str
    before: Work
    meanwhile: Work

    @property
    def save_limit(self) -> float:
        return TIMES_BASELINE * self.before.slowest_save + BEYOND_SECONDS

    @property
    def read_limit(self) -> float:
        return TIMES_BASELINE * self.before.slowest_read + BEYOND_SECONDS

    @property
    def is_done(self) -> bool:
        """Whether what was asked was done; where that may be, some of it put off."""
        outcomes = {each.partition(":")[0] for each in self.outcome.split(", ")}
        if self.row.may_be_put_off:
            outcomes -= PUT_OFF
        return bool(outcomes) and all(map(is_fine, outcomes))

    @property
    def is_fine(self) -> bool:
        return (
            self.is_done
            and self.meanwhile.slowest_save <= self.save_limit
            and self.meanwhile.slowest_read <= self.read_limit
            and not self.meanwhile.refused
        )

    def __str__(self) -> str:
        refused = f"; {self.meanwhile.refused} saves or reads refused" if self.meanwhile.refused else ""
        return (
            f"  {self.row.name:<37}{self.seconds:>7.1f}s{self.meanwhile.slowest_save:>7.2f}"
            f"{self.meanwhile.slowest_read:>7.2f}{self.before.slowest_save:>9.2f}{self.before.slowest_read:>9.2f}"
            f"{self.save_limit:>6.2f}{self.read_limit:>6.2f}  "
            f"{'yes' if self.is_fine else 'NO':<4} {self.outcome}{refused}"
        )


def test_nobody_who_saves_or_reads_waits_for_heavy_work(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    large, small = with_large_rounds(place)
    ground = place.ground
    body = {"team_id": str(ground.team_id), "status": "child-in-need", "age_band": "5-to-9"}
    felt = []
    with serving(place.url, place.folder) as server:
        stage = Stage(place, server, Population(place.database, ground), large, small)
        desk = Desk(server.port, ground.lead_token, body)
        print(f"\n{database_kind}, seconds; load average {os.getloadavg()[0]:.1f}\n{HEADINGS}")
        for row in ROWS:
            if CHOSEN in row.name:
                felt.append(_felt(row, stage, desk))
                print(felt[-1], flush=True)
    shown = "\n".join([f"The slowest save and read beside heavy work on {database_kind}", HEADINGS, *map(str, felt)])
    record_property("figure", f"{shown}\n  load average {os.getloadavg()[0]:.1f}")
    assert [each.row.name for each in felt if not each.is_fine] == []


def _felt(row: Row, stage: Stage, desk: Desk) -> Felt:
    do = row.prepare(stage)
    with ordinary_work(desk) as work:
        time.sleep(BASELINE_SECONDS)
        began = time.monotonic()
        outcome = done(do)
        seconds = time.monotonic() - began
        time.sleep(AFTERWARDS_SECONDS)
    before = Work(*([each for each in of if each[0] + each[1] < began] for of in (work.saves, work.reads)))
    return Felt(row, seconds, outcome, before, work.between(began, began + seconds + AFTERWARDS_SECONDS))
