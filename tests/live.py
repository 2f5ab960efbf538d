"""The service as it runs for people: a server in a process of its own, on real sockets, that can be killed."""

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from api.audit_templates import actions as templates
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.rounds import actions as rounds
from api.rounds.actions import RoundPlan
from checklists.templates.library import load_library_template
from models import AgeBand, CaseStatus, Role, now
from models.storage.database import Database
from tests.factories import a_person, a_team, a_token_for, an_actor, an_integration, an_organisation
from tests.forked import ForkedProcess, command_line

ROOT = Path(__file__).parent.parent
LONGEST_START_SECONDS = 60
AS_PEOPLE_DO = "api.cli"


def settings_of_server(url: str, folder: Path) -> Settings:
    """Those that `serving` starts a server with."""
    return Settings(
        database_url=url, trail_key_file=folder / "trail-key", trail_checkpoints_file=folder / "checkpoints"
    )


class Server:
    """`caseaudit serve` on one database and a free port, or another module that serves likewise."""

    def __init__(
        self,
        url: str,
        log: Path,
        *,
        module: str = AS_PEOPLE_DO,
        workers: int = 1,
        forked: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """A forked one starts at once: see tests/forked.py. `environment`: what it has besides."""
        self.log = log
        self._module = module
        self._forked = forked
        self._workers = workers
        self.environment = {
            **os.environ,
            "CASEAUDIT_DATABASE_URL": url,
            "CASEAUDIT_PORT": "0",
            "CASEAUDIT_WORKERS": str(workers),
            "CASEAUDIT_LOG_LEVEL": "warning",
            "CASEAUDIT_TRAIL_KEY_FILE": f"{log.parent}/trail-key",
            "CASEAUDIT_TRAIL_CHECKPOINTS_FILE": f"{log.parent}/checkpoints",
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | ForkedProcess | None = None
        self.port = 0
        self.clients: list[Client] = []

    def start(self) -> None:
        """Start, and wait for the first answer."""
        with self.log.open("ab") as log:
            start = log.tell()
            self.process = self._started(log)
        deadline = time.monotonic() + LONGEST_START_SECONDS
        self.port = 0
        while not self.port:
            said = self.log.read_bytes()[start:].decode()
            serving = re.search(r"Serving on http://127\.0\.0\.1:(\d+)", said)
            if serving:
                self.port = int(serving[1])
            elif self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{said}")
            else:
                time.sleep(0.005)
        self.client().send("GET", "/api/v1/health/live")

    def _started(self, log: IO[bytes]) -> subprocess.Popen[bytes] | ForkedProcess:
        if self._forked:
            return ForkedProcess(command_line, self._module, "serve", stdout=log, stderr=log, env=self.environment)
        command = [sys.executable, "-c", f"from {self._module} import main; main()", "serve"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def client(self, token: str = "") -> "Client":
        """A new connection to the server as it runs now."""
        made = Client(self.port, token)
        self.clients.append(made)
        return made

    def kill(self) -> None:
        """End it and its workers at once, as a loss of power would: nothing of theirs runs after this."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def processes(self) -> list[psutil.Process]:
        """Those that answer requests: the workers, or the only one. Not those that compute something for them."""
        own, *others = self.every_process()
        workers = [each for each in others if "multiprocessing.spawn" in " ".join(each.cmdline())]
        return workers if self._workers > 1 else [own]

    def every_process(self) -> list[psutil.Process]:
        """The one that was started, and all that it and its children have started."""
        assert self.process is not None
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(LONGEST_START_SECONDS)


@contextmanager
def serving(
    url: str,
    folder: Path,
    *,
    module: str = AS_PEOPLE_DO,
    workers: int = 1,
    forked: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    log = folder / f"server-{uuid.uuid4().hex}.log"
    server = Server(url, log, module=module, workers=workers, forked=forked, environment=environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        for client in server.clients:
            client.connection.close()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A program on one connection, which is kept open. Raises OSError or HTTPException when the server goes away."""

    def __init__(self, port: int, token: str, host: str = "127.0.0.1") -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connection.request(method, path, content, {**self.headers, **named})
        got = self.connection.getresponse()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


@dataclass(frozen=True, slots=True)
class Ground:
    """An organisation with an open round, and the programs that work on it."""

    organisation_id: int
    round_id: uuid.UUID
    template_id: uuid.UUID
    team_id: uuid.UUID
    lead: Actor
    auditor: Actor
    lead_token: str
    auditor_token: str
    integration_token: str


def a_ground(database: Database) -> Ground:
    """An open round of the built-in template, made by the actions that people use."""
    organisation = an_organisation(database)
    lead, auditor = (
        a_person(database, organisation, name=name, roles={role})
        for name, role in (("Lena", Role.QUALITY_LEAD), ("Asha", Role.AUDITOR))
    )
    with database.writing() as session:
        content = load_library_template(TEMPLATE, 2)
        template_id = templates.publish_built_in(session, content, by=an_actor(lead)).template.id
    return Ground(
        organisation_id=organisation.id,
        round_id=an_open_round(database, template_id, an_actor(lead)),
        template_id=template_id,
        team_id=a_team(database, organisation).id,
        lead=an_actor(lead),
        auditor=an_actor(auditor),
        lead_token=a_token_for(database, lead).secret,
        auditor_token=a_token_for(database, auditor).secret,
        integration_token=an_integration(database, organisation).secret,
    )


TEMPLATE = "scr-themes"
THEMES = load_library_template(TEMPLATE, 2).theme_keys
HOW_OFTEN = ("seldom", "never", "in places", "in most entries", "on one visit only")
ANSWERS = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced", "not-applicable")
HARMS = tuple(harm.key for harm in load_library_template(TEMPLATE, 2).forms_of_harm)


def an_open_round(database: Database, template_id: uuid.UUID, lead: Actor) -> uuid.UUID:
    today = now().date()
    plan = RoundPlan("A round", template_id, 1, today, today, today, target_percent=90)
    with database.writing() as session:
        made = rounds.create_round(session, plan=plan, by=lead)
        # Filled by complete audits, or by allocations later on.
        return rounds.open_round(session, round_id=made.id, version=made.version, recorded_elsewhere=True, by=lead).id


def a_complete_audit(ground: Ground, chance: random.Random) -> dict[str, Any]:
    """One that differs from the next, with as many words as people write."""
    return {
        "round_id": str(ground.round_id),
        "auditor_id": str(ground.auditor.person_id),
        "case_file": {
            "team_id": str(ground.team_id),
            "status": chance.choice(list(CaseStatus)).value,
            "age_band": chance.choice(list(AgeBand)).value,
            "forms_of_harm": chance.sample(HARMS, chance.choice((0, 1, 1, 2))),
        },
        "scores": [
            {
                "theme": theme,
                "answer": chance.choice(ANSWERS),
                "rationale": f"The record shows what was done, and {chance.choice(HOW_OFTEN)} why it was done.",
                "impact": "The wait was hard to explain, and the plan was late.",
                "evidence": f"Chronology, entry {chance.randrange(999)}.",
            }
            for theme in THEMES
        ],
    }
