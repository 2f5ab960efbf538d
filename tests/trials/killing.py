"""Killing the server under people who write, and holding what stands afterwards against what was acknowledged."""

import http.client
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import col, select

from models import Audit
from models.storage.database import Database
from tests.live import THEMES, Client, Ground, Server, a_complete_audit

WRITERS = 4
LONGEST_WRITE_SECONDS = 0.05


@dataclass(slots=True)
class Writers:
    """Four who record audits and never give up: each sends its request again, with its key, until it is answered.

    `may_refuse`: the server is not killed, but may answer 503; then it is the only failure that is none.
    """

    server: Server
    ground: Ground
    acknowledged: dict[str, str] = field(default_factory=dict)
    may_refuse: bool = False
    refused: int = 0
    longest_seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    stopping: bool = False
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let each have its last answer."""
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more audits than now are acknowledged."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted and not self.failures:
            time.sleep(0.001)

    def _write(self, number: int) -> None:
        chance = random.Random(number)
        client = self._connected()
        for place in itertools.count():
            key, body = f"writer-{number}-{place}", json.dumps(a_complete_audit(self.ground, chance)).encode()
            while key not in self.acknowledged and not self.failures:
                began = time.monotonic()
                try:
                    answer = client.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=key)
                except (OSError, http.client.HTTPException) as error:
                    if self.may_refuse:
                        self.failures.append(f"no answer: {error!r}")
                    time.sleep(0.01)
                    client = self._connected()
                    continue
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                if self.may_refuse and answer.status == 503:
                    self.refused += 1
                    time.sleep(0.2)
                elif answer.status != 201:
                    self.failures.append(f"{answer.status} {answer.body.decode()}")
                else:
                    self.acknowledged[key] = answer.json()["audit_id"]
            if self.stopping or self.failures:
                return

    def _connected(self) -> Client:
        return self.server.client(self.ground.integration_token)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was found wrong, each a number that should be 0."""

    lost: int
    half_written: int
    orphans: int
    written_twice: int
    corrupt: int


def kill_under_writers(server: Server, database: Database, ground: Ground, *, kills: int) -> tuple[int, Aftermath]:
    """Kill the server so often while four write, starting it again each time; how much was acknowledged, and the worst
    that was ever found."""
    writers, chance = Writers(server, ground), random.Random(kills)
    found = []
    writers.start()
    try:
        for _ in range(kills):
            writers.wait_for(more=4 * WRITERS)
            time.sleep(chance.random() * LONGEST_WRITE_SECONDS)
            server.kill()
            # What was answered before the kill may still be on its way to a writer.
            time.sleep(0.05)
            found.append(look_at(database, ground, dict(writers.acknowledged)))
            server.start()
        writers.wait_for(more=WRITERS)
    finally:
        writers.stop()
    assert writers.failures == []
    found.append(look_at(database, ground, writers.acknowledged))
    worst = (max(getattr(aftermath, name) for aftermath in found) for name in Aftermath.__slots__)
    return len(writers.acknowledged), Aftermath(*worst)


def look_at(database: Database, ground: Ground, acknowledged: dict[str, str]) -> Aftermath:
    """What stands now. Every audit of the ground's organisation was recorded with a case file of its own."""
    with database.reading() as session:
        of_ground = col(Audit.organisation_id) == ground.organisation_id
        audits = {str(audit) for audit in session.exec(select(col(Audit.id)).where(of_ground))}
        corrupt = 0
        if database.engine.dialect.name == "sqlite":
            for pragma in ("integrity_check", "foreign_key_check"):
                rows = session.connection().exec_driver_sql(f"PRAGMA {pragma}").all()
                corrupt += len([row for row in rows if tuple(row) != ("ok",)])

        def count(sql: str) -> int:
            whose = {"themes": len(THEMES), "organisation": ground.organisation_id}
            own = text(f"{sql} AND organisation_id = :organisation")
            found: int = session.connection().execute(own, whose).scalar_one()
            return found

        return Aftermath(
            lost=len(set(acknowledged.values()) - audits),
            half_written=sum(count(sql) for sql in HALF_WRITTEN),
            orphans=sum(count(sql) for sql in ORPHANS),
            written_twice=len(audits) - count("SELECT count(*) FROM idempotent_request WHERE status = 201"),
            corrupt=corrupt,
        )


# Its organisation is the first part of every key.
_SCORES = (
    "(SELECT count(*) FROM score WHERE score.organisation_id = audit.organisation_id AND score.audit_id = audit.id)"
)
_EVENT = (
    "(SELECT count(*) FROM event WHERE event.organisation_id = {0}.organisation_id AND event.subject_id = {0}.id"
    " AND event.kind = '{1}')"
)
HALF_WRITTEN = (
    f"SELECT count(*) FROM audit WHERE {_SCORES} <> :themes",
    f"SELECT count(*) FROM audit WHERE {_EVENT.format('audit', 'audit.recorded')} <> 1",
    f"SELECT count(*) FROM case_file WHERE {_EVENT.format('case_file', 'case-file.made')} <> 1",
    "SELECT count(*) FROM idempotent_request WHERE status = 0",
)
ORPHANS = (
    "SELECT count(*) FROM audit WHERE case_file_id NOT IN (SELECT id FROM case_file)",
    "SELECT count(*) FROM case_file WHERE id NOT IN (SELECT case_file_id FROM audit)",
    "SELECT count(*) FROM score WHERE audit_id NOT IN (SELECT id FROM audit)",
    "SELECT count(*) FROM audit_harm WHERE audit_id NOT IN (SELECT id FROM audit)",
    "SELECT count(*) FROM case_file_harm WHERE case_file_id NOT IN (SELECT id FROM case_file)",
    "SELECT count(*) FROM event WHERE kind = 'audit.recorded' AND subject_id NOT IN (SELECT id FROM audit)",
    "SELECT count(*) FROM event WHERE kind = 'case-file.made' AND subject_id NOT IN (SELECT id FROM case_file)",
)
