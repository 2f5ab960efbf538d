"""A connection to PostgreSQL that is lost at any moment: nobody is told what may not be so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text

from api.foundation.settings import Settings
from models.storage.database import open_database
from tests.client import Client
from tests.cut_at_commit import a_way_to, shut
from tests.live import a_ground
from tests.postgres import Cluster
from tests.service import service_on

LOST = "Your change may or may not have been saved"


def test_what_was_committed_without_a_word_is_not_said_to_be_unsaved(
    migrated_postgres: Cluster, tmp_path: Path
) -> None:
    url = migrated_postgres.create("cut_at_commit", template="template_migrated")
    database = open_database(url)
    ground = a_ground(database)
    with a_way_to(url) as way:
        cut = open_database(way.url)
        settings = Settings(
            database_url=url, trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "lines"
        )
        app: FastAPI = service_on(settings, cut)
        headers = {"Authorization": f"Bearer {ground.lead_token}", "Idempotency-Key": "cut"}
        new = {"team_id": str(ground.team_id), "status": "closed", "age_band": "5-to-9"}
        with Client(app, headers=headers) as client:
            assert client.get("/api/v1/rounds").status_code == 200
            way.cuts = True
            lost = client.post("/api/v1/case-files", json=new)
            assert way.has_cut.is_set()
            assert (lost.status_code, lost.json()["title"], lost.json()["type"]) == (
                503,
                LOST,
                "/problems/saved-or-not",
            )
            assert "Nothing was saved" not in lost.text
            assert lost.headers["retry-after"].isdecimal()
            again = client.post("/api/v1/case-files", json=new)
            assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        cut.close()
    with database.reading() as session:
        assert session.connection().execute(text("SELECT count(*) FROM case_file")).scalar_one() == 1
    database.close()
    migrated_postgres.drop("cut_at_commit")


LOSSES: dict[str, Callable[[Any], None]] = {
    "as soon as it is made": shut,
    "what the driver says without the server": lambda _: fail_with(psycopg.DatabaseError("no answer")),
    "what the driver says of too many answers": lambda _: fail_with(psycopg.InternalError("received 2 results")),
    "what the driver says of a closed connection": lambda _: fail_with(psycopg.InterfaceError("closed")),
}


def fail_with(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("lost", LOSSES)
def test_every_loss_is_answered_with_when_to_try_again(migrated_postgres: Cluster, tmp_path: Path, lost: str) -> None:
    url = migrated_postgres.create("lost_at_once", template="template_migrated")
    database = open_database(url)
    ground = a_ground(database)
    settings = Settings(database_url=url, trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "lines")
    headers = {"Authorization": f"Bearer {ground.lead_token}", "Idempotency-Key": "lost"}
    new = {"team_id": str(ground.team_id), "status": "closed", "age_band": "5-to-9"}

    def lose(driver: Any, *_: object) -> None:
        LOSSES[lost](driver)

    with Client(service_on(settings, database), headers=headers) as client:
        assert client.get("/api/v1/rounds").status_code == 200
        database.engine.dispose()
        event.listen(database.engine, "connect", lose)
        answers = [client.get("/api/v1/rounds"), client.post("/api/v1/case-files", json=new), client.get("/rounds")]
        event.remove(database.engine, "connect", lose)
        assert client.post("/api/v1/case-files", json=new).status_code == 201
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"].isdecimal()
    assert [answer.headers["content-type"] for answer in answers[:2]] == ["application/problem+json"] * 2
    database.close()
    migrated_postgres.drop("lost_at_once")
