"""Sending messages: in order to each endpoint, to several endpoints at once, and none of them waits for another."""

import logging
import time
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Final

from api.foundation.outgoing.posting import NotSent, Outgoing
from api.foundation.outgoing.targets import BadAddress, host_of, hosts_in
from api.foundation.problems import Unavailable
from api.foundation.settings import Settings
from api.webhooks import claiming, secrets
from api.webhooks.claiming import Claimed, Due, Message, Outcome
from api.webhooks.kinds import Content
from api.webhooks.parking import settle_switched_off
from api.webhooks.queueing import queue_new
from checklists.webhooks import signatures
from models import WhyNotSent, now
from models.storage.database import Database

# After this long no further message is begun; the next pass goes on.
SECONDS_OF_A_PASS: Final = 30.0
# Endpoints that are sent to at once, and how many of them may be ones that fail.
MOST_AT_ONCE: Final = 16
MOST_FAILING_AT_ONCE: Final = 8
# While messages are being sent, how often new ones are looked for.
SECONDS_BETWEEN_LOOKS: Final = 1.0
# After this long no further message of a claim is begun. What a person changes meanwhile, such as the address or the
# secret, counts from the next claim on.
SECONDS_OF_A_CLAIM: Final = 1.0
LOG: Final = logging.getLogger("caseaudit")


@cache
def network() -> Outgoing:
    """The network of this machine. Made once: to read its certificates takes longer than to send a message."""
    return Outgoing()


def send_now(database: Database, settings: Settings) -> None:
    """Queue and send what is due, as background work."""
    send_due(database, settings, network())


def send_due(database: Database, settings: Settings, outgoing: Outgoing) -> int:
    """Queue what has happened and send what is due, in one bounded pass; returns how many messages were delivered.

    Each endpoint has a thread of its own while it has messages. The pass goes on looking for new ones meanwhile, so an
    endpoint that does not answer delays no other. No transaction is open while a message is sent.
    """
    settle_switched_off(database)
    ends, delivered = time.monotonic() + SECONDS_OF_A_PASS, 0
    running: dict[Future[int], Due] = {}
    passed_over: set[uuid.UUID] = set()
    with ThreadPoolExecutor(MOST_AT_ONCE, "webhook") as threads:
        while True:
            if time.monotonic() < ends:
                queue_new(database)
                due_now = [each for each in claiming.list_due(database) if each.endpoint_id not in passed_over]
                for due in _to_begin(due_now, list(running.values())):
                    running[threads.submit(_send_all, database, settings, outgoing, due, ends)] = due
            if not running:
                return delivered
            done, _ = wait(running, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for each in done:
                due = running.pop(each)
                try:
                    delivered += each.result()
                except Exception:
                    # Whatever the error, the same endpoint would come first again. Its claim, if any, ends by itself.
                    passed_over.add(due.endpoint_id)
                    LOG.exception("a webhook could not be seen to")


def _to_begin(due: list[Due], running: list[Due]) -> list[Due]:
    """Which endpoints to begin with: as many as there are threads for, and only some that fail."""
    known, failing = {each.endpoint_id for each in running}, sum(each.is_failing for each in running)
    begun: list[Due] = []
    for each in due:
        if each.endpoint_id in known or len(running) + len(begun) >= MOST_AT_ONCE:
            continue
        if each.is_failing and failing >= MOST_FAILING_AT_ONCE:
            continue
        failing += each.is_failing
        begun.append(each)
    return begun


def _send_all(database: Database, settings: Settings, outgoing: Outgoing, due: Due, ends: float) -> int:
    """Send an endpoint its messages one after another, until none is left or one fails; how many were delivered."""
    delivered = 0
    while time.monotonic() < ends and (claimed := claiming.claim_messages(database, due)) is not None:
        delivered += _send_claimed(database, settings, outgoing, claimed)
    return delivered


def _send_claimed(database: Database, settings: Settings, outgoing: Outgoing, claimed: Claimed) -> int:
    """Send the messages of a claim, until one fails or it has taken long enough; how many were delivered."""
    ends = time.monotonic() + SECONDS_OF_A_CLAIM
    signing = _secrets_of(settings, claimed)
    outcomes: list[Outcome] = []
    try:
        for message in claimed.messages:
            outcomes.append(_try(settings, outgoing, claimed.address, message, signing))
            if not outcomes[-1].is_delivered or time.monotonic() >= ends:
                break
    finally:
        # Whatever was raised: what was delivered is not sent again.
        if outcomes:
            claiming.settle(database, claimed, outcomes)
    return sum(each.is_delivered for each in outcomes)


def _try(settings: Settings, outgoing: Outgoing, address: str, message: Message, signing: list[bytes]) -> Outcome:
    """What came of one attempt."""
    try:
        host = host_of(address, hosts_in(settings.webhook_hosts))
    except BadAddress:
        return Outcome(message.id, why=WhyNotSent.HOST)
    if not signing:
        return Outcome(message.id, why=WhyNotSent.SECRET)
    body = Content(message.kind, message.subject_id, message.happened_at).body
    try:
        status = outgoing.post(address, host, headers=headers_of(message.id, body, signing), body=body)
    except NotSent as error:
        return Outcome(message.id, why=error.why)
    if 200 <= status < 300:
        return Outcome(message.id, status)
    return Outcome(message.id, status, WhyNotSent.REDIRECT if 300 <= status < 400 else WhyNotSent.STATUS)


def headers_of(message_id: uuid.UUID, body: bytes, signing: list[bytes]) -> dict[str, str]:
    """The headers of an attempt: its time is new, its identifier is that of the message."""
    name, timestamp = f"msg_{message_id.hex}", int(now().timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "caseaudit",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(signing, message_id=name, timestamp=timestamp, body=body),
    }


def _secrets_of(settings: Settings, claimed: Claimed) -> list[bytes]:
    """The secrets that sign now, the newest first; none where the newest cannot be read."""
    try:
        key = secrets.key_of(settings)
    except Unavailable:
        return []
    opened = [secrets.unseal(key, claimed.organisation_id, claimed.endpoint_id, each) for each in claimed.sealed]
    return [each for each in opened if each is not None] if opened[0] is not None else []
