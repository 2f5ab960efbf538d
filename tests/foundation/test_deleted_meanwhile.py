"""A row that another transaction deletes at the same moment is made anew, and nobody meets an error."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.foundation.settings import Settings
from api.people.sign_in import attempts
from models.storage.database import Database
from tests.factories import Cast, a_key, client_for

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")


@contextmanager
def deleted_after_the_next_insert(database: Database, table: str) -> Iterator[None]:
    """Right after the next INSERT into the table, another connection deletes all of its rows, if it can at once."""
    left = [True]

    def delete(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(f"INSERT INTO {table} ") and left.pop():
            left.append(False)
            with suppress(OperationalError), database.engine.begin() as other:
                other.execute(text("SET LOCAL lock_timeout = '100ms'"))
                other.execute(text(f"DELETE FROM {table}"))

    event.listen(database.engine, "after_cursor_execute", delete)
    yield
    event.remove(database.engine, "after_cursor_execute", delete)


def test_an_attempt_to_sign_in_whose_count_is_reset_is_counted(database: Database) -> None:
    counts = attempts.own_attempts("link", "a secret")
    attempts.count_attempt(database, counts)
    with deleted_after_the_next_insert(database, "sign_in_count"):
        attempts.count_attempt(database, counts)
    with database.reading() as session:
        assert session.execute(text("SELECT attempts FROM sign_in_count")).scalars().all() == [2]


def test_a_request_whose_old_key_is_deleted_is_a_new_request(database: Database, database_url: str, cast: Cast) -> None:
    program = client_for(create_app(Settings(database_url=database_url), database), cast.ada)
    key = a_key()
    assert program.post("/api/v1/teams", json={"name": "North"}, headers=key).status_code == 201
    with deleted_after_the_next_insert(database, "idempotent_request"):
        again = program.post("/api/v1/teams", json={"name": "South"}, headers=key)
    assert (again.status_code, again.json()["name"]) == (201, "South")
