"""Run as a module: reads what to verify from standard input, as JSON, and writes the result to standard output."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from api.foundation.identity.showing import ShowingKinds
from api.foundation.own_process import let_requests_go_first, limit_this_process
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from models.storage.database import open_database
from models.storage.failures import is_locked, is_lost

MOST_MEMORY: Final = 1024 * 1024 * 1024
# Enough for some fifty million events.
LONGEST_SECONDS: Final = 1800
LOST: Final[dict[str, Any]] = {"is_lost": True}
_UNLIMITED: Final = -1


def verify_here(task: dict[str, Any]) -> dict[str, Any]:
    """The result of verifying one organisation, in this process."""
    database = open_database(**task["database"])
    try:
        signer = CheckpointSigner.with_key_at(*(Path(task[name]) for name in ("key", "place", "memory")))
        showing = ShowingKinds(frozenset(task["show_audits"]), frozenset(task["show_rounds"]))
        found = verify(database, signer, organisation_id=task["organisation_id"], showing=showing)
    finally:
        database.close()
    return {
        "is_whole": found.is_whole,
        "events": sum(trail.events for trail in found.trails),
        "said": "\n".join(line.strip() for line in in_words(found)),
    }


def verify_or_tell(task: dict[str, Any]) -> dict[str, Any]:
    """The same; or that the database was lost or locked meanwhile, which says nothing about its content."""
    try:
        return verify_here(task)
    except Exception as error:
        if is_lost(error) or is_locked(error):
            return LOST
        raise


if __name__ == "__main__":
    limit_this_process(memory=MOST_MEMORY, processor_seconds=LONGEST_SECONDS, file_size=_UNLIMITED)
    let_requests_go_first()
    sys.stdout.write(json.dumps(verify_or_tell(json.loads(sys.stdin.buffer.read()))))
