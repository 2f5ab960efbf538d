"""A million audits in ten thousand rounds, a tenth of them open: a report of one round is no slower than among few."""

import random
import uuid
from collections.abc import Sequence
from statistics import median

from sqlalchemy import insert

from api.reports.keeping import remake
from benchmarks.load import request, run
from benchmarks.store import a_round, fill, fill_closed_rounds
from benchmarks.table import Figures
from models import Round, RoundState
from models.storage.bulk import table_of
from models.storage.database import Database
from tests.live import Ground, Server

AUDITS_EACH = 100
REPEATS, TURNS = 40, 5
SMALL = 1_000


def measure(figures: Figures, server: Server, database: Database, ground: Ground, rounds: int) -> None:
    """A thousandth of the rounds first, then all of them, in the same database."""
    few = _filled(database, ground, rounds // SMALL or 1)
    small = {name: _ms(server, ground, of_kind) for name, of_kind in few.items()}
    many = _filled(database, ground, rounds - rounds // SMALL)
    for name, of_kind in many.items():
        taken = _ms(server, ground, of_kind)
        figures.judge(f"gap report in the million, {name} round", taken, limit=f"among few rounds {small[name]:.1f} ms")
        figures.judge("  the million to a thousandth", taken / small[name])


def _filled(database: Database, ground: Ground, rounds: int) -> dict[str, Sequence[uuid.UUID]]:
    # One round of each kind at least: each is measured.
    number, rounds = max(rounds // 10, 1), max(rounds, 2)
    made = [a_round(ground, RoundState.OPEN) for _ in range(number)]
    with database.writing() as session:
        session.connection().execute(insert(table_of(Round)), [each.model_dump() for each in made])
    fill(database, ground, [each.id for each in made], audits_each=AUDITS_EACH)
    for each in made:
        remake(database, each)
    closed = fill_closed_rounds(database, ground, rounds=rounds - number, audits_each=AUDITS_EACH)
    return {"open": [each.id for each in made], "closed": closed}


def _ms(server: Server, ground: Ground, rounds: Sequence[uuid.UUID]) -> float:
    chance = random.Random(1)
    taken = []
    for _ in range(TURNS):
        paths = [f"/api/v1/reports/gaps?round={chance.choice(rounds)}" for _ in range(REPEATS)]
        asked = [request("GET", path, ground.lead_token) for path in paths]
        taken.append(run(server.port, 1, asked, status=200).median_ms)
    return median(taken)
