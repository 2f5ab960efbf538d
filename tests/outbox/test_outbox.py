"""Emails reach everybody whom the mail server lets them reach; the others are parked, and shown to who can act."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_string
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import col, select, update

from api.allocation.reminders import actions as reminders
from api.audit_templates import actions as templates
from api.concerns import actions as concerns
from api.foundation.addresses import is_address
from api.foundation.identity.actors import email_of
from api.foundation.outbox import mail
from api.foundation.outbox import queue as outbox
from api.foundation.outbox.sending import send_due
from api.foundation.problems import Invalid
from api.foundation.settings import Settings
from api.people import actions as people
from models import Event, MailState, OutboxMessage, Person, Role, UrgentConcern, new_id, now
from models.storage.database import Database
from tests.desk import Desk
from tests.factories import SETTINGS, MadePerson, a_person, a_team, an_actor
from tests.mail_server import MailServer, a_mail_server
from tests.page_forms import SeenPage

SEEN = "The child was left alone overnight."


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with a_mail_server() as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that waits for answers for less than a second."""
    monkeypatch.setattr(mail, "SECONDS_TO_ANSWER", 0.5)
    monkeypatch.setattr(mail, "SECONDS_FOR_A_MESSAGE", 2)


def raised(desk: Desk, to: MadePerson | None = None) -> uuid.UUID:
    """A concern that Asha raises, by default to Mo."""
    audit_id = desk.an_audit()
    with desk.database.writing() as session:
        return concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=(to or desk.cast.mo).id,
            words=SEEN,
            hours=4,
            by=an_actor(desk.cast.asha),
        ).id


def a_moderator(desk: Desk, name: str) -> MadePerson:
    return a_person(desk.database, desk.cast.organisation, name=name, roles={Role.MODERATOR})


def southshire(desk: Desk) -> Desk:
    """The desk of the other organisation on the same database; its lead is Omar."""
    database, organisation = desk.database, desk.cast.elsewhere
    cast = replace(
        desk.cast,
        organisation=organisation,
        elsewhere=desk.cast.organisation,
        asha=a_person(database, organisation, name="Sal"),
        mo=a_person(database, organisation, name="Sid", roles={Role.MODERATOR}),
        lena=desk.cast.omar,
        ada=organisation.administrator,
    )
    omar = an_actor(cast.lena)
    with database.writing() as session:
        made = templates.create_template(session, content=desk.template, by=omar).version
        templates.publish_version(session, template_id=made.template_id, number=1, version=made.version, by=omar)
    team = a_team(database, organisation)
    other = replace(desk, cast=cast, template_id=made.template_id, team_id=team.id)
    other.round_id = other.a_round()
    return other


def many_reminders(desk: Desk, number: int) -> list[MadePerson]:
    """So many auditors with an audit that is due soon, each with a reminder in the outbox."""
    readers = [a_person(desk.database, desk.cast.organisation, name=f"Reader {each}") for each in range(number)]
    round_id = desk.a_round(title="Due", due_in_days=2)
    for reader in readers:
        desk.an_audit(reader, round_id=round_id)
    reminders.queue_due_reminders(desk.database, today=now().date(), days_before=3)
    return readers


def stored(database: Database) -> dict[uuid.UUID, OutboxMessage]:
    """Every email by whom it is for; of several one."""
    with database.reading() as session:
        return {message.person_id: message for message in session.exec(select(OutboxMessage))}


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(message.state.value for message in session.exec(select(OutboxMessage)))


def time_passes(database: Database, gone: timedelta) -> None:
    """As if everything in the outbox had been tried so much earlier."""
    with database.writing() as session:
        for message in session.exec(select(OutboxMessage)):
            message.due_at -= gone
            session.add(message)


@pytest.mark.both_databases
@pytest.mark.fast
def test_all_but_the_refused_are_told_and_the_refused_is_shown_to_who_can_act(
    desk: Desk, mail_server: MailServer, impatient: None
) -> None:
    south = southshire(desk)
    refused, grey, dying = a_moderator(desk, "Rae"), a_moderator(desk, "Grey"), a_moderator(south, "Ivy")
    mail_server.refused.add(refused.email)
    mail_server.greylisted[grey.email] = 2
    mail_server.dies_at.add(dying.email)
    mail_server.seconds = 0.05
    # The one that is refused is the oldest.
    made = [raised(desk, refused), raised(south, dying), raised(desk, grey), raised(south, south.cast.mo)]
    readers = [*many_reminders(desk, 3), *many_reminders(south, 2)]
    with desk.database.writing() as session:
        late = now() - timedelta(hours=1)
        session.execute(
            update(UrgentConcern)
            .where(col(UrgentConcern.id) == made[0])
            .values(asked_at=late - timedelta(hours=1), answer_by=late)
        )
    assert concerns.escalate_overdue(desk.database, moment=now()) == 1

    send_due(desk.database, mail_server.settings)
    told = {south.cast.mo, desk.cast.lena, *readers}
    assert set(mail_server.recipients) == {person.email for person in told}
    mail_server.dies_at.clear()
    for _ in range(3):
        time_passes(desk.database, timedelta(minutes=5))
        send_due(desk.database, mail_server.settings)
    assert sorted(mail_server.recipients) == sorted(person.email for person in {*told, grey, dying})
    assert mail_server.tried[refused.email] == 1

    for person in (desk.cast.lena, desk.cast.ada):
        browser = desk.browser(person)
        (shown,) = browser.get("/api/v1/outbox").json()["items"]
        assert (shown["person_id"], shown["why"], shown["about"]) == (str(refused.id), "refused", "concern")
        page = browser.get("/outbox").text
        assert refused.email in page
        assert "The mail server refused the email permanently" in page
        assert SEEN not in page
    assert desk.browser(desk.cast.omar).get("/api/v1/outbox").json()["items"] == []
    for person in (desk.cast.asha, desk.cast.mo):
        assert desk.browser(person).get("/outbox").status_code == 403
    assert "could not be sent. Call them." in desk.browser(desk.cast.lena).get(f"/concerns/{made[0]}").text
    with desk.database.reading() as session:
        (event,) = session.exec(select(Event).where(Event.kind == "mail.parked")).all()
    assert (event.subject_id, event.person_id) == (refused.id, None)
    assert refused.email not in event.details


@pytest.mark.both_databases
def test_a_parked_e_mail_is_tried_again_or_given_up_by_somebody_once(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    mail_server.refused.add(desk.cast.mo.email)
    send_due(desk.database, mail_server.settings)
    ada, lena = desk.browser(desk.cast.ada), desk.browser(desk.cast.lena)
    path = next(form.action for form in SeenPage(ada.get("/outbox")).forms if form.action.endswith("/try-again"))
    assert ada.post(path, data={}).status_code == 303
    assert lena.post(path, data={}).status_code == 409
    assert send_due(desk.database, mail_server.settings) == 0
    (again,) = lena.get("/api/v1/outbox").json()["items"]
    assert lena.post(f"/api/v1/outbox/{again['id']}/give-up").status_code == 204
    assert ada.post(f"/api/v1/outbox/{again['id']}/give-up").status_code == 409
    assert lena.get("/api/v1/outbox").json()["items"] == []
    mail_server.refused.clear()
    assert send_due(desk.database, mail_server.settings) == 0
    assert states(desk.database) == ["given-up"]
    assert [kind for kind in desk.events() if kind.startswith("mail.")] == [
        "mail.parked",
        "mail.tried-again",
        "mail.parked",
        "mail.given-up",
    ]


@pytest.mark.both_in_trials
def test_what_is_tried_again_and_taken_is_sent(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    mail_server.refused.add(desk.cast.mo.email)
    send_due(desk.database, mail_server.settings)
    mail_server.refused.clear()
    lena = desk.browser(desk.cast.lena)
    (parked,) = lena.get("/api/v1/outbox").json()["items"]
    lena.post(f"/api/v1/outbox/{parked['id']}/try-again")
    assert send_due(desk.database, mail_server.settings) == 1


@pytest.mark.both_in_trials
def test_a_mail_server_that_is_away_costs_nobody_a_try_or_a_place(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    raised(desk, a_moderator(desk, "Nia"))
    with a_mail_server() as gone:
        away = gone.settings
    before = stored(desk.database)
    for _ in range(outbox.MOST_TRIES + 1):
        assert send_due(desk.database, away) == 0
    assert stored(desk.database) == before
    assert send_due(desk.database, mail_server.settings) == 2


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    ("word", "answer", "state", "attempts"),
    [
        ("GREETING", "421 too busy", "waiting", 0),
        ("GREETING", "554 not for you", "waiting", 0),
        ("MAIL", "550 not from you", "waiting", 0),
        ("MAIL", "421 too busy", "waiting", 1),
        ("RCPT", "421 too busy", "waiting", 1),
        ("RCPT", "452 mailbox full", "waiting", 1),
        ("DATA", "451 not now", "waiting", 1),
        ("DATA", "554 no", "parked", 1),
        ("RCPT", "553 no", "parked", 1),
        ("QUIT", "500 what", "sent", 1),
        ("EHLO", "500 what", "sent", 1),
        ("RCPT", "what", "waiting", 1),
    ],
)
def test_an_answer_parks_delays_or_holds_as_it_must(
    desk: Desk, mail_server: MailServer, word: str, answer: str, state: str, attempts: int
) -> None:
    raised(desk)
    mail_server.answers[word] = answer
    send_due(desk.database, mail_server.settings)
    found = stored(desk.database)[desk.cast.mo.id]
    assert (found.state, found.attempts) == (state, attempts)


@pytest.mark.both_in_trials
def test_what_is_not_taken_rests_longer_each_time_and_is_parked_in_the_end(
    desk: Desk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised(desk)
    mail_server.refuses = True
    clock = now()
    monkeypatch.setattr(outbox, "now", lambda: clock)
    pauses = []
    while stored(desk.database)[desk.cast.mo.id].state is MailState.WAITING:
        assert send_due(desk.database, mail_server.settings) == 0
        rested = stored(desk.database)[desk.cast.mo.id].due_at - clock
        pauses.append(rested.total_seconds())
        assert send_due(desk.database, mail_server.settings) == 0
        clock += rested
    assert pauses[:-1] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert desk.browser(desk.cast.ada).get("/api/v1/outbox").json()["items"][0]["why"] == "not-taken"
    assert desk.events().count("mail.parked") == 1


@pytest.mark.both_in_trials
def test_a_concern_goes_out_before_reminders_that_wait_already(desk: Desk, mail_server: MailServer) -> None:
    many_reminders(desk, 8)
    done: list[str] = []

    def raise_a_concern(_: str) -> None:
        if len(mail_server.recipients) == 2 and not done:
            done.append("once")
            raised(desk)

    mail_server.before_taking = raise_a_concern
    assert send_due(desk.database, mail_server.settings) == 9
    assert mail_server.recipients.index(desk.cast.mo.email) == 3


@pytest.mark.both_databases
def test_organisations_take_turns(desk: Desk, mail_server: MailServer) -> None:
    many = many_reminders(desk, 6)
    (young,) = many_reminders(southshire(desk), 1)
    assert send_due(desk.database, mail_server.settings) == len(many) + 1
    assert young.email in mail_server.recipients[:2]


@pytest.mark.both_databases
def test_two_processes_never_send_the_same(desk: Desk, mail_server: MailServer) -> None:
    readers = many_reminders(desk, 8)
    for name in ("Nia", "Noa", "Ned"):
        raised(desk, a_moderator(desk, name))
    mail_server.seconds = 0.01
    with ThreadPoolExecutor() as pool:
        sent = list(pool.map(lambda _: send_due(desk.database, mail_server.settings), range(4)))
    while send_due(desk.database, mail_server.settings):
        pass
    assert len(mail_server.recipients) == len(set(mail_server.recipients)) == len(readers) + 3
    assert sum(sent) <= len(readers) + 3


@pytest.mark.both_databases
def test_what_a_process_took_that_died_is_sent_by_another_after_a_while(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    (turn,) = outbox.list_due_mail(desk.database)
    lost = outbox.claim_message(desk.database, turn)
    assert lost is not None
    assert outbox.claim_message(desk.database, turn) is None
    assert send_due(desk.database, mail_server.settings) == 0
    time_passes(desk.database, outbox.CLAIM_LASTS)
    taken = outbox.claim_message(desk.database, turn)
    outbox.return_untried(desk.database, lost)  # it was not dead after all, and has no say any more
    assert states(desk.database) == ["sending"]
    assert taken is not None
    outbox.settle_sent(desk.database, taken)
    assert states(desk.database) == ["sent"]


@pytest.mark.both_databases
def test_what_ends_every_process_that_takes_it_is_parked(desk: Desk) -> None:
    raised(desk)
    (turn,) = outbox.list_due_mail(desk.database)
    for _ in range(outbox.MOST_TRIES):
        assert outbox.claim_message(desk.database, turn) is not None
        time_passes(desk.database, outbox.CLAIM_LASTS)
    assert outbox.claim_message(desk.database, turn) is None
    assert states(desk.database) == ["parked"]
    assert desk.events().count("mail.parked") == 1


@pytest.mark.both_in_trials
def test_a_clock_that_is_put_back_holds_nothing_up(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    time_passes(desk.database, -timedelta(days=365))
    assert send_due(desk.database, mail_server.settings) == 1


@pytest.mark.both_in_trials
def test_whatever_else_goes_wrong_with_one_stops_no_other(
    desk: Desk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (a_moderator(desk, name) for name in ("Nia", "Noa"))
    raised(desk, first)
    raised(desk, second)
    many_reminders(desk, 2)
    whole = email_of

    def breaks(session: Any, **asked: Any) -> str | None:
        if asked["person_id"] == first.id:
            raise ValueError("a row that nobody can read")
        return whole(session, **asked)

    monkeypatch.setattr("api.foundation.outbox.sending.email_of", breaks)
    assert send_due(desk.database, mail_server.settings) == 3
    assert states(desk.database) == ["sent", "sent", "sent", "waiting"]
    monkeypatch.setattr(outbox, "claim_message", lambda *_: 1 / 0)
    time_passes(desk.database, timedelta(hours=1))
    assert send_due(desk.database, mail_server.settings) == 0


@pytest.mark.both_databases
def test_no_transaction_is_open_while_a_message_is_sent(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    many_reminders(desk, 2)
    busy: list[int] = []

    def look(_: str) -> None:
        busy.append(desk.database.engine.pool.checkedout())  # type: ignore[attr-defined]

    mail_server.before_taking = look
    send_due(desk.database, mail_server.settings)
    assert busy == [0, 0, 0]


@pytest.mark.both_in_trials
def test_one_pass_is_bounded_in_number_and_in_time(
    desk: Desk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_reminders(desk, 6)
    monkeypatch.setattr("api.foundation.outbox.sending.MOST_OF_A_PASS", 2)
    assert send_due(desk.database, mail_server.settings) == 2
    monkeypatch.setattr("api.foundation.outbox.sending.MOST_OF_A_PASS", 200)
    monkeypatch.setattr("api.foundation.outbox.sending.SECONDS_OF_A_PASS", 0.1)
    mail_server.seconds = 0.03
    assert 1 <= send_due(desk.database, mail_server.settings) <= 2


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("impatient")
def test_a_server_that_sends_a_byte_now_and_then_is_cut_off(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    mail_server.drips = True
    mail_server.answers["EHLO"] = f"250 {'slow' * 50}"
    began = time.monotonic()
    assert send_due(desk.database, mail_server.settings) == 0
    assert time.monotonic() - began < 6
    # One that has cut a connection off may still be ending.
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(timeout=0.5)
    assert not any(timer.is_alive() for timer in timers)
    assert states(desk.database) == ["waiting"]


@pytest.mark.both_in_trials
@pytest.mark.usefixtures("impatient")
def test_a_server_that_does_not_answer_is_away(desk: Desk, mail_server: MailServer) -> None:
    raised(desk)
    mail_server.seconds = 1
    assert send_due(desk.database, mail_server.settings) == 0
    assert stored(desk.database)[desk.cast.mo.id].attempts == 0


@pytest.mark.both_in_trials
def test_an_address_that_is_stored_and_would_be_read_as_another_is_parked_untried(
    desk: Desk, mail_server: MailServer
) -> None:
    raised(desk)
    with desk.database.writing() as session:
        poison = "=?utf-8?q?eve?=@example.org"
        session.execute(update(Person).where(col(Person.id) == desk.cast.mo.id).values(email=poison))
    assert send_due(desk.database, mail_server.settings) == 0
    assert (mail_server.tried, mail_server.messages) == ({}, [])
    assert desk.browser(desk.cast.ada).get("/api/v1/outbox").json()["items"][0]["why"] == "address"


BAD = (
    "=?utf-8?q?eve?=@example.org",
    "a=?utf-8?q?eve?=b@example.org",
    "=?iso-8859-1?b?ZXZl?=@example.org",
    "a=?b@example.org",
    "eve@example.org\r\nbcc: other@example.org",
    "eve@example.org\nbcc:x@example.org",
    "eve@example.org,other@example.org",
    "eve@example.org;other@example.org",
    "<eve@example.org>",
    "eve <eve@example.org>",
    '"eve"@example.org',
    "eve(mo)@example.org",
    ".eve@example.org",
    "eve.@example.org",
    "e..ve@example.org",
    "eve@[127.0.0.1]",
    "eve@exämple.org",
    "ève@example.org",
    "eve@example",
    "eve",
    "@example.org",
    "eve@@example.org",
    "eve@mo@example.org",
    "e ve@example.org",
    f"{'e' * 65}@example.org",
)


@pytest.mark.both_in_trials
@pytest.mark.parametrize("text", BAD)
def test_what_may_go_to_somebody_else_is_no_address(text: str) -> None:
    assert not is_address(text)
    for setting in ("mail_from", "concern_person"):
        with pytest.raises(ValidationError, match="Enter only an email address"):
            Settings.model_validate({setting: text})


@pytest.mark.both_in_trials
def test_nobody_is_made_with_an_address_that_goes_to_somebody_else(desk: Desk) -> None:
    for text in BAD:
        with desk.database.writing() as session, pytest.raises(Invalid, match="Enter an email address"):
            people.invite_person(
                session,
                name="Eve",
                email=text,
                roles={Role.AUDITOR},
                settings=SETTINGS,
                by=an_actor(desk.cast.ada),
            )


ALPHABET = "abz09.!#$%&'*+/=?^_`{|}~-@ \"<>(),:;[]\\\r\n\tüA"


@pytest.fixture(scope="module")
def one_server() -> Iterator[MailServer]:
    with a_mail_server() as made:
        yield made


@pytest.mark.both_in_trials
@given(
    st.one_of(
        st.emails().map(str.lower),
        st.text(ALPHABET, max_size=20).map(lambda text: f"{text}@example.org"),
        st.from_regex(r"[a-z!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z-]{1,63}(\.[a-z]{1,60}){1,3}", fullmatch=True),
        st.tuples(st.sampled_from("qb"), st.text(ALPHABET, max_size=9)).map(
            lambda parts: f"=?utf-8?{parts[0]}?{parts[1]}?=@example.org"
        ),
    )
)
def test_a_message_goes_to_exactly_the_address_or_nowhere(one_server: MailServer, address: str) -> None:
    one_server.messages.clear()
    one_server.recipients.clear()
    one_server.senders.clear()
    settings = one_server.settings

    def send() -> None:
        body = "You have 2 audits.\n"
        mail.send(settings, to=address, subject="Audits due soon", body=body, message_id=new_id())

    if not is_address(address):
        with pytest.raises(mail.UnusableAddressError):
            send()
        assert one_server.tried[address] == 0
        return
    send()
    assert (one_server.senders, one_server.recipients) == (["audit@example.org"], [address])
    (text,) = one_server.messages
    message = message_from_string(text, policy=default)
    assert [each.addr_spec for each in message["To"].addresses] == [address]
    assert f"To: {address}\r\n" in text
    assert {name.lower() for name in message.keys()} == {  # noqa: SIM118 - a message is not a dictionary
        "from",
        "to",
        "subject",
        "message-id",
        "auto-submitted",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
