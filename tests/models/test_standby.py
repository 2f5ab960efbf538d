"""Reports are read from a hot standby when it has all that was saved, and else from the primary: never older."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from api.foundation.settings import Settings
from models.storage.database import Database, open_database
from models.storage.migrating import migrate
from models.storage.postgresql.standby import NOT_ASKED_SECONDS, Standby
from tests.client import Client
from tests.live import Ground, a_complete_audit, a_ground
from tests.odata.feed import basic
from tests.postgres import Cluster
from tests.service import service_on
from tests.standby import replicated


class Pair(NamedTuple):
    primary: Cluster
    standby: Cluster
    ground: Ground


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with replicated() as (primary, standby):
        url = primary.create("audited")
        migrate(url)
        filled = open_database(url)
        ground = a_ground(filled)
        with filled.engine.begin() as connection:
            connection.execute(text("CREATE TABLE mark (number integer)"))
        filled.close()
        yield Pair(primary, standby, ground)


@pytest.fixture
def database(pair: Pair) -> Iterator[Database]:
    opened = open_database(pair.primary.url("audited"), standby_url=pair.standby.url("audited"))
    yield opened
    opened.close()


def save(database: Database, number: int) -> None:
    with database.writing() as session:
        session.execute(text("INSERT INTO mark VALUES (:number)"), {"number": number})


def read(session: Session) -> tuple[bool, int]:
    """Whether a standby answers, and the newest mark."""
    found = session.execute(text("SELECT pg_is_in_recovery(), coalesce(max(number), 0) FROM mark")).one()
    return found[0], found[1]


def report(database: Database) -> tuple[bool, int]:
    with database.reading() as session:
        return database.read_report(session, 1, read)


def on(cluster: Cluster, statement: str) -> None:
    opened = open_database(cluster.url("audited"))
    with opened.engine.begin() as connection:
        connection.execute(text(statement))
    opened.close()


def test_a_report_of_the_standby_has_what_was_saved_just_before(database: Database) -> None:
    for number in range(1, 31):
        save(database, number)
        assert report(database) == (True, number)
    assert report(database) == (True, 30), "nobody writes, and the standby is as new as the primary"


def test_when_the_standby_is_behind_the_primary_answers(pair: Pair, database: Database) -> None:
    assert report(database)[0]
    on(pair.standby, "SELECT pg_wal_replay_pause()")
    save(database, 100)
    assert report(database) == (False, 100)
    on(pair.standby, "SELECT pg_wal_replay_resume()")
    assert report(database) == (True, 100)


def test_a_standby_that_is_down_is_not_asked_for_a_while(
    pair: Pair, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    standby = database._standby
    assert standby is not None
    clock = 100.0
    monkeypatch.setattr(standby, "_monotonic", lambda: clock)
    assert report(database)[0]
    pair.standby.stop("immediate")
    assert not report(database)[0]
    assert "the standby cannot be used" in caplog.text
    pair.standby.start()
    assert not report(database)[0]
    clock += NOT_ASKED_SECONDS
    assert report(database)[0]


def test_another_database_is_never_taken_for_a_standby(pair: Pair) -> None:
    other = open_database(pair.primary.create("other"))
    with other.engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (number integer)"))
    other.close()
    for wrong in (pair.primary.url("audited"), pair.standby.url("other")):
        database = open_database(pair.primary.url("audited"), standby_url=wrong)
        assert not report(database)[0]
        database.close()


def test_what_fails_on_the_standby_is_read_from_the_primary(database: Database) -> None:
    answered: list[bool] = []

    def lock(session: Session) -> bool:
        answered.append(read(session)[0])
        session.execute(text("SELECT number FROM mark FOR UPDATE")).all()
        return answered[-1]

    with database.reading() as session:
        assert database.read_report(session, 1, lock) is False
    assert answered == [True, False]


def test_a_refusal_by_what_is_read_is_no_failure_of_the_standby(database: Database) -> None:
    def refuse(session: Session) -> None:
        raise KeyError(read(session)[0])

    with database.reading() as session, pytest.raises(KeyError, match="True"):
        database.read_report(session, 1, refuse)


def asked_of(database: Database) -> dict[str, str]:
    """All that each server is asked from now on."""
    asked = {"primary": "", "standby": ""}
    standby = database._standby
    assert isinstance(standby, Standby)
    for name, engine in (("primary", database.engine), ("standby", standby.engine)):

        def note(_: Any, __: Any, statement: str, *___: Any, name: str = name) -> None:
            asked[name] += f"{statement}\n"

        event.listen(engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize(
    ("path", "table"), [("/api/v1/rounds/{0}/report", "open_tally"), ("/odata/Audits", "FROM audit")]
)
def test_the_service_reads_reports_and_the_feed_from_the_standby_and_asks_the_primary_who_may(
    pair: Pair, database: Database, path: str, table: str
) -> None:
    ground = pair.ground
    service = service_on(Settings(database_url=pair.primary.url("audited")), database)
    with Client(service, headers=bearer(ground.integration_token)) as program:
        body = a_complete_audit(ground, random.Random(path))
        saved = program.post("/api/v1/complete-audits", json=body, headers={"Idempotency-Key": path})
        assert saved.status_code == 201, saved.text
    asked = asked_of(database)
    with Client(service, headers=basic(ground.lead_token) if "odata" in path else bearer(ground.lead_token)) as lead:
        shown = lead.get(path.format(ground.round_id))
    assert shown.status_code == 200, shown.text
    assert "FROM token" in asked["primary"]
    assert "FROM token" not in asked["standby"]
    assert table in asked["standby"]
    assert table not in asked["primary"]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
