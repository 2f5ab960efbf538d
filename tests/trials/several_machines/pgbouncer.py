"""PgBouncer as deploy/several-machines configures it, in front of a test server."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.live import ROOT
from tests.postgres import SERVICE_ACCOUNT, Cluster
from tests.trials.several_machines.programs import find_program

EXAMPLE = ROOT / "deploy" / "several-machines" / "pgbouncer.ini"
LONGEST_START_SECONDS = 10.0


def configured(values: Mapping[str, object]) -> str:
    """The example with other values for some of its settings, each of which it must have."""
    text = EXAMPLE.read_text()
    for name, value in values.items():
        text, number = re.subn(rf"(?m)^{re.escape(name)} = .*$", f"{name} = {value}", text)
        assert number == 1, f"the example does not set {name} once"
    return text


@contextmanager
def pgbouncer(cluster: Cluster, folder: Path, database: str, *, role: str, pool_size: int) -> Iterator[str]:
    """The address of a database through a PgBouncer that holds at most so many connections to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    users, file = folder / "users", folder / "pgbouncer.ini"
    users.write_text(f'"{role}" ""\n')
    values = {
        "caseaudit": f"host={cluster.folder} dbname={database}",
        "listen_port": port,
        "auth_type": "trust",
        "auth_file": users,
        "logfile": folder / "pgbouncer.log",
        "default_pool_size": pool_size,
        # By a socket of this machine.
        "server_tls_sslmode": "disable",
    }
    file.write_text(f"{configured(values)}\nadmin_users = {role}\n")
    account = SERVICE_ACCOUNT if os.geteuid() == 0 else None
    if account is not None:
        for path in (folder, users, file):
            shutil.chown(path, account)
    process = subprocess.Popen(
        [find_program("pgbouncer", "pgbouncer"), "-q", file],
        user=account,
        group=account,
        extra_groups=None if account is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(port)
        yield f"postgresql://{role}@127.0.0.1:{port}/caseaudit"
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(port: int) -> None:
    ends = time.monotonic() + LONGEST_START_SECONDS
    while True:
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < ends, "PgBouncer did not start"
        time.sleep(0.02)
