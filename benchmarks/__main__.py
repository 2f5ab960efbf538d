"""`make bench`: measures on SQLite and on PostgreSQL, judges every row by its aim, and says how many missed it."""

import argparse
import compileall
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from rich.console import Console

from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.keys.database import key_of
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from benchmarks import (
    actions,
    browsing,
    every_answer,
    long_work,
    passages,
    raw,
    reads,
    reports,
    rules,
    scores,
    store,
    webhooks,
    writes,
)
from benchmarks.aims import AIMS, POSTGRESQL, SQLITE, TWO_WORKERS, WITHOUT_DATABASE
from benchmarks.table import Figures, Size
from models import WebSession
from models.storage.database import Database, open_database
from models.storage.migrating import migrate
from tests.live import THEMES, Ground, Server, a_ground, serving
from tests.postgres import running_cluster
from tests.trials.editing import an_audit

FULL = Size(
    audits_posted=400,
    submissions=400,
    closed_rounds=1000,
    audits_of_open=20_000,
    audits_of_busy=4_000,
    cases_listed=40_000,
    sampled=20_000,
    allocated=5_000,
    actions=10_000,
    rounds_with_actions=1_000,
)
QUICK = Size(
    audits_posted=100,
    submissions=100,
    closed_rounds=50,
    audits_of_open=2_000,
    audits_of_busy=4_000,
    cases_listed=4_000,
    sampled=2_000,
    allocated=400,
    actions=1_000,
    rounds_with_actions=100,
)
ROUNDS_OF_MILLION = 10_000


@contextmanager
def prepared(url: str) -> Iterator[tuple[Database, Ground]]:
    """A database as the service makes it: encrypted if possible, unless the environment says otherwise."""
    key = key_of(Settings(database_url=url))
    migrate(url, key=key)
    database = open_database(url, key)
    yield database, a_ground(database)
    database.close()


def measure(figures: Figures, size: Size, urls: Sequence[str], folder: Path) -> None:
    """All measurements that are wanted, with a small store at the first address and a large one at the second."""
    with prepared(urls[1]) as (database, ground):
        started = time.perf_counter()
        with serving(urls[1], folder) as server:
            figures.judge("start, process start to first answer", time.perf_counter() - started)
            judge_memory(figures, "idle", server)
            _measure_writes(figures, server, database, ground, size)
            if figures.wants("gap report of one of"):
                with figures.attempt():
                    _measure_closed(figures, server, database, ground, urls[0], folder, size)
            if figures.wants("form page of a theme"):
                with figures.attempt("form page of a theme"):
                    cookie = f"{COOKIE}={signed_in(database, ground, ground.auditor)}"
                    reads.measure_page(figures, server, an_audit(database, ground), cookie)
            if figures.wants("saved score"):
                with figures.attempt("saved score"):
                    scores.measure(figures, server, database, ground, many=size.audits_of_busy, cookie=COOKIE)
            _measure_open(figures, server, database, ground, size)
            browsed = ("first view", *OVER_THE_WIRE, "sign of saving", "layout shift")
            if figures.wants("slow laptop", *browsed):
                with figures.attempt(*browsed):
                    _measure_browser(figures, server, database, ground)
            long = ("import of cases, growth", "sample, growth", "allocation, growth")
            if figures.wants(*long):
                with figures.attempt(*long):
                    long_work.measure(figures, server, database, ground, size)
            if figures.wants(*passages.PAGES):
                with figures.attempt(*passages.PAGES):
                    lead = f"{COOKIE}={signed_in(database, ground, ground.lead)}"
                    passages.measure(figures, server, database, ground, lead)
            if figures.wants(*actions.ROWS):
                with figures.attempt(*actions.ROWS):
                    _measure_actions(figures, server, database, ground, size)
            judge_memory(figures, "after everything", server)
    # Separate servers, one after another on one database: SQLite allows one process.
    if figures.wants(webhooks.ROW):
        with figures.attempt(webhooks.ROW), prepared(urls[0]) as (database, ground):
            webhooks.measure(figures, urls[0], database, ground, folder, submissions=size.submissions)
    if figures.wants(every_answer.SLOWEST, every_answer.REFUSED):
        with (
            figures.attempt(every_answer.SLOWEST, every_answer.REFUSED),
            prepared(urls[0]) as (database, ground),
        ):
            lead = f"{COOKIE}={signed_in(database, ground, ground.lead)}"
            every_answer.measure(figures, urls[0], database, ground, folder, lead=lead)


COOKIE = cookie_name(Settings())
OVER_THE_WIRE = tuple(f"{page} over the wire after the first" for page in ("theme page", "My audits", "report"))


def _measure_writes(figures: Figures, server: Server, database: Database, ground: Ground, size: Size) -> None:
    plain = database.is_sqlite
    one_by_one = figures.wants("complete audit, processor time", "complete audits, 16 clients", "16 clients to 4")
    if one_by_one:
        with figures.attempt("complete audit, processor time", "complete audits, 16 clients", "16 clients to 4"):
            writes.measure(figures, server, ground, run_raw(database), plain=plain, size=size)
    in_one_call = figures.wants("1,000 complete audits in one call")
    if in_one_call:
        with figures.attempt("1,000 complete audits in one call"):
            writes.measure_list(figures, server, ground, run_raw(database), plain=plain)
    if one_by_one and in_one_call:
        judge_memory(figures, "after writing", server)


def _measure_closed(
    figures: Figures, server: Server, database: Database, ground: Ground, small_url: str, folder: Path, size: Size
) -> None:
    with prepared(small_url) as (little, little_ground), serving(small_url, folder) as other:
        few = store.fill_closed_rounds(little, little_ground, rounds=10, audits_each=100)
        many = store.fill_closed_rounds(database, ground, rounds=size.closed_rounds, audits_each=100)
        small = reads.Store(other, little_ground, few)
        reads.measure_closed(figures, reads.Store(server, ground, many), small)


def _measure_open(figures: Figures, server: Server, database: Database, ground: Ground, size: Size) -> None:
    """The reports of one open round with many audits."""
    of_reports = ("report page with one heat map", *reports.ROWS.values())
    after_change, lost = "gap report of an open round, after a change", "throughput lost to a report every 50 ms"
    snapshots = ("snapshot of an open round", "snapshot of an open round, from its page")
    if not figures.wants(*of_reports, after_change, lost, *snapshots, "first view of a report"):
        return
    store.fill(database, ground, [ground.round_id], audits_each=size.audits_of_open)
    store.keep_tallies(database, ground, ground.round_id)
    limit = reports.bare_query(database, ground)
    if figures.wants(after_change):
        with figures.attempt(after_change):
            reads.measure_open(figures, server, ground, limit=limit)
    if figures.wants(*of_reports):
        with figures.attempt(*of_reports):
            lead = f"{COOKIE}={signed_in(database, ground, ground.lead)}"
            reports.measure(figures, server, ground, lead, limit=limit)
    if figures.wants(lost):
        with figures.attempt(lost):
            reports.measure_both_at_once(figures, server, ground)
    if figures.wants(*snapshots):
        with figures.attempt(*snapshots):
            lead = f"{COOKIE}={signed_in(database, ground, ground.lead)}"
            # In separate rounds: what was recorded before is in the first.
            fresh = [store.fill_open_round(database, ground, audits=size.audits_of_open) for _ in range(2)]
            for each in fresh:
                store.keep_tallies(database, ground, each)
            reports.measure_snapshot(figures, server, ground, lead, rounds=fresh, limit=limit)


def _measure_browser(figures: Figures, server: Server, database: Database, ground: Ground) -> None:
    audit = an_audit(database, ground)
    auditor, lead = (signed_in(database, ground, who) for who in (ground.auditor, ground.lead))
    addresses = {
        "theme": browsing.Address("a theme page", f"/audits/{audit}/themes/{THEMES[0]}", auditor),
        "mine": browsing.Address("My audits", "/audits", auditor),
        "report": browsing.Address("a report", f"/rounds/{ground.round_id}/report", lead),
    }
    browsing.measure(figures, server, COOKIE, addresses, audit)


def _measure_actions(figures: Figures, server: Server, database: Database, ground: Ground, size: Size) -> None:
    actions.fill_actions(database, ground, rounds=size.rounds_with_actions, actions=size.actions)
    lead, owner = (f"{COOKIE}={signed_in(database, ground, who)}" for who in (ground.lead, ground.auditor))
    actions.measure(figures, server, ground, lead, owner)


def compile_modules() -> None:
    """Compile the modules as an installation does: otherwise each server that is started compiles a thousand again."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for package in ("api", "checklists", "models"):
        compileall.compile_dir(Path(__file__).parent.parent / package, quiet=1)


def run_raw(database: Database) -> writes.RunRaw:
    if database.is_sqlite:
        # SQLite is fastest with one writer, however many ask.
        return lambda transactions, _: raw.per_second_on_sqlite(database, transactions)
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
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


def judge_memory(figures: Figures, when: str, server: Server) -> None:
    """The memory of the largest process and, beside it, of all processes together, which includes what is computed
    apart.
    """
    figures.judge(f"memory, {when}", memory(server))
    sizes = _sizes(server)
    figures.note(f"  of all processes, {when}", f"{sum(sizes):.0f} MB in {len(sizes)}")


def memory(server: Server) -> float:
    return max(_sizes(server))


def _sizes(server: Server) -> list[float]:
    sizes = []
    for process in server.every_process():
        with suppress(psutil.NoSuchProcess):  # one that computed something has ended
            sizes.append(process.memory_info().rss / 1_000_000)
    return sizes


def with_two_workers(figures: Figures, size: Size, url: str, folder: Path) -> None:
    rows = ("complete audits, 16 clients", "16 clients to 4")
    with prepared(url) as (database, ground), serving(url, folder, workers=2) as server, figures.attempt(*rows):
        writes.measure(figures, server, ground, run_raw(database), plain=False, size=size)


def among_a_million(figures: Figures, url: str, folder: Path) -> None:
    from benchmarks import many_rounds

    rows = ("gap report in the million", "  the million")
    with prepared(url) as (database, ground), serving(url, folder) as server, figures.attempt(*rows):
        many_rounds.measure(figures, server, database, ground, ROUNDS_OF_MILLION)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="small stores and few requests: two minutes")
    options.add_argument("--only", choices=["sqlite", "postgresql"], help="one of the two databases")
    options.add_argument("--million", action="store_true", help="also a million audits in ten thousand rounds")
    options.add_argument(
        "--row", action="append", default=[], help="only rows with this in their name; may be repeated"
    )
    options.add_argument("--list", action="store_true", help="name the rows and their aims, and measure nothing")
    chosen = options.parse_args()
    if chosen.list:
        print("\n".join(f"{aim.row}: {aim.words} ({', '.join(aim.on)})" for aim in AIMS))
        return
    compile_modules()
    size = QUICK if chosen.quick else FULL
    shown = []

    def figures_of(name: str) -> Figures:
        shown.append(Figures(name, chosen.row))
        return shown[-1]

    with tempfile.TemporaryDirectory(prefix="caseaudit-benchmarks-") as name:
        folder = Path(name)
        if chosen.only is None:
            rules.measure(figures_of(WITHOUT_DATABASE))
        if chosen.only != "postgresql":
            figures = figures_of(SQLITE)
            measure(figures, size, [f"sqlite:///{folder}/{which}.sqlite3" for which in ("small", "large")], folder)
            if chosen.million:
                among_a_million(figures, f"sqlite:///{folder}/million.sqlite3", folder)
        if chosen.only != "sqlite":
            with running_cluster(durable=True) as cluster:
                figures = figures_of(POSTGRESQL)
                measure(figures, size, [cluster.create(which) for which in ("small", "large")], folder)
                if chosen.million:
                    among_a_million(figures, cluster.create("million"), folder)
                two = Figures(TWO_WORKERS, chosen.row)
                if two.wants("complete audits, 16 clients"):
                    shown.append(two)
                    with_two_workers(two, size, cluster.create("two"), folder)
    show(shown)


def show(shown: Sequence[Figures]) -> None:
    """Print every figure and how many missed their aim; the exit status is 1 if one did."""
    for figures in shown:
        figures.show(Console())
    missed = sum(len(figures.missed) for figures in shown)
    judged = sum(line.aim is not None for figures in shown for line in figures.lines)
    print(f"{missed} of {judged} rows missed their aim.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
