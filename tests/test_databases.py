"""What asks something of the database runs on both, on a copy that is its own."""

import pytest
from sqlalchemy import inspect, text

from models.storage.database import open_database
from tests.conftest import DatabaseKind
from tests.postgres import Cluster, running_cluster

pytestmark = pytest.mark.both_databases


def test_a_test_gets_the_database_it_is_named_for_with_every_migration_run(
    database_url: str,
    database_kind: DatabaseKind,
) -> None:
    database = open_database(database_url)
    assert database.engine.dialect.name == database_kind
    assert "alembic_version" in inspect(database.engine).get_table_names()
    database.close()


def test_what_one_test_writes_no_other_test_sees(database_url: str, shared_database_url: str) -> None:
    for url in (database_url, shared_database_url):
        database = open_database(url)
        with database.writing() as session:
            session.connection().execute(text("CREATE TABLE mark (id integer)"))
        database.close()


def test_a_durable_server_waits_for_the_disk_and_the_ordinary_one_does_not(postgres_cluster: Cluster) -> None:
    def waits(cluster: Cluster) -> str:
        database = open_database(cluster.url())
        with database.reading() as session:
            answer: str = session.connection().execute(text("SHOW fsync")).scalar_one()
        database.close()
        return answer

    assert waits(postgres_cluster) == "off"
    with running_cluster(durable=True) as durable:
        assert waits(durable) == "on"
        durable.stop("immediate")
        durable.start()
        assert waits(durable) == "on"
