"""What happened reaches other systems signed, in order and without a word; what cannot be delivered is shown."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.concerns import actions as concerns
from api.foundation.outbox.sending import send_due as send_mail
from api.foundation.problems import Conflict, NotFound
from api.webhooks import actions, claiming, housekeeping, parking, queries, sending
from api.webhooks.kinds import CHOICES
from api.webhooks.queueing import queue_new
from api.webhooks.sending import send_due
from checklists.webhooks import LONGEST_PAUSE, TRIED_FOR
from models import EndpointState, Event, WebhookEndpoint, WebhookKind, WebhookMessage, WebhookState, WhyNotSent
from models.storage.database import Database
from tests.desk import Desk
from tests.erasure.full_case import a_full_case, erase
from tests.factories import an_actor
from tests.mail_server import a_mail_server
from tests.webhooks.hooking import (
    OTHER,
    an_endpoint,
    endpoint,
    it_happens,
    messages,
    settings_of,
    time_passes,
    until_due,
    what_was_said,
)
from tests.webhooks.receiving import Received, Receiver, a_receiver
from tests.writing_times import filling_for_a_test

KINDS = {
    "round.opened": "round.opened",
    "round.closed": "round.closed",
    "audit.submitted": "audit.submitted",
    "audit.recorded": "audit.submitted",
    "audit.returned": "audit.returned",
    "audit.agreed": "audit.agreed",
    "audit.accepted": "audit.agreed",
    "audit.consensus-reached": "audit.agreed",
    "audit.signed-off": "audit.signed",
    "snapshot.published": "snapshot.published",
    "action.agreed": "action.created",
    "action.went-live": "action.created",
    "action.impact-confirmed": "action.closed",
    "action.no-impact": "action.closed",
    "action.dropped": "action.closed",
    "case-list.taken": "import.finished",
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


def sent(desk: Desk, receiver: Receiver) -> int:
    """One pass of the background work."""
    return send_due(desk.database, settings_of(desk), receiver.network())


def raise_a_concern(desk: Desk, audit_id: uuid.UUID, *, fails: bool = False) -> uuid.UUID:
    """A concern that Asha raises; with `fails`, in a transaction that is rolled back with LookupError."""
    with desk.database.writing() as session:
        made = concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=desk.cast.mo.id,
            words="The child was left alone overnight.",
            hours=4,
            by=an_actor(desk.cast.asha),
        )
        if fails:
            raise LookupError
        return made.id


@pytest.mark.both_databases
@pytest.mark.fast
def test_an_audit_that_is_submitted_and_returned_is_told_by_its_identifier_alone(
    desk: Desk, receiver: Receiver
) -> None:
    _, key = an_endpoint(desk)
    audit_id = desk.an_audit(reference="NS-4711")
    desk.answer(audit_id, rationale="The plan was late.")
    desk.submit(audit_id)
    desk.give_back(audit_id, "Look again at the plan.")
    concern_id = raise_a_concern(desk, audit_id)
    assert sent(desk, receiver) == 3
    assert what_was_said(receiver.requests, key) == [
        ("audit.submitted", str(audit_id)),
        ("audit.returned", str(audit_id)),
        ("concern.raised", str(concern_id)),
    ]
    for each in receiver.requests:
        assert len(each.body) < 150
        assert (each.headers["content-type"], each.headers["host"]) == ("application/json", "hooks.example.org")
    assert receiver.connections == [("93.184.215.14", 443)] * 3
    assert sent(desk, receiver) == 0


@pytest.mark.both_in_trials
def test_each_kind_of_event_is_told_as_its_kind_and_no_other_is(desk: Desk, receiver: Receiver) -> None:
    _, key = an_endpoint(desk)
    subjects = it_happens(desk, *KINDS, "audit.scored", "audit.read", "action.proposed", "person.signed-in")
    (told, _, _) = (
        it_happens(desk, "action.reminded", overdue=True),
        it_happens(desk, "action.reminded", reminder="due-soon"),
        it_happens(desk, "action.reminded", reminder="quality-leads"),
    )
    concern = str(uuid.uuid4())
    it_happens(desk, "concern.raised", "concern.escalated", "concern.closed", concern=concern)
    sent(desk, receiver)
    assert what_was_said(receiver.requests, key) == [
        *zip(KINDS.values(), map(str, subjects), strict=False),
        ("action.overdue", str(told[0])),
        *((f"concern.{move}", concern) for move in ("raised", "escalated", "closed")),
    ]
    assert {kind for kind, _ in what_was_said(receiver.requests, key)} == set(CHOICES)


@pytest.mark.both_in_trials
def test_an_endpoint_hears_of_what_was_chosen_from_its_creation_on(desk: Desk, receiver: Receiver) -> None:
    it_happens(desk, "round.opened")
    _, key = an_endpoint(desk, kinds=[WebhookKind.ROUND_CLOSED])
    (wanted,) = it_happens(desk, "round.closed")
    it_happens(desk, "round.opened")
    sent(desk, receiver)
    assert what_was_said(receiver.requests, key) == [("round.closed", str(wanted))]


@pytest.mark.both_databases
def test_what_is_rolled_back_is_not_told_and_what_is_committed_is(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    with pytest.raises(ZeroDivisionError):
        it_happens(desk, "round.opened", number=1 // 0)
    audit_id = desk.an_audit()
    with pytest.raises(LookupError):
        raise_a_concern(desk, audit_id, fails=True)
    assert (sent(desk, receiver), messages(desk.database)) == (0, [])


@pytest.mark.both_databases
def test_organisations_hear_of_their_own_alone(desk: Desk, receiver: Receiver) -> None:
    _, own = an_endpoint(desk)
    _, other = an_endpoint(desk, OTHER, by=desk.cast.elsewhere.administrator)
    (subject,) = it_happens(desk, "round.opened")
    sent(desk, receiver)
    assert what_was_said(receiver.requests, own) == [("round.opened", str(subject))]
    with pytest.raises(WebhookVerificationError):
        what_was_said(receiver.requests, other)


@pytest.mark.both_databases
def test_a_receiver_that_is_down_for_an_hour_loses_nothing_and_gets_it_in_order(
    desk: Desk, receiver: Receiver, record_property: Callable[[str, object], None]
) -> None:
    endpoint_id, key = an_endpoint(desk)
    subjects = it_happens(desk, "audit.submitted", "audit.agreed", times=20)
    receiver.is_up, down = False, timedelta()
    while down < timedelta(hours=1):
        assert sent(desk, receiver) == 0
        pause = until_due(desk.database, endpoint_id)
        time_passes(desk.database, pause)
        down += pause
    assert [each.state for each in messages(desk.database)] == [WebhookState.WAITING] * 40
    # It is up again, and takes each tenth without saying so.
    receiver.is_up, twice = True, set[str]()

    def answer(request: Received) -> int:
        name = request.headers["webhook-id"]
        if len(receiver.requests) % 10 == 9 and name not in twice:
            twice.add(name)
            return 500
        return 204

    receiver.answer = answer
    while sent(desk, receiver):
        time_passes(desk.database, LONGEST_PAUSE)
    names = [each.headers["webhook-id"] for each in receiver.requests]
    first = [each for place, each in enumerate(receiver.requests) if names.index(names[place]) == place]
    assert [identifier for _, identifier in what_was_said(first, key)] == [str(subject) for subject in subjects]
    assert (len(first), len(names)) == (40, 40 + len(twice))
    assert {name for name in names if names.count(name) == 2} == twice
    bodies = {each.headers["webhook-id"]: set[bytes]() for each in receiver.requests}
    for each in receiver.requests:
        bodies[each.headers["webhook-id"]].add(each.body)
    assert all(len(found) == 1 for found in bodies.values())
    attempts = len(receiver.connections) - len(receiver.requests)
    record_property(
        "figure",
        f"Receiver down for {down} of simulated time, {attempts} attempts meanwhile: {len(set(names))} of"
        f" {len(subjects)} messages arrived, {len(subjects) - len(set(names))} lost, 0 out of order; "
        f"{len(twice)} arrived twice, each with the same identifier.",
    )


@pytest.mark.both_databases
def test_what_is_not_delivered_for_a_day_is_parked_and_shown_and_sent_again_by_hand(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint_id, key = an_endpoint(desk)
    old = it_happens(desk, "audit.submitted", "audit.returned")
    receiver.is_up = False
    gone, pauses, new = timedelta(), list[timedelta](), list[uuid.UUID]()
    while messages(desk.database)[:1] == [] or messages(desk.database)[0].state is WebhookState.WAITING:
        sent(desk, receiver)
        pauses.append(until_due(desk.database, endpoint_id))
        time_passes(desk.database, pauses[-1])
        gone += pauses[-1]
        if len(pauses) == 10:
            new += it_happens(desk, "audit.agreed")
    assert [round(pause.total_seconds()) for pause in pauses[:9]] == [5, 15, 45, 135, 405, 1215, 3600, 3600, 3600]
    assert TRIED_FOR <= gone <= TRIED_FOR + 2 * LONGEST_PAUSE
    assert [each.state for each in messages(desk.database)] == [*[WebhookState.PARKED] * 2, WebhookState.WAITING]
    assert messages(desk.database)[0].why is WhyNotSent.CONNECTION
    parked = next(each for each in events_of(desk) if each.kind == "webhook.parked")
    assert (parked.subject_id, json.loads(parked.details)["number"]) == (endpoint_id, 2)
    assert "2 webhook messages not delivered" in desk.browser(desk.cast.ada).get("/").text
    receiver.is_up = True
    assert sent(desk, receiver) == 1
    with desk.database.writing() as session:
        assert actions.send_parked_again(session, endpoint_id=endpoint_id, by=an_actor(desk.cast.ada)) == 2
    assert sent(desk, receiver) == 2
    assert [identifier for _, identifier in what_was_said(receiver.requests, key)] == [
        str(each) for each in (*new, *old)
    ]
    ours = {f"msg_{each.id.hex}": each.subject_id for each in messages(desk.database)}
    assert {each.headers["webhook-id"] for each in receiver.requests} == ours.keys()


def events_of(desk: Desk) -> list[Event]:
    with desk.database.reading() as session:
        return list(session.exec(select(Event).order_by(col(Event.number))))


@pytest.mark.both_databases
def test_a_message_that_was_delivered_is_sent_again_with_its_identifier(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, _ = an_endpoint(desk)
    it_happens(desk, "round.opened")
    sent(desk, receiver)
    (message,) = messages(desk.database)
    ada = an_actor(desk.cast.ada)
    with desk.database.writing() as session:
        actions.send_again(session, endpoint_id=endpoint_id, message_id=message.id, by=ada)
    with desk.database.writing() as session, pytest.raises(Conflict, match="waiting"):
        actions.send_again(session, endpoint_id=endpoint_id, message_id=message.id, by=ada)
    with desk.database.writing() as session, pytest.raises(NotFound):
        actions.send_again(session, endpoint_id=endpoint_id, message_id=uuid.uuid4(), by=ada)
    assert sent(desk, receiver) == 1
    one, other = receiver.requests
    assert (one.headers["webhook-id"], one.body) == (other.headers["webhook-id"], other.body)


@pytest.mark.both_in_trials
def test_while_a_secret_changes_messages_have_a_signature_with_each(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, former = an_endpoint(desk)
    new = changed_secret(desk, endpoint_id, hours=24)
    it_happens(desk, "round.opened")
    sent(desk, receiver)
    assert what_was_said(receiver.requests, former) == what_was_said(receiver.requests, new)
    assert len(receiver.requests[0].headers["webhook-signature"].split()) == 2
    time_passes(desk.database, timedelta(hours=24))
    it_happens(desk, "round.closed")
    sent(desk, receiver)
    assert what_was_said(receiver.requests[1:], new)[0][0] == "round.closed"
    with pytest.raises(WebhookVerificationError):
        what_was_said(receiver.requests[1:], former)
    assert endpoint(desk.database, endpoint_id).sealed_former != ""
    housekeeping.delete_old(desk.database)
    assert endpoint(desk.database, endpoint_id).sealed_former == ""


@pytest.mark.both_in_trials
def test_a_secret_that_others_may_know_stops_at_once(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, known = an_endpoint(desk)
    new = changed_secret(desk, endpoint_id, hours=0)
    it_happens(desk, "round.opened")
    sent(desk, receiver)
    assert len(what_was_said(receiver.requests, new)) == 1
    with pytest.raises(WebhookVerificationError):
        what_was_said(receiver.requests, known)


def changed_secret(desk: Desk, endpoint_id: uuid.UUID, *, hours: int) -> Webhook:
    with desk.database.writing() as session:
        changed = actions.change_secret(
            session,
            endpoint_id=endpoint_id,
            overlap_hours=hours,
            settings=settings_of(desk),
            by=an_actor(desk.cast.ada),
        )
    return Webhook(changed.secret)


@pytest.mark.both_databases
def test_no_secret_is_stored_as_it_is(desk: Desk) -> None:
    endpoint_id, key = an_endpoint(desk)
    stored = endpoint(desk.database, endpoint_id)
    other, _ = an_endpoint(desk, OTHER)
    from api.webhooks import secrets

    server_key = secrets.key_of(settings_of(desk))
    assert secrets.unseal(server_key, stored.organisation_id, endpoint_id, stored.sealed_secret) == key._whsecret
    assert key._whsecret not in bytes(stored.sealed_secret, "ascii")
    # The secret of one endpoint opens for no other, and under no other key.
    assert secrets.unseal(server_key, stored.organisation_id, other, stored.sealed_secret) is None
    assert secrets.unseal(b"another key", stored.organisation_id, endpoint_id, stored.sealed_secret) is None


@pytest.mark.both_databases
def test_an_endpoint_that_does_not_answer_delays_neither_another_nor_any_email(desk: Desk, receiver: Receiver) -> None:
    """The dead one is held until everything else has arrived."""
    an_endpoint(desk)
    _, key = an_endpoint(desk, OTHER)
    waits, arrived, may_answer = threading.Event(), threading.Event(), threading.Event()
    healthy: list[Received] = []

    def answer(request: Received) -> int:
        if request.path == "/caseaudit":
            waits.set()
            may_answer.wait(30)
        else:
            healthy.append(request)
            if len(healthy) == 16:
                arrived.set()
        return 204

    receiver.answer = answer
    early = it_happens(desk, "audit.submitted", times=10)
    with a_mail_server() as mail, ThreadPoolExecutor() as threads:
        patient = receiver.network(seconds=30.0)
        one_pass = threads.submit(send_due, desk.database, settings_of(desk), patient)
        assert waits.wait(30)
        late = it_happens(desk, "audit.agreed", times=5)
        raise_a_concern(desk, desk.an_audit())
        assert send_mail(desk.database, mail.settings) == 1
        assert arrived.wait(30)
        assert [each for each in receiver.requests if each.path == "/caseaudit"] == []
        may_answer.set()
        one_pass.result()
    told = [identifier for _, identifier in what_was_said(healthy, key)]
    assert told[:15] == [str(each) for each in (*early, *late)]


def test_endpoints_that_fail_leave_threads_to_those_that_answer() -> None:
    due = [claiming.Due(1, uuid.uuid4(), is_failing=number < 40) for number in range(60)]
    begun = sending._to_begin(due, [])
    assert sum(each.is_failing for each in begun) == sending.MOST_FAILING_AT_ONCE
    assert len(begun) == sending.MOST_AT_ONCE
    assert sending._to_begin(due, begun) == []
    assert sending._to_begin(due, begun[1:]) == begun[:1]


@pytest.mark.both_databases
def test_several_processes_send_each_message_once_and_in_order(desk: Desk, receiver: Receiver) -> None:
    _, key = an_endpoint(desk)
    subjects = it_happens(desk, "audit.submitted", times=12)
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: sent(desk, receiver), range(4)))
    while sent(desk, receiver):
        pass
    assert what_was_said(receiver.requests, key) == [("audit.submitted", str(each)) for each in subjects]


@pytest.mark.both_databases
def test_what_a_process_claimed_that_died_is_sent_by_another_after_a_while(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted")
    queue_new(desk.database)
    (due,) = claiming.list_due(desk.database)
    lost = claiming.claim_messages(desk.database, due)
    assert lost is not None
    assert (claiming.claim_messages(desk.database, due), sent(desk, receiver)) == (None, 0)
    time_passes(desk.database, claiming.CLAIM_LASTS)
    taken = claiming.claim_messages(desk.database, due)
    assert taken is not None
    assert taken.messages == lost.messages
    (message,) = taken.messages
    delivered = claiming.Outcome(message.id, 204)
    # It was not dead after all, and has no say any more.
    for outcome in (
        claiming.Outcome(message.id, why=WhyNotSent.TIME),
        claiming.Outcome(message.id, 410, WhyNotSent.STATUS),
        delivered,
    ):
        claiming.settle(desk.database, lost, [outcome])
    assert [each.state for each in messages(desk.database)] == [WebhookState.WAITING]
    claiming.settle(desk.database, taken, [delivered])
    assert [each.state for each in messages(desk.database)] == [WebhookState.DELIVERED]


@pytest.mark.both_databases
def test_many_messages_are_claimed_and_settled_together(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=40)
    queue_new(desk.database)
    (due,) = claiming.list_due(desk.database)
    with counting_commits(desk.database) as commits:
        assert sending._send_all(desk.database, settings_of(desk), receiver.network(), due, ends=float("inf")) == 40
    assert len(commits) <= 2 * (1 + 40 // 10)
    assert {(each.state, each.attempts, each.status) for each in messages(desk.database)} == {
        (WebhookState.DELIVERED, 1, 204)
    }


@contextmanager
def counting_commits(database: Database) -> Iterator[list[object]]:
    commits: list[object] = []
    count = commits.append
    event.listen(database.engine, "commit", count)
    yield commits
    event.remove(database.engine, "commit", count)


@pytest.mark.both_databases
def test_one_that_fails_among_many_is_tried_again_and_those_before_it_are_not(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, key = an_endpoint(desk)
    subjects = it_happens(desk, "audit.submitted", times=4)
    receiver.is_up = False
    for _ in range(3):
        sent(desk, receiver)
        time_passes(desk.database, LONGEST_PAUSE)
    receiver.is_up = True
    receiver.answer = lambda _: 500 if len(receiver.requests) == 2 else 204
    assert sent(desk, receiver) == 2
    assert [(each.state, each.attempts) for each in messages(desk.database)] == [
        *((WebhookState.DELIVERED, attempts) for attempts in (4, 1)),
        *((WebhookState.WAITING, attempts) for attempts in (1, 0)),
    ]
    # It answered meanwhile: the pauses begin with the shortest.
    assert endpoint(desk.database, endpoint_id).failures == 1
    time_passes(desk.database, LONGEST_PAUSE)
    assert sent(desk, receiver) == 2
    assert [identifier for _, identifier in what_was_said(receiver.requests, key)] == [
        str(subjects[place]) for place in (0, 1, 2, 2, 3)
    ]


@pytest.mark.both_in_trials
def test_what_was_delivered_before_something_broke_is_not_sent_again(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=3)
    whole = sending.headers_of

    def breaks(*arguments: Any) -> dict[str, str]:
        if len(receiver.requests) == 2:
            raise ValueError("a message that nobody can sign")
        return whole(*arguments)

    monkeypatch.setattr(sending, "headers_of", breaks)
    for _ in range(3):
        sent(desk, receiver)
        time_passes(desk.database, claiming.CLAIM_LASTS)
    states = [each.state for each in messages(desk.database)]
    assert (len(receiver.requests), states) == (2, [WebhookState.DELIVERED] * 2 + [WebhookState.WAITING])


@pytest.mark.both_in_trials
def test_a_secret_that_changes_while_messages_are_sent_signs_those_of_the_next_claim(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id, known = an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=2)
    new: list[Webhook] = []

    def answer(_: Received) -> int:
        if not new:
            new.append(changed_secret(desk, endpoint_id, hours=0))
        return 204

    receiver.answer = answer
    monkeypatch.setattr(sending, "SECONDS_OF_A_CLAIM", 0.0)
    while sent(desk, receiver):
        pass
    assert len(what_was_said(receiver.requests[:1], known)) == 1
    assert len(what_was_said(receiver.requests[1:], new[0])) == 1


@pytest.mark.both_databases
def test_no_transaction_is_open_while_a_message_is_sent(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted")
    queue_new(desk.database)
    (due,) = claiming.list_due(desk.database)
    busy: list[int] = []

    def look(_: Received) -> int:
        busy.append(desk.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return 204

    receiver.answer = look
    # By itself: a whole pass looks for new messages meanwhile.
    assert sending._send_all(desk.database, settings_of(desk), receiver.network(), due, ends=float("inf")) == 1
    assert busy == [0]


@pytest.mark.both_databases
def test_an_address_that_is_gone_is_switched_off_and_its_messages_are_parked(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, _ = an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=3)
    receiver.answer = lambda _: 410
    assert sent(desk, receiver) == 0
    assert endpoint(desk.database, endpoint_id).state is EndpointState.GONE
    sent(desk, receiver)
    assert [each.state for each in messages(desk.database)] == [WebhookState.PARKED] * 3
    assert [each.kind for each in events_of(desk)][-1] == "webhook.gone"
    it_happens(desk, "audit.submitted")
    assert (sent(desk, receiver), len(receiver.requests)) == (0, 1)


@pytest.mark.both_databases
def test_what_is_off_hears_of_nothing_and_what_waited_is_parked(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, key = an_endpoint(desk)
    ada = an_actor(desk.cast.ada)
    it_happens(desk, "audit.submitted")
    queue_new(desk.database)
    with desk.database.writing() as session:
        actions.switch_off(session, endpoint_id=endpoint_id, version=1, by=ada)
    it_happens(desk, "audit.returned")
    assert sent(desk, receiver) == 0
    (message,) = messages(desk.database)
    assert (message.state, message.why) == (WebhookState.PARKED, WhyNotSent.OFF)
    for again in (
        lambda: actions.send_parked_again(session, endpoint_id=endpoint_id, by=ada),
        lambda: actions.ask_for_test(session, endpoint_id=endpoint_id, by=ada),
    ):
        with desk.database.writing() as session, pytest.raises(Conflict, match="off"):
            again()
    with desk.database.writing() as session:
        actions.switch_on(session, endpoint_id=endpoint_id, version=2, by=ada)
    (later,) = it_happens(desk, "audit.agreed")
    sent(desk, receiver)
    assert what_was_said(receiver.requests, key) == [("audit.agreed", str(later))]


@pytest.mark.both_in_trials
def test_a_test_message_comes_to_the_endpoint_that_is_tested(desk: Desk, receiver: Receiver) -> None:
    endpoint_id, key = an_endpoint(desk, kinds=[WebhookKind.ROUND_OPENED])
    an_endpoint(desk, OTHER)
    with desk.database.writing() as session:
        actions.ask_for_test(session, endpoint_id=endpoint_id, by=an_actor(desk.cast.ada))
    sent(desk, receiver)
    assert what_was_said(receiver.requests, key) == [("webhook.test", str(endpoint_id))]


@pytest.mark.both_in_trials
def test_a_host_that_the_operator_no_longer_allows_gets_nothing(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted")
    settings = settings_of(desk, "other.example.org")
    assert send_due(desk.database, settings, receiver.network()) == 0
    assert (receiver.connections, receiver.resolved) == ([], [])
    assert messages(desk.database)[0].why is WhyNotSent.HOST


@pytest.mark.both_in_trials
def test_a_secret_that_cannot_be_read_sends_nothing_unsigned(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted")
    other_key = settings_of(desk).trail_key_path.with_name("another-key")
    settings = settings_of(desk).model_copy(update={"trail_key_file": other_key})
    assert send_due(desk.database, settings, receiver.network()) == 0
    assert (receiver.connections, messages(desk.database)[0].why) == ([], WhyNotSent.SECRET)


@pytest.mark.both_databases
def test_the_log_is_kept_for_ninety_days_and_what_waits_for_longer(desk: Desk, receiver: Receiver) -> None:
    an_endpoint(desk)
    it_happens(desk, "audit.submitted")
    sent(desk, receiver)
    it_happens(desk, "audit.returned")
    queue_new(desk.database)
    time_passes(desk.database, queries.KEPT - timedelta(minutes=5))
    housekeeping.delete_old(desk.database)
    assert len(messages(desk.database)) == 2
    time_passes(desk.database, timedelta(minutes=10))
    housekeeping.delete_old(desk.database)
    assert [each.kind for each in messages(desk.database)] == [WebhookKind.AUDIT_RETURNED]


@pytest.mark.both_databases
def test_whatever_goes_wrong_with_one_endpoint_stops_no_other(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = an_endpoint(desk)
    an_endpoint(desk, OTHER)
    it_happens(desk, "audit.submitted")
    whole = claiming.claim_messages

    def breaks(database: Database, due: claiming.Due) -> claiming.Claimed | None:
        if due.endpoint_id == broken:
            raise ValueError("a row that nobody can read")
        return whole(database, due)

    monkeypatch.setattr(claiming, "claim_messages", breaks)
    assert sent(desk, receiver) == 1


@pytest.mark.both_in_trials
def test_messages_about_a_case_are_deleted_when_it_is_erased(desk: Desk) -> None:
    an_endpoint(desk)
    with filling_for_a_test():
        case = a_full_case(desk)
    queue_new(desk.database)
    before = messages(desk.database)
    about = [each for each in before if each.subject_id == case.audit_id]
    assert {WebhookKind.AUDIT_SUBMITTED, WebhookKind.AUDIT_SIGNED} & {each.kind for each in about}
    with filling_for_a_test():
        erase(desk, case.case_file_id)
    kinds = [each.kind for each in messages(desk.database)]
    assert case.audit_id not in {each.subject_id for each in messages(desk.database)}
    assert not {kind for kind in kinds if kind.startswith(("audit.", "concern.", "action."))}


def test_many_events_become_messages_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.webhooks import queueing

    endpoint_id, _ = an_endpoint(desk)
    monkeypatch.setattr(queueing, "MOST_MESSAGES", 4)
    monkeypatch.setattr(queueing, "MOST_EVENTS", 10)
    monkeypatch.setattr(queueing, "PASSED_OVER_AT_ONCE", 5)
    before = endpoint(desk.database, endpoint_id).position
    it_happens(desk, "person.signed-in", times=3)
    assert queue_new(desk.database) == 0
    assert endpoint(desk.database, endpoint_id).position == before
    it_happens(desk, "person.signed-in", times=20)
    wanted = it_happens(desk, "round.opened", "round.closed", times=15)
    assert queue_new(desk.database) == 30
    assert [each.subject_id for each in messages(desk.database)] == wanted
    assert queue_new(desk.database) == 0


@pytest.mark.both_databases
def test_a_deleted_webhook_is_gone_at_once_and_its_messages_in_portions(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST_AT_ONCE", 2)
    endpoint_id, _ = an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=5)
    sent(desk, receiver)
    it_happens(desk, "audit.submitted")
    queue_new(desk.database)
    ada = an_actor(desk.cast.ada)
    with desk.database.writing() as session:
        actions.delete_endpoint(session, endpoint_id=endpoint_id, version=1, by=ada)
    assert endpoint(desk.database, endpoint_id).sealed_secret == ""
    with desk.database.reading() as session:
        assert queries.list_endpoints(session, by=ada) == []
        with pytest.raises(NotFound):
            queries.find_endpoint(session, endpoint_id=endpoint_id, by=ada)
    asked = len(receiver.requests)
    housekeeping.delete_old(desk.database)
    assert (sent(desk, receiver), len(receiver.requests)) == (0, asked)
    with desk.database.reading() as session:
        assert session.exec(select(WebhookMessage)).all() == []
        assert session.exec(select(WebhookEndpoint)).all() == []


def test_what_waits_for_a_webhook_that_is_off_is_parked_in_portions(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST_AT_ONCE", 2)
    endpoint_id, _ = an_endpoint(desk)
    it_happens(desk, "audit.submitted", times=5)
    queue_new(desk.database)
    with desk.database.writing() as session:
        actions.switch_off(session, endpoint_id=endpoint_id, version=1, by=an_actor(desk.cast.ada))
    sent(desk, receiver)
    assert [(each.state, each.why) for each in messages(desk.database)] == [(WebhookState.PARKED, WhyNotSent.OFF)] * 5
