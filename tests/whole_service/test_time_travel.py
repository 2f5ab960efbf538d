"""The clock is put an hour or a year forward or back, and right again: whatever people and programs do goes on.

What was over stays over, nobody is locked out or waited for as long as the jump, and the service does its own work.
"""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlmodel import col, func, select, update

from api.concerns import actions as concerns
from api.foundation.identity import lifetimes
from api.foundation.key_files import key_at
from api.foundation.settings import Settings
from api.people.sign_in import actions as sign_in
from api.reports.exports import actions as exports
from api.trail import checkpoints
from api.trail.checkpoint_signer import CheckpointSigner
from models import (
    AuditState,
    Checkpoint,
    Event,
    Export,
    ExportState,
    SignInLink,
    Token,
    Trail,
    UrgentConcern,
    WebSession,
    clock,
    now,
)
from models.clock import Deadlines, earliest, latest, steady
from models.storage.database import Database
from tests.case_lists.test_actions import a_list, take
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_team, a_token_for, an_actor, client_for, program_for
from tests.guards_aside import guards_aside

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
MOVES = (
    pytest.param(-HOUR, id="an hour back"),
    pytest.param(YEAR, id="a year forward"),
    pytest.param(HOUR, id="an hour forward", marks=pytest.mark.trial),
    pytest.param(-YEAR, id="a year back", marks=pytest.mark.trial),
)
PASSWORD, WRONG = "marble otter telescope", "wrong, wrong, wrong"
SETTINGS = Settings()


def moved(by: timedelta) -> time_machine.travel:
    """The clock put forward or back, and going on from there."""
    return time_machine.travel(datetime.now(UTC) + by, tick=True)


def sweep(desk: Desk) -> None:
    """What the service does every minute."""
    lifetimes.mark_expired(desk.database, SETTINGS)


def a_guess(desk: Desk, person: MadePerson, password: str = WRONG) -> int:
    return Client(desk.app).post("/sign-in", data={"email": person.email, "password": password}).status_code


@pytest.mark.both_in_trials
@pytest.mark.parametrize("by", MOVES)
def test_signing_in_and_out_and_links_go_on_and_no_session_outlives_the_jump(desk: Desk, by: timedelta) -> None:
    asha, ben, mo = desk.cast.asha, desk.cast.ben, desk.cast.mo
    sign_in.choose_password(desk.database, secret=asha.secret_of_link, password=PASSWORD)
    assert [a_guess(desk, asha) for _ in range(11)] == [422] * 10 + [429]
    old, unused = client_for(desk.app, asha), client_for(desk.app, mo)
    idle = client_for(desk.app, ben)
    with desk.database.writing() as session:
        gone = now() - timedelta(minutes=31)
        ids = col(WebSession.person_id) == ben.id
        session.execute(update(WebSession).where(ids).values(started_at=gone, last_seen_at=gone))
    sweep(desk)
    with moved(by):
        assert a_guess(desk, asha, PASSWORD) == 303, "nobody waits for as long as the clock was moved"
        new = client_for(desk.app, asha)
        assert new.get("/account").status_code == 200
        assert old.get("/account").status_code == 303, "nobody can say how long it has not been used"
        assert idle.get("/account").status_code == 303
        assert Client(desk.app).get(f"/link/{ben.secret_of_link}").status_code == (410 if by == YEAR else 200)
        leaving = client_for(desk.app, asha)
        assert leaving.post("/sign-out").status_code == 303
        assert leaving.get("/account").status_code == 303
        assert a_guess(desk, ben) == 422
        sweep(desk)
    for browser in (old, idle, leaving):
        assert browser.get("/account").status_code == 303, "what was over stays over"
    assert new.get("/account").status_code == 303
    # A clock put forward may be put right again: until then, what nobody has tried to use is not marked as over.
    assert unused.get("/account").status_code == (200 if by > timedelta(0) else 303)
    assert Client(desk.app).get(f"/link/{ben.secret_of_link}").status_code == (410 if by == YEAR else 200)
    assert a_guess(desk, asha, PASSWORD) == 303
    assert client_for(desk.app, asha).get("/account").status_code == 200


@pytest.mark.both_databases
def test_a_session_that_was_found_to_be_over_stays_so_when_the_clock_is_put_right(desk: Desk) -> None:
    browsers = [client_for(desk.app, desk.cast.asha) for _ in range(2)]
    with moved(HOUR):
        assert browsers[0].get("/account").status_code == 303
        assert browsers[1].post("/account", data={"name": "Asha"}).status_code == 401
    assert [browser.get("/account").status_code for browser in browsers] == [303, 303]


@pytest.mark.parametrize(("started", "seen"), [(-2 * HOUR, HOUR), (HOUR, timedelta(0))])
def test_a_session_from_the_future_is_over(desk: Desk, started: timedelta, seen: timedelta) -> None:
    browser = client_for(desk.app, desk.cast.asha)
    with desk.database.writing() as session:
        session.execute(update(WebSession).values(started_at=now() + started, last_seen_at=now() + seen))
    assert browser.get("/account").status_code == 303
    with desk.database.writing() as session:
        session.execute(update(WebSession).values(started_at=now(), last_seen_at=now()))
    assert browser.get("/account").status_code == 303, "and stays so"


@pytest.mark.both_in_trials
@pytest.mark.parametrize("by", MOVES)
def test_tokens_go_on_and_none_that_has_run_out_works_again(desk: Desk, by: timedelta) -> None:
    long, short = (program_for(desk.app, a_token_for(desk.database, desk.cast.lena, name=name)) for name in "ab")
    with desk.database.writing() as session, guards_aside(session.connection()):
        ended = {"created_at": now() - timedelta(days=2), "expires_at": now() - timedelta(days=1)}
        session.execute(update(Token).where(col(Token.name) == "b").values(**ended))
    sweep(desk)
    statuses = [200, 401]
    assert [program.get("/api/v1/me").status_code for program in (long, short)] == statuses
    with moved(by):
        statuses = [401 if by == YEAR else 200, 401]
        assert [program.get("/api/v1/me").status_code for program in (long, short)] == statuses
        assert short.post("/api/v1/teams", json={"name": "East"}).status_code == 401
        made = a_token_for(desk.database, desk.cast.lena, name="made meanwhile")
        assert program_for(desk.app, made).get("/api/v1/me").status_code == 200
        sweep(desk)
    assert [program.get("/api/v1/me").status_code for program in (long, short)] == statuses, "over stays over"
    assert program_for(desk.app, made).get("/api/v1/me").status_code == (401 if by == -YEAR else 200)


@pytest.mark.both_databases
def test_a_machine_that_starts_with_a_wrong_year_ends_no_link_and_token_that_nobody_uses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_for(desk.app, a_token_for(desk.database, desk.cast.lena))
    with moved(YEAR), monkeypatch.context() as started:
        started.setattr(clock, "CLOCK", clock.Clock())  # which knows of no jump
        sweep(desk)
    assert program.get("/api/v1/me").status_code == 200
    assert Client(desk.app).get(f"/link/{desk.cast.ben.secret_of_link}").status_code == 200


@pytest.mark.parametrize("table", [Token, SignInLink], ids=["token", "link"])
def test_what_was_made_while_the_clock_ran_ahead_lives_no_longer_than_it_was_given(
    desk: Desk, table: type[Token | SignInLink]
) -> None:
    ahead = YEAR
    token = a_token_for(desk.database, desk.cast.lena)
    life = timedelta(days=90) if table is Token else timedelta(hours=72)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.execute(update(table).values(created_at=now() + ahead, expires_at=now() + ahead + life))

    def works() -> bool:
        if table is Token:
            return program_for(desk.app, token).get("/api/v1/me").status_code == 200
        return Client(desk.app).get(f"/link/{desk.cast.ben.secret_of_link}").status_code == 200

    assert works()
    sweep(desk)
    assert works()
    with moved(life - timedelta(minutes=5)):
        sweep(desk)
        assert works()
    with moved(life + timedelta(minutes=5)):
        assert not works()
    assert not works(), "found to be over, it stays so"


@pytest.mark.both_in_trials
@pytest.mark.parametrize("by", MOVES)
def test_audits_and_concerns_go_on_and_no_concern_waits_for_the_clock(desk: Desk, by: timedelta) -> None:
    audit, other = desk.an_audit(), desk.an_audit()
    desk.answer(other)
    seen = Deadlines()
    waiting, today = a_concern(desk, other), now().date()
    a_team(desk.database, desk.cast.organisation, "North")
    assert concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen) == 0
    with moved(by):
        desk.answer(audit)
        desk.submit(audit)
        meanwhile, taken = a_concern(desk, audit), a_concern(desk, audit)
        with desk.database.writing() as session:
            concerns.acknowledge(session, concern_id=taken, by=an_actor(desk.cast.mo))
        assert desk.find(audit).audit.state is AuditState.SUBMITTED
        concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen)
        # Forward by an hour there is time left; otherwise nobody can say that there is.
        assert escalated(desk) == (set() if by == HOUR else {waiting})
        # A list of today, though the clock says that today is to come.
        assert take(desk.database, desk.cast, a_list(on=today)).cases == 5
    concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen)
    assert taken not in escalated(desk)
    # Those raised meanwhile: dated in the future, they wait no longer; dated an hour back, they have three hours left.
    assert (meanwhile in escalated(desk)) == (by != -HOUR)


def a_concern(desk: Desk, audit_id: uuid.UUID) -> uuid.UUID:
    with desk.database.writing() as session:
        return concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=desk.cast.mo.id,
            words="The child was left alone overnight on page 3.",
            hours=4,
            by=an_actor(desk.cast.asha),
        ).id


def escalated(desk: Desk) -> set[uuid.UUID]:
    with desk.database.reading() as session:
        return set(session.exec(select(UrgentConcern.id).where(col(UrgentConcern.escalated_at).is_not(None))))


@pytest.mark.both_in_trials
def test_a_concern_that_waits_is_escalated_in_its_time_though_the_clock_was_put_back(desk: Desk) -> None:
    run = 0.0
    seen = Deadlines(lambda: run)
    waiting = a_concern(desk, desk.an_audit())
    with desk.database.writing() as session:
        earlier = {"asked_at": now() - 3 * HOUR, "answer_by": now() + HOUR}
        session.execute(update(UrgentConcern).values(**earlier))
    concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen)
    with moved(-HOUR):
        run = 3500.0
        assert concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen) == 0
        run = 3601.0
        assert concerns.escalate_overdue(desk.database, moment=now(), deadlines=seen) == 1
    assert escalated(desk) == {waiting}


@pytest.mark.both_databases
def test_one_concern_that_cannot_be_escalated_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = a_concern(desk, desk.an_audit()), a_concern(desk, desk.an_audit())
    whole = concerns._escalate

    def fails_once(database: Database, organisation_id: int, concern_id: uuid.UUID, *when: datetime) -> bool:
        if concern_id == first:
            raise OSError("not this one")
        return whole(database, organisation_id, concern_id, *when)

    monkeypatch.setattr(concerns, "_escalate", fails_once)
    assert concerns.escalate_overdue(desk.database, moment=now() + 5 * HOUR, deadlines=Deadlines()) == 1
    assert escalated(desk) == {second}
    assert "an urgent concern was not escalated" in caplog.text


@pytest.mark.both_in_trials
@pytest.mark.parametrize("by", MOVES)
def test_the_service_signs_exports_and_reminds_as_before(desk: Desk, by: timedelta, tmp_path: Path) -> None:
    signer = CheckpointSigner(key_at(tmp_path / "key"), tmp_path / "checkpoints")
    with desk.database.writing() as session:
        writing, ready = (
            exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id for _ in "ab"
        )
        session.execute(update(Export).values(beat_at=now(), state=ExportState.WRITING))
        this = col(Export.id) == ready
        session.execute(update(Export).where(this).values(state=ExportState.READY, finished_at=now()))
    assert exports.claim_export(desk.database) is None
    today = datetime.now(UTC).date()
    assert unsigned(desk) > 0
    with moved(by):
        while checkpoints.write_due(desk.database, signer):
            pass
        assert unsigned(desk) == 0
        claimed = exports.claim_export(desk.database)
        assert claimed is not None
        assert claimed.export_id == writing
        assert exports.claim_export(desk.database) is None
        exports.delete_old_exports(desk.database)
        assert steady().date() == today, "reminders go by the calendar of before"
        assert earliest() <= now() <= latest()
        desk.an_audit()
        assert unsigned(desk) > 0
    exports.delete_old_exports(desk.database)
    with desk.database.reading() as session:
        kept = set(session.exec(select(Export.id)))
    assert kept == {writing, ready}
    with moved(timedelta(minutes=5, seconds=1)):
        while checkpoints.write_due(desk.database, signer):
            pass
    assert unsigned(desk) == 0


def unsigned(desk: Desk) -> int:
    with desk.database.reading() as session:
        own = desk.cast.organisation.id
        signed = session.exec(select(func.max(Checkpoint.number)).where(col(Checkpoint.organisation_id) == own)).one()
        return session.get_one(Trail, own).length - (signed or 0)


@pytest.mark.parametrize("by", MOVES)
def test_what_is_read_is_recorded_in_every_hour_that_the_clock_says(desk: Desk, by: timedelta) -> None:
    audit = desk.an_audit()

    def read() -> int:
        assert client_for(desk.app, desk.cast.lena).get(f"/audits/{audit}").status_code == 200
        with desk.database.reading() as session:
            kinds = select(func.count()).select_from(Event).where(col(Event.kind) == "audit.read")
            return session.exec(kinds).one()

    with time_machine.travel(datetime(2026, 3, 2, 12, 10, tzinfo=UTC), tick=False) as clock:
        assert [read(), read()] == [1, 1]
        clock.shift(by)
        assert [read(), read()] == [2, 2]
        clock.shift(-by)
        assert [read(), read()] == [2, 2]
