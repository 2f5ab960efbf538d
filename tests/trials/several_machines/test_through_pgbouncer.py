"""The service works through PgBouncer in transaction mode, where a connection is the same for one transaction only."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from models.storage import row_security
from tests.live import serving
from tests.postgres import SERVICE_ACCOUNT, Cluster
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import bear
from tests.trials.several_machines.pgbouncer import pgbouncer

pytestmark = pytest.mark.trial

ROLE = "pooled"
SECONDS = 40
# Fewer than people at work: every connection is soon used by everybody in turn.
CONNECTIONS = 6


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the account of PostgreSQL may write."""
    made = Path(tempfile.mkdtemp(prefix="caseaudit-pgbouncer-"))
    shutil.chown(made, SERVICE_ACCOUNT)
    yield made
    shutil.rmtree(made)


def test_people_of_two_organisations_share_a_few_connections_and_nobody_loses_a_word_or_sees_another_s(
    durable_cluster: Cluster, postgresql_place: Place, folder: Path, record_property: Record
) -> None:
    """The service has a role of its own, and PostgreSQL itself separates the organisations."""
    name = str(make_url(postgresql_place.url).database)
    with postgresql_place.database.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}"))
        row_security.switch_on(connection)
    with (
        pgbouncer(durable_cluster, folder, name, role=ROLE, pool_size=CONNECTIONS) as address,
        serving(
            postgresql_place.url,
            postgresql_place.folder,
            workers=2,
            environment={"CASEAUDIT_PGBOUNCER_URL": address},
        ) as server,
        psycopg.connect(
            address.replace("/caseaudit", "/pgbouncer"), autocommit=True, prepare_threshold=None
        ) as console,
    ):
        held = 0

        def replace_connections() -> list[float]:
            nonlocal held
            for _ in range(SECONDS):
                time.sleep(1)
                held = max(held, _held(durable_cluster, name))
                psycopg.ClientCursor(console).execute("RECONNECT")
            return []

        borne = bear(server, postgresql_place, replace_connections, seconds=SECONDS)
        left = _left_on_connections(durable_cluster, name)
    borne.tell(f"through PgBouncer, {SECONDS} s, at most {held} connections of {CONNECTIONS}", record_property)
    borne.check()
    assert 0 < held <= CONNECTIONS
    assert left == []


def _held(cluster: Cluster, database: str) -> int:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = %s"
        found = connection.execute(query, (database, ROLE)).fetchone()
    return found[0] if found else 0


def _left_on_connections(cluster: Cluster, database: str) -> list[tuple[object, ...]]:
    """Session locks: nothing of ours may hold one, since it would stay with a connection that others use."""
    with psycopg.connect(cluster.url(database), autocommit=True) as connection:
        query = (
            "SELECT l.pid, a.state, a.query FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND a.datname = %s AND a.state = 'idle'"
        )
        return connection.execute(query, (database,)).fetchall()
