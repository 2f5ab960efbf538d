"""100,000 answers are read from the data feed by an independent client: every row once, and in flat memory."""

import time
from pathlib import Path

import pytest
import requests
from odata import ODataService
from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.store import fill
from models import Score
from tests.live import THEMES, an_open_round, serving
from tests.trials.conftest import Place, Record

pytestmark = pytest.mark.trial

ANSWERS, ROUNDS = 100_000, 10
MEGABYTE = 2**20


@pytest.mark.both_databases
def test_a_hundred_thousand_answers_are_read_in_pages(place: Place, tmp_path: Path, record_property: Record) -> None:
    ground, database = place.ground, place.database
    rounds = [an_open_round(database, ground.template_id, ground.lead) for _ in range(ROUNDS)]
    fill(database, ground, rounds, audits_each=-(-ANSWERS // (ROUNDS * len(THEMES))))
    with database.reading() as session:
        stored = session.execute(
            select(func.count()).where(col(Score.organisation_id) == ground.organisation_id)
        ).scalar_one()
    assert stored >= ANSWERS
    pages: list[float] = []
    with serving(place.url, tmp_path) as server:
        (process,) = server.processes()
        memory: list[int] = []

        def note(answer: requests.Response, **_: object) -> None:
            pages.append(answer.elapsed.total_seconds())
            memory.append(process.memory_info().rss)

        session_of_client = requests.Session()
        session_of_client.auth = ("feed", ground.lead_token)
        session_of_client.hooks["response"].append(note)
        address = f"http://127.0.0.1:{server.port}/odata/"
        service = ODataService(address, session=session_of_client, reflect_entities=True, quiet_progress=True)
        answers = service.entities["Answers"]
        list(service.query(answers).limit(1))
        pages.clear()
        memory.clear()
        begun = time.monotonic()
        seen = {(each.AuditId, each.Number) for each in service.query(answers)}
        seconds = time.monotonic() - begun
        first_half, second_half = max(memory[: len(memory) // 2]), max(memory[len(memory) // 2 :])
        begun = time.monotonic()
        number = service.query(answers).count()
        counting = time.monotonic() - begun
    record_property(
        "figure",
        f"{len(seen):,} answers of {stored:,} in {len(memory)} pages: {seconds:.1f} s with the client, "
        f"{len(seen) / seconds:,.0f} rows/s; the service {sum(pages):.1f} s, {len(seen) / sum(pages):,.0f} rows/s, "
        f"slowest page {max(pages) * 1000:.0f} ms; memory of the server {first_half / MEGABYTE:.0f} MB in the first "
        f"half, {second_half / MEGABYTE:.0f} MB in the second; counting them {counting:.2f} s",
    )
    assert len(seen) == number == stored
    # What a page needs is let go of before the next: some megabytes of what the interpreter keeps are no leak.
    assert second_half < first_half + 16 * MEGABYTE
