"""Every address that can be read, in a round of thousands of audits: the slowest, and what a crowd gets there."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from sqlmodel import col, select
from starlette.routing import BaseRoute

from api.app import create_app
from api.foundation.settings import Settings
from benchmarks import store
from benchmarks.load import RequestsFailedError, page_request, request, run
from benchmarks.table import Figures
from models import Audit
from models.storage.database import Database
from tests.live import THEMES, Client, Ground, Server, serving

SLOWEST: Final = "slowest of all addresses, round of 4,000 audits"
REFUSED: Final = "refused of 60 requests at once, each of the 5 slowest addresses"
AUDITS: Final = 4_000
REPEATS: Final = 5
AT_ONCE: Final = 60


def measure(figures: Figures, url: str, database: Database, ground: Ground, folder: Path, *, lead: str) -> None:
    """Over HTTP, as the quality lead, whose cookie is `lead`. Addresses that ask for more than names are left out."""
    store.fill(database, ground, [ground.round_id], audits_each=AUDITS)
    store.keep_tallies(database, ground, ground.round_id)
    with serving(url, folder) as server:
        program, browser = server.client(ground.lead_token), server.client()
        browser.headers = {"Cookie": lead}
        taken = {}
        for address in _addresses(url, database, ground):
            client = program if _is_rest(address) else browser
            # What is read once a process is not counted.
            if client.send("GET", address).status == 200:
                taken[address] = median(_milliseconds(client, address) for _ in range(REPEATS))
        slowest = sorted(taken, key=lambda address: -taken[address])[:5]
        named = ", ".join(f"{_without_ids(address)} {taken[address]:.0f} ms" for address in slowest)
        figures.judge(SLOWEST, taken[slowest[0]], limit=f"of {len(taken)}: {named}")
        figures.judge(REFUSED, sum(_refused(server, _request(address, ground, lead)) for address in slowest))


def _milliseconds(client: Client, address: str) -> float:
    started = time.perf_counter()
    client.send("GET", address)
    return (time.perf_counter() - started) * 1000


def _is_rest(address: str) -> bool:
    return address.startswith("/api/")


def _refused(server: Server, asked: bytes) -> int:
    try:
        run(server.port, AT_ONCE, [asked] * AT_ONCE, status=200)
    except RequestsFailedError as failed:
        return failed.number
    return 0


def _request(address: str, ground: Ground, lead: str) -> bytes:
    return request("GET", address, ground.lead_token) if _is_rest(address) else page_request(address, lead)


def _addresses(url: str, database: Database, ground: Ground) -> list[str]:
    """Every address of a page or of REST whose parts are known here."""
    with database.reading() as session:
        audit = session.exec(select(Audit).where(col(Audit.round_id) == ground.round_id).limit(1)).one()
    known = {
        "round_id": ground.round_id,
        "audit_id": audit.id,
        "case_file_id": audit.case_file_id,
        "template_id": ground.template_id,
        "team_id": ground.team_id,
        "person_id": ground.auditor.person_id,
        "theme": THEMES[0],
        "version": 1,
        "number": 1,
    }
    app = create_app(Settings(database_url=url))
    over_rest = {path for path, operations in app.openapi()["paths"].items() if "get" in operations}
    pages = {path for path in _paths(app.router.routes) if not _is_rest(path)}
    filled = (_filled(path, known) for path in sorted(over_rest | pages))
    return [address for address in filled if address is not None]


def _paths(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        yield from _paths(getattr(route, "routes", None) or [])
        if "GET" in (getattr(route, "methods", None) or ()):
            yield getattr(route, "path", "")


def _filled(path: str, known: Mapping[str, object]) -> str | None:
    names = [name.partition(":")[0] for name in re.findall(r"{([^}]+)}", path)]
    if not known.keys() >= {*names}:
        return None
    return re.sub(r"{([^}:]+)[^}]*}", lambda found: str(known[found[1]]), path)


def _without_ids(address: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", address)
