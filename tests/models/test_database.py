"""A SQLite file is opened only in ways that keep it whole, and has one writer at a time."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from models.storage.database import open_database
from models.storage.sqlite_engine import journal_mode, sqlite_driver
from tests.postgres import TEMPLATE, Cluster, running_cluster


def open_file(folder: Path) -> Any:
    return open_database(f"sqlite:///{folder}/database.sqlite3")


def read_back(session: Session, pragma: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {pragma}").scalar_one()


def test_every_connection_to_a_file_is_durable_and_keeps_references_whole(tmp_path: Path) -> None:
    database = open_file(tmp_path)
    full, on = 2, 1
    with database.reading() as first, database.reading() as second, database.writing() as third:
        connections = {id(session.connection().connection.dbapi_connection) for session in (first, second, third)}
        assert len(connections) == 3
        for session in (first, second, third):
            assert read_back(session, "journal_mode") == journal_mode()
            assert read_back(session, "synchronous") == full
            assert read_back(session, "foreign_keys") == on
    database.close()


def test_one_writer_at_a_time_and_the_others_wait_their_turn(tmp_path: Path) -> None:
    database = open_file(tmp_path)
    with database.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE counter (number integer)")
        session.connection().exec_driver_sql("INSERT INTO counter VALUES (0)")
    at_once, most = 0, 0

    def add() -> None:
        nonlocal at_once, most
        for _ in range(25):
            with database.writing() as session:
                at_once += 1
                most = max(most, at_once)
                number = session.connection().exec_driver_sql("SELECT number FROM counter").scalar_one()
                time.sleep(0.0005)
                session.connection().exec_driver_sql("UPDATE counter SET number = ?", (number + 1,))
                at_once -= 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT number FROM counter").scalar_one() == 8 * 25
    assert most == 1
    database.close()


def test_a_writer_holds_the_file_from_its_beginning_so_that_another_process_cannot_come_between(tmp_path: Path) -> None:
    database = open_file(tmp_path)
    with database.writing() as session:
        session.connection()
        other = sqlite_driver().connect(tmp_path / "database.sqlite3", timeout=0, isolation_level=None)
        with pytest.raises(sqlite_driver().OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    database.close()


def test_what_a_reader_changes_is_given_up(tmp_path: Path) -> None:
    database = open_file(tmp_path)
    with database.reading() as session:
        session.connection().exec_driver_sql("CREATE TABLE mark (number integer)")
    with database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
    database.close()


def test_what_a_writer_began_is_given_up_when_it_fails(tmp_path: Path) -> None:
    database = open_file(tmp_path)

    def fail() -> None:
        with database.writing() as session:
            session.connection().exec_driver_sql("CREATE TABLE mark (number integer)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.writing() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
    database.close()


def test_a_connection_that_was_lost_while_nobody_used_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_cluster() as cluster:
        database = open_database(cluster.url())
        for longest_unasked in (0, 0, 3600, 3600):  # asked, and seen to be lost
            monkeypatch.setattr("models.storage.postgresql.engine.ASKED_AFTER_SECONDS", longest_unasked)
            with database.reading() as session:
                assert session.connection().exec_driver_sql("SELECT 1").scalar_one() == 1
            cluster.stop("immediate")
            cluster.start()
        database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://somewhere/name"])
def test_a_database_that_forgets_or_is_not_known_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"forgets everything|not supported"):
        open_database(url)


@pytest.mark.parametrize("table", ["audit", "case_file"])
def test_references_to_a_young_table_are_checked_by_its_primary_key(migrated_postgres: Cluster, table: str) -> None:
    """Before its first ANALYZE, PostgreSQL knows nothing of a table and would as soon take another index."""
    database = open_database(migrated_postgres.create(f"young_{table}", template=TEMPLATE))
    look_up = f"SELECT 1 FROM ONLY {table} x WHERE organisation_id = 1 AND id = gen_random_uuid() FOR KEY SHARE OF x"
    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN {look_up}").scalars().all()
    assert f"pk_{table}" in " ".join(plan)
    database.close()
    migrated_postgres.drop(f"young_{table}")
