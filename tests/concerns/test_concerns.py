"""An urgent concern reaches the person who is to act, is acknowledged by one, and stays in sight until it is closed."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select, update

from api.access.concerns import concerns_with_basis, may_read_basis, reads_case
from api.concerns import actions as concerns
from api.concerns.queries import in_hours, open_concerns
from api.foundation.outbox.sending import send_due
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from api.foundation.settings import Settings
from api.rounds import closing
from models import Audit, ConcernNotice, ConcernOutcome, ConcernState, Role, Round, UrgentConcern, now
from models.storage.joins import linked
from tests.desk import Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.guards_aside import guards_aside
from tests.mail_server import MailServer, a_mail_server
from tests.page_forms import SeenPage

SEEN = "The child was left alone overnight on page 3."
DONE = "The duty team visited and the child is with an aunt."


@pytest.fixture
def lou(desk: Desk) -> MadePerson:
    """A second quality lead."""
    return a_person(desk.database, desk.cast.organisation, name="Lou", roles={Role.QUALITY_LEAD})


def raised(desk: Desk, audit_id: uuid.UUID, *, to: MadePerson | None = None, by: MadePerson | None = None) -> uuid.UUID:
    """A concern that Asha raises, by default to Mo."""
    with desk.database.writing() as session:
        return concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=(to or desk.cast.mo).id,
            words=SEEN,
            hours=4,
            by=an_actor(by or desk.cast.asha),
        ).id


def acknowledge(desk: Desk, concern_id: uuid.UUID, by: MadePerson) -> None:
    with desk.database.writing() as session:
        concerns.acknowledge(session, concern_id=concern_id, by=an_actor(by))


def close(desk: Desk, concern_id: uuid.UUID, by: MadePerson) -> None:
    with desk.database.writing() as session:
        version = stored(desk, concern_id).version
        concerns.close_concern(
            session,
            concern_id=concern_id,
            outcome=ConcernOutcome.REFERRED,
            done=DONE,
            version=version,
            by=an_actor(by),
        )


def stored(desk: Desk, concern_id: uuid.UUID) -> UrgentConcern:
    with desk.database.reading() as session:
        return session.get_one(UrgentConcern, (desk.cast.organisation.id, concern_id))


def time_passes(desk: Desk, concern_id: uuid.UUID, hours: int = 5) -> None:
    """As if the concern had been raised so much earlier."""
    gone = timedelta(hours=hours)
    with desk.database.writing() as session:
        found = session.get_one(UrgentConcern, (desk.cast.organisation.id, concern_id))
        earlier = {name: getattr(found, name) - gone for name in ("raised_at", "asked_at", "answer_by")}
        with guards_aside(session.connection()):
            session.execute(update(UrgentConcern).where(col(UrgentConcern.id) == concern_id).values(earlier))


def told(desk: Desk) -> set[uuid.UUID]:
    with desk.database.reading() as session:
        return set(session.exec(select(ConcernNotice.person_id)).all())


@pytest.mark.fast
@pytest.mark.both_databases
def test_it_goes_from_raised_by_acknowledged_to_closed_and_the_history_says_so(desk: Desk) -> None:
    audit_id = desk.an_audit()
    concern_id = raised(desk, audit_id)
    acknowledge(desk, concern_id, desk.cast.mo)
    close(desk, concern_id, desk.cast.mo)
    found = stored(desk, concern_id)
    assert (found.state, found.outcome, found.done) == (ConcernState.CLOSED, ConcernOutcome.REFERRED, DONE)
    items = desk.browser(desk.cast.lena).get(f"/api/v1/audits/{audit_id}/history").json()["items"]
    assert [item["sentence"] for item in items][:3] == [
        "Urgent concern closed by Mo",
        "Urgent concern acknowledged by Mo",
        "Urgent concern raised by Asha; Mo asked to act",
    ]


@pytest.mark.parametrize("state", ["draft", "submitted", "withdrawn", "closed round"])
def test_it_is_raised_whatever_the_state_of_the_audit(desk: Desk, state: str) -> None:
    audit_id = desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    if state == "submitted":
        desk.answer(audit_id)
        desk.submit(audit_id)
    elif state == "withdrawn":
        version = desk.find(audit_id).audit.version
        asha.post(f"/audits/{audit_id}/withdraw", data={"reason": "Not ours.", "version": version})
    elif state == "closed round":
        desk.close_round()
    page = asha.get(f"/audits/{audit_id}")
    assert f"/audits/{audit_id}/concern" in SeenPage(page).links
    assert page.text.index("Raise an urgent concern") < page.text.index("<h1")
    form = SeenPage(asha.get(f"/audits/{audit_id}/concern")).form("/concern")
    answer = asha.post(f"/audits/{audit_id}/concern", data={**form, "person_id": str(desk.cast.mo.id), "words": SEEN})
    assert answer.status_code == 303
    assert SEEN in asha.get(answer.headers["location"]).text


def test_what_is_missing_or_identifies_somebody_is_refused_beside_its_field_and_kept(desk: Desk) -> None:
    audit_id = desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    form = SeenPage(asha.get(f"/audits/{audit_id}/concern")).form("/concern")
    page = asha.post(f"/audits/{audit_id}/concern", data={**form, "words": "Bad."})
    assert page.status_code == 422
    assert "Select the person who should act" in page.text
    assert "Describe your concern in at least one sentence" in page.text
    assert ">\nBad.</textarea>" in page.text
    for words in ("The child with number 943 476 5919 was left alone.", "Mrs Okafor was seen with the child again."):
        sent = {"person_id": str(desk.cast.mo.id), "words": words}
        answer = asha.post(f"/api/v1/audits/{audit_id}/concerns", json=sent, headers=a_key())
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/words"


def test_only_moderators_and_leads_of_the_organisation_who_do_not_read_the_case_are_asked(
    desk: Desk, lou: MadePerson
) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.MODERATOR})
    audit_id = desk.an_audit(reader)
    offered = desk.browser(desk.cast.lena).get(f"/api/v1/audits/{audit_id}/concerns").json()
    assert [person["name"] for person in offered["may_be_asked"]] == ["Lou", "Mo"]
    for somebody in (desk.cast.lena, desk.cast.omar, desk.cast.ada, desk.cast.ben, reader):
        with pytest.raises(Invalid, match="Select the person who should act"):
            raised(desk, audit_id, to=somebody, by=desk.cast.lena)


@pytest.mark.both_in_trials
def test_a_request_that_is_sent_again_raises_one_concern(desk: Desk) -> None:
    audit_id = desk.an_audit()
    asha, key = desk.browser(desk.cast.asha), a_key()
    sent = {"person_id": str(desk.cast.mo.id), "words": SEEN}
    answers = [asha.post(f"/api/v1/audits/{audit_id}/concerns", json=sent, headers=key) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(asha.get("/api/v1/concerns").json()["items"]) == 1
    elsewhere = asha.post(f"/api/v1/audits/{desk.an_audit()}/concerns", json=sent, headers=key)
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (422, "/problems/idempotency-key-reused")


@pytest.mark.both_databases
def test_whoever_is_asked_reads_the_concern_but_not_the_audit_and_nobody_else_does(desk: Desk) -> None:
    audit_id = desk.an_audit()
    concern_id = raised(desk, audit_id)
    mo = desk.browser(desk.cast.mo)
    page = mo.get(f"/concerns/{concern_id}").text
    assert SEEN in page
    assert desk.find(audit_id).case_file.reference in page
    assert "North locality" in page
    assert f"/audits/{audit_id}" not in page
    assert mo.get(f"/audits/{audit_id}").status_code == 404
    other = a_person(desk.database, desk.cast.organisation, name="Nia", roles={Role.MODERATOR})
    for person, status in ((desk.cast.ben, 404), (other, 404), (desk.cast.omar, 404), (desk.cast.ada, 403)):
        browser = desk.browser(person)
        assert browser.get(f"/concerns/{concern_id}").status_code == status
        assert browser.get(f"/api/v1/concerns/{concern_id}").status_code == status
        assert SEEN not in browser.get("/concerns").text


@pytest.mark.both_in_trials
def test_every_page_of_whoever_is_asked_says_so_until_it_is_acknowledged(desk: Desk) -> None:
    concern_id = raised(desk, desk.an_audit())
    mo = desk.browser(desk.cast.mo)
    for path in ("/audits/of-others", "/templates", "/account"):
        assert "You must acknowledge 1 urgent concern" in mo.get(path).text
        assert SEEN not in mo.get(path).text
    assert "You must acknowledge 1 urgent concern" not in desk.browser(desk.cast.lena).get("/rounds").text
    mo.post(f"/concerns/{concern_id}/acknowledge", data={})
    page = mo.get("/templates").text
    assert "You must acknowledge 1 urgent concern" not in page
    assert "you acknowledged is still open" in page


@pytest.mark.both_databases
def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_is_told_who(desk: Desk) -> None:
    concern_id = raised(desk, desk.an_audit())
    browsers = {person.name: desk.browser(person) for person in (desk.cast.mo, desk.cast.lena)}

    def go(name: str) -> int:
        return browsers[name].post(f"/concerns/{concern_id}/acknowledge", data={"words": ""}).status_code

    with ThreadPoolExecutor() as pool:
        answers = dict(zip(browsers, pool.map(go, browsers), strict=True))
    assert sorted(answers.values()) == [303, 409]
    winner = next(name for name, status in answers.items() if status == 303)
    loser = next(name for name, status in answers.items() if status == 409)
    assert f"{winner} has already acknowledged this concern." in (
        browsers[loser].post(f"/concerns/{concern_id}/acknowledge", data={}).text
    )
    assert go(winner) == 303
    assert desk.events().count("concern.acknowledged") == 1


def test_it_is_closed_only_when_it_was_acknowledged_with_an_outcome_and_words(desk: Desk) -> None:
    concern_id = raised(desk, desk.an_audit())
    with pytest.raises(Conflict, match="Acknowledge this concern before you close it"):
        close(desk, concern_id, desk.cast.mo)
    acknowledge(desk, concern_id, desk.cast.mo)
    mo = desk.browser(desk.cast.mo)
    form = SeenPage(mo.get(f"/concerns/{concern_id}")).form("/close")
    page = mo.post(f"/concerns/{concern_id}/close", data={**form, "done": "Fine."})
    assert page.status_code == 422
    assert "Select the outcome" in page.text
    assert "Describe what was done in at least one sentence" in page.text
    close(desk, concern_id, desk.cast.mo)
    with pytest.raises(Conflict, match="Mo has already closed this concern"):
        close(desk, concern_id, desk.cast.lena)


def test_nobody_acknowledges_or_closes_what_they_raised_unless_nobody_else_could_be_asked(desk: Desk) -> None:
    audit_id = desk.an_audit()
    concern_id = raised(desk, audit_id, by=desk.cast.lena)
    with pytest.raises(NotAllowed):
        acknowledge(desk, concern_id, desk.cast.lena)
    acknowledge(desk, concern_id, desk.cast.mo)
    with pytest.raises(NotAllowed):
        close(desk, concern_id, desk.cast.lena)
    with pytest.raises(Invalid):
        raised(desk, audit_id, to=desk.cast.lena, by=desk.cast.lena)


@pytest.mark.both_databases
def test_what_is_not_acknowledged_in_time_is_told_to_every_other_lead_once(desk: Desk, lou: MadePerson) -> None:
    audit_id = desk.an_audit()
    concern_id = raised(desk, audit_id, to=lou)
    assert concerns.escalate_overdue(desk.database, moment=now()) == 0
    time_passes(desk, concern_id)
    assert [concerns.escalate_overdue(desk.database, moment=now()) for _ in range(3)] == [1, 0, 0]
    assert stored(desk, concern_id).escalated_at is not None
    assert told(desk) == {lou.id, desk.cast.lena.id}
    assert "You must acknowledge 1 urgent concern" in desk.browser(desk.cast.lena).get("/rounds").text
    items = desk.browser(desk.cast.asha).get(f"/api/v1/audits/{audit_id}/history").json()["items"]
    assert items[0]["sentence"] == "Urgent concern not acknowledged in time by Lou: quality leads notified"
    assert (
        "did not acknowledge this concern in time" in desk.browser(desk.cast.lena).get(f"/concerns/{concern_id}").text
    )


@pytest.mark.both_databases
def test_a_concern_that_cannot_be_escalated_delays_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    poison, *others = [raised(desk, desk.an_audit()) for _ in range(4)]
    for concern_id in (poison, *others):
        time_passes(desk, concern_id)
    whole = concerns._notify

    def breaks(session: Session, concern: UrgentConcern, person_id: uuid.UUID, by: Actor) -> None:
        if concern.id == poison:
            raise ValueError("a row that nobody can read")
        whole(session, concern, person_id, by)

    monkeypatch.setattr(concerns, "_notify", breaks)
    assert [concerns.escalate_overdue(desk.database, moment=now()) for _ in range(2)] == [3, 0]
    monkeypatch.undo()
    assert concerns.escalate_overdue(desk.database, moment=now()) == 1


def test_what_is_acknowledged_is_not_escalated(desk: Desk) -> None:
    concern_id = raised(desk, desk.an_audit())
    acknowledge(desk, concern_id, desk.cast.mo)
    time_passes(desk, concern_id)
    assert concerns.escalate_overdue(desk.database, moment=now()) == 0


def test_a_lead_who_reads_the_case_is_not_told_of_a_concern_about_it(desk: Desk) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    audit_id = desk.an_audit()
    case_file_id = desk.find(audit_id).audit.case_file_id
    desk.browser(desk.cast.lena).post(
        "/api/v1/audits",
        json={"round_id": str(desk.round_id), "case_file_id": str(case_file_id), "auditor_id": str(reader.id)},
        headers=a_key(),
    )
    concern_id = raised(desk, audit_id)
    time_passes(desk, concern_id)
    concerns.escalate_overdue(desk.database, moment=now())
    assert told(desk) == {desk.cast.mo.id, desk.cast.lena.id}


@pytest.mark.both_in_trials
def test_a_lead_asks_somebody_else_and_the_time_begins_afresh(desk: Desk, lou: MadePerson) -> None:
    concern_id = raised(desk, desk.an_audit())
    time_passes(desk, concern_id)
    lena = desk.browser(desk.cast.lena)
    form = SeenPage(lena.get(f"/concerns/{concern_id}")).form("/reassign")
    sent = {**form, "person_id": str(lou.id)}
    assert lena.post(f"/concerns/{concern_id}/reassign", data=sent).status_code == 303
    found = stored(desk, concern_id)
    assert (found.person_id, found.state) == (lou.id, ConcernState.RAISED)
    assert found.answer_by > now() + timedelta(hours=3)
    assert told(desk) == {lou.id}
    assert lena.post(f"/concerns/{concern_id}/reassign", data=sent).status_code == 409
    with pytest.raises(NotFound):
        acknowledge(desk, concern_id, desk.cast.mo)
    assert "Lou asked to act on an urgent concern by Lena" in lena.get(f"/audits/{found.audit_id}/history").text


def test_a_stale_version_closes_and_reassigns_nothing(desk: Desk, lou: MadePerson) -> None:
    concern_id = raised(desk, desk.an_audit())
    acknowledge(desk, concern_id, desk.cast.mo)
    with desk.database.writing() as session, pytest.raises(Stale):
        concerns.reassign(
            session, concern_id=concern_id, person_id=lou.id, hours=4, version=1, by=an_actor(desk.cast.lena)
        )
    with desk.database.writing() as session, pytest.raises(Stale):
        concerns.close_concern(
            session,
            concern_id=concern_id,
            outcome=ConcernOutcome.KNOWN,
            done=DONE,
            version=1,
            by=an_actor(desk.cast.mo),
        )


@pytest.mark.both_databases
def test_a_round_shows_what_is_open_first_and_is_not_closed_before_it_is(desk: Desk) -> None:
    audit_id = desk.an_audit()
    concern_id = raised(desk, audit_id)
    time_passes(desk, concern_id, hours=2)
    lena = desk.browser(desk.cast.lena)
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}"))
    assert f"/concerns/{concern_id}" in page.links
    assert "2 hours" in page.words
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        assert [each.id for each in open_concerns(session, audit)] == [concern_id]
        version = session.get_one(Round, (desk.cast.organisation.id, desk.round_id)).version
    with (
        desk.database.writing() as session,
        pytest.raises(Conflict, match="Record what was done and close the concern first"),
    ):
        closing.close_round(session, round_id=desk.round_id, version=version, by=an_actor(desk.cast.lena))
    acknowledge(desk, concern_id, desk.cast.mo)
    close(desk, concern_id, desk.cast.mo)
    assert "View 1 closed urgent concern in this round" in SeenPage(lena.get(f"/rounds/{desk.round_id}")).words
    desk.close_round()
    assert re.search("Urgent concern closed", lena.get(f"/audits/{audit_id}").text)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with a_mail_server() as mail:
        yield mail


@pytest.fixture
def mailing(mail_server: MailServer) -> Settings:
    return mail_server.settings


@pytest.mark.both_in_trials
def test_whoever_is_asked_is_told_by_e_mail_once_and_nothing_of_the_case(
    desk: Desk, mail_server: MailServer, mailing: Settings
) -> None:
    audit_id = desk.an_audit()
    raised(desk, audit_id)
    assert [send_due(desk.database, mailing) for _ in range(2)] == [1, 0]
    (message,) = mail_server.messages
    assert f"To: {desk.cast.mo.email}" in message
    assert "https://audit.example.org/concerns" in message
    known = {desk.find(audit_id).case_file.reference, "alone", "Asha", "North locality", str(audit_id)}
    assert [word for word in known if word in message] == []


def test_the_leads_are_told_by_e_mail_when_it_is_escalated_and_nobody_once_it_is_acknowledged(
    desk: Desk, mail_server: MailServer, mailing: Settings
) -> None:
    concern_id = raised(desk, desk.an_audit())
    time_passes(desk, concern_id)
    concerns.escalate_overdue(desk.database, moment=now())
    send_due(desk.database, mailing)
    assert sorted(re.findall(r"^To: (\S+)", "\n".join(mail_server.messages), re.MULTILINE)) == sorted(
        [desk.cast.mo.email, desk.cast.lena.email]
    )
    another = raised(desk, desk.an_audit())
    acknowledge(desk, another, desk.cast.mo)
    assert send_due(desk.database, mailing) == 0


def test_without_a_mail_server_it_is_escalated_all_the_same_and_the_page_says_to_call(desk: Desk) -> None:
    concern_id = raised(desk, desk.an_audit())
    assert "Email is not set up for this service" in desk.browser(desk.cast.asha).get(f"/concerns/{concern_id}").text
    time_passes(desk, concern_id)
    concerns.escalate_overdue(desk.database, moment=now())
    assert send_due(desk.database, Settings()) == 0
    assert stored(desk, concern_id).escalated_at is not None


def test_times_are_told_in_words() -> None:
    told_of = {minutes: in_hours(timedelta(minutes=minutes)) for minutes in (0, 1, 59, 60, 125, 1440, 3060)}
    assert list(told_of.values()) == [
        "less than a minute",
        "1 minute",
        "59 minutes",
        "1 hour",
        "2 hours 5 minutes",
        "1 day",
        "2 days 3 hours",
    ]


# ---------------------------------------------------------------- what the person asked may read


def raised_about(desk: Desk, audit_id: uuid.UUID, *themes: str, to: MadePerson | None = None) -> uuid.UUID:
    """A concern of Asha's that names these themes, by default to Mo."""
    with desk.database.writing() as session:
        return concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=(to or desk.cast.mo).id,
            words=SEEN,
            themes=themes,
            hours=4,
            by=an_actor(desk.cast.asha),
        ).id


def a_draft(desk: Desk) -> uuid.UUID:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "inadequate", "voice", rationale="She said she is afraid at home.")
    desk.answer(audit_id, "good", "planning", rationale="The plan is complete.")
    return audit_id


@pytest.mark.both_in_trials
def test_whoever_is_asked_reads_the_case_and_the_named_answers_of_a_draft_and_no_others(desk: Desk) -> None:
    audit_id = a_draft(desk)
    concern_id = raised_about(desk, audit_id, "voice")
    mo = desk.browser(desk.cast.mo)
    words = SeenPage(mo.get(f"/concerns/{concern_id}")).words
    case = ("North locality", "Child in need", "5 to 9", "Neglect", desk.find(audit_id).case_file.reference)
    assert [part for part in (SEEN, "afraid at home", *case) if part not in words] == []
    assert "The plan is complete." not in words
    basis = mo.get(f"/api/v1/concerns/{concern_id}/basis").json()
    assert (basis["team"], basis["status"], basis["age_band"]) == ("North locality", "child-in-need", "5-to-9")
    assert [(score["theme"], score["rationale"]) for score in basis["scores"]] == [
        ("voice", "She said she is afraid at home.")
    ]
    for path in (f"/audits/{audit_id}", f"/api/v1/audits/{audit_id}", f"/audits/{audit_id}/print"):
        assert mo.get(path).status_code == 404
    history = desk.browser(desk.cast.lena).get(f"/api/v1/audits/{audit_id}/history").json()["items"]
    assert "Case details and answers for an urgent concern read by Mo" in {item["sentence"] for item in history}


def test_nobody_else_reads_them_and_nobody_longer_than_they_are_asked(desk: Desk, lou: MadePerson) -> None:
    audit_id = a_draft(desk)
    concern_id = raised_about(desk, audit_id, "voice")
    other = a_person(desk.database, desk.cast.organisation, name="Max", roles={Role.MODERATOR})
    path = f"/api/v1/concerns/{concern_id}/basis"
    answers = {
        person.name: desk.browser(person).get(path).status_code
        for person in (desk.cast.asha, desk.cast.ben, desk.cast.mo, other, lou, desk.cast.ada, desk.cast.omar)
    }
    assert answers == {"Asha": 200, "Ben": 404, "Mo": 200, "Max": 404, "Lou": 200, "Ada": 403, "Omar": 404}
    acknowledge(desk, concern_id, desk.cast.mo)
    assert desk.browser(desk.cast.mo).get(path).status_code == 200
    close(desk, concern_id, desk.cast.mo)
    assert desk.browser(desk.cast.mo).get(path).status_code == 404
    page = SeenPage(desk.browser(desk.cast.mo).get(f"/concerns/{concern_id}")).words
    assert SEEN in page
    assert "afraid at home" not in page


def test_somebody_else_who_is_asked_reads_them_in_the_place_of_the_first(desk: Desk) -> None:
    other = a_person(desk.database, desk.cast.organisation, name="Max", roles={Role.MODERATOR})
    concern_id = raised_about(desk, a_draft(desk), "voice")
    with desk.database.writing() as session:
        by, version = an_actor(desk.cast.lena), stored(desk, concern_id).version
        concerns.reassign(session, concern_id=concern_id, person_id=other.id, hours=4, version=version, by=by)
    path = f"/api/v1/concerns/{concern_id}/basis"
    assert [desk.browser(person).get(path).status_code for person in (desk.cast.mo, other)] == [404, 200]


def reads_the_case_too(desk: Desk, audit_id: uuid.UUID, reader: MadePerson) -> None:
    """Somebody has the second reading of an audit's case. The rules of allocation keep those away who were asked."""
    with desk.database.writing() as session:
        first = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        session.add(
            Audit(
                organisation_id=first.organisation_id,
                round_id=first.round_id,
                case_file_id=first.case_file_id,
                auditor_id=reader.id,
                reading=2,
            )
        )


def test_whoever_comes_to_read_the_case_after_being_asked_has_the_concern_alone(desk: Desk) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.MODERATOR})
    audit_id = a_draft(desk)
    concern_id = raised_about(desk, audit_id, "voice", to=reader)
    client = desk.browser(reader)
    assert client.get(f"/api/v1/concerns/{concern_id}/basis").status_code == 200
    reads_the_case_too(desk, audit_id, reader)
    assert client.get(f"/api/v1/concerns/{concern_id}/basis").status_code == 404
    page = SeenPage(client.get(f"/concerns/{concern_id}")).words
    assert SEEN in page
    assert "afraid at home" not in page
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        assert reader.id not in concerns.possible_responders(
            session, audit=audit, raised_by=desk.cast.asha.id, by=an_actor(desk.cast.lena)
        )


@pytest.mark.both_databases
def test_the_rule_in_python_and_the_rule_in_the_database_say_the_same(desk: Desk, lou: MadePerson) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.MODERATOR})
    audits = [a_draft(desk) for _ in range(4)]
    asked = [raised_about(desk, audits[0], to=reader), raised_about(desk, audits[1]), raised_about(desk, audits[2])]
    asked.append(raised_about(desk, audits[3], to=lou))
    acknowledge(desk, asked[1], desk.cast.lena)
    acknowledge(desk, asked[2], desk.cast.mo)
    close(desk, asked[2], desk.cast.mo)
    reads_the_case_too(desk, audits[0], reader)
    people = (desk.cast.asha, desk.cast.mo, desk.cast.lena, lou, reader, desk.cast.ada, desk.cast.omar)
    total = 0
    with desk.database.reading() as session:
        for person in people:
            by = an_actor(person)
            query = select(UrgentConcern.id).join(Audit, linked(Audit.id, UrgentConcern.audit_id))
            listed = set(session.exec(query.where(concerns_with_basis(by))))
            allowed = set()
            for concern in session.exec(select(UrgentConcern)):
                audit = session.get_one(Audit, (concern.organisation_id, concern.audit_id))
                if may_read_basis(by, concern, reads_case=reads_case(session, by, audit)):
                    allowed.add(concern.id)
            assert listed == allowed, person.name
            total += len(allowed)
    assert total == 3  # Mo and Lena the second, and Lou the last


def test_a_theme_that_the_template_does_not_have_is_refused_and_the_choice_is_kept(desk: Desk) -> None:
    audit_id = a_draft(desk)
    asha = desk.browser(desk.cast.asha)
    assert f"/audits/{audit_id}/concern?theme=voice" in SeenPage(asha.get(f"/audits/{audit_id}/themes/voice")).links
    form = SeenPage(asha.get(f"/audits/{audit_id}/concern?theme=voice")).form("/concern")
    assert form["themes"] == "voice"
    page = asha.post(f"/audits/{audit_id}/concern", data={**form, "words": SEEN, "person_id": ""})
    assert SeenPage(page).form("/concern")["themes"] == "voice"
    sent = {"person_id": str(desk.cast.mo.id), "words": SEEN, "themes": ["voice", "weather"]}
    refused = asha.post(f"/api/v1/audits/{audit_id}/concerns", json=sent, headers=a_key())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/themes")
    made = asha.post(f"/api/v1/audits/{audit_id}/concerns", json=sent | {"themes": ["voice"]}, headers=a_key())
    assert made.json()["themes"] == ["voice"]
