"""An independent client, python-odata, reads every table over pages from a running service, to the last row."""

from pathlib import Path
from typing import Any

import pytest
import requests
from odata import ODataService
from sqlalchemy import func, select
from sqlmodel import col

from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, Round, Score, Team
from tests.desk import a_desk
from tests.factories import a_token_for
from tests.improvement.acting import a_plan, planned
from tests.live import serving
from tests.odata.feed import RECORDS
from tests.odata.test_cells import two_snapshots

PAGE = 50


def a_client(port: int, secret: str, *, page: int = PAGE) -> tuple[ODataService, list[str]]:
    """The client with the address of the service, and every address that it asks."""
    asked: list[str] = []
    session = requests.Session()
    session.auth = ("feed", secret)
    session.headers["Prefer"] = f"odata.maxpagesize={page}"
    session.hooks["response"].append(lambda answer, **_: asked.append(answer.url))
    return ODataService(
        f"http://127.0.0.1:{port}/odata/", session=session, reflect_entities=True, quiet_progress=True
    ), asked


def read(service: ODataService, table: str) -> list[Any]:
    return list(service.query(service.entities[table]))


@pytest.mark.both_databases
def test_the_client_reads_every_row_over_pages(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url, fill=two_snapshots) as desk:
        planned(desk, a_plan(desk.cast.asha))
        token = a_token_for(desk.database, desk.cast.lena, scopes=RECORDS)
        organisation = desk.cast.organisation.id
        with desk.database.reading() as session:

            def count(table: Any, *conditions: Any) -> int:
                own = col(table.organisation_id) == organisation
                number: int = session.execute(
                    select(func.count()).select_from(table).where(own, *conditions)
                ).scalar_one()
                return number

            stored = {
                "Audits": count(Audit, col(Audit.state).in_(SUBMITTED_STATES)),
                "Answers": count(Score),
                "Rounds": count(Round),
                "Teams": count(Team),
                "Themes": len(desk.template.theme_keys),
            }
        with serving(database_url, tmp_path, forked=True) as server:
            service, asked = a_client(server.port, token.secret)
            assert {name: len(read(service, name)) for name in stored} == stored
            assert len([url for url in asked if "/Answers" in url]) == -(-stored["Answers"] // PAGE)
            answer = read(service, "Answers")[0]
            assert (answer.Number, answer.ThemeKey) == (1, "voice")
            # Of true alone: the client makes false of what is empty.
            meeting = service.query(service.entities["Answers"]).filter("MeetsStandard eq true")
            assert meeting.count() == sum(each.MeetsStandard is True for each in read(service, "Answers")) > 0
            cells, _ = a_client(server.port, token.secret, page=2_000)
            assert len(read(cells, "Cells")) == cells.query(cells.entities["Cells"]).count() > 1_000
            assert len(read(service, "Actions")) == 1
            assert read(service, "Concerns") == []
