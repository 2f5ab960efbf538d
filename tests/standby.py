"""A PostgreSQL server with a hot standby of it, for as long as a block lasts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import SERVICE_ACCOUNT, SUPERUSER, Cluster, find_server_programs, is_root

WITH_STANDBY = ("fsync=off", "wal_level=replica", "max_wal_senders=4", "jit=off")


@contextmanager
def replicated() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its standby, which replays what the primary writes at once."""
    programs = find_server_programs()
    primary, standby = (Cluster(_folder(), programs, WITH_STANDBY) for _ in range(2))
    try:
        primary.initialise()
        primary.start()
        try:
            _copy(primary, standby)
            standby.start()
            try:
                yield primary, standby
            finally:
                if standby.is_running:
                    standby.stop("immediate")
        finally:
            primary.stop("immediate")
    finally:
        shutil.rmtree(primary.folder)
        shutil.rmtree(standby.folder)


def _copy(primary: Cluster, standby: Cluster) -> None:
    account = ("-h", primary.folder, "-U", SUPERUSER)
    standby.run("pg_basebackup", *account, "-D", standby.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="caseaudit-postgres-"))
    if is_root():
        shutil.chown(made, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
    return made
