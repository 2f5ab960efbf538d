"""Forty bodies that are built to do harm neither fatten the service nor stop it, whoever sends them."""

import time
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.conftest import DatabaseKind
from tests.live import Server, serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.memory import HighWaterMark, resident_bytes, sampling
from tests.trials.crowds.watch import watching
from tests.trials.hostile.bodies import MEGABYTE, Body, forty, ten_of_escapes, ten_to_sign_in
from tests.trials.hostile.sending import Sent, send_all
from tests.uploading import Uploader

pytestmark = pytest.mark.trial

LONGEST_STILL_MS = 200.0
MOST_FOR_STRANGERS = 100 * MEGABYTE
# Two large bodies at once, with their models, and two uploads in memory.
MOST_FOR_THOSE_KNOWN = 500 * MEGABYTE
EVERY_SECONDS = 0.02
AT_ONCE = 8
ROUNDS = 2


def test_there_are_forty() -> None:
    assert len({each.name for each in forty()}) == 40


def test_strangers_send_what_they_like(place: Place, database_kind: DatabaseKind, record_property: Record) -> None:
    with serving(place.url, place.folder) as server:
        _warm_up(server, place)
        bodies = [*forty(), *ten_to_sign_in(), *ten_of_escapes()] * ROUNDS
        said = _attack(server, bodies, {}, at_once=len(bodies), most=MOST_FOR_STRANGERS)
    record_property("figure", f"strangers on {database_kind}: {said}")


def test_a_program_sends_what_it_likes(place: Place, database_kind: DatabaseKind, record_property: Record) -> None:
    """A program that may record audits, and a lead who may take lists in, with a credential each."""
    with serving(place.url, place.folder) as server:
        _warm_up(server, place)
        for who, token in (("a program", place.ground.integration_token), ("a lead", place.ground.lead_token)):
            headers = {"Authorization": f"Bearer {token}"}
            said = _attack(server, forty(), headers, at_once=AT_ONCE, most=MOST_FOR_THOSE_KNOWN)
            record_property("figure", f"{who} on {database_kind}: {said}")


def test_a_lead_sends_what_they_like_from_a_browser(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    with serving(place.url, place.folder) as server:
        _warm_up(server, place)
        headers = Uploader(server, place.database, place.ground, place.folder).client.headers
        said = _attack(server, [*forty(), *ten_to_sign_in()], headers, at_once=AT_ONCE, most=MOST_FOR_THOSE_KNOWN)
    record_property("figure", f"a lead's browser on {database_kind}: {said}")


def _warm_up(server: Server, place: Place) -> None:
    """One request of each kind, so that idle is what a server holds that has served."""
    for token in (place.ground.lead_token, place.ground.integration_token):
        client = server.client(token)
        for path in ("/api/v1/case-files", "/api/v1/complete-audits/batch", "/api/v1/case-lists"):
            client.send("POST", path, b"[" + b" " * 70_000 + b"]", Idempotency_Key="warm")
    server.client().send("GET", "/sign-in")


def _attack(server: Server, bodies: Sequence[Body], headers: dict[str, str], *, at_once: int, most: int) -> str:
    time.sleep(1.0)
    own = HighWaterMark(server)
    own.reset()
    idle = resident_bytes(server)
    with watching(server.port, every_seconds=EVERY_SECONDS) as watched, sampling(server, every_seconds=0.02) as sampled:
        sent = send_all(server.port, bodies, headers, at_once=at_once)
    said = _told(sent, idle, own.read(), sampled.peak) + f"\n  {watched}"
    print(said)
    assert server.client().send("GET", "/api/v1/health/live").status == 200
    assert [str(each) for each in sent if each.status == 500] == []
    assert watched.failed == 0
    # A machine that stands still itself says nothing of the service.
    assert watched.longest_ms <= LONGEST_STILL_MS + max(watched.late) * 1000
    assert max(own.read(), sampled.peak) <= idle + most
    return said


def _told(sent: Sequence[Sent], idle: int, own: int, with_children: int) -> str:
    counted = ", ".join(f"{status or 'closed'} {number}" for status, number in sorted(Counter(_of(sent)).items()))
    slowest = sorted(sent, key=lambda each: each.seconds)[-3:]
    return (
        f"{len(sent)} bodies ({counted}); idle {_mb(idle)}, at most {_mb(own)} in the server"
        f" and {_mb(with_children)} with its children\n  slowest: {'; '.join(map(str, slowest))}"
    )


def _of(sent: Sequence[Sent]) -> list[int]:
    return [each.status for each in sent]


def _mb(size: int) -> str:
    return f"{size / MEGABYTE:.0f} MB"
