"""Between the hosts nobody reads what people write, and who has no certificate of theirs gets no answer."""

import json
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import psycopg
import pytest

from models.storage.database import open_database
from tests.live import Client, Ground, a_complete_audit, a_ground
from tests.trials.conftest import Record
from tests.trials.several_machines.machines import DATABASES, DESK, PROXY, WEB, Machines, at_work
from tests.trials.several_machines.network import SWITCH_NAME, on_machine

pytestmark = pytest.mark.trial

WORDS = b"She was seen alone, and said that she is afraid at home."
AUDITS = 20
EVERY_PROTOCOL = 3  # ETH_P_ALL
IPV4, TCP = b"\x08\x00", 6
Ends = tuple[str, str]


def test_what_an_auditor_writes_passes_between_the_hosts_unreadable(record_property: Record) -> None:
    with at_work() as council, listening() as heard:
        ground, chance = _ground(council), random.Random(1)
        writer, reader = (Client(80, token, PROXY["proxy"]) for token in (ground.integration_token, ground.lead_token))
        for number in range(AUDITS):
            body = a_complete_audit(ground, chance)
            body["scores"][0]["rationale"] = WORDS.decode()
            made = writer.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=f"between-{number}")
            assert made.status == 201
            read = reader.send("GET", f"/api/v1/audits/{made.json()['audit_id']}")
            assert WORDS in read.body, json.dumps(read.json())[:500]
        writer.connection.close()
        reader.connection.close()
    pairs = {frozenset(ends) for ends in heard}
    names = {address: name for group in (DATABASES, WEB, PROXY, DESK) for name, address in group.items()}
    readable = {" to ".join(names[each] for each in ends) for ends, said in heard.items() if WORDS in said}
    figure = (
        f"{len(pairs)} pairs of machines spoke, {sum(map(len, heard.values())):,} bytes: readable {sorted(readable)}"
    )
    record_property("figure", figure)
    print(figure)
    # From the desk people speak to the proxy, in this trial without the certificate that browsers know.
    assert readable == {"desk to proxy", "proxy to desk"}
    for one, other in ((PROXY, WEB), (WEB, DATABASES), (DATABASES, DATABASES)):
        assert any(frozenset((a, b)) in pairs for a in one.values() for b in other.values() if a != b)


def test_who_has_no_certificate_of_the_hosts_gets_no_answer() -> None:
    with at_work() as council:
        stranger = ssl.create_default_context(cafile=council.tls / "authority.pem")
        for address in DATABASES.values():
            plain = council.owners_url.replace("sslmode=verify-full", "sslmode=disable")
            with pytest.raises(psycopg.OperationalError, match="no encryption"):
                psycopg.connect(plain, connect_timeout=5)
            for port, path in ((8008, "/cluster"), (2379, "/v2/members"), (2380, "/members")):
                assert not is_answered(HTTPSConnection(address, port, timeout=5, context=stranger), path)
                assert not is_answered(HTTPConnection(address, port, timeout=5), path)
        for address in WEB.values():
            assert not is_answered(HTTPSConnection(address, 8443, timeout=5, context=stranger), "/api/v1/health/live")
            assert not is_answered(HTTPConnection(address, 8443, timeout=5), "/api/v1/health/live")
            for closed in (8000, 5000, 5001, 6432):
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((address, closed), timeout=5)


def is_answered(connection: HTTPConnection, path: str) -> bool:
    """Whether there is an answer, other than that this is not how to ask."""
    try:
        connection.request("GET", path)
        return connection.getresponse().status != HTTPStatus.BAD_REQUEST
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _ground(council: Machines) -> Ground:
    database = open_database(council.url)
    try:
        return a_ground(database)
    finally:
        database.close()


@contextmanager
def listening() -> Iterator[dict[Ends, bytearray]]:
    """What passes the switch over TCP while the block runs, by the addresses from which and to which it went."""
    heard: dict[Ends, bytearray] = {}
    over = threading.Event()
    with on_machine(SWITCH_NAME):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    wire.settimeout(0.1)

    def listen() -> None:
        while not over.is_set():
            try:
                frame = wire.recv(65_536)
            except TimeoutError:
                continue
            packet = frame[14:]
            if frame[12:14] != IPV4 or packet[9] != TCP:
                continue
            segment = packet[4 * (packet[0] & 15) : int.from_bytes(packet[2:4])]
            ends = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
            heard.setdefault(ends, bytearray()).extend(segment[4 * (segment[12] >> 4) :])

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield heard
    finally:
        over.set()
        listener.join()
        wire.close()
