"""What is no longer kept is deleted on the exact day, but for a legal hold or open work, and the trail says so."""

import random
import time
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.case_lists import actions as case_lists
from api.concerns import actions as concerns
from api.doctor.database import look_at_database
from api.erasure import actions as erasures
from api.foundation.local_time import local_date
from api.foundation.settings import Settings
from api.reports.exports.reading import read_scope
from api.reports.exports.writing import readme
from api.reports.keeping import keep_up_to_date
from api.retention import deleting
from api.retention.actions import set_period
from api.retention.watching import check_retention
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from checklists.actions.action_states import ActionMove
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.privacy.references import reference_from
from checklists.retention import RetentionKind, goes_on
from models import (
    About,
    Action,
    AgeBand,
    Audit,
    CaseStatus,
    Event,
    HoldReason,
    MailState,
    OutboxMessage,
    Role,
    Round,
    RoundTally,
    SignInLink,
    StoredCaseFile,
    WebSession,
    now,
)
from tests.desk import Desk
from tests.erasure.full_case import CANARY, SENTENCE, a_full_case, another_lead, audits_of, everything_stored
from tests.factories import a_person, an_actor
from tests.importing import import_list
from tests.improvement.acting import moved

OTHER = "KX3-1122-WV5"


class Calendar:
    """The day on which the deletion runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
        self._patch, self._desk = monkeypatch, desk

    def run_on(self, day: date, hour: int = 12) -> int:
        """Run the deletion on a day; how many records it deleted."""
        at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        self._patch.setattr(deleting, "earliest", lambda: at)
        return deleting.delete_due(self._desk.database, Settings(database_url=str(self._desk.database.engine.url)))

    def delete_on(self, day: date, hour: int = 12) -> int:
        """Run the deletion on a day; how many audits and case files it deleted."""
        before = self._stored()
        self.run_on(day, hour)
        return before - self._stored()

    def _stored(self) -> int:
        with self._desk.database.reading() as session:
            return sum(len(session.exec(select(model.id)).all()) for model in (Audit, StoredCaseFile))


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Calendar:
    # What these tests begin with is of today, and they delete years later.
    monkeypatch.setattr(deleting, "LONGEST_SILENCE", timedelta(days=10_000))
    return Calendar(monkeypatch, desk)


def last_of(desk: Desk, kind: RetentionKind = RetentionKind.AUDITS) -> date:
    """The last day on which what begins today is kept."""
    return goes_on(local_date(now()), kind.default_months) - timedelta(days=1)


def an_audit(desk: Desk, reference: str) -> uuid.UUID:
    audit_id = desk.an_audit(reference=reference)
    desk.answer(audit_id, rationale=SENTENCE)
    desk.submit(audit_id)
    return audit_id


def case_of(desk: Desk, audit_id: uuid.UUID) -> uuid.UUID:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id


def verified(desk: Desk, tmp_path: Path) -> list[str]:
    settings = Settings(
        database_url=str(desk.database.engine.url),
        trail_key_file=tmp_path / "key",
        trail_checkpoints_file=tmp_path / "checkpoints",
    )
    return [line.strip() for line in in_words(verify(desk.database, CheckpointSigner.of(settings)))]


@pytest.mark.both_databases
def test_audits_of_a_closed_round_go_the_day_after_their_period_and_counts_stay(
    desk: Desk, calendar: Calendar, tmp_path: Path
) -> None:
    an_audit(desk, OTHER)
    an_audit(desk, "QX7-4471-ZT9")
    desk.close_round()
    open_round = desk.a_round(title="Open round")
    kept = desk.an_audit(round_id=open_round, reference="LM2-9934-AB1")
    report = f"/api/v1/reports/gaps?round={desk.round_id}"
    lena = desk.browser(desk.cast.lena)

    def tallies() -> list[tuple[str, str]]:
        with desk.database.reading() as session:
            return sorted((each.breakdown, each.counts) for each in session.exec(select(RoundTally)))

    before, shown = tallies(), lena.get(report).json()
    assert CANARY in everything_stored(desk.database)
    assert calendar.delete_on(last_of(desk)) == 0
    assert audits_of(desk.database) == 3
    # The two audits, and then the case files that nothing uses any more.
    assert calendar.delete_on(last_of(desk) + timedelta(days=1)) == 4
    keep_up_to_date(desk.database, Settings(database_url=str(desk.database.engine.url)))
    with desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [kept]
        assert [each.reference for each in session.exec(select(StoredCaseFile))] == ["LM2-9934-AB1"]
        kinds = list(session.exec(select(Event.kind).where(col(Event.kind).in_(("audit.erased", "retention.applied")))))
    assert CANARY not in everything_stored(desk.database)
    assert OTHER.lower() not in everything_stored(desk.database)
    assert tallies() == before
    assert desk.browser(desk.cast.lena).get(report).json() == shown
    assert kinds.count("audit.erased") == 2
    assert kinds.count("retention.applied") >= 4
    said = verified(desk, tmp_path)
    assert not [line for line in said if "tampered" in line or "missing from" in line]
    assert [line for line in said if line.startswith("Records were deleted at the end of their retention period ")]
    assert calendar.delete_on(last_of(desk) + timedelta(days=1)) == 0


def test_a_round_that_was_closed_late_in_the_evening_is_counted_by_the_british_day(
    desk: Desk, calendar: Calendar
) -> None:
    audit_id = an_audit(desk, OTHER)
    desk.close_round()
    with desk.database.reading() as session:
        closed_at = session.get_one(Round, (desk.cast.organisation.id, desk.round_id)).closed_at
    assert closed_at is not None
    last = goes_on(local_date(closed_at), 36) - timedelta(days=1)
    assert calendar.delete_on(last, hour=22) == 0
    assert calendar.delete_on(last + timedelta(days=1), hour=1) == 2
    with desk.database.reading() as session:
        assert session.get(Audit, (desk.cast.organisation.id, audit_id)) is None


def test_a_machine_that_starts_with_a_wrong_year_deletes_nothing_for_a_week(
    desk: Desk, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_audit(desk, OTHER)
    desk.close_round()
    monkeypatch.undo()
    years_later = last_of(desk) + timedelta(days=2_000)
    assert calendar.delete_on(years_later) == 0
    at = datetime(years_later.year, years_later.month, years_later.day, 12, tzinfo=UTC)
    with monkeypatch.context() as patched:
        patched.setattr("api.foundation.events.now", lambda: at)
        desk.an_audit(round_id=desk.a_round(title="Later"), reference="LM2-9934-AB1")
    assert calendar.delete_on(years_later + timedelta(days=6)) == 0
    assert audits_of(desk.database) == 2
    assert calendar.delete_on(years_later + timedelta(days=8)) > 0


@pytest.mark.both_databases
def test_a_legal_hold_beats_every_period_until_it_is_lifted(desk: Desk, calendar: Calendar) -> None:
    audit_id = an_audit(desk, OTHER)
    case_file_id = case_of(desk, audit_id)
    desk.close_round()
    lena, ola = an_actor(desk.cast.lena), an_actor(another_lead(desk))
    with desk.database.writing() as session:
        erasures.place_hold(session, case_file_id=case_file_id, reason=HoldReason.INQUIRY, by=lena)
    years_later = last_of(desk) + timedelta(days=3_000)
    assert calendar.delete_on(years_later) == 0
    assert audits_of(desk.database) == 1
    with desk.database.writing() as session:
        erasures.lift_hold(session, case_file_id=case_file_id, by=ola)
    assert calendar.delete_on(years_later) == 2
    assert audits_of(desk.database) == 0


def test_an_audit_with_an_open_concern_or_action_is_kept(desk: Desk, calendar: Calendar) -> None:
    with_concern = a_full_case(desk)
    with_action = a_full_case(desk, reference=OTHER)
    desk.close_round()
    with desk.database.writing() as session:
        concerns.raise_concern(
            session,
            audit_id=with_concern.audit_id,
            person_id=desk.cast.mo.id,
            words=SENTENCE,
            hours=4,
            by=an_actor(desk.cast.asha),
        )
    later = last_of(desk) + timedelta(days=100)
    with desk.database.reading() as session:
        actions = {each.audit_id: each.id for each in session.exec(select(Action))}
    moved(desk, actions[with_concern.audit_id], ActionMove.DROP)
    assert calendar.delete_on(later) == 0
    moved(desk, actions[with_action.audit_id], ActionMove.DROP)
    assert calendar.delete_on(later) == 2
    with desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [with_concern.audit_id]
        assert [each.audit_id for each in session.exec(select(Action))] == [with_concern.audit_id]


@pytest.mark.parametrize("kept_by", ["a longer period", "a legal hold"])
def test_what_becomes_kept_between_the_search_and_the_deletion_is_not_deleted(
    desk: Desk, calendar: Calendar, monkeypatch: pytest.MonkeyPatch, kept_by: str
) -> None:
    audit_id = an_audit(desk, OTHER)
    desk.close_round()
    prepare, lena = deleting._ROOTS[RetentionKind.AUDITS][1], an_actor(desk.cast.lena)
    case_file_id = case_of(desk, audit_id)

    def kept_meanwhile(*args: object, **named: object) -> object:
        prepared = prepare(*args, **named)
        with desk.database.writing() as session:
            if kept_by == "a legal hold":
                erasures.place_hold(session, case_file_id=case_file_id, reason=HoldReason.INQUIRY, by=lena)
            else:
                set_period(session, kind=RetentionKind.AUDITS, months=600, by=lena)
        return prepared

    roots = {**deleting._ROOTS, RetentionKind.AUDITS: (Audit, kept_meanwhile, "audit_id")}
    monkeypatch.setattr(deleting, "_ROOTS", roots)
    assert calendar.delete_on(last_of(desk) + timedelta(days=1)) == 0
    with desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [audit_id]


def test_an_audit_that_cannot_be_deleted_keeps_no_other_one_waiting(
    desk: Desk, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = an_audit(desk, OTHER)
    an_audit(desk, "QX7-4471-ZT9")
    desk.close_round()
    prepare = deleting._ROOTS[RetentionKind.AUDITS][1]

    def failing(*args: object, **named: object) -> object:
        if named["audit_id"] == stuck:
            raise RuntimeError("this one")
        return prepare(*args, **named)

    monkeypatch.setattr(deleting, "_ROOTS", {**deleting._ROOTS, RetentionKind.AUDITS: (Audit, failing, "audit_id")})
    with pytest.raises(ExceptionGroup) as raised:
        calendar.delete_on(last_of(desk) + timedelta(days=1))
    assert [str(each) for each in raised.value.exceptions] == ["this one"]
    with desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [stuck]


def test_an_audit_that_takes_the_whole_run_to_fail_keeps_the_others_waiting_for_some_runs_only(
    desk: Desk, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {an_audit(desk, OTHER), an_audit(desk, "QX7-4471-ZT9")}
    desk.close_round()
    prepare, stuck = deleting._ROOTS[RetentionKind.AUDITS][1], set[object]()

    def failing(*args: object, **named: object) -> object:
        stuck.add(next(iter(stuck), named["audit_id"]))
        if named["audit_id"] in stuck:
            time.sleep(0.35)
            raise RuntimeError("too slow")
        return prepare(*args, **named)

    monkeypatch.setattr(deleting, "_ROOTS", {**deleting._ROOTS, RetentionKind.AUDITS: (Audit, failing, "audit_id")})
    monkeypatch.setattr(deleting, "LONGEST_RUN", 0.3)
    left: set[object] = set(both)
    for _ in range(40):
        with suppress(ExceptionGroup):
            calendar.delete_on(last_of(desk) + timedelta(days=1))
        with desk.database.reading() as session:
            left = set(session.exec(select(Audit.id)).all())
        if left != both:
            break
    assert left == stuck


def test_what_is_counted_afresh_from_fewer_audits_says_so(desk: Desk, calendar: Calendar) -> None:
    first = desk.round_id
    an_audit(desk, OTHER)
    an_audit(desk, "QX7-4471-ZT9")
    desk.close_round()
    desk.round_id = desk.a_round(title="Summer round", follows_id=first)
    kept = an_audit(desk, "LM2-9934-AB1")
    with desk.database.writing() as session:
        erasures.place_hold(
            session, case_file_id=case_of(desk, kept), reason=HoldReason.INQUIRY, by=an_actor(desk.cast.lena)
        )
    desk.close_round()
    pages = [
        *(f"/rounds/{first}/{page}" for page in ("agreement", "findings", "report")),
        f"/rounds/{desk.round_id}/change",
    ]
    gone = "2 audits have been deleted since their round was closed."
    before = desk.browser(desk.cast.lena)
    assert not [page for page in pages if "been deleted" in before.get(page).text]
    calendar.delete_on(last_of(desk) + timedelta(days=1))
    after = desk.browser(desk.cast.lena)
    assert not [page for page in pages if gone not in after.get(page).text]
    # Nothing is missing from the round whose only audit is under a legal hold.
    assert "been deleted" not in after.get(f"/rounds/{desk.round_id}/agreement").text
    with desk.database.reading() as session:
        scope = read_scope(session, desk.cast.organisation.id, first, has_names=False)
    assert gone in " ".join(readme(scope, audits=0, made_on=local_date(now())))


def test_a_case_audited_again_loses_the_old_audit_alone(desk: Desk, calendar: Calendar) -> None:
    old = an_audit(desk, OTHER)
    desk.close_round()
    case_file_id = case_of(desk, old)
    again = desk.a_round(title="Open round")
    kim = a_person(desk.database, desk.cast.organisation, name="Kim", roles={Role.AUDITOR})
    with desk.database.writing() as session:
        wanted = Allocation(case_file_id, kim.id)
        allocate(session, round_id=again, allocation=wanted, by=an_actor(desk.cast.lena))
    assert calendar.delete_on(last_of(desk) + timedelta(days=1)) == 1
    with desk.database.reading() as session:
        (left,) = session.exec(select(Audit)).all()
        assert (left.round_id, left.case_file_id) == (again, case_file_id)


@pytest.mark.both_databases
def test_a_case_file_goes_a_year_after_it_was_last_on_a_list(desk: Desk, calendar: Calendar) -> None:
    lead = an_actor(desk.cast.lena)
    references = [reference_from(random.Random(place).randbytes(10)) for place in range(2)]

    def take(*some: str, key: str) -> None:
        cases = tuple(
            ListedCase(each, "North locality", CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9) for each in some
        )
        content = CaseListContent(local_date(now()) - timedelta(days=1), key, "annex-a", cases)
        with desk.database.writing() as session:
            checked = case_lists.check_list(content, by=lead)
            import_list(session, checked=checked, by=lead)

    take(*references, key="1a2b3c4d")
    last = last_of(desk, RetentionKind.CASE_FILES)
    assert calendar.delete_on(last) == 0
    with desk.database.writing() as session:
        held = session.exec(select(StoredCaseFile).where(col(StoredCaseFile.reference) == references[0])).one()
        erasures.place_hold(session, case_file_id=held.id, reason=HoldReason.COMPLAINT, by=lead)
    assert calendar.delete_on(last + timedelta(days=1)) == 1
    with desk.database.reading() as session:
        assert [each.reference for each in session.exec(select(StoredCaseFile))] == [references[0]]
    assert references[1].lower() not in everything_stored(desk.database)


def test_sessions_links_and_emails_go_and_an_email_of_open_work_stays(desk: Desk, calendar: Calendar) -> None:
    own, asha, at = desk.cast.organisation.id, desk.cast.asha.id, now()
    with desk.database.writing() as session:
        session.add(WebSession(secret_hash="a" * 64, organisation_id=own, person_id=asha, ended_at=at))
        session.add(
            SignInLink(
                secret_hash="b" * 64,
                organisation_id=own,
                person_id=asha,
                created_at=at - timedelta(hours=1),
                expires_at=at,
                used_at=at,
            )
        )
        closed = uuid.uuid4()
        for about, subject in ((About.DUE_SOON, desk.round_id), (About.OVERDUE, closed)):
            session.add(
                OutboxMessage(
                    organisation_id=own,
                    about=about,
                    subject_id=subject,
                    person_id=asha,
                    state=MailState.SENT,
                    settled_at=at,
                )
            )
    with desk.database.reading() as session:
        links = len(session.exec(select(SignInLink.secret_hash)).all())
    today = local_date(at)
    assert calendar.run_on(goes_on(today, 3) - timedelta(days=1)) == 0
    assert calendar.run_on(goes_on(today, 3)) == 1
    with desk.database.reading() as session:
        assert session.exec(select(OutboxMessage.subject_id)).all() == [desk.round_id]
    assert calendar.run_on(goes_on(today, 7)) >= links
    with desk.database.reading() as session:
        assert session.exec(select(WebSession.secret_hash)).all() == []
        assert session.exec(select(SignInLink.secret_hash)).all() == []


def test_readiness_and_the_doctor_say_when_something_should_be_gone(
    desk: Desk, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_audit(desk, OTHER)
    desk.close_round()
    settings = Settings(database_url=str(desk.database.engine.url))
    calendar.delete_on(last_of(desk))
    check = check_retention(settings)
    assert check is not None
    assert (check.ok, check.warns) == (True, False)
    monkeypatch.setattr(deleting, "_delete_one", lambda *_: 0)
    calendar.delete_on(last_of(desk) + timedelta(days=2))
    assert not getattr(check_retention(settings), "warns", True)
    calendar.delete_on(last_of(desk) + timedelta(days=3))
    late = check_retention(settings)
    assert late is not None
    assert (late.ok, late.warns) == (True, True)
    assert late.detail == "Not deleted in time: audits of closed rounds (1)."
    later = now() + timedelta(days=1_200)
    monkeypatch.setattr("api.doctor.database.now", lambda: later)
    (found,) = [each for each in look_at_database(settings) if each.about == "retention"]
    assert "audits of closed rounds (1)" in found.said
    assert found.to_do
