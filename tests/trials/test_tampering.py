"""A thousand tamperings with a trail on each database, and how long a hundred thousand events take to verify."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.foundation.events import row
from api.foundation.permissions import Actor
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.checkpoints import write_due
from api.trail.verifying.verification import verify
from models import Organisation, new_id
from models.storage.database import Database, open_database
from models.storage.trail import pending_events
from tests.conftest import DatabaseKind
from tests.tampering import TAMPERINGS, a_prey, as_told, is_told

pytestmark = pytest.mark.trial

TIMES = 1000
EVENTS = 100_000
LONGEST_SECONDS = 5


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.close()


def test_a_thousand_tamperings_are_all_found_and_named(
    database: Database, database_kind: DatabaseKind, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(2022)
    prey = a_prey(database, tmp_path)
    done: Counter[str] = Counter()
    missed = []
    for _ in range(TIMES):
        name = chance.choice(sorted(TAMPERINGS))
        expected, found = prey.tampered(TAMPERINGS[name], chance)
        done[name] += 1
        if not is_told(expected, found):
            missed.append((name, as_told(expected, found)))
    record_property(
        "figure",
        f"{TIMES} tamperings of {len(done)} kinds on {database_kind}: {TIMES - len(missed)} found and rightly named",
    )
    assert missed == []
    assert all(each.is_whole for each in prey.verified().values()), "everything was put back"


def test_a_hundred_thousand_events_are_verified_in_seconds(
    database: Database, database_kind: DatabaseKind, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    by = Actor(1, person_id=new_id())
    with database.writing() as session:
        session.add(Organisation(id=1, name="Northshire"))
    for _ in range(EVENTS // 10_000):
        with database.writing() as session:
            pending_events(session).extend(
                row("audit.scored", new_id(), by=by, details={"themes": "voice daily-life"}) for _ in range(10_000)
            )
    signer = CheckpointSigner(Ed25519PrivateKey.generate(), tmp_path / "checkpoints")
    started = time.perf_counter()
    while write_due(database, signer):
        pass
    signing = time.perf_counter() - started
    started = time.perf_counter()
    (found,) = verify(database, signer)
    seconds = time.perf_counter() - started
    record_property(
        "figure",
        f"{found.events:,} events on {database_kind}: verified in {seconds:.1f} s, signed in {signing:.1f} s",
    )
    assert (found.events, found.signed, found.is_whole) == (EVENTS, EVENTS, True)
    assert seconds <= LONGEST_SECONDS
