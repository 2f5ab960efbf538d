"""`make bench`: measures on SQLite and on PostgreSQL, and prints a table for each."""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from benchmarks import raw, reads, reports, store, writes
from benchmarks.table import Figures, Size
from models import WebSession
from models.storage.database import Database, open_database
from models.storage.migrating import migrate
from tests.live import Ground, Server, a_ground, serving
from tests.postgres import running_cluster
from tests.trials.editing import an_audit

FULL = Size(audits_posted=400, closed_rounds=1000, audits_of_open=20_000)
QUICK = Size(audits_posted=100, closed_rounds=50, audits_of_open=2_000)


@contextmanager
def prepared(url: str) -> Iterator[tuple[Database, Ground]]:
    migrate(url)
    database = open_database(url)
    yield database, a_ground(database)
    database.close()


def measure(figures: Figures, size: Size, urls: Sequence[str], folder: Path) -> None:
    """All measurements, with a small store at the first address and a large one at the second."""
    with prepared(urls[0]) as (little, little_ground), prepared(urls[1]) as (database, ground):
        started = time.perf_counter()
        with serving(urls[1], folder) as server:
            seconds = time.perf_counter() - started
            figures.add("start-up, from process start to first answer", f"{seconds:.2f} s", "<= 1.5 s")
            figures.add("resident memory, idle", f"{memory(server):.0f} MB", "<= 100 MB")
            writes.measure(figures, server, ground, run_raw(urls[1]), plain=urls[1].startswith("sqlite"), size=size)
            figures.add("resident memory, after writing", f"{memory(server):.0f} MB")
            with serving(urls[0], folder) as other:
                few = store.fill_closed_rounds(little, little_ground, rounds=10, audits_each=100)
                many = store.fill_closed_rounds(database, ground, rounds=size.closed_rounds, audits_each=100)
                small = reads.Store(other, little_ground, few)
                reads.measure_closed(figures, reads.Store(server, ground, many), small)
            store.fill(database, ground, [ground.round_id], audits_each=size.audits_of_open)
            reads.measure_open(figures, server, ground, size.audits_of_open)
            reads.measure_page(figures, server, an_audit(database, ground), signed_in(database, ground, ground.auditor))
            before = memory(server)
            lead = signed_in(database, ground, ground.lead)
            reports.measure(figures, server, database, ground, lead, size.audits_of_open)
            figures.add("resident memory, before reports and their files", f"{before:.0f} MB")
            figures.add("resident memory, after all this", f"{memory(server):.0f} MB", "<= 150 MB")


def run_raw(url: str) -> writes.RunRaw:
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        # SQLite is fastest with one writer, however many ask.
        return lambda transactions, _: raw.per_second_on_sqlite(path, transactions)
    return lambda transactions, connections: raw.per_second_on_postgresql(url, transactions, connections=connections)


def signed_in(database: Database, ground: Ground, who: Actor) -> str:
    secret = new_secret()
    assert who.person_id is not None
    with database.writing() as session:
        session.add(
            WebSession(
                secret_hash=hash_of(secret),
                organisation_id=ground.organisation_id,
                person_id=who.person_id,
            )
        )
    return secret


def memory(server: Server) -> float:
    return max(process.memory_info().rss for process in server.processes()) / 1_000_000


def with_two_workers(figures: Figures, size: Size, url: str, folder: Path) -> None:
    with prepared(url) as (_, ground), serving(url, folder, workers=2) as server:
        writes.measure(figures, server, ground, run_raw(url), plain=False, size=size)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="small stores and few requests: a minute in place of six")
    options.add_argument("--only", choices=["sqlite", "postgresql"], help="one of the two databases")
    chosen = options.parse_args()
    size = QUICK if chosen.quick else FULL
    shown = []
    with tempfile.TemporaryDirectory(prefix="caseaudit-benchmarks-") as name:
        folder = Path(name)
        if chosen.only != "postgresql":
            shown.append(Figures("SQLite"))
            measure(shown[-1], size, [f"sqlite:///{folder}/{which}.sqlite3" for which in ("small", "large")], folder)
        if chosen.only != "sqlite":
            with running_cluster(durable=True) as cluster:
                shown.append(Figures("PostgreSQL"))
                measure(shown[-1], size, [cluster.create(which) for which in ("small", "large")], folder)
                shown.append(Figures("PostgreSQL, two workers"))
                with_two_workers(shown[-1], size, cluster.create("two"), folder)
    for figures in shown:
        figures.show(Console())


if __name__ == "__main__":
    main()
