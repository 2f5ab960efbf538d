"""An event that somebody adds in the database, properly chained, has no code of the service: verification tells."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from api.foundation.events import row
from api.foundation.key_files import event_key_at
from api.foundation.permissions import Actor
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from models import Event, Organisation, new_id, now
from models.storage.database import Database, open_database
from models.storage.trail import TrailUnwritable, pending_events
from tests.guards_aside import guards_aside

pytestmark = pytest.mark.both_databases

BY = Actor(1, person_id=new_id())
DETAILS = {"themes": "voice"}


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.with_key_at(tmp_path / "key", tmp_path / "checkpoints")


@pytest.fixture
def database(database_url: str, signer: CheckpointSigner, tmp_path: Path) -> Iterator[Database]:
    """With five events from before events had codes, and five that have one."""
    opened = open_database(database_url)
    with opened.writing() as session:
        session.add(Organisation(id=1, name="Northshire"))
    record(opened, 5)
    opened.event_key = event_key_at(tmp_path / "key")
    record(opened, 5)
    yield opened
    opened.close()


def record(database: Database, number: int) -> None:
    with database.writing() as session:
        rows = [
            row(kind, new_id(), by=BY, details=details) for kind, details in [("audit.scored", DETAILS), ("a.b", {})]
        ]
        pending_events(session).extend({**rows[at % 2], "at": now()} for at in range(number))


def without_key(database: Database, number: int) -> None:
    """Add events as somebody does who has the database: numbered, chained, and the head moved."""
    key, database.event_key = database.event_key, None
    record(database, number)
    database.event_key = key


def change(database: Database, statement: str, **values: object) -> None:
    with database.writing() as session, guards_aside(session.connection()):
        session.execute(text(statement), values)


def told(database: Database, signer: CheckpointSigner) -> str:
    return "\n".join(in_words(verify(database, signer)))


def test_events_of_the_service_are_whole_and_older_ones_are_named(database: Database, signer: CheckpointSigner) -> None:
    said = told(database, signer)
    assert "10 events, unchanged" in said
    assert "Events 1 to 5 were recorded before events had a code of the service." in said
    with database.reading() as session:
        details = session.exec(select(Event.details).order_by(col(Event.number))).all()
    assert [json.loads(each).keys() for each in details[3:7]] == [set(), {"themes"}, {"themes", "mac"}, {"mac"}]


def test_an_event_that_is_added_with_hash_and_head_is_told(database: Database, signer: CheckpointSigner) -> None:
    without_key(database, 1)
    assert "Event 11 (audit.scored) has no code of the service: somebody added or changed it" in told(database, signer)
    record(database, 1)
    assert "Event 11 " in told(database, signer)


def test_an_event_with_the_code_of_another_key_is_told(
    database: Database, signer: CheckpointSigner, tmp_path: Path
) -> None:
    database.event_key = event_key_at(tmp_path / "another key")
    record(database, 25)
    said = told(database, signer)
    assert "Event 11 (audit.scored) has a wrong code" in said
    assert "And 5 more events that the service did not record." in said


def test_an_event_that_is_changed_and_hashed_anew_is_told(database: Database, signer: CheckpointSigner) -> None:
    """As long as it is not signed, nothing else tells."""
    with database.writing() as session:
        last = row("audit.submitted", new_id(), by=BY, details=DETAILS)
        pending_events(session).append(last)
    with database.reading() as session:
        (event,) = session.exec(select(Event).where(col(Event.number) == 11)).all()
    change(database, "DELETE FROM event WHERE number = 11")
    change(
        database,
        "UPDATE trail SET length = 10, hash = (SELECT hash FROM event WHERE number = 10)",
    )
    key, database.event_key = database.event_key, None
    with database.writing() as session:
        forged = {**event.model_dump(include={*last}), "details": event.details.replace("voice", "other")}
        pending_events(session).append(forged)
    database.event_key = key
    assert "Event 11 (audit.submitted) has a wrong code: somebody added or changed it" in told(database, signer)


def test_a_copy_of_an_older_event_is_told(database: Database, signer: CheckpointSigner) -> None:
    """Somebody who puts old answers back would copy the event that carries their hashes."""
    with database.reading() as session:
        (event,) = session.exec(select(Event).where(col(Event.number) == 7)).all()
    key, database.event_key = database.event_key, None
    with database.writing() as session:
        pending_events(session).append(event.model_dump(exclude={"number", "hash"}))
    database.event_key = key
    assert "Event 11 is a copy of event 7: somebody added or changed it in the database." in told(database, signer)


def make_an_organisation(database: Database) -> None:
    with database.writing() as session:
        session.add(Organisation(id=2, name="Southshire"))
        pending_events(session).append(row("organisation.made", new_id(), by=BY))


def test_without_the_key_nothing_is_recorded_and_nothing_done(database: Database) -> None:
    def unreadable() -> bytes:
        raise PermissionError

    database.event_key = unreadable
    with pytest.raises(TrailUnwritable):
        make_an_organisation(database)
    with database.reading() as session:
        assert session.get(Organisation, 2) is None
