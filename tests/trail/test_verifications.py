"""Verifying from a page: who may ask, what it finds in words, and that removed checkpoints are told."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlmodel import Session, col, select

from api.foundation.events import row
from api.foundation.key_files import key_at
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict
from api.foundation.settings import Settings
from api.trail.checkpoint_signer import CheckpointSigner, Link
from api.trail.checkpoints import write_due
from api.trail.verifying import actions
from api.trail.verifying.process import LOST, verify_here, verify_or_tell
from api.trail.verifying.verification import Verification, in_words, verify
from models import Checkpoint, now
from models import Verification as StoredVerification
from models.evidence.guards import guards
from models.storage.database import Database
from models.storage.migrating import migrate
from models.storage.postgresql import engine
from models.storage.trail import pending_events
from tests.desk import Desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.lost_process import lose_process_at_table
from tests.signing import agreed
from tests.waiting import waits


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url, trail_key_file=tmp_path / "key", trail_checkpoints_file=tmp_path / "checkpoints"
    )


@pytest.fixture
def signer(settings: Settings) -> CheckpointSigner:
    return CheckpointSigner.of(settings)


def sign(database: Database, signer: CheckpointSigner) -> None:
    while write_due(database, signer, longest=timedelta(0)):
        pass


def more_events(database: Database, own: int, number: int = 5) -> None:
    with database.writing() as session:
        pending_events(session).extend(row("audit.read", uuid.uuid4(), by=Actor(own)) for _ in range(number))


def said(found: Verification) -> str:
    return "\n".join(in_words(found))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_of_two_who_ask_at_the_same_moment_the_second_waits_for_the_first(desk: Desk) -> None:
    by = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        actions.ask(session, by=by)
        assert waits(desk.database, lambda other: actions.ask(other, by=by))
    with desk.database.writing() as session, pytest.raises(Conflict):
        actions.ask(session, by=by)


@pytest.mark.both_databases
def test_a_lead_asks_on_the_page_and_reads_what_was_changed(desk: Desk, settings: Settings) -> None:
    audit_id = agreed(desk)
    sign(desk.database, CheckpointSigner.of(settings))
    lena = desk.browser(desk.cast.lena)
    assert lena.post("/verifications").status_code == 303
    again = lena.post("/verifications")
    assert again.status_code == 409
    assert "Waiting or in progress" in lena.get("/verifications").text
    actions.do_due(desk.database, settings)
    assert "No problems found" in lena.get("/verifications").text
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql("UPDATE audit SET sampling_weight = 7")
    program = desk.browser(desk.cast.lena)
    assert program.post("/verifications").status_code == 303
    actions.do_due(desk.database, settings)
    page = lena.get("/verifications").text
    assert "Problem found" in page
    assert f"Audit {audit_id}: its answers, sampling weight and case were changed in the database after event" in page
    assert "What to do" in page


def test_an_auditor_sees_no_verification(desk: Desk) -> None:
    ben = desk.browser(desk.cast.ben)
    assert ben.get("/verifications").status_code == 403
    assert ben.get("/api/v1/verifications").status_code == 403


def test_the_service_verifies_each_organisation_once_a_day_unasked(desk: Desk, settings: Settings) -> None:
    for _ in range(2):
        actions.do_daily(desk.database, settings)
    with desk.database.reading() as session:
        done = session.exec(select(StoredVerification)).all()
    assert len({each.organisation_id for each in done}) == len(done)
    assert {(each.asked_by_id, each.finished_at is not None) for each in done} == {(None, True)}
    actions.delete_old(desk.database)


def test_a_clock_that_was_a_year_ahead_keeps_no_verification_waiting(desk: Desk, settings: Settings) -> None:
    ahead = now() + timedelta(days=365)
    with desk.database.writing() as session:
        session.add(StoredVerification(organisation_id=desk.cast.organisation.id, asked_at=ahead, begun_at=ahead))
    assert actions.do_due(desk.database, settings), "whoever began it in the future has ended since"
    actions.do_daily(desk.database, settings)
    with desk.database.reading() as session:
        own = col(StoredVerification.organisation_id) == desk.cast.organisation.id
        done = session.exec(select(StoredVerification).where(own)).all()
    assert sorted(each.asked_at == ahead for each in done) == [False, True]
    assert all(each.finished_at for each in done)
    with desk.database.reading() as session:
        newest, *_ = actions.verifications(session, by=an_actor(desk.cast.lena))
    assert newest.asked_at < ahead, "it would be shown as the newest for a year"


def test_while_the_clock_may_be_a_year_ahead_no_verification_is_deleted(desk: Desk, settings: Settings) -> None:
    actions.do_daily(desk.database, settings)
    with time_machine.travel(now() + timedelta(days=365)):
        actions.delete_old(desk.database)
    with desk.database.reading() as session:
        assert session.exec(select(StoredVerification)).first() is not None


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_verification_that_loses_the_database_is_no_problem_and_is_done_again(
    desk: Desk, settings: Settings, database_url: str
) -> None:
    sign(desk.database, CheckpointSigner.of(settings))
    lena = desk.browser(desk.cast.lena)
    assert lena.post("/verifications").status_code == 303
    lose_process_at_table("event", database_url, lambda: actions.do_due(desk.database, settings))
    page = lena.get("/verifications").text
    assert ("Waiting or in progress" in page, "Problem found" in page) == (True, False)
    assert actions.do_due(desk.database, settings)
    assert "No problems found" in lena.get("/verifications").text


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_verification_that_finds_a_table_locked_is_done_again(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_TIMEOUT_MILLISECONDS", 1)
    task = actions.task_of(desk.database, settings, desk.cast.organisation.id)
    with desk.database.reading() as other:  # as `caseaudit purge` does for a while
        other.connection().exec_driver_sql("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        assert verify_or_tell(task) == LOST
    assert verify_or_tell(task)["is_whole"]


def test_a_verification_that_fails_otherwise_is_not_done_again_for_ever() -> None:
    with pytest.raises(KeyError):
        verify_or_tell({})


def test_of_two_processes_one_asks_for_the_verification_of_the_day(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = actions._unasked
    overtaken: list[int] = []

    def overtake(session: Session, moment: datetime) -> int | None:
        """Another process finds the same organisation, and is the first to ask."""
        own = looked(session, moment)
        if own is not None and not overtaken:
            overtaken.append(own)
            with desk.database.writing() as another:
                another.add(StoredVerification(organisation_id=own))
        return own

    monkeypatch.setattr(actions, "_unasked", overtake)
    actions.do_daily(desk.database, settings)
    with desk.database.reading() as session:
        done = session.exec(select(StoredVerification)).all()
    assert overtaken[0] in {each.organisation_id for each in done}
    assert len({each.organisation_id for each in done}) == len(done)
    assert all(each.finished_at for each in done)


def test_a_verification_that_ends_without_a_result_is_a_problem(
    desk: Desk, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.trail_key_path.write_text("no key")
    lena = desk.browser(desk.cast.lena)
    assert lena.post("/verifications").status_code == 303
    actions.do_due(desk.database, settings)
    page = lena.get("/verifications").text
    assert "Problem found" in page
    assert "The verification was not completed. Ask the operator to run" in page
    assert "was not completed" in caplog.text


def test_a_process_of_its_own_finds_what_is_found_here(desk: Desk, settings: Settings) -> None:
    agreed(desk)
    own, signer = desk.cast.organisation.id, CheckpointSigner.of(settings)
    sign(desk.database, signer)
    task = actions.task_of(desk.database, settings, own)
    assert verify_here(task)["is_whole"]
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql("UPDATE audit SET sampling_weight = 7")
    found = verify(desk.database, signer, organisation_id=own)
    (trail,) = found
    assert verify_here(task) == {
        "is_whole": False,
        "events": trail.events,
        "said": "\n".join(map(str.strip, in_words(found))),
    }


@pytest.mark.both_databases
def test_checkpoints_are_one_chain_and_one_that_is_removed_from_both_places_is_told(
    desk: Desk, signer: CheckpointSigner
) -> None:
    own = desk.cast.organisation.id
    for _ in range(3):
        more_events(desk.database, own)
        sign(desk.database, signer)
    assert "missing" not in said(verify(desk.database, signer))
    with desk.database.reading() as session:
        numbers = session.exec(select(Checkpoint.serial, Checkpoint.number).order_by(col(Checkpoint.serial))).all()
    assert [serial for serial, _ in numbers] == list(range(1, len(numbers) + 1))
    remove(desk.database, signer, numbers[-1][1])
    missing = f"Checkpoint {len(numbers)} is missing from the database and the second file, according to the newest"
    assert missing in said(verify(desk.database, signer))
    # Whoever can write beside the key too is told by a line that was kept outside.
    assert signer.memory is not None
    outside = signer.memory.read_text()
    signer.memory.unlink()
    assert "not in the database or the second file" in said(verify(desk.database, signer, outside=[outside]))


def test_a_copy_of_a_checkpoint_that_is_still_there_is_no_fault_and_a_line_of_nobody_is(
    desk: Desk, signer: CheckpointSigner
) -> None:
    sign(desk.database, signer)
    kept = signer.place.read_text().splitlines()
    assert verify(desk.database, signer, outside=[*kept, ""]).is_whole
    found = verify(desk.database, signer, outside=[*kept, kept[0].replace('"number":', '"number":1')])
    assert found.faults == ("A line in your copy of the checkpoints was not signed with this key, or is not complete.",)


def test_another_history_that_was_signed_with_the_key_is_told(desk: Desk, signer: CheckpointSigner) -> None:
    first = signer.sign(1, 0, ["f" * 64])
    signer.append([first, signer.sign(1, 1, ["e" * 64], follows=Link(first.serial or 0, "another line"))])
    told = "Checkpoint 2 does not follow the one before it: somebody signed another history."
    assert told in said(verify(desk.database, signer))


def test_a_newest_checkpoint_that_is_not_the_one_of_that_number_is_told(desk: Desk, signer: CheckpointSigner) -> None:
    sign(desk.database, signer)
    assert verify(desk.database, signer).is_whole
    signer.remember(signer.sign(1, 0, ["f" * 64]))
    assert verify(desk.database, signer).faults == (
        "Checkpoint 1 is different in the newest checkpoint file, in the folder of the key.",
    )


def test_of_a_second_place_whose_disk_is_gone_only_that_is_said(desk: Desk, tmp_path: Path) -> None:
    signer = CheckpointSigner.with_key_at(tmp_path / "key", tmp_path / "disk" / "checkpoints")
    signer.place.parent.mkdir()
    sign(desk.database, signer)
    assert "It is on the same disk as the database." in said(verify(desk.database, signer))
    signer.place.parent.rename(tmp_path / "elsewhere")
    found = verify(desk.database, signer)
    assert [fault.partition(":")[0] for fault in found.faults] == [
        f"The second checkpoints file is missing from {signer.place}"
    ]
    assert found.notes == (f"The second checkpoints file is {signer.place}.",)


def remove(database: Database, signer: CheckpointSigner, number: int) -> None:
    """Remove a checkpoint from the database and from the second place."""
    with database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql(f"DELETE FROM checkpoint WHERE number = {number}")
    lines = [line for line in signer.place.read_text().splitlines() if f'"number":{number},' not in line]
    signer.place.write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.both_databases
def test_an_emptied_trail_and_a_missing_second_place_are_faults(desk: Desk, signer: CheckpointSigner) -> None:
    sign(desk.database, signer)
    assert verify(desk.database, signer).is_whole
    place = signer.place.read_bytes()
    signer.place.unlink()
    assert "The second checkpoints file is missing from" in said(verify(desk.database, signer))
    signer.place.write_bytes(place)
    with desk.database.writing() as session, guards_aside(session.connection()):
        for table in ("event", "trail", "checkpoint"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    signer.place.write_bytes(b"")
    found = said(verify(desk.database, signer))
    assert "There are no events" in found
    assert "missing from the database and the second file" in found


def test_events_that_nobody_signs_are_a_fault(
    desk: Desk, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now() + timedelta(minutes=16)
    monkeypatch.setattr("api.trail.verifying.verification.now", lambda: later)
    assert "have not been signed. Events are signed within minutes" in said(verify(desk.database, signer))


def test_many_events_that_came_just_now_are_no_fault(
    desk: Desk, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.trail.verifying.verification.MOST_UNSIGNED", 2)
    assert verify(desk.database, signer).is_whole
    monkeypatch.setattr("api.trail.verifying.verification.LONGEST_BURST", timedelta(microseconds=-1))
    assert "have not been signed" in said(verify(desk.database, signer))


def test_a_checkpoint_signed_in_the_first_form_is_still_read(tmp_path: Path) -> None:
    signer = CheckpointSigner(key_at(tmp_path / "key"), tmp_path / "place")
    made = signer.sign(1, 0, ["f" * 64])
    assert (made.serial, made.previous) == (1, "")


def test_guards_that_somebody_put_aside_are_told_and_made_anew(desk: Desk, signer: CheckpointSigner) -> None:
    sign(desk.database, signer)
    name = next(guard.name for guard in guards("sqlite") if guard.table == "snapshot_audit")
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    assert f"including {name}" in said(verify(desk.database, signer))
    migrate(desk.database.engine.url.render_as_string(hide_password=False))
    assert verify(desk.database, signer).is_whole
