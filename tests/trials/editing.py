"""Eight clients at one audit, each changing it again and again."""

import random
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from api.allocation.actions import Allocation, allocate
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from models import AgeBand, CaseStatus
from models.storage.database import Database
from tests.live import THEMES, Answer, Client, Ground, Server

CLIENTS = 8


@dataclass(slots=True)
class Edits:
    """What was acknowledged: for each theme the words of each version of the audit that wrote it."""

    words: dict[str, dict[int, str]] = field(default_factory=lambda: {theme: {} for theme in THEMES})
    acknowledged: int = 0
    stale: int = 0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, words: dict[str, str], version: int) -> None:
        with self.lock:
            self.acknowledged += 1
            for theme, said in words.items():
                self.words[theme][version] = said

    @property
    def last(self) -> dict[str, str]:
        """The words that must stand at the end."""
        return {theme: said[max(said)] for theme, said in self.words.items() if said}


def an_audit(database: Database, ground: Ground) -> uuid.UUID:
    """A draft of the ground's auditor."""
    with database.writing() as session:
        new = NewCaseFile(ground.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
        case_file = case_files.create_case_file(session, case_file=new, by=ground.lead).case_file
        assert ground.auditor.person_id is not None
        allocation = Allocation(case_file.id, ground.auditor.person_id)
        return allocate(session, round_id=ground.round_id, allocation=allocation, by=ground.lead).id


def edit_together(server: Server, ground: Ground, audit_id: uuid.UUID, *, each: int) -> Edits:
    """Eight clients make so many edits each: of one theme, or of two in one call; again when another came first."""
    edits = Edits()
    path = f"/api/v1/audits/{audit_id}"

    def edit(number: int) -> None:
        client, chance = server.client(ground.auditor_token), random.Random(number)
        for place in range(each):
            said = f"Edit {place} of client {number}."
            themes = chance.sample(THEMES, 1 if place % 4 else 2)
            while not edits.failures:
                answer = _attempt(client, path, themes, said)
                if answer.status == 412:
                    edits.stale += 1
                    continue
                if answer.status != 200:
                    edits.failures.append(f"{answer.status} {answer.body.decode()}")
                    return
                edits.acknowledge(dict.fromkeys(themes, said), int(answer.headers["etag"].strip('"')))
                break

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return edits


def _attempt(client: Client, path: str, themes: list[str], said: str) -> Answer:
    """Read, then write with the version that was read."""
    new: dict[str, Any] = {"answer": "good", "rationale": said}
    if len(themes) == 1:
        path = f"{path}/scores/{themes[0]}"
        read = client.send("GET", path)
        version = read.headers["etag"] if read.status == 200 else '"0"'
        return client.send("PUT", path, new, If_Match=version)
    version = client.send("GET", path).headers["etag"]
    return client.send("PUT", f"{path}/scores", dict.fromkeys(themes, new), If_Match=version)


def stored(server: Server, ground: Ground, audit_id: uuid.UUID) -> tuple[int, dict[str, str]]:
    """The audit's version, and the words that stand for each theme."""
    read = server.client(ground.auditor_token).send("GET", f"/api/v1/audits/{audit_id}")
    return read.json()["version"], {score["theme"]: score["rationale"] for score in read.json()["scores"]}
