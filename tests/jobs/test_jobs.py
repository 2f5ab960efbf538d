"""Long work becomes a job: computed in a process of its own, stored whole or not at all, followed and cancelled."""

import errno
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select, update

from api.allocation.proposals.long_work import ConfirmProposal
from api.case_files import unsettled
from api.case_lists import actions as case_lists
from api.case_lists import importing
from api.case_lists.long_work import ImportCaseList
from api.foundation import events, own_process
from api.foundation.http import running
from api.foundation.jobs import ahead, doing
from api.foundation.jobs import queue as jobs
from api.foundation.jobs import worker as job_worker
from api.foundation.jobs.doing import run_next_job
from api.foundation.jobs.long_work import WORKERS, WORKS, decode_request, encode_request, work_of
from api.foundation.jobs.worker import DatabaseLostError
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Moved, NotFound
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.long_work import MakeSnapshot
from api.sampling.long_work import DrawSample
from checklists.case_list import CaseList, ListedCase
from checklists.privacy.references import reference_from
from models import (
    AgeBand,
    Audit,
    CaseListEntry,
    CaseStatus,
    Job,
    JobKind,
    JobState,
    Person,
    Role,
    Snapshot,
    StoredCaseFile,
    StoredCaseList,
)
from models.clock import CLOCK
from models.storage.trail import lock_trail
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key, a_person, an_actor
from tests.filling import fill_round, teams_of
from tests.lost_process import lose_process_at_table

THRESHOLDS = {"smallest": 10}
AUDITS = 60


@pytest.fixture
def desk(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A round of which a snapshot takes long, as far as the service knows."""
    monkeypatch.setattr(MakeSnapshot, "most_at_once", AUDITS - 1)
    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 0)
    with a_desk(database_url, fill=with_audits) as made:
        yield made


def with_audits(desk: Desk) -> None:
    fill_round(desk, teams_of(desk, "South"), audits=AUDITS, seed=3)


def lena(desk: Desk) -> Client:
    return desk.browser(desk.cast.lena)


def ask(desk: Desk, headers: dict[str, str] | None = None, **changed: Any) -> Any:
    body = {"round_id": str(desk.round_id), "title": "Spring", **THRESHOLDS, **changed}
    return lena(desk).post("/api/v1/snapshots", json=body, headers=headers or a_key())


def do(desk: Desk) -> None:
    """Do all the jobs that wait."""
    while run_next_job(desk.database, desk.app.state.settings):
        pass


def job(desk: Desk, job_id: str) -> Any:
    return lena(desk).get(f"/api/v1/jobs/{job_id}").json()


def snapshots_of(desk: Desk) -> list[uuid.UUID]:
    with desk.database.reading() as session:
        return list(session.exec(select(Snapshot.id)))


@pytest.mark.both_databases
@pytest.mark.usefixtures("processes_of_their_own")
def test_long_work_is_accepted_done_in_another_process_and_followed(desk: Desk) -> None:
    key = a_key()
    accepted = ask(desk, key)
    assert accepted.status_code == 202
    followed = accepted.headers["location"]
    assert followed == f"/api/v1/jobs/{accepted.json()['id']}"
    assert lena(desk).get(followed).json()["state"] == "waiting"
    assert snapshots_of(desk) == []
    do(desk)
    over = lena(desk).get(followed).json()
    assert (over["state"], over["size"]) == ("done", AUDITS)
    assert snapshots_of(desk) == [uuid.UUID(over["made_id"])]
    assert lena(desk).get(f"/api/v1/snapshots/{over['made_id']}").status_code == 200
    again = ask(desk, key)
    assert (again.status_code, again.json()["id"]) == (202, over["id"]), "the same request asks for one job"
    do(desk)
    assert [each["id"] for each in lena(desk).get("/api/v1/jobs").json()["items"]] == [over["id"]]


@pytest.mark.both_in_trials
def test_whoever_waits_gets_what_was_made_when_it_is_done_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 20)
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            do(desk)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = ask(desk)
        assert made.status_code == 201
        assert made.headers["location"] == f"/api/v1/snapshots/{made.json()['id']}"
        refused = ask(desk, title="Spring again", smallest=100)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    finally:
        over.set()
        worker.join()


@pytest.mark.both_in_trials
def test_a_program_that_prefers_not_to_wait_is_answered_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 3600)
    assert ask(desk, {**a_key(), "Prefer": "handling=strict, Respond-Async"}).status_code == 202


def test_a_job_that_cannot_be_looked_at_while_its_client_waits_is_accepted_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored: nobody may be told that nothing was saved, and ask for it a second time."""

    def lost(*_: object) -> None:
        raise OperationalError("SELECT", None, Exception("the connection is lost"))

    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 3600)
    monkeypatch.setattr(running, "_response_of_job", lost)
    accepted = ask(desk)
    assert accepted.status_code == 202
    assert job(desk, accepted.json()["id"])["state"] == "waiting"


@pytest.mark.both_in_trials
def test_what_a_job_is_refused_for_is_told_in_the_same_words(desk: Desk) -> None:
    accepted = ask(desk, smallest=100)
    do(desk)
    failed = job(desk, accepted.json()["id"])
    assert failed["state"] == "failed"
    assert "A snapshot needs at least 100 counted audits" in failed["detail"]
    page = lena(desk).get(f"/jobs/{failed['id']}").text
    assert failed["detail"].split(":")[0] in page
    assert snapshots_of(desk) == []


@pytest.mark.both_in_trials
def test_a_job_that_waits_is_cancelled_and_never_done(desk: Desk) -> None:
    job_id = ask(desk).json()["id"]
    assert lena(desk).post(f"/api/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    do(desk)
    assert snapshots_of(desk) == []
    assert lena(desk).post(f"/api/v1/jobs/{job_id}/cancel").status_code == 409
    with desk.database.reading() as session:
        assert session.exec(select(Job)).one().asked == b"", "what was asked for is not kept"


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("processes_of_their_own")
def test_a_job_that_is_cancelled_while_it_is_computed_stops_and_stores_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(desk).json()["id"]
    monkeypatch.setattr(job_worker, "BEAT_SECONDS", 0.01)
    claimed = jobs.claim_job(desk.database)
    assert claimed is not None
    assert lena(desk).post(f"/jobs/{job_id}/cancel").status_code == 303
    with pytest.raises(job_worker.NotWantedError):
        job_worker.prepare(
            desk.database,
            desk.app.state.settings.risky_terms_key_path,
            claimed,
            is_wanted=lambda: jobs.extend_claim(desk.database, claimed),
        )
    assert snapshots_of(desk) == []


@pytest.mark.both_databases
def test_a_job_that_is_cancelled_at_the_last_moment_stores_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(desk).json()["id"]
    whole = job_worker.prepare

    def prepare(*given: Any, **named: Any) -> Any:
        prepared = whole(*given, **named)
        lena(desk).post(f"/api/v1/jobs/{job_id}/cancel")
        return prepared

    monkeypatch.setattr(job_worker, "prepare", prepare)
    do(desk)
    assert job(desk, job_id)["state"] == "cancelled"
    assert snapshots_of(desk) == []


@pytest.mark.both_databases
def test_a_job_is_taken_over_from_a_server_that_stopped_and_given_up_after_three(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(desk).json()["id"]
    for _ in range(jobs.MOST_ATTEMPTS):
        assert jobs.claim_job(desk.database) is not None
        assert jobs.claim_job(desk.database) is None, "it is being done"
        with desk.database.writing() as session:
            session.execute(update(Job).values(beat_at=CLOCK.now() - 2 * jobs.SILENT_AFTER))
    do(desk)
    failed = job(desk, job_id)
    assert (failed["state"], failed["detail"]) == (
        "failed",
        "The service stopped 3 times while working on this job. Request less at once.",
    )


@pytest.mark.both_databases
def test_a_server_that_is_alone_goes_on_at_once_with_what_it_left(desk: Desk) -> None:
    job_id = ask(desk).json()["id"]
    assert jobs.claim_job(desk.database) is not None
    jobs.requeue_interrupted(desk.database)
    do(desk)
    assert job(desk, job_id)["state"] == "done"


@pytest.mark.both_databases
def test_of_an_organisation_one_job_is_done_at_a_time(desk: Desk) -> None:
    ask(desk)
    ask(desk, title="Another")
    assert jobs.claim_job(desk.database) is not None
    assert jobs.claim_job(desk.database) is None


@pytest.mark.both_databases
def test_what_one_server_was_slow_with_is_stored_by_the_other_alone(desk: Desk) -> None:
    ask(desk)
    slow = jobs.claim_job(desk.database)
    assert slow is not None
    with desk.database.writing() as session:
        session.execute(update(Job).values(beat_at=CLOCK.now() - 2 * jobs.SILENT_AFTER))
    do(desk)
    assert not jobs.extend_claim(desk.database, slow)
    with pytest.raises(Conflict), desk.database.writing() as session:
        jobs.finish_job(session, slow, uuid.uuid4())
    assert len(snapshots_of(desk)) == 1


@pytest.mark.both_databases
def test_a_job_whose_round_moves_meanwhile_is_computed_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(desk).json()["id"]
    whole, times = job_worker.prepare, []

    def prepare(*given: Any, **named: Any) -> Any:
        prepared = whole(*given, **named)
        times.append(1)
        if len(times) == 1:
            with desk.database.writing() as session:
                session.execute(update(Audit).values(version=Audit.version + 1))
                # As everything that changes an audit does.
                events.record(session, "audit.withdrawn", desk.round_id, by=an_actor(desk.cast.lena))
        return prepared

    monkeypatch.setattr(job_worker, "prepare", prepare)
    do(desk)
    assert (len(times), job(desk, job_id)["state"]) == (2, "done")


@pytest.mark.both_in_trials
def test_what_moves_again_and_again_fails_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(desk).json()["id"]

    def store(*_: object) -> uuid.UUID:
        raise Moved

    monkeypatch.setattr(MakeSnapshot, "store", store)
    do(desk)
    assert (job(desk, job_id)["state"], job(desk, job_id)["detail"]) == ("failed", Moved().detail)


@pytest.mark.both_in_trials
def test_a_fault_of_the_service_ends_one_job_and_not_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ask(desk).json()["id"], ask(desk, title="Another").json()["id"]
    whole, times = job_worker.prepare, []

    def prepare(*given: Any, **named: Any) -> Any:
        times.append(1)
        if len(times) == 1:
            raise OSError
        return whole(*given, **named)

    monkeypatch.setattr(job_worker, "prepare", prepare)
    do(desk)
    assert (job(desk, first)["state"], job(desk, second)["state"]) == ("failed", "done")


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("processes_of_their_own")
def test_what_takes_too_long_ends_with_a_clear_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(desk).json()["id"]
    monkeypatch.setattr(job_worker, "LONGEST_SECONDS", 0.05)
    do(desk)
    assert "too large for the time and memory" in job(desk, job_id)["detail"]


@pytest.mark.both_databases
def test_whoever_was_shut_out_meanwhile_gets_nothing_done(desk: Desk) -> None:
    ask(desk)
    with desk.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == desk.cast.lena.id).values(active=False))
    do(desk)
    assert snapshots_of(desk) == []
    with desk.database.reading() as session:
        assert session.exec(select(Job.state)).one() == JobState.FAILED


@pytest.mark.both_in_trials
def test_a_job_is_there_for_whoever_asked_for_it_alone(desk: Desk) -> None:
    job_id = ask(desk).json()["id"]
    other = desk.browser(a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.QUALITY_LEAD}))
    for path in (f"/api/v1/jobs/{job_id}", f"/jobs/{job_id}"):
        assert other.get(path).status_code == 404
    assert other.post(f"/api/v1/jobs/{job_id}/cancel").status_code == 404
    assert other.get("/api/v1/jobs").json() == {"items": []}
    assert "You have no jobs." in other.get("/jobs").text
    with desk.database.reading() as session, pytest.raises(NotFound):
        jobs.find_job(session, job_id=uuid.uuid4(), by=an_actor(desk.cast.lena))


@pytest.mark.both_databases
def test_nobody_has_more_than_twenty_jobs_that_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_OF_ONE", 2)
    assert [ask(desk).status_code for _ in range(3)] == [202, 202, 409]


@pytest.mark.both_in_trials
def test_the_page_of_long_work_leads_to_its_job_and_from_there_to_what_it_made(desk: Desk) -> None:
    browser = lena(desk)
    form = {"title": "Spring", "key": str(uuid.uuid4()), **{name: str(value) for name, value in THRESHOLDS.items()}}
    sent = browser.post(f"/rounds/{desk.round_id}/snapshot", data=form)
    assert sent.status_code == 303
    page = sent.headers["location"]
    assert page.startswith("/jobs/")
    assert "Waiting to start: 60 audits." in browser.get(page).text
    do(desk)
    assert f'href="/snapshots/{snapshots_of(desk)[0]}"' in browser.get(page).text
    assert "Create snapshot" in browser.get("/jobs").text
    assert 'href="/jobs"' in browser.get("/account").text
    assert 'href="/jobs"' not in desk.browser(desk.cast.asha).get("/account").text


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    "permission", [Permission.ALLOCATE_AUDITS, Permission.WRITE_SNAPSHOTS, Permission.WRITE_CASE_FILES]
)
def test_whoever_may_ask_for_long_work_may_follow_it(desk: Desk, permission: Permission) -> None:
    by_token = replace(an_actor(desk.cast.lena), scopes=frozenset({permission}))
    assert by_token.may(Permission.FOLLOW_JOBS)
    assert not an_actor(desk.cast.asha).may(Permission.FOLLOW_JOBS)


@pytest.mark.both_in_trials
def test_what_was_asked_for_is_read_as_it_was_written(desk: Desk) -> None:
    work = MakeSnapshot(desk.round_id, NewSnapshot("Spring", smallest=THRESHOLDS["smallest"], characteristics=("sex",)))
    assert decode_request(type(work), encode_request(work)) == work


@pytest.mark.both_databases
@pytest.mark.fast
def test_lists_samples_and_allocations_become_jobs_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for work in (ImportCaseList, DrawSample, ConfirmProposal):
        monkeypatch.setattr(work, "most_at_once", 0)
    browser, of_round = lena(desk), f"/api/v1/rounds/{desk.round_id}"
    chance = random.Random(1)
    cases = [
        {
            "reference": reference_from(chance.randbytes(10)),
            "team": "North locality",
            "status": "child-in-need",
            "age_band": "5-to-9",
        }
        for _ in range(30)
    ]
    listing = browser.post(
        "/api/v1/case-lists", json={"listed_on": f"{CLOCK.now():%Y-%m-%d}", "cases": cases}, headers=a_key()
    )
    assert listing.status_code == 202
    do(desk)
    plan = {"case_list_id": job(desk, listing.json()["id"])["made_id"], "size": 5, "rules": {"months_since_audit": 0}}
    drawing = browser.post(f"{of_round}/samples", json=plan, headers=a_key())
    assert drawing.status_code == 202
    do(desk)
    made = job(desk, drawing.json()["id"])["made_id"]
    assert len(browser.get(f"/api/v1/samples/{made}").json()["cases"]) == 5
    asked = {"auditors": [str(desk.cast.asha.id)], "seed": "one"}
    proposed = browser.post(f"{of_round}/proposal", json=asked).json()
    confirming = browser.post(f"{of_round}/proposal/confirm", json={**asked, "mark": proposed["mark"]}, headers=a_key())
    assert confirming.status_code == 202
    do(desk)
    assert job(desk, confirming.json()["id"])["state"] == "done"
    with desk.database.reading() as session:
        assert len(session.exec(select(Audit.id)).all()) == AUDITS + 5


@pytest.mark.both_databases
def test_a_list_that_is_cancelled_between_its_pieces_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImportCaseList, "most_at_once", 0)
    monkeypatch.setattr(importing, "MOST_AT_ONCE", 0)
    case = {"team": "North locality", "status": "child-in-need", "age_band": "5-to-9"}
    cases = [{"reference": reference_from(random.Random(place).randbytes(10)), **case} for place in range(20)]
    body = {"listed_on": f"{CLOCK.now():%Y-%m-%d}", "cases": cases}
    browser, before = lena(desk), stored(desk)
    job_id = browser.post("/api/v1/case-lists", json=body, headers=a_key()).json()["id"]
    whole, times = importing.store_piece, []

    def store_piece(*given: Any, **named: Any) -> None:
        whole(*given, **named)
        times.append(1)

    def still_wanted(*_: object) -> bool:
        return not times

    monkeypatch.setattr(importing, "store_piece", store_piece)
    monkeypatch.setattr(jobs, "extend_claim", still_wanted)
    do(desk)
    assert times == [1]
    assert stored(desk) == before
    monkeypatch.undo()
    assert browser.post("/api/v1/case-lists", json=body, headers=a_key()).status_code == 201, "it can be sent again"
    assert job(desk, job_id)["state"] == "working", "as the test left it"


@pytest.fixture
def other_list(desk: Desk) -> Callable[[], None]:
    """Another list that is being imported; call it, and its import is given up, as that of a stopped server is."""
    by = an_actor(desk.cast.lena)
    case = ListedCase(reference_from(b"another list"), "North locality", CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    content = CaseList(CLOCK.now().date(), "1a2b3c4d", "annex-a", (case,))
    with desk.database.reading() as session:
        taking = importing.prepare_import(session, checked=case_lists.check_list(content, by=by), by=by)
    with desk.database.writing() as session:
        importing.begin_import(session, taking, by=by)
    return lambda: unsettled.give_up_interrupted(desk.database)


def ask_for_list(desk: Desk) -> str:
    case = {"team": "North locality", "status": "child-in-need", "age_band": "5-to-9"}
    cases = [{"reference": reference_from(random.Random(place).randbytes(10)), **case} for place in range(20)]
    body = {"listed_on": f"{CLOCK.now():%Y-%m-%d}", "cases": cases}
    accepted = lena(desk).post("/api/v1/case-lists", json=body, headers=a_key())
    assert accepted.status_code == 202, accepted.text
    return str(accepted.json()["id"])


@dataclass
class Time:
    """Passes only while somebody sleeps; then this happens."""

    happens: Callable[[], object] = lambda: None
    seconds: float = 0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.happens()


@pytest.mark.both_databases
def test_a_list_that_was_accepted_waits_for_another_that_is_being_imported(
    desk: Desk, other_list: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImportCaseList, "most_at_once", 0)
    monkeypatch.setattr(doing, "time", passing := Time(other_list))
    job_id = ask_for_list(desk)
    do(desk)
    assert job(desk, job_id)["state"] == "done"
    assert 0 < passing.seconds <= 5


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("other_list")
def test_a_list_does_not_wait_for_another_for_ever_and_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImportCaseList, "most_at_once", 0)
    monkeypatch.setattr(doing, "time", passing := Time())
    job_id = ask_for_list(desk)
    do(desk)
    failed = job(desk, job_id)
    assert (failed["state"], "Another case list is being imported" in failed["detail"]) == ("failed", True)
    assert doing.LONGEST_WAIT_SECONDS <= passing.seconds <= doing.LONGEST_WAIT_SECONDS + 10


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("other_list")
def test_a_list_that_waits_for_another_is_cancelled_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImportCaseList, "most_at_once", 0)
    job_id = ask_for_list(desk)
    monkeypatch.setattr(
        doing, "time", passing := Time(lambda: lena(desk).post(f"/api/v1/jobs/{job_id}/cancel", headers=a_key()))
    )
    do(desk)
    assert (job(desk, job_id)["state"], passing.seconds) == ("cancelled", 1)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_job_whose_process_loses_the_database_is_done_later(desk: Desk, database_url: str) -> None:
    job_id = ask(desk).json()["id"]
    with pytest.raises(DatabaseLostError):
        lose_process_at_table("audit", database_url, lambda: run_next_job(desk.database, desk.app.state.settings))
    assert job(desk, job_id)["state"] == "working"
    with desk.database.writing() as session:
        session.execute(update(Job).values(beat_at=CLOCK.now() - 2 * jobs.SILENT_AFTER))
    do(desk)
    assert job(desk, job_id)["state"] == "done"


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_job_that_others_are_in_the_way_of_is_done_when_they_have_finished(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MakeSnapshot.store

    def store_without_patience(session: Session, *given: Any) -> uuid.UUID:
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = 1")
        return store(session, *given)

    monkeypatch.setattr(MakeSnapshot, "store", staticmethod(store_without_patience))
    job_id = ask(desk).json()["id"]
    with desk.database.reading() as other:
        monkeypatch.setattr(doing, "time", passing := Time(other.rollback))
        lock_trail(other, desk.cast.organisation.id)
        do(desk)
    assert job(desk, job_id)["state"] == "done"
    assert 0 < passing.seconds <= 5
    assert len(snapshots_of(desk)) == 1


@pytest.mark.both_in_trials
def test_a_job_that_a_full_disk_stops_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(doing, "time", passing := Time())
    monkeypatch.setattr(MakeSnapshot, "store", fail)
    job_id = ask(desk).json()["id"]
    do(desk)
    failed = job(desk, job_id)
    assert (failed["state"], "The disk of the service is full" in failed["detail"]) == ("failed", True)
    assert passing.seconds >= doing.LONGEST_WAIT_SECONDS  # it may be over in a moment
    assert snapshots_of(desk) == []


def stored(desk: Desk) -> tuple[int, int, int]:
    """How many case files, lists and entries there are, seen or not."""
    with desk.database.reading() as session:
        counts = (
            session.execute(select(func.count()).select_from(model)).scalar_one()
            for model in (StoredCaseFile, StoredCaseList, CaseListEntry)
        )
        files, lists, entries = counts
    return files, lists, entries


@pytest.mark.both_in_trials
def test_a_fault_in_the_process_of_a_job_says_where_it_is_and_nothing_of_what_it_worked_on(desk: Desk) -> None:
    ask(desk)
    claimed = jobs.claim_job(desk.database)
    assert claimed is not None
    key_path = desk.app.state.settings.risky_terms_key_path
    with pytest.raises(job_worker.JobProcessError, match="in decode_request") as raised:
        job_worker.prepare(desk.database, key_path, replace(claimed, asked=b"Canary-Words"), is_wanted=lambda: True)
    assert "Canary" not in str(raised.value)


def test_each_kind_of_job_has_its_work() -> None:
    assert sorted(each.kind for each in WORKS) == sorted(JobKind)
    assert all(work_of(kind).kind is kind for kind in JobKind)


@pytest.fixture
def started(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The processes that were started in a service that does jobs. None waits for a job in the end."""
    begun: list[Any] = []
    start = own_process.start_process

    def start_process(*given: Any, **named: Any) -> Any:
        begun.append(start(*given, **named))
        return begun[-1]

    monkeypatch.setattr(ahead, "start_process", start_process)
    for name in WORKERS:
        desk.app.state.workers.add(name, 60)
    yield begun
    ahead.end_ahead()
    assert all(each.poll() is not None for each in begun)


def test_the_page_of_a_snapshot_starts_the_process_that_its_job_is_computed_in(desk: Desk, started: list[Any]) -> None:
    page = f"/rounds/{desk.round_id}/snapshot"
    for _ in range(2):
        assert lena(desk).get(page).status_code == 200
    (process,) = started
    assert process.poll() is None
    job_id = ask(desk).json()["id"]
    do(desk)
    assert job(desk, job_id)["state"] == "done"
    assert started == [process], "it was started once, for all"
    assert process.poll() is not None, "its memory is free again"


def test_a_process_that_waited_in_vain_is_no_hindrance(desk: Desk, started: list[Any]) -> None:
    ahead.start_ahead(DrawSample)
    ahead.start_ahead(MakeSnapshot)
    of_sample, of_snapshot = started
    assert of_sample.poll() is not None, "one waits at most"
    of_snapshot.kill()
    of_snapshot.wait()
    job_id = ask(desk).json()["id"]
    do(desk)
    assert job(desk, job_id)["state"] == "done"


def test_the_page_of_a_small_round_starts_no_process(
    desk: Desk, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MakeSnapshot, "most_at_once", AUDITS)
    assert lena(desk).get(f"/rounds/{desk.round_id}/snapshot").status_code == 200
    assert started == []


@pytest.mark.both_databases
def test_a_snapshot_after_others_becomes_a_job_sooner(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MakeSnapshot, "most_at_once", AUDITS)
    assert ask(desk).status_code == 201
    work, by = MakeSnapshot(desk.round_id, NewSnapshot("Summer")), an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        assert work.size(session, by) == AUDITS
        assert work.is_long(session, by, AUDITS), "it reads the audits of the earlier one too"
        assert not work.is_long(session, by, 0)
