"""The machines of docs/several-machines.md, started with the files of deploy/several-machines."""

import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.live import ROOT
from tests.postgres import SERVICE_ACCOUNT, find_server_programs
from tests.trials.several_machines.network import Network, network, on_machine
from tests.trials.several_machines.pgbouncer import configured
from tests.trials.several_machines.programs import find_program

EXAMPLES = ROOT / "deploy" / "several-machines"
# Where each machine has its certificate in the examples.
CERTIFICATES = "/etc/caseaudit-tls"
DATABASES = {"db1": "10.77.0.11", "db2": "10.77.0.12", "db3": "10.77.0.13"}
WEB = {"web1": "10.77.0.21", "web2": "10.77.0.22"}
PROXY = {"proxy": "10.77.0.31"}
# Where people sit.
DESK = {"desk": "10.77.0.41"}
SUPERUSER_PASSWORD = "change-this-1"
PASSWORD = "change-this-3"
ONE_OF_THEM = ",".join(DATABASES.values())
LONGEST_START_SECONDS = 120.0
DEBIANS_PYTHON = "/usr/bin/python3"  # for which Patroni is installed


@dataclass(frozen=True, slots=True)
class Machines:
    """All of them. What is done here from outside is done from the desk."""

    network: Network
    folder: Path
    # Whether what is acknowledged is on two machines.
    synchronous: bool = True

    @property
    def shared(self) -> Path:
        """The folder of keys and files that the web hosts share."""
        return self.folder / "shared"

    @property
    def url(self) -> str:
        """The primary, whichever it is, as commands on a host would reach it."""
        return self._url_of_primary(f"caseaudit:{PASSWORD}", "caseaudit")

    @property
    def owners_url(self) -> str:
        return self._url_of_primary(f"postgres:{SUPERUSER_PASSWORD}", "postgres")

    def _url_of_primary(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={ONE_OF_THEM}&target_session_attrs=read-write&{self._verified}"

    @property
    def _verified(self) -> str:
        """That a connection is to a database of ours alone, as a parameter of its address."""
        return f"sslmode=verify-full&sslrootcert={self.tls}/authority.pem"

    @property
    def tls(self) -> Path:
        """The certificates of all machines, with a folder for each."""
        return self.folder / "tls"

    def make_certificates(self) -> None:
        made: list[str | Path] = [find_program("sh", "dash"), EXAMPLES / "certificates.sh", self.tls]
        subprocess.run(made, check=True, capture_output=True)
        _give_to_postgres(self.tls)
        for name in (*DATABASES, *WEB, *PROXY):
            _give_to_postgres(self.tls / name)

    def _example(self, file: str, name: str) -> str:
        """An example, with the certificates of this machine."""
        return (EXAMPLES / file).read_text().replace(CERTIFICATES, f"{self.tls}/{name}")

    def _ask(self, address: str, path: str, *, seconds: float) -> bytes:
        """What a machine answers over TLS, asked as the proxy does. From the desk. Raises OSError."""
        shows = ssl.create_default_context(cafile=self.tls / "authority.pem")
        shows.load_cert_chain(self.tls / "proxy" / "both.pem")
        with urllib.request.urlopen(f"https://{address}{path}", timeout=seconds, context=shows) as said:
            answer: bytes = said.read()
            return answer

    def start_database(self, name: str) -> None:
        """etcd and Patroni, which starts PostgreSQL."""
        address, folder = DATABASES[name], self.folder / name
        made = _own(folder)
        etcd = _of_host(self._example("etcd.yml", name), name, address)
        etcd = _set(etcd, {"data-dir": folder / "etcd"})
        # The first configuration is only read by a member that has no data.
        (folder / "etcd.yml").write_text(etcd)
        patroni = _of_host(self._example("patroni.yml", name), name, address)
        values: dict[str, object] = {
            "synchronous_mode": str(self.synchronous).lower(),
            "synchronous_mode_strict": str(self.synchronous).lower(),
            "data_dir": folder / "postgresql",
            "bin_dir": find_server_programs(),
            "pgpass": folder / "pgpass",
            "unix_socket_directories": folder,
        }
        (folder / "patroni.yml").write_text(_set(patroni, values))
        if made:
            _give_to_postgres(folder)
        run = self.network.run
        etcd_program = find_program("etcd", "etcd-server")
        run(name, [etcd_program, f"--config-file={folder}/etcd.yml"], folder / "etcd.log", user=SERVICE_ACCOUNT)
        patroni_program = [DEBIANS_PYTHON, find_program("patroni", "patroni")]
        run(
            name,
            [*patroni_program, folder / "patroni.yml"],
            folder / "patroni.log",
            user=SERVICE_ACCOUNT,
            folder=folder,
        )

    def start_web(self, name: str) -> None:
        """HAProxy and PgBouncer, and the service between them."""
        folder = self.folder / name
        made = _own(folder)
        (folder / "users").write_text(f'"caseaudit" "{PASSWORD}"\n')
        values = {
            "auth_file": folder / "users",
            "logfile": folder / "pgbouncer.log",
            "server_tls_ca_file": self.tls / "authority.pem",
        }
        (folder / "haproxy.cfg").write_text(self._example("haproxy-web.cfg", name))
        (folder / "pgbouncer.ini").write_text(configured(values))
        if made:
            _give_to_postgres(folder)
        run = self.network.run
        haproxy, pgbouncer = find_program("haproxy", "haproxy"), find_program("pgbouncer", "pgbouncer")
        run(name, [haproxy, "-db", "-f", folder / "haproxy.cfg"], folder / "haproxy.log")
        run(name, [pgbouncer, "-q", folder / "pgbouncer.ini"], folder / "pgbouncer.out", user=SERVICE_ACCOUNT)
        role = f"postgresql://caseaudit:{PASSWORD}@127.0.0.1"
        environment = {
            "CASEAUDIT_DATABASE_URL": f"{role}:5000/caseaudit?{self._verified}",
            "CASEAUDIT_PGBOUNCER_URL": f"{role}:6432/caseaudit",
            "CASEAUDIT_STANDBY_URL": f"{role}:5001/caseaudit?{self._verified}",
            "CASEAUDIT_HOST": "127.0.0.1",
            "CASEAUDIT_PORT": "8000",
            "CASEAUDIT_TRUSTED_PROXIES": "127.0.0.1",
            "CASEAUDIT_LOG_LEVEL": "warning",
            "CASEAUDIT_METRICS": "true",
            "CASEAUDIT_TRAIL_KEY_FILE": f"{self.shared}/trail-key",
            "CASEAUDIT_TRAIL_CHECKPOINTS_FILE": f"{self.shared}/checkpoints",
            "CASEAUDIT_RISKY_TERMS_KEY_FILE": f"{self.shared}/risky-terms-key",
            "CASEAUDIT_ERASED_CASES_FILE": f"{self.shared}/erased-cases",
        }
        service = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        # As systemd would: again when it ends, because the database was not there yet.
        again = ["/bin/sh", "-c", 'while true; do "$@"; sleep 1; done', "sh", *service]
        run(name, again, folder / "service.log", environment=environment, folder=ROOT)

    def start_proxy(self) -> None:
        folder = self.folder / "proxy"
        _own(folder)
        example = self._example("haproxy-people.cfg", "proxy")
        text, number = re.subn(r"bind :443 .*", "bind :80", example)
        assert number == 1
        (folder / "haproxy.cfg").write_text(text)
        self.network.run(
            "proxy", [find_program("haproxy", "haproxy"), "-db", "-f", folder / "haproxy.cfg"], folder / "haproxy.log"
        )

    def members(self) -> dict[str, str]:
        """The role of each database host that runs, as Patroni says: leader, sync_standby, replica. From the desk."""
        for address in DATABASES.values():
            try:
                found = json.loads(self._ask(f"{address}:8008", "/cluster", seconds=2))["members"]
            except OSError:
                continue
            return {each["name"]: each["role"] for each in found if each["state"] in {"running", "streaming"}}
        return {}

    def streaming(self) -> list[str]:
        """How each standby that has all of the primary's log is fed: sync, potential, async. From the desk."""
        query = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY sync_state"
        try:
            with psycopg.connect(self.owners_url, autocommit=True, connect_timeout=3) as connection:
                return [row[0] for row in connection.execute(query)]
        except psycopg.OperationalError:
            return []

    def wait_for_members(self) -> None:
        """Until all three run, and both standbys are fed; one of them is waited for before anything is acknowledged.

        One that comes back may first have to undo what nobody else has: until then another fault would be a second one.
        """
        ends = time.monotonic() + LONGEST_START_SECONDS
        roles = ["leader", "replica", "sync_standby" if self.synchronous else "replica"]
        fed = ["async", "sync" if self.synchronous else "async"]
        while sorted(self.members().values()) != roles or self.streaming() != fed:
            assert time.monotonic() < ends, f"{self.members()}, {self.streaming()}: see {self.folder}"
            time.sleep(0.2)

    def is_ready(self, name: str) -> bool:
        """Whether the service of a web host says that it is. From the desk."""
        try:
            self._ask(f"{WEB[name]}:8443", "/api/v1/health/ready", seconds=5)
        except OSError:
            return False
        return True

    def wait_for_web(self, name: str) -> None:
        ends = time.monotonic() + LONGEST_START_SECONDS
        while not self.is_ready(name):
            assert time.monotonic() < ends, f"{name} is not ready: see {self.folder}"
            time.sleep(0.2)

    def who_leads(self) -> list[str]:
        """The web hosts that say that they lead the background work. From the desk."""
        found = []
        for name, address in WEB.items():
            with suppress(OSError):
                said = self._ask(f"{address}:8443", "/metrics", seconds=1).decode()
                found += [name] if "\ncaseaudit_leads 1" in said else []
        return found


@contextmanager
def machines(folder: Path, *, synchronous: bool = True) -> Iterator[Machines]:
    """Three database hosts, with an empty database for the service; no web host yet."""
    with network({**DATABASES, **WEB, **PROXY, **DESK}) as made:
        all_of_them = Machines(made, folder, synchronous)
        all_of_them.shared.mkdir()
        all_of_them.make_certificates()
        for name in DATABASES:
            all_of_them.start_database(name)
        with on_machine("desk"):
            all_of_them.wait_for_members()
            with psycopg.connect(all_of_them.owners_url, autocommit=True) as connection:
                connection.execute(f"CREATE ROLE caseaudit LOGIN PASSWORD '{PASSWORD}'")
                connection.execute("CREATE DATABASE caseaudit OWNER caseaudit")
        yield all_of_them


@contextmanager
def at_work(*, synchronous: bool = True) -> Iterator[Machines]:
    """All machines, with an empty database; what is done meanwhile is done from the desk."""
    folder = Path(tempfile.mkdtemp(prefix="caseaudit-machines-"))
    folder.chmod(0o755)
    with machines(folder, synchronous=synchronous) as made:
        made.start_proxy()
        with on_machine("desk"):
            for name in WEB:
                made.start_web(name)
                made.wait_for_web(name)
            yield made
    shutil.rmtree(folder)


def _of_host(text: str, name: str, address: str) -> str:
    """The example of host 1 for another host: lines that name all hosts stay as they are."""
    return "".join(
        line if ".12" in line else line.replace("10.77.0.11", address).replace("name: db1", f"name: {name}")
        for line in text.splitlines(keepends=True)
    )


def _set(text: str, values: Mapping[str, object]) -> str:
    for key, value in values.items():
        text, number = re.subn(rf"(?m)^( *){key}: .*$", rf"\g<1>{key}: {value}", text)
        assert number == 1, f"the example does not set {key} once"
    return text


def _own(folder: Path) -> bool:
    """Make the folder of a machine; whether it was not there yet."""
    if folder.exists():
        return False
    folder.mkdir()
    return True


def _give_to_postgres(folder: Path) -> None:
    shutil.chown(folder, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
    for path in folder.iterdir():
        shutil.chown(path, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
