"""Whoever opens what an audit says leaves an event, one an hour; what cannot be recorded is neither done nor shown."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import col, select

import api.foundation.access_log
from api.foundation.access_log import AccessRecorder
from models import Event, now
from tests.client import Client
from tests.desk import Desk

pytestmark = pytest.mark.both_databases


def kinds_about(desk: Desk, subject: uuid.UUID) -> list[tuple[str, uuid.UUID | None]]:
    """What the trail says was read of this, and refused, by whom."""
    read = ("audit.read", "audit.refused", "round.answers-read", "round.report-fetched", "snapshot.fetched")
    with desk.database.reading() as session:
        query = select(col(Event.kind), col(Event.person_id)).where(col(Event.subject_id) == subject)
        return list(session.exec(query.where(col(Event.kind).in_(read)).order_by(col(Event.number))).all())


def break_the_trail(desk: Desk) -> None:
    """From now on every event is refused by the database, as if there were no room for it."""
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "sqlite":
            refuse = "BEGIN SELECT RAISE(ABORT, 'no room'); END"
            connection.execute(text(f"CREATE TRIGGER no_room BEFORE INSERT ON event {refuse}"))
        else:
            connection.execute(text("CREATE TRIGGER no_room BEFORE INSERT ON event EXECUTE FUNCTION keep_the_trail()"))


def mend_the_trail(desk: Desk) -> None:
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        on = " ON event" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER no_room{on}"))


def test_reading_through_an_audits_pages_is_one_event_for_each_person_and_hour(desk: Desk) -> None:
    audit_id = desk.an_audit()
    asha, lena = desk.cast.asha, desk.cast.lena
    for person in (asha, lena):
        browser = desk.browser(person)
        for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/print", f"/api/v1/audits/{audit_id}"):
            assert browser.get(path).status_code == 200
    assert desk.browser(asha).get(f"/audits/{audit_id}/themes/voice").status_code == 200
    assert kinds_about(desk, audit_id) == [("audit.read", asha.id), ("audit.read", lena.id)]


def test_another_process_does_not_record_the_same_again(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.browser(desk.cast.asha).get(f"/audits/{audit_id}")
    desk.app.state.reads = AccessRecorder(desk.database)
    desk.browser(desk.cast.asha).get(f"/audits/{audit_id}")
    assert kinds_about(desk, audit_id) == [("audit.read", desk.cast.asha.id)]


def test_the_next_hour_is_recorded_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    audit_id = desk.an_audit()
    desk.browser(desk.cast.asha).get(f"/audits/{audit_id}")
    later = now() + timedelta(hours=1)
    monkeypatch.setattr(api.foundation.access_log, "now", lambda: later)
    monkeypatch.setattr("api.foundation.events.now", lambda: later)
    desk.browser(desk.cast.asha).get(f"/audits/{audit_id}")
    assert kinds_about(desk, audit_id) == [("audit.read", desk.cast.asha.id)] * 2


def test_at_the_same_moment_it_is_recorded_once(desk: Desk) -> None:
    audit_id = desk.an_audit()
    browsers = [desk.browser(desk.cast.asha) for _ in range(8)]
    threads = [threading.Thread(target=browser.get, args=(f"/audits/{audit_id}",)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds_about(desk, audit_id) == [("audit.read", desk.cast.asha.id)]


def test_refusals_of_audits_are_recorded_and_those_of_nothing_alike(desk: Desk) -> None:
    audit_id, nothing = desk.an_audit(), uuid.uuid4()
    ben, ada = desk.cast.ben, desk.cast.ada
    for subject in (audit_id, nothing):
        for path in (f"/audits/{subject}", f"/api/v1/audits/{subject}"):
            assert desk.browser(ben).get(path).status_code == 404
            assert desk.browser(ada).get(path).status_code == 403
        assert kinds_about(desk, subject) == [("audit.refused", ben.id), ("audit.refused", ada.id)]
    submitted = desk.browser(ben).post(f"/api/v1/audits/{audit_id}/submit", headers={"If-Match": '"1"'})
    assert submitted.status_code == 404


def test_a_theme_that_an_audit_does_not_have_is_no_refusal(desk: Desk) -> None:
    audit_id = desk.an_audit()
    assert desk.browser(desk.cast.asha).get(f"/api/v1/audits/{audit_id}/scores/nothing").status_code == 404
    assert [kind for kind, _ in kinds_about(desk, audit_id)] in ([], ["audit.read"])


def test_answers_behind_a_figure_and_files_that_are_fetched_are_recorded(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    desk.submit(audit_id)
    lena = desk.browser(desk.cast.lena)
    assert lena.get(f"/rounds/{desk.round_id}/answers", params={"theme": "voice"}).status_code == 200
    assert lena.get(f"/rounds/{desk.round_id}/report.csv").status_code == 200
    assert [kind for kind, _ in kinds_about(desk, desk.round_id)] == ["round.answers-read", "round.report-fetched"]


def _asked(browser: Client, audit_id: uuid.UUID) -> list[int]:
    return [browser.get(path).status_code for path in (f"/audits/{audit_id}", f"/api/v1/audits/{audit_id}")]


def test_while_the_trail_cannot_be_written_nothing_is_read_or_written_and_health_answers(desk: Desk) -> None:
    read_before, never_read = desk.an_audit(), desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    assert _asked(asha, read_before) == [200, 200]
    break_the_trail(desk)
    refused = asha.get(f"/api/v1/audits/{never_read}")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert "cannot record events at the moment" in refused.json()["detail"]
    assert "Voice of the child" not in asha.get(f"/audits/{never_read}").text
    # Even what had been recorded in this hour, from the moment it is known that the trail has failed.
    assert _asked(asha, read_before) == [503, 503]
    answered = asha.put(
        f"/api/v1/audits/{read_before}/scores/voice", json={"answer": "good"}, headers={"If-Match": '"0"'}
    )
    assert answered.status_code == 503
    assert [asha.get(f"/api/v1/health/{kind}").status_code for kind in ("live", "ready")] == [200, 200]
    assert desk.stored(read_before) == {}
    mend_the_trail(desk)
    assert _asked(asha, read_before) == [200, 200]
    assert _asked(asha, never_read) == [200, 200]


def test_that_the_trail_fails_is_found_out_within_seconds_by_whoever_only_reads_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_id = desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    assert asha.get(f"/audits/{audit_id}").status_code == 200
    break_the_trail(desk)
    assert asha.get(f"/audits/{audit_id}").status_code == 200, "it has been recorded, and the trail was seen to work"
    monkeypatch.setattr(api.foundation.access_log, "BELIEVED_SECONDS", 0)
    assert asha.get(f"/audits/{audit_id}").status_code == 503
    mend_the_trail(desk)
    assert asha.get(f"/audits/{audit_id}").status_code == 200
    assert kinds_about(desk, audit_id) == [("audit.read", desk.cast.asha.id)]


def make_read_only(desk: Desk) -> None:
    if desk.database.engine.dialect.name == "sqlite":

        @event.listens_for(desk.database.engine, "checkout")
        def only_read(connection: Any, *_: object) -> None:
            connection.execute("PRAGMA query_only = ON")
    else:
        with desk.database.engine.begin() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        desk.database.engine.dispose()


def test_a_database_that_only_reads_shows_no_audit(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    make_read_only(desk)
    assert _asked(asha, audit_id) == [503, 503]
    answered = asha.put(f"/api/v1/audits/{audit_id}/scores/voice", json={"answer": "good"}, headers={"If-Match": '"0"'})
    assert answered.status_code == 503
    assert asha.get("/api/v1/health/ready").status_code == 503
