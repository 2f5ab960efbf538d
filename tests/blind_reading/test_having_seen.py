"""Having seen is recorded and decides: the ways in which one person alone took blindness off are closed."""

import re
import statistics
import time
import uuid

import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select

from api.agreement.document import document_of
from api.agreement.queries import AgreementReport, agreement_report
from api.allocation.actions import Allocation, allocate
from api.audits.actions import get_audit
from api.audits.complete import actions as complete
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.case_files.actions import NewCaseFile
from api.foundation.events import EVENT_TEXTS
from api.foundation.identity.showing import SHOWS_AUDIT, SHOWS_ROUND
from api.foundation.problems import Invalid, NotAllowed
from api.moderation import actions as moderation
from models import AgeBand, Audit, BlindRecord, CaseStatus, HasListed, HasSeen, HowSeen, Person, Role
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.guards_aside import guards_aside

LEAD_AND_READER = {Role.AUDITOR, Role.QUALITY_LEAD}
# Fresh on each page.
# What differs from one request to the next: keys of forms, and the seconds until a session ends.
SAME_KEY = re.compile(r'name="key" value="[^"]*"|data-session-[a-z]+="[0-9]+"')
SEEN = "seen or moderated an audit of this case"


@pytest.fixture
def lee(desk: Desk) -> MadePerson:
    """Leads, moderates, and reads cases too."""
    return a_person(desk.database, desk.cast.organisation, name="Lee", roles={*LEAD_AND_READER, Role.MODERATOR})


def stored(desk: Desk, audit_id: uuid.UUID) -> Audit:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id))


def given(desk: Desk, audit_id: uuid.UUID, to: MadePerson, *, by: MadePerson | None = None) -> uuid.UUID:
    """Another reading of the case of this audit."""
    wanted = Allocation(stored(desk, audit_id).case_file_id, to.id)
    with desk.database.writing() as session:
        return allocate(session, round_id=desk.round_id, allocation=wanted, by=an_actor(by or desk.cast.lena)).id


def submitted(desk: Desk, person: MadePerson | None = None, audit_id: uuid.UUID | None = None) -> uuid.UUID:
    person = person or desk.cast.asha
    audit_id = audit_id or desk.an_audit(person)
    desk.answer(audit_id, by=person)
    desk.submit(audit_id, by=person)
    return audit_id


def withdraw(desk: Desk, audit_id: uuid.UUID, by: MadePerson) -> None:
    with desk.database.writing() as session:
        said = {"reason": "By mistake.", "version": stored(desk, audit_id).version}
        submissions.withdraw(session, audit_id=audit_id, by=an_actor(by), **said)  # type: ignore[arg-type]


def report_of(desk: Desk) -> AgreementReport:
    with desk.database.reading() as session:
        return agreement_report(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))


def counts(desk: Desk) -> tuple[int, int, int]:
    report = report_of(desk)
    return report.pairs, report.not_blind, report.without_record


def recorded(desk: Desk, case_file: uuid.UUID | NewCaseFile, auditor: MadePerson, *, by: MadePerson) -> uuid.UUID:
    """A whole audit of this case, in the auditor's name."""
    scores = tuple(NewScore(theme, "good", "Seen.") for theme in THEMES)
    new = CompleteAudit(desk.round_id, auditor.id, case_file, scores)
    with desk.database.writing() as session:
        made = complete.record_audit(session, audit=new, by=an_actor(by))
        assert isinstance(made, RecordedAudit)
        return made.audit_id


@pytest.mark.fast
@pytest.mark.both_databases
def test_who_withdraws_their_own_and_reads_the_other_neither_reads_nor_moderates_it_again(
    desk: Desk, lee: MadePerson
) -> None:
    own = desk.an_audit(lee)
    other = given(desk, own, desk.cast.asha)
    submitted(desk, desk.cast.asha, other)
    client = desk.browser(lee)
    assert client.get(f"/audits/{other}").status_code == 404
    withdraw(desk, own, lee)
    assert client.get(f"/audits/{other}").status_code == 200
    for by in (lee, desk.cast.lena):
        with pytest.raises(Invalid, match=SEEN):
            given(desk, own, lee, by=by)
    version = stored(desk, other).version
    with desk.database.writing() as session, pytest.raises(NotAllowed, match="You read this case in this round"):
        moderation.start_moderation(session, audit_id=other, version=version, by=an_actor(lee))
    assert str(other) not in client.get("/moderation").text
    # Over REST the refusal is beside the field, and says nothing of the other reading to its lead but this.
    body = {
        "case_file_id": str(stored(desk, own).case_file_id),
        "auditor_id": str(lee.id),
        "round_id": str(desk.round_id),
    }
    refused = desk.browser(desk.cast.lena).post("/api/v1/audits", json=body, headers=a_key())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/auditor_id")
    # Anybody who has seen nothing takes the case again.
    assert stored(desk, given(desk, own, desk.cast.ben)).reading in {1, 2}


def open_it(client: Client, audit_id: uuid.UUID, _: uuid.UUID) -> None:
    assert client.get(f"/api/v1/audits/{audit_id}").status_code == 200


def list_answers(client: Client, _: uuid.UUID, round_id: uuid.UUID) -> None:
    assert client.get(f"/api/v1/rounds/{round_id}/answers?theme=voice&answer=all").status_code == 200


def list_judgements(client: Client, _: uuid.UUID, round_id: uuid.UUID) -> None:
    assert client.get(f"/api/v1/audits?round={round_id}").status_code == 200


def read_conclusions(client: Client, _: uuid.UUID, round_id: uuid.UUID) -> None:
    assert client.get(f"/api/v1/rounds/{round_id}/conclusions?part=worries").status_code == 200


def export(client: Client, _: uuid.UUID, round_id: uuid.UUID) -> None:
    answer = client.post("/api/v1/exports", json={"round_id": str(round_id)}, headers=a_key())
    assert answer.status_code in {201, 202}, answer.text


@pytest.mark.parametrize("see", [open_it, list_answers, list_judgements, read_conclusions, export])
def test_who_has_seen_a_submitted_reading_in_any_way_is_not_given_the_second(
    desk: Desk, lee: MadePerson, see: object
) -> None:
    first = submitted(desk)
    see(desk.browser(lee), first, desk.round_id)  # type: ignore[operator]
    with pytest.raises(Invalid, match=SEEN):
        given(desk, first, lee, by=lee)
    given(desk, first, desk.cast.ben)


def test_who_has_seen_a_reading_that_is_withdrawn_may_read_the_case_but_not_blind(desk: Desk, lee: MadePerson) -> None:
    first = submitted(desk)
    open_it(desk.browser(lee), first, desk.round_id)
    withdraw(desk, first, desk.cast.lena)
    own = given(desk, first, lee)
    submitted(desk, lee, own)
    submitted(desk, desk.cast.ben, given(desk, own, desk.cast.ben))
    assert counts(desk) == (0, 1, 0)


@pytest.mark.both_databases
def test_who_lists_the_answers_of_a_round_and_is_given_a_case_later_does_not_read_it_blind(
    desk: Desk, lee: MadePerson
) -> None:
    first = submitted(desk)
    list_answers(desk.browser(lee), first, desk.round_id)
    withdraw(desk, first, desk.cast.lena)
    own = given(desk, first, lee)
    with desk.database.reading() as session:
        seen = session.exec(select(HasSeen).where(col(HasSeen.person_id) == lee.id)).all()
        assert [(row.audit_id, row.how) for row in seen] == [(first, HowSeen.LISTED)]
        assert session.exec(select(col(HasListed.how)).where(col(HasListed.person_id) == lee.id)).all() == ["listed"]
    submitted(desk, lee, own)
    submitted(desk, desk.cast.ben, given(desk, own, desk.cast.ben))
    assert counts(desk) == (0, 1, 0)


def test_who_records_an_audit_in_anothers_name_counts_as_its_auditor(desk: Desk, lee: MadePerson) -> None:
    first = submitted(desk)
    second = recorded(desk, stored(desk, first).case_file_id, desk.cast.ben, by=lee)
    with desk.database.writing() as session, pytest.raises(NotAllowed, match="You recorded this audit"):
        moderation.start_moderation(session, audit_id=second, version=1, by=an_actor(lee))
    with desk.database.writing() as session, pytest.raises(NotAllowed, match="You read this case in this round"):
        moderation.start_moderation(session, audit_id=first, version=stored(desk, first).version, by=an_actor(lee))
    for audit_id in (first, second):
        assert str(audit_id) not in desk.browser(lee).get("/moderation").text
    with desk.database.writing() as session:
        moderation.start_moderation(session, audit_id=second, version=1, by=an_actor(desk.cast.mo))


@pytest.mark.parametrize("saw", [False, True])
def test_a_reading_recorded_by_somebody_who_saw_the_other_is_not_blind(
    desk: Desk, lee: MadePerson, *, saw: bool
) -> None:
    first = submitted(desk)
    if saw:
        open_it(desk.browser(lee), first, desk.round_id)
    recorded(desk, stored(desk, first).case_file_id, desk.cast.ben, by=lee)
    assert counts(desk) == ((0, 1, 0) if saw else (1, 0, 0))


@pytest.mark.parametrize("recorder", ["the same", "another"])
def test_who_listed_the_round_and_records_a_reading_had_seen_the_other_unless_they_recorded_it(
    desk: Desk, lee: MadePerson, *, recorder: str
) -> None:
    list_answers(desk.browser(lee), submitted(desk), desk.round_id)
    case = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    first = recorded(desk, case, desk.cast.asha, by=lee if recorder == "the same" else desk.cast.lena)
    recorded(desk, stored(desk, first).case_file_id, desk.cast.ben, by=lee)
    assert counts(desk) == ((1, 0, 0) if recorder == "the same" else (0, 1, 0))


@pytest.mark.both_in_trials
def test_a_reading_that_is_returned_after_both_were_in_is_not_blind_any_more(desk: Desk) -> None:
    first = submitted(desk)
    submitted(desk, desk.cast.ben, given(desk, first, desk.cast.ben))
    assert counts(desk) == (1, 0, 0)
    desk.give_back(first, "Look again.")
    desk.submit(first)
    assert counts(desk) == (0, 1, 0)


def test_the_report_says_how_many_pairs_were_blind_and_counts_only_those(desk: Desk) -> None:
    kept, old, returned = (submitted(desk) for _ in range(3))
    for first in (kept, old, returned):
        submitted(desk, desk.cast.ben, given(desk, first, desk.cast.ben))
    desk.give_back(returned, "Look again.")
    desk.submit(returned)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.execute(delete(BlindRecord).where(col(BlindRecord.audit_id) == old))
    assert counts(desk) == (1, 1, 1)
    lena = desk.browser(desk.cast.lena)
    body = lena.get(f"/api/v1/rounds/{desk.round_id}/agreement").json()
    assert (body["pairs"], body["pairs_not_blind"], body["pairs_without_record"]) == (1, 1, 1)
    page = lena.get(f"/rounds/{desk.round_id}/agreement").text
    assert "1 of 3 cases read twice counted: read blind by the record." in page
    assert "1 case not counted: a reader had seen another audit of the case" in page
    assert "1 case not counted: submitted before this was recorded." in page
    with desk.database.reading() as session:
        document_of(session, report_of(desk), by=an_actor(desk.cast.lena))


def test_the_people_who_may_be_asked_about_a_concern_are_the_same_whoever_else_reads_the_case(
    desk: Desk, lee: MadePerson
) -> None:
    own = desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    pages = (f"/api/v1/audits/{own}/concerns", f"/audits/{own}/concern")
    before = [SAME_KEY.sub("", asha.get(path).text) for path in pages]
    assert "Lee" in before[0]
    second = given(desk, own, lee)
    assert [SAME_KEY.sub("", asha.get(path).text) for path in pages] == before
    # A child comes first: Lee can be asked, and does not read the case blind from then on.
    sent = {"person_id": str(lee.id), "words": "The child was left alone at night, and nobody came."}
    assert asha.post(f"/api/v1/audits/{own}/concerns", json=sent, headers=a_key()).status_code == 201
    submitted(desk, desk.cast.asha, own)
    submitted(desk, lee, second)
    assert counts(desk) == (0, 1, 0)


def test_a_lead_who_reads_a_case_learns_from_no_load_who_else_reads_it(desk: Desk, lee: MadePerson) -> None:
    own = desk.an_audit(lee)
    ben = desk.cast.ben
    with desk.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == ben.id).values(most_audits=1))
    given(desk, own, ben)
    elsewhere = desk.an_audit()
    withdraw(desk, elsewhere, desk.cast.asha)
    with pytest.raises(Invalid, match="as many audits in this round as they take"):
        given(desk, elsewhere, ben)
    # What Lee is answered is what it would be if Ben did not read Lee's case.
    given(desk, elsewhere, ben, by=lee)


def test_every_kind_of_event_about_an_audit_or_a_round_shows_it_or_is_known_not_to() -> None:
    shows = {kind for hook in (SHOWS_AUDIT, SHOWS_ROUND) for kinds in hook for kind in kinds}
    known = {kind for texts in EVENT_TEXTS for kind in texts}
    assert shows <= known
    of_audits = {kind for kind in known if kind.partition(".")[0] in {"audit", "concern", "export", "snapshot"}}
    # Done by its auditor, by a lead to an audit whose answers they need not see, or refused.
    assert of_audits - shows == {
        *("audit.allocated", "audit.case-described", "audit.changed", "audit.chosen-for-moderation"),
        *("audit.concluded", "audit.conversation-written", "audit.family-views-written"),
        *("audit.no-longer-chosen-for-moderation", "audit.questions-answered", "audit.reallocated", "audit.refused"),
        *("audit.score-cleared", "audit.scored", "audit.submitted", "audit.theme-notes-written"),
        *("audit.withdrawn", "concern.escalated", "snapshot.fetched"),
        *("audit.workbook-downloaded", "audit.workbook-uploaded"),
        *("audit.feedback-link-made", "snapshot.pack-fetched"),
        # What follows from an audit, and what a lead records who has read its follow-up.
        *("audit.follow-up-found", "audit.follow-up-not-needed", "audit.follow-up-notified"),
        # Nothing of them is left.
        *("audit.erased", "concern.erased", "snapshot.case-erased"),
    }
    read = {kind for kind in known if kind.startswith("round.") and kind.endswith(("-read", "-listed", "-fetched"))}
    # They hold figures of many audits together, and none of their texts.
    assert read - shows == {"round.agreement-fetched", "round.change-fetched", "round.trend-fetched"}


def test_opening_ones_own_audit_takes_no_longer_with_many_audits(desk: Desk, record_property: object) -> None:
    few = seconds_to_open(desk, 10)
    many = seconds_to_open(desk, 1_000)
    record_property("figure", f"Opening one's own audit: {few * 1e3:.1f} ms of 10, {many * 1e3:.1f} ms of 1,000")  # type: ignore[operator]
    assert many < few * 3 + 0.02


def seconds_to_open(desk: Desk, number: int) -> float:
    asha, ids = an_actor(desk.cast.asha), [desk.an_audit()]
    with desk.database.reading() as session:
        have = len(session.exec(select(Audit.id).where(col(Audit.auditor_id) == asha.person_id)).all())
    fill(desk, number - have)
    times = []
    for _ in range(5):
        with desk.database.reading() as session:
            begin = time.process_time()
            assert get_audit(session, ids[0], asha) is not None
            times.append(time.process_time() - begin)
    return statistics.median(times)


def fill(desk: Desk, number: int) -> None:
    scores = tuple(NewScore(theme, "good", "Seen.") for theme in THEMES)
    bands = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    new = [CompleteAudit(desk.round_id, desk.cast.asha.id, bands, scores)] * number
    for start in range(0, number, 100):
        with desk.database.writing() as session:
            complete.record_audits(session, audits=new[start : start + 100], by=an_actor(desk.cast.lena))
