"""What others do reaches the people whom it concerns, once, and tells them nothing that they may not know."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from api.allocation.actions import Allocation, allocate, allocate_many
from api.audits import actions as audits
from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.blind_reading import actions as consensus
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.concerns import actions as concerns
from api.foundation.outbox.sending import send_due
from api.foundation.permissions import Permission, operator_of
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation.actions import AnswerReview
from api.notices import actions as notices
from api.notices import mailing
from api.notices.kinds import KINDS
from api.rounds import actions as rounds
from models import (
    AgeBand,
    Audit,
    CaseStatus,
    Event,
    MailState,
    Notice,
    NoticeKind,
    OutboxMessage,
    Person,
    Role,
    Round,
    UrgentConcern,
    now,
)
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_person, a_token_for, an_actor, program_for
from tests.feedback.giving import REASONS, audited, decided, disagreed, given
from tests.improvement.acting import an_owner
from tests.mail_server import MailServer, a_mail_server
from tests.page_forms import SeenPage
from tests.signing import GOOD, agreed, in_moderation, submitted


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with a_mail_server() as made:
        yield made


def unread(desk: Desk, person: MadePerson) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.browser(person).get("/api/v1/notices?unread=true").json()["items"]
    return items


def texts(desk: Desk, person: MadePerson) -> list[str]:
    return [item["text"] for item in unread(desk, person)]


def kinds(desk: Desk, person: MadePerson) -> set[str]:
    return {item["kind"] for item in unread(desk, person)}


def read_all(desk: Desk, *people: MadePerson) -> None:
    for person in people:
        assert desk.browser(person).post("/api/v1/notices/read-all").status_code == 200


def do(desk: Desk, step: Callable[..., Any], audit_id: uuid.UUID, by: MadePerson, **said: Any) -> Any:
    """Take a step from the newest version of an audit."""
    version = desk.find(audit_id).audit.version
    with desk.database.writing() as session:
        return step(session, audit_id=audit_id, version=version, by=an_actor(by), **said)


def new_cases(desk: Desk, number: int) -> list[uuid.UUID]:
    new = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        return [case_files.create_case_file(session, case_file=new, by=lena).case_file.id for _ in range(number)]


def give(desk: Desk, person: MadePerson, number: int, round_id: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Allocate so many new cases to a person at once."""
    allocations = [Allocation(case, person.id) for case in new_cases(desk, number)]
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        made = allocate_many(session, round_id=round_id or desk.round_id, allocations=allocations, by=lena)
        return [audit.id for audit in made]


def a_pair(desk: Desk, *, voice: str = "inadequate", moderated: bool = True) -> tuple[uuid.UUID, uuid.UUID]:
    """A case that Asha and Ben read: Asha has submitted hers, and Ben has answered voice otherwise."""
    first = desk.an_audit()
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        case = session.get_one(Audit, (desk.cast.organisation.id, first)).case_file_id
        second = allocate(session, round_id=desk.round_id, allocation=Allocation(case, desk.cast.ben.id), by=lena).id
    desk.answer(first)
    desk.answer(second, by=desk.cast.ben)
    desk.answer(second, voice, "voice", rationale="Not seen alone.", by=desk.cast.ben)
    read_all(desk, desk.cast.asha, desk.cast.ben, *((desk.cast.mo,) if moderated else ()))
    desk.submit(first)
    return first, second


# What a notice about such a subject names nothing of.
NAMELESS = {
    *("action", "concern", "feedback", "line of an audit programme", "person"),
    *("joint audit of the audit programme", "joint audit", "part of a joint audit", "case of a joint audit"),
}


@pytest.mark.fast
def test_every_kind_has_a_text_a_link_and_a_word_for_an_e_mail() -> None:
    assert set(KINDS) == set(NoticeKind)
    for kind in KINDS.values():
        assert "CF-1" in kind.text(2, "CF-1") or kind.subject.value in NAMELESS
        assert kind.path_of(uuid.uuid4()).startswith("/")
        assert "CF-1" not in kind.mail


@pytest.mark.both_databases
def test_many_audits_allocated_at_once_are_one_notice_and_later_ones_are_added(desk: Desk) -> None:
    asha = desk.cast.asha
    give(desk, asha, 20)
    assert texts(desk, asha) == ["20 audits allocated to you in Spring round."]
    give(desk, asha, 1)
    assert texts(desk, asha) == ["21 audits allocated to you in Spring round."]
    read_all(desk, asha)
    give(desk, asha, 1)
    assert texts(desk, asha) == ["1 audit allocated to you in Spring round."]
    assert (texts(desk, desk.cast.ben), texts(desk, desk.cast.lena)) == ([], [])


def test_audits_of_a_planned_round_are_notified_when_it_opens(desk: Desk) -> None:
    planned = desk.a_round(title="Summer round", opened=False)
    give(desk, desk.cast.asha, 2, planned)
    give(desk, desk.cast.ben, 1, planned)
    assert texts(desk, desk.cast.asha) == []
    with desk.database.writing() as session:
        version = session.get_one(Round, (desk.cast.organisation.id, planned)).version
        rounds.open_round(session, round_id=planned, version=version, by=an_actor(desk.cast.lena))
    assert texts(desk, desk.cast.asha) == ["2 audits allocated to you in Summer round."]
    assert texts(desk, desk.cast.ben) == ["1 audit allocated to you in Summer round."]


def test_an_audit_that_a_lead_withdraws_is_notified_and_ones_own_is_not(desk: Desk) -> None:
    asha, (one, another) = desk.cast.asha, give(desk, desk.cast.asha, 2)
    read_all(desk, asha)
    do(desk, submissions.withdraw, one, asha, reason="Moved away.")
    assert texts(desk, asha) == []
    do(desk, submissions.withdraw, another, desk.cast.lena, reason="Moved away.")
    assert texts(desk, asha) == ["1 audit withdrawn from you in Spring round."]


def test_a_returned_audit_is_notified_until_it_is_submitted_again(desk: Desk) -> None:
    audit_id, asha = submitted(desk), desk.cast.asha
    read_all(desk, asha)
    desk.give_back(audit_id, "Look again.")
    (notice,) = unread(desk, asha)
    assert (notice["kind"], notice["path"], notice["subject_id"]) == ("returned", f"/audits/{audit_id}", str(audit_id))
    assert "Look again." not in str(notice)
    desk.submit(audit_id)
    assert texts(desk, asha) == []


@pytest.mark.both_in_trials
def test_the_auditor_learns_how_moderation_ended(desk: Desk) -> None:
    asha, mo, lena = desk.cast.asha, desk.cast.mo, desk.cast.lena
    unchanged, changed = in_moderation(desk), in_moderation(desk)
    read_all(desk, asha)
    change = [AnswerReview("voice", "inadequate", "Not seen."), AnswerReview("planning", "outstanding", "A plan.")]
    do(desk, moderation.review_answers, changed, mo, judgements=change)
    assert texts(desk, asha) == []
    do(desk, moderation.agree_answers, unchanged, mo)
    do(desk, moderation.agree_answers, changed, mo)
    names = {audit_id: desk.find(audit_id).case_file.reference for audit_id in (unchanged, changed)}
    assert set(texts(desk, asha)) == {
        f"Your audit of {names[unchanged]} was agreed unchanged.",
        f"Your audit of {names[changed]} was agreed with 2 answers changed.",
    }
    do(desk, sign_off.sign_off, changed, lena, review=GOOD)
    assert kinds(desk, asha) == {"agreed", "signed-off"}
    assert texts(desk, mo) == []


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_request_to_reopen_reaches_whoever_may_decide_and_the_decision_whoever_it_concerns(
    desk: Desk, *, confirmed: bool
) -> None:
    asha, ben, mo, lena = desk.cast.asha, desk.cast.ben, desk.cast.mo, desk.cast.lena
    audit_id = agreed(desk)
    read_all(desk, asha, ben, mo, lena)
    asked = do(desk, sign_off.ask_to_reopen, audit_id, lena, reason="A page was missing.")
    assert [kinds(desk, person) for person in (asha, ben, mo, lena)] == [set(), set(), {"reopening-asked"}, set()]
    do(desk, sign_off.decide_on_reopening, audit_id, mo, reopening_id=asked.id, confirmed=confirmed)
    after = [{"reopened"}, set(), set(), {"reopened"}] if confirmed else [set(), set(), set(), {"reopening-refused"}]
    assert [kinds(desk, person) for person in (asha, ben, mo, lena)] == after


def test_comments_and_replies_reach_the_other_side_and_are_counted(desk: Desk) -> None:
    asha, mo, lena = desk.cast.asha, desk.cast.mo, desk.cast.lena
    audit_id = in_moderation(desk)
    read_all(desk, asha)

    def comment(by: MadePerson, thread: uuid.UUID | None = None) -> uuid.UUID:
        with desk.database.writing() as session:
            said = {"words": "See page two.", "thread_id": thread, "by": an_actor(by)}
            return comments.add_comment(session, audit_id=audit_id, **said).id  # type: ignore[arg-type]

    thread = comment(mo)
    comment(mo)
    (notice,) = unread(desk, asha)
    assert (notice["number"], notice["path"]) == (2, f"/audits/{audit_id}/moderation#comments")
    assert "page two" not in str(notice)
    comment(asha, thread)
    assert [kinds(desk, person) for person in (mo, lena)] == [{"commented"}, set()]
    comment(lena, thread)
    assert [item["number"] for item in unread(desk, mo)] == [2]


@pytest.mark.both_databases
def test_nobody_hears_of_a_second_reading_before_both_are_submitted_and_then_all_who_settle_it_do(desk: Desk) -> None:
    asha, ben, mo = desk.cast.asha, desk.cast.ben, desk.cast.mo
    first, second = a_pair(desk)
    assert [texts(desk, person) for person in (asha, ben, mo)] == [[], [], []]
    desk.submit(second, by=ben)
    name = desk.find(first).case_file.reference
    said = [f"Both readings of {name} are submitted and differ on 1 theme. Agree the final answers."]
    assert [texts(desk, person) for person in (asha, mo)] == [said, said]
    assert unread(desk, asha)[0]["path"] == f"/audits/{first}/pair"
    # Ben submitted last, and his page tells him.
    assert texts(desk, ben) == []
    desk.give_back(first, "Look again.")
    assert [kinds(desk, person) for person in (asha, ben, mo)] == [{"returned"}, set(), set()]
    desk.submit(first)
    assert [kinds(desk, person) for person in (ben, mo)] == [{"to-settle"}, {"to-settle"}]


def test_a_moderator_who_reads_the_case_is_not_told_of_its_readings(desk: Desk) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.MODERATOR})
    first = desk.an_audit(reader)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, first)).case_file_id
        lena = an_actor(desk.cast.lena)
        second = allocate(session, round_id=desk.round_id, allocation=Allocation(case, desk.cast.ben.id), by=lena).id
    read_all(desk, reader)
    desk.answer(second, by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    assert texts(desk, reader) == []


def test_the_readers_are_led_to_settle_and_the_moderators_learn_that_they_have(desk: Desk) -> None:
    asha, ben, mo = desk.cast.asha, desk.cast.ben, desk.cast.mo
    first, second = a_pair(desk)
    desk.submit(second, by=ben)
    with desk.database.writing() as session:
        given = {"theme": "voice", "answer": "inadequate", "reason": "The plan says so.", "version": 0}
        consensus.propose_answer(session, audit_id=second, by=an_actor(ben), **given)  # type: ignore[arg-type]
    assert kinds(desk, asha) == {"to-settle", "proposed"}
    with desk.database.writing() as session:
        consensus.confirm_answer(session, audit_id=first, theme="voice", version=1, by=an_actor(asha))
    assert [kinds(desk, person) for person in (asha, ben, mo)] == [set(), {"settled"}, {"to-sign-off"}]
    assert unread(desk, mo)[0]["path"] == f"/audits/{first}/moderation"


def test_where_no_moderator_is_active_the_quality_leads_are_notified_in_their_place(desk: Desk) -> None:
    asha, ben, mo, lena = desk.cast.asha, desk.cast.ben, desk.cast.mo, desk.cast.lena
    with desk.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == mo.id).values(active=False))
    first, second = a_pair(desk, moderated=False)
    desk.submit(second, by=ben)
    assert kinds(desk, lena) == {"to-settle"}
    with desk.database.writing() as session:
        given = {"theme": "voice", "answer": "good", "reason": "The plan says so.", "version": 0}
        consensus.propose_answer(session, audit_id=second, by=an_actor(ben), **given)  # type: ignore[arg-type]
        consensus.confirm_answer(session, audit_id=first, theme="voice", version=1, by=an_actor(asha))
    assert kinds(desk, lena) == {"to-sign-off"}
    with desk.database.reading() as session:
        told = set(session.exec(select(Notice.person_id).where(col(Notice.kind) == NoticeKind.TO_SIGN_OFF)))
    assert told == {lena.id}


def test_readings_that_say_the_same_are_for_their_readers_to_record(desk: Desk) -> None:
    _, second = a_pair(desk, voice="good")
    desk.submit(second, by=desk.cast.ben)
    assert "submitted and identical" in texts(desk, desk.cast.asha)[0]
    assert texts(desk, desk.cast.mo) == []


def test_a_complete_audit_that_is_a_second_reading_is_notified_too(desk: Desk) -> None:
    first = submitted(desk)
    read_all(desk, desk.cast.asha)
    lena, found = an_actor(desk.cast.lena), desk.find(first)
    scores = tuple(NewScore(theme, "outstanding") for theme in THEMES)
    audit = CompleteAudit(desk.round_id, desk.cast.ben.id, found.case_file.id, scores)
    with desk.database.writing() as session:
        complete_audits.record_audit(session, audit=audit, by=lena)
    assert [kinds(desk, person) for person in (desk.cast.asha, desk.cast.ben)] == [{"to-settle"}, {"to-settle"}]
    assert "differ on 4 themes" in texts(desk, desk.cast.ben)[0]


@pytest.mark.both_databases
@pytest.mark.writes_long("Another transaction has to come to the same case meanwhile.")
def test_of_two_readings_submitted_at_the_same_moment_the_second_sees_the_first(desk: Desk) -> None:
    asha, ben, mo = desk.cast.asha, desk.cast.ben, desk.cast.mo
    first, second = a_pair(desk)
    desk.give_back(first, "Look again.")
    read_all(desk, asha, ben, mo)
    other = threading.Thread(target=lambda: desk.submit(second, by=ben))
    with desk.database.writing() as session:
        version = session.get_one(Audit, (desk.cast.organisation.id, first)).version
        submissions.submit_audit(session, audit_id=first, version=version, by=an_actor(asha))
        other.start()
        time.sleep(0.7)
    other.join()
    assert [kinds(desk, person) for person in (asha, mo)] == [{"to-settle"}, {"to-settle"}]


def test_an_urgent_concern_is_notified_to_the_person_asked_until_somebody_acknowledges_it(desk: Desk) -> None:
    mo, lena = desk.cast.mo, desk.cast.lena
    audit_id = desk.an_audit()
    with desk.database.writing() as session:
        said = {"words": "Left alone overnight, page 3.", "hours": 4, "by": an_actor(desk.cast.asha)}
        concern = concerns.raise_concern(session, audit_id=audit_id, person_id=mo.id, **said)  # type: ignore[arg-type]
    (notice,) = unread(desk, mo)
    assert (notice["kind"], notice["path"]) == ("concern", f"/concerns/{concern.id}")
    assert "overnight" not in str(notice)
    assert SeenPage(desk.browser(mo).get(notice["path"])).words.count("Left alone overnight") == 1
    with desk.database.writing() as session:
        session.execute(update(UrgentConcern).values(answer_by=now() + timedelta(seconds=1)))
    concerns.escalate_overdue(desk.database, moment=now() + timedelta(hours=1))
    assert kinds(desk, lena) == {"concern"}
    with desk.database.writing() as session:
        concerns.acknowledge(session, concern_id=concern.id, by=an_actor(lena))
    assert (texts(desk, mo), texts(desk, lena)) == ([], [])


def test_what_one_may_no_longer_read_or_act_on_is_not_shown(desk: Desk) -> None:
    asha, mo = desk.cast.asha, desk.cast.mo
    audit_id = in_moderation(desk)
    with desk.database.writing() as session:
        thread = comments.add_comment(session, audit_id=audit_id, words="See page two.", by=an_actor(mo)).id
        said = {"words": "It is there.", "thread_id": thread, "by": an_actor(asha)}
        comments.add_comment(session, audit_id=audit_id, **said)  # type: ignore[arg-type]
    assert kinds(desk, mo) == {"commented"}
    desk.give_back(audit_id, "Look again.")
    assert texts(desk, mo) == []  # a moderator reads no audit that is with its auditor
    assert "returned" in kinds(desk, asha)
    desk.close_round()
    assert kinds(desk, asha) == {"commented"}  # in a closed round nothing is left to do


def test_a_program_without_the_permission_to_read_audits_reads_no_case(desk: Desk) -> None:
    desk.give_back(submitted(desk), "Look again.")
    for scopes, number in (({Permission.OWN_ACCOUNT}, 0), ({Permission.OWN_ACCOUNT, Permission.READ_AUDITS}, 1)):
        program = program_for(desk.app, a_token_for(desk.database, desk.cast.asha, scopes=scopes))
        assert len(program.get("/api/v1/notices").json()["items"]) == number
        program.close()


def test_nobody_reads_or_marks_another_persons_notice(desk: Desk) -> None:
    give(desk, desk.cast.asha, 1)
    (notice,) = unread(desk, desk.cast.asha)
    for person in (desk.cast.ben, desk.cast.lena, desk.cast.omar):
        client = desk.browser(person)
        assert client.get("/api/v1/notices").json()["items"] == []
        assert client.post(f"/api/v1/notices/{notice['id']}/read").status_code == 404
        assert client.post(f"/notices/{notice['id']}/read").status_code == 404
    assert len(unread(desk, desk.cast.asha)) == 1


@pytest.mark.both_in_trials
def test_a_notice_is_on_the_home_page_until_it_is_opened_and_leads_to_what_it_is_about(desk: Desk) -> None:
    audit_id = submitted(desk)
    asha = desk.browser(desk.cast.asha)
    asha.post("/notices/read-all")
    desk.give_back(audit_id, "Look again.")
    (notice,) = unread(desk, desk.cast.asha)
    assert notice["text"] in SeenPage(asha.get("/")).words
    assert notice["text"] not in SeenPage(asha.get("/templates")).words
    opened = asha.post(f"/notices/{notice['id']}/read")
    assert (opened.status_code, opened.headers["location"]) == (303, f"/audits/{audit_id}")
    assert notice["text"] not in SeenPage(asha.get("/")).words
    assert notice["text"] in SeenPage(asha.get("/notices")).words
    again = desk.browser(desk.cast.asha).post(f"/api/v1/notices/{notice['id']}/read").json()
    assert again["read_at"] == desk.browser(desk.cast.asha).get("/api/v1/notices").json()["items"][0]["read_at"]
    with desk.database.reading() as session:
        kinds_of_events = [event.kind for event in session.exec(select(Event))]
    assert kinds_of_events.count("notice.read") == 1


@pytest.mark.parametrize("who", ["asha", "mo", "lena"])
def test_every_role_sees_notices_on_the_home_page(desk: Desk, who: str) -> None:
    person: MadePerson = getattr(desk.cast, who)
    audit_id = submitted(desk)
    with desk.database.writing() as session:
        by = operator_of(desk.cast.organisation.id)
        notices.give_notice(session, NoticeKind.COMMENTED, subject_id=audit_id, to=[person.id], by=by)
    client = desk.browser(person)
    assert "1 new comment on the audit of" in SeenPage(client.get("/")).words
    assert "1 new comment on the audit of" in SeenPage(client.get("/notices")).words


def test_notices_are_listed_in_pages_the_newest_first(desk: Desk) -> None:
    ids = [submitted(desk) for _ in range(5)]
    asha = desk.browser(desk.cast.asha)
    asha.post("/notices/read-all")
    with desk.database.writing() as session:
        session.execute(update(Notice).values(made_at=now() - timedelta(days=1)))
    for audit_id in ids:
        desk.give_back(audit_id, "Look again.")
    found, after = [], ""
    while after is not None:
        page = asha.get("/api/v1/notices", params={"limit": 2, "unread": True, **({"after": after} if after else {})})
        found += page.json()["items"]
        after = page.json()["after"]
    assert [item["subject_id"] for item in found] == [str(audit_id) for audit_id in reversed(ids)]
    assert asha.get("/api/v1/notices", params={"after": "xx"}).status_code == 422


# ---------------------------------------------------------------- emails


def mailed(desk: Desk, mail_server: MailServer, *, after: timedelta = timedelta(minutes=6)) -> list[str]:
    """The emails that are sent when so much time has passed."""
    mail_server.messages.clear()
    mailing.queue_mail(desk.database, moment=now() + after)
    send_due(desk.database, mail_server.settings)
    return list(mail_server.messages)


@pytest.mark.both_in_trials
def test_what_happened_is_one_e_mail_that_names_no_case_and_no_answer(desk: Desk, mail_server: MailServer) -> None:
    audit_id = submitted(desk)
    read_all(desk, desk.cast.asha)
    give(desk, desk.cast.asha, 3)
    desk.give_back(audit_id, "Look again at the visit.")
    assert mailed(desk, mail_server, after=timedelta(minutes=1)) == []
    (message,) = mailed(desk, mail_server)
    assert f"To: {desk.cast.asha.email}" in message
    assert "Subject: You have new notices in Case Audit" in message
    assert "Audits were allocated to you." in message
    assert "An audit was returned to you." in message
    assert "https://audit.example.org/notices" in message
    secret = (desk.find(audit_id).case_file.reference, "Spring round", "visit", "good", str(audit_id))
    assert [word for word in secret if word in message.lower() or word in message] == []
    assert mailed(desk, mail_server) == []
    give(desk, desk.cast.asha, 1)
    assert len(mailed(desk, mail_server)) == 1


def test_emails_about_representations_name_no_case_theme_or_reason(desk: Desk, mail_server: MailServer) -> None:
    audit_id, olu = audited(desk), an_owner(desk)
    given(desk, audit_id, shared=True)
    disagreed(desk, audit_id, olu)
    disagreed(desk, audit_id, olu, "planning")
    decided(desk, audit_id, upheld=True)
    sent = {line for message in mailed(desk, mail_server) for line in message.splitlines()}
    assert {"- A representation is waiting for an answer.", "- Your representation was answered."} <= sent
    said = " ".join(sent).lower()
    for hidden in (REASONS, desk.find(audit_id).case_file.reference, "voice", "planning", "spring round", "upheld"):
        assert hidden.lower() not in said


def test_nothing_is_sent_about_what_has_been_read_meanwhile(desk: Desk, mail_server: MailServer) -> None:
    give(desk, desk.cast.asha, 1)
    mailing.queue_mail(desk.database, moment=now() + timedelta(minutes=6))
    read_all(desk, desk.cast.asha)
    assert send_due(desk.database, mail_server.settings) == 0
    assert mail_server.messages == []


@pytest.mark.parametrize("how", ["page", "rest"])
def test_a_person_switches_these_e_mails_off_and_still_gets_those_about_urgent_concerns(
    desk: Desk, mail_server: MailServer, how: str
) -> None:
    mo = desk.browser(desk.cast.mo)
    assert mo.get("/api/v1/me").json()["notice_mail"] is True
    if how == "rest":
        assert mo.post("/api/v1/me/notice-mail", json={"wanted": False}).json()["notice_mail"] is False
    else:
        form = SeenPage(mo.get("/account")).form("/account")
        assert form.pop("notice_mail") == "yes"
        assert mo.post("/account", data={**form, "scoring_layout": "theme"}).status_code == 303
        assert "notice_mail" not in SeenPage(mo.get("/account")).form("/account")
    audit_id = submitted(desk)
    with desk.database.writing() as session:
        by = operator_of(desk.cast.organisation.id)
        notices.give_notice(session, NoticeKind.COMMENTED, subject_id=audit_id, to=[desk.cast.mo.id], by=by)
        said = {"words": "Left alone overnight, page 3.", "hours": 4, "by": an_actor(desk.cast.asha)}
        concerns.raise_concern(session, audit_id=audit_id, person_id=desk.cast.mo.id, **said)  # type: ignore[arg-type]
    (message,) = [each for each in mailed(desk, mail_server) if desk.cast.mo.email in each]
    assert "Subject: Urgent: sign in to Case Audit now" in message


def test_an_urgent_concern_has_its_own_e_mail_and_no_second_one(desk: Desk, mail_server: MailServer) -> None:
    with desk.database.writing() as session:
        by = operator_of(desk.cast.organisation.id)
        notices.give_notice(session, NoticeKind.CONCERN, subject_id=uuid.uuid4(), to=[desk.cast.mo.id], by=by)
    assert mailed(desk, mail_server) == []


def test_old_notices_get_no_e_mail_and_a_parked_one_is_not_tried_again(desk: Desk, mail_server: MailServer) -> None:
    give(desk, desk.cast.asha, 1)
    assert mailed(desk, mail_server, after=timedelta(days=3)) == []
    mail_server.refused.add(desk.cast.asha.email)
    assert mailed(desk, mail_server) == []
    give(desk, desk.cast.asha, 1)
    mail_server.refused.clear()
    assert mailed(desk, mail_server) == []
    with desk.database.reading() as session:
        (message,) = session.exec(select(OutboxMessage)).all()
    assert message.state is MailState.PARKED


@pytest.mark.both_databases
def test_notices_are_deleted_after_ninety_days_read_or_not(desk: Desk) -> None:
    give(desk, desk.cast.asha, 1)
    give(desk, desk.cast.ben, 1)
    old = now() - notices.KEPT - timedelta(hours=1)
    with desk.database.writing() as session:
        session.execute(update(Notice).where(col(Notice.person_id) == desk.cast.asha.id).values(made_at=old))
    notices.delete_old_notices(desk.database)
    assert (texts(desk, desk.cast.asha), len(texts(desk, desk.cast.ben))) == ([], 1)


def test_a_refused_action_gives_no_notice(desk: Desk) -> None:
    audit_id = submitted(desk)
    read_all(desk, desk.cast.asha)
    form = {"reason": "", "version": str(desk.find(audit_id).audit.version)}
    assert desk.browser(desk.cast.mo).post(f"/audits/{audit_id}/return", data=form).status_code == 422
    assert texts(desk, desk.cast.asha) == []


def test_a_page_of_an_audit_is_found_by_its_readers_only(desk: Desk) -> None:
    """The link of a notice gives no access: the page decides."""
    first, second = a_pair(desk)
    desk.submit(second, by=desk.cast.ben)
    assert desk.browser(desk.cast.asha).get(f"/audits/{first}/pair").status_code == 200
    with desk.database.reading() as session:
        other = audits.find_audit(session, audit_id=first, by=an_actor(desk.cast.lena)).audit.id
    assert desk.browser(desk.cast.ben).get(f"/audits/{other}/pair").status_code == 404
