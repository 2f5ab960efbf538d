"""Every report that the demonstration has, the same in each form: other rooms' reports too, each with all its parts."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI
from rich.console import Console
from sqlmodel import Session, col, select

from api.demo import demonstration
from api.documents.document import Document
from api.documents.writers import csv as csv_writer
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from checklists.reliability.coefficients import Measure
from models import JointRound, Programme, Round, RoundState, Snapshot
from models.storage.database import Database, open_database
from tests.client import Client
from tests.documents.every_form import check_every_form
from tests.factories import MadePerson, client_for
from tests.reports.awkward_rounds import as_people_round, percent_of
from tests.service import service_on, settings_for
from tests.thorough import some_of

OF_A_DAY: Final = 2


@pytest.fixture
def database(tmp_path: Path, demonstration_file: Path) -> Iterator[Database]:
    file = tmp_path / "demo.sqlite3"
    file.write_bytes(demonstration_file.read_bytes())
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def lead(database: Database) -> Actor:
    return demonstration.set_up_demonstration(database, Console(quiet=True), settings=Settings())


@pytest.fixture
def client(database: Database, lead: Actor) -> Client:
    app: FastAPI = service_on(settings_for(str(database.engine.url)), database)
    assert lead.person_id is not None
    person = MadePerson(lead.organisation_id, lead.person_id, lead.name, "", lead.roles, "")
    return client_for(app, person)


def reports_of(session: Session) -> list[str]:
    """The path of each report on a page."""

    def ids(model: Any, *where: Any) -> list[uuid.UUID]:
        return list(session.exec(select(model.id).where(*where).order_by(col(model.id))))

    opened = ids(Round, col(Round.state) != RoundState.PLANNED)
    following = ids(Round, col(Round.state) == RoundState.CLOSED, col(Round.follows_id).is_not(None))
    return [
        *(f"/rounds/{each}/{kind}" for each in opened for kind in ("report", "trend", "agreement", "characteristics")),
        *(f"/rounds/{each}/change" for each in following),
        *(f"/joint-rounds/{each}/report" for each in ids(JointRound)),
        *(f"/programmes/{each}/report" for each in ids(Programme)),
        *(f"/snapshots/{each}/report" for each in ids(Snapshot)),
        *("/reports/changed", "/reports/changed/released"),
    ]


def check_agreement(document: Document, figures: Sequence[Mapping[str, Any]]) -> None:
    """Agreement has a form of its own for programs: each figure is the one of the table, and of the sentence beside."""
    for table in (table for table in document.tables if table.key == "agreement"):
        for row, figure in zip(table.rows, figures, strict=True):
            assert (row[3].number, row[4].number, row[5].text) == (
                *(figure["readings"], figure["cases"], figure["words"]),
            )
            if figure["value"] is not None:
                value = Fraction(figure["value"]).limit_denominator(10**6)
                is_share = Measure(figure["measure"]).is_share
                assert row[1].text == (percent_of(value) if is_share else as_people_round(value, 2))
                assert not is_share or figure["low"] is None or f"in {row[1].text} of readings" in figure["words"]


def test_a_report_of_the_demonstration_is_the_same_in_every_form(
    database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two each day; all where everything is asked."""
    written: list[Document] = []
    write = csv_writer.write_csv

    def write_and_keep(document: Document) -> bytes:
        written.append(document)
        return write(document)

    monkeypatch.setattr(csv_writer, "write_csv", write_and_keep)
    with database.reading() as session:
        paths = reports_of(session)
    for path in some_of(paths, OF_A_DAY, of="reports of the demonstration"):
        assert client.get(f"{path}.csv").status_code == 200, path
        if path.endswith("/agreement"):
            check_agreement(written[-1], client.get(f"/api/v1{path}").json()["overall"])
        check_every_form(
            client, written[-1], path, page_at=path.removesuffix("/report") if "/snapshots/" in path else ""
        )
