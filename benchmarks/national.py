"""`make national`: many organisations on one PostgreSQL server, at growing numbers of audits.

For each number: what the database takes on the disk, the memory of the service, the 95th of a hundred answers to each
main request while eight clients ask as people of all organisations, and how long a backup and its restore take.
"""

import argparse
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from api.backup.actions import back_up, restore_backup
from api.backup.archive import Keys, new_identity
from api.foundation.settings import Settings
from benchmarks import store
from benchmarks.__main__ import COOKIE, compile_modules, memory, prepared, signed_in
from benchmarks.load import page_request, request, run
from benchmarks.writes import requests_for
from models.storage.database import Database
from tests.live import Ground, Server, a_ground, serving
from tests.postgres import Cluster, running_cluster
from tests.trials.test_list_trials import a_list

ORGANISATIONS: Final = 150
SIZES: Final = (10_000, 100_000, 1_000_000)
# The audits of an organisation: nine tenths in closed rounds of this many, the rest in the round that is open.
AUDITS_OF_CLOSED: Final = 100
CLIENTS: Final = 8
REPEATS: Final = 240
WORKERS: Final = 2
LARGEST_TABLES: Final = 5


@dataclass(frozen=True, slots=True)
class Council:
    """An organisation of the store."""

    ground: Ground
    closed: Sequence[uuid.UUID]
    lead: str


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.national", description=__doc__)
    options.add_argument("--audits", type=int, nargs="+", default=SIZES, help="how many audits in all, in turn")
    options.add_argument("--organisations", type=int, default=ORGANISATIONS)
    chosen = options.parse_args()
    compile_modules()
    found: dict[int, Mapping[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="caseaudit-national-") as folder, running_cluster(durable=True) as cluster:
        for audits in chosen.audits:
            found[audits] = measure(cluster, Path(folder), audits, chosen.organisations)
    show(found, chosen.organisations)


def measure(cluster: Cluster, folder: Path, audits: int, organisations: int) -> Mapping[str, float]:
    """The figures of a new database of this size; each is printed when it is there."""
    figures: dict[str, float] = {}

    def note(name: str, figure: float) -> None:
        figures[name] = figure
        print(f"{audits:,} audits: {name}: {figure:,.1f}", flush=True)

    name = f"national_{audits}"
    url = cluster.create(name)
    started = time.perf_counter()
    with prepared(url) as (database, first):
        grounds = [first, *(a_ground(database) for _ in range(organisations - 1))]
        councils = [_filled(database, ground, audits // organisations) for ground in grounds]
        store.tidy_up(database)
        note("filling, s", time.perf_counter() - started)
        note("disk, MB", _megabytes(database))
        for table, megabytes in _largest_tables(database).items():
            note(f"disk of {table}, MB", megabytes)
        with serving(url, folder, workers=WORKERS) as server:
            for asked, requests in _requests(councils).items():
                note(f"{asked}, ms", _p95(server, requests))
            note("case list of 1,000, ms", _import(server, councils[0].ground))
            note("memory of a worker, MB", memory(server))
    _note_backup(note, url, cluster.create(f"{name}_restored"), folder / name)
    for each in (name, f"{name}_restored"):
        cluster.drop(each)
    return figures


def _filled(database: Database, ground: Ground, audits: int) -> Council:
    rounds = max(audits * 9 // 10 // AUDITS_OF_CLOSED, 1)
    closed = store.fill_closed_rounds(database, ground, rounds=rounds, audits_each=AUDITS_OF_CLOSED, tidy=False)
    rest = max(audits - rounds * AUDITS_OF_CLOSED, 1)
    store.fill(database, ground, [ground.round_id], audits_each=rest, tidy=False)
    store.keep_tallies(database, ground, ground.round_id)
    return Council(ground, closed, f"{COOKIE}={signed_in(database, ground, ground.lead)}")


def _requests(councils: Sequence[Council]) -> Mapping[str, Callable[[random.Random], tuple[bytes, int]]]:
    """What each request is for, with how to make one and the status of its answer."""

    def asks(path: str) -> Callable[[random.Random], tuple[bytes, int]]:
        def one(chance: random.Random) -> tuple[bytes, int]:
            council = chance.choice(councils)
            filled = path.format(open=council.ground.round_id, closed=chance.choice(council.closed))
            if path.startswith("/api/"):
                return request("GET", filled, council.ground.lead_token), 200
            return page_request(filled, council.lead), 200

        return one

    def records(chance: random.Random) -> tuple[bytes, int]:
        return requests_for(chance.choice(councils).ground, 1)[0], 201

    return {
        "complete audit": records,
        "gap report of an open round": asks("/api/v1/reports/gaps?round={open}"),
        "gap report of a closed round": asks("/api/v1/reports/gaps?round={closed}"),
        "report page of a closed round": asks("/rounds/{closed}/report"),
        "home page": asks("/"),
        "rounds": asks("/rounds"),
        "page of a round": asks("/rounds/{open}"),
        "list of audits": asks("/api/v1/audits?limit=50"),
        "audits of a round": asks("/rounds/{open}/audits"),
        "moderation queue": asks("/api/v1/moderation-queue"),
    }


def _p95(server: Server, one: Callable[[random.Random], tuple[bytes, int]]) -> float:
    chance = random.Random(1)
    run(server.port, CLIENTS, [one(chance)[0] for _ in range(2 * CLIENTS)], status=one(chance)[1])
    return run(server.port, CLIENTS, [one(chance)[0] for _ in range(REPEATS)], status=one(chance)[1]).p95_ms


def _import(server: Server, ground: Ground) -> float:
    client = server.client(ground.lead_token)
    started = time.perf_counter()
    answer = client.send("POST", "/api/v1/case-lists", a_list(1, 1_000), Idempotency_Key="one")
    assert answer.status == 201, answer.body[:200]
    return (time.perf_counter() - started) * 1000


def _megabytes(database: Database) -> float:
    with database.reading() as session:
        return float(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()) / 1e6


def _largest_tables(database: Database) -> Mapping[str, float]:
    """What the largest tables take with their indexes, in megabytes, the largest first."""
    sizes = (
        "SELECT relname, pg_total_relation_size(oid) / 1e6 FROM pg_class WHERE relkind = 'r' "
        f"ORDER BY pg_total_relation_size(oid) DESC LIMIT {LARGEST_TABLES}"
    )
    with database.reading() as session:
        return {str(name): float(megabytes) for name, megabytes in session.execute(text(sizes))}


def _note_backup(note: Callable[[str, float], None], url: str, empty: str, folder: Path) -> None:
    folder.mkdir()
    identity, recipient = new_identity()
    started = time.perf_counter()
    file, _ = back_up(_settings(url, folder / "of"), to=folder / "backup.age", keys=Keys(age=(recipient,)))
    note("backup, s", time.perf_counter() - started)
    note("backup, MB", file.stat().st_size / 1e6)
    started = time.perf_counter()
    restore_backup(_settings(empty, folder / "to"), file, keys=Keys(age=(identity,)))
    note("restore, s", time.perf_counter() - started)
    file.unlink()


def _settings(url: str, keys: Path) -> Settings:
    keys.mkdir()
    return Settings(database_url=url, trail_key_file=keys / "trail-key", trail_checkpoints_file=keys / "checkpoints")


def show(found: Mapping[int, Mapping[str, float]], organisations: int) -> None:
    """Every figure by the number of audits, and how often the last is the first."""
    sizes = list(found)
    columns = (f"{organisations} organisations", *(f"{size:,} audits" for size in sizes), "last to first")
    table = Table(*columns, title="PostgreSQL, 95th of a hundred answers with eight clients, where it is in ms")
    for name in found[sizes[-1]]:
        figures = [found[size].get(name, 0.0) for size in sizes]
        growth = f"{figures[-1] / figures[0]:.1f}" if figures[0] else ""
        table.add_row(name, *(f"{figure:,.1f}" for figure in figures), growth)
    Console().print(table)


if __name__ == "__main__":
    main()
