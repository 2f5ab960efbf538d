"""Whatever address somebody enters, and whatever its host says of itself, only what is public is connected to."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle

import pytest
from pydantic import ValidationError

from api.foundation.outgoing.posting import NotSent, Outgoing, Resolve, addresses_of
from api.foundation.outgoing.targets import LONGEST_ADDRESS, BadAddress, Host, host_of, hosts_in
from api.foundation.problems import Invalid
from api.foundation.settings import Settings
from checklists.public_addresses import is_public
from models import WhyNotSent
from tests.checklists.test_public_addresses import NOT_PUBLIC
from tests.desk import Desk
from tests.webhooks.hooking import ADDRESS, an_endpoint
from tests.webhooks.receiving import PUBLIC, Received, Receiver, a_receiver, trusted

HOOKS = Host("hooks.example.org")
ALLOWED = frozenset({HOOKS})
# Addresses as people write them to get past a check of names.
HOSTILE = (
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/latest/meta-data/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/latest/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/",
    "https://168.63.129.16/machine",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://metadata/",
    "https://localhost/",
    "https://localhost.localdomain/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "gopher://hooks.example.org:70/",
    "//hooks.example.org/",
    "hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://user:password@hooks.example.org/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:8443/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:65536/",
    "https://hooks.example.org:443443443443/",
    "https://hooks.example.org./",
    "https://hooks.example.org.evil.example/",
    "https://evil.example/hooks.example.org",
    "https://evil.example#@hooks.example.org/",
    "https://evil.example\\@hooks.example.org/",
    "https://hooks.example.org\\@evil.example/",
    "https://hooks.example.org%2eevil.example/",
    "https://hooks.example.org%00.evil.example/",
    "https://hooks.example.org\t.evil.example/",
    "https://hooks.example.org\r\nHost: evil.example/",
    "https://hooks。example。org/",
    "https://ⓗooks.example.org/",
    "https://hooks.example.org/#fragment",
    "https://hooks.example.org /",
    "https:hooks.example.org/",
    "https:///hooks.example.org/",
    "https://",
    "https://-hooks.example.org/",
    "https://hooks.example.org/" + "x" * LONGEST_ADDRESS,
)
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that any socket of this process is connected to; nothing leaves it."""
    found: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    return found


def test_no_address_is_kept_that_is_not_https_on_an_allowed_host(desk: Desk, connected: list[str]) -> None:
    assert len(HOSTILE) >= 40
    assert len(set(HOSTILE)) == len(HOSTILE)
    for address in HOSTILE:
        with pytest.raises(Invalid) as refused:
            an_endpoint(desk, address)
        assert [fault.pointer for fault in refused.value.faults] == ["address"], address
    assert connected == []


def test_a_host_is_allowed_by_its_full_name_alone() -> None:
    assert hosts_in("hooks.example.org, other.example.org:8443") == {HOOKS, Host("other.example.org", 8443)}
    assert host_of("https://HOOKS.example.org/x?y=1", ALLOWED) == HOOKS
    assert host_of("https://hooks.example.org:443", ALLOWED) == HOOKS
    for text in ("127.0.0.1", "localhost", "2130706433", "[::1]", "*.example.org", "https://x.example", "x.example:0"):
        with pytest.raises(ValidationError, match="webhook_hosts"):
            Settings(webhook_hosts=text)


def test_no_address_of_a_host_is_connected_to_unless_all_are_public(
    connected: list[str], record_property: Callable[[str, object], None]
) -> None:
    """The real network, with a resolver that gives each hostile address, alone and beside a public one."""
    for address in NOT_PUBLIC:
        for found in ([address], [*PUBLIC.values(), address], [address, *PUBLIC.values()]):
            with pytest.raises(NotSent) as refused:
                of_this_machine(resolving_to(found)).post(ADDRESS, HOOKS, headers={}, body=b"{}")
            assert refused.value.why is WhyNotSent.ADDRESS
    assert connected == []
    with pytest.raises(NotSent) as refused:
        of_this_machine(resolving_to(list(PUBLIC.values()))).post(ADDRESS, HOOKS, headers={}, body=b"{}")
    assert refused.value.why is WhyNotSent.CONNECTION
    assert connected == list(PUBLIC.values()), "the spy sees what is connected to"
    record_property(
        "figure",
        f"{len(HOSTILE)} hostile addresses refused, {len(NOT_PUBLIC)} addresses that are not public resolved to:"
        f" {sum(not is_public(each) for each in connected)} connections to anything not public.",
    )


def test_names_that_the_machine_itself_resolves_inside_are_not_connected_to(connected: list[str]) -> None:
    """With the resolver of the machine, had an operator named such a host."""
    for name in ("localhost", "2130706433", "0x7f.1", "127.1", "0", "ip6-localhost", "127.0.0.1"):
        with pytest.raises(NotSent) as refused:
            of_this_machine().post(f"https://{name}/", Host(name), headers={}, body=b"{}")
        assert refused.value.why in {WhyNotSent.ADDRESS, WhyNotSent.NAME}, name
    assert connected == []
    assert set(addresses_of(Host("localhost"))) <= {"127.0.0.1", "::1"}


def test_a_name_that_changes_its_address_is_resolved_once_and_leads_nowhere_else(connected: list[str]) -> None:
    asked: list[str] = []
    answers = cycle([[PUBLIC["hooks.example.org"]], ["127.0.0.1"], ["169.254.169.254"]])

    def resolve(host: Host) -> list[str]:
        asked.append(host.name)
        return next(answers)

    network = of_this_machine(resolve)
    for _ in range(30):
        with pytest.raises(NotSent):
            network.post(ADDRESS, HOOKS, headers={}, body=b"{}")
    assert len(asked) == 30
    assert connected == [PUBLIC["hooks.example.org"]] * 10


def test_a_proxy_of_the_environment_is_not_used(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    with pytest.raises(NotSent):
        of_this_machine(resolving_to(["93.184.215.14"])).post(ADDRESS, HOOKS, headers={}, body=b"{}")
    assert connected == ["93.184.215.14"]


@pytest.mark.parametrize("location", ["http://127.0.0.1/", "https://169.254.169.254/", "/elsewhere", ADDRESS])
def test_a_redirect_is_not_followed(receiver: Receiver, location: str) -> None:
    receiver.location = location
    for status in REDIRECTS:
        receiver.answer = partial(answered, status)
        assert receiver.network().post(ADDRESS, HOOKS, headers={}, body=b"{}") == status
    assert receiver.connections == [(PUBLIC["hooks.example.org"], 443)] * len(REDIRECTS)
    assert len(receiver.requests) == len(REDIRECTS)


def test_nothing_is_sent_to_a_host_whose_certificate_is_not_for_its_name() -> None:
    with a_receiver(("elsewhere.example.org",)) as other:
        assert why_not(other.network()) is WhyNotSent.CERTIFICATE
        assert other.requests == []


def test_nothing_is_sent_to_a_host_whose_certificate_nobody_trusts(receiver: Receiver) -> None:
    stranger = Outgoing(resolve=receiver.resolve, connect=receiver.connect)
    assert why_not(stranger) is WhyNotSent.CERTIFICATE
    assert receiver.requests == []


def test_an_answer_that_comes_byte_by_byte_is_waited_for_no_longer_than_the_whole_may_take(receiver: Receiver) -> None:
    hung_up = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            while not hung_up.wait(0.02):
                connection.sendall(b"x")
        except OSError:
            hung_up.set()

    receiver.raw = drip
    try:
        assert why_not(receiver.network(seconds=0.5)) is WhyNotSent.TIME
        assert hung_up.wait(10)
    finally:
        hung_up.set()


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_that(receiver: Receiver) -> None:
    done = threading.Event()
    receiver.raw = partial(waiting, done)
    try:
        assert why_not(receiver.network(seconds=0.3)) is WhyNotSent.TIME
    finally:
        done.set()


def test_of_a_long_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.raw = endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    assert receiver.network().post(ADDRESS, HOOKS, headers={}, body=b"{}") == 200
    receiver.raw = endless(b"HTTP/1.1 200 OK\r\nx: ")
    assert why_not(receiver.network()) is WhyNotSent.CONNECTION


def endless(begins: bytes) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        try:
            connection.sendall(begins)
            while True:
                connection.sendall(b"x" * 4096)
        except OSError:
            return

    return send


def test_a_host_with_several_addresses_is_reached_at_the_first_that_answers(receiver: Receiver) -> None:
    away = "93.184.215.99"
    network = receiver.network(resolve=lambda _: [away, *PUBLIC.values()])
    assert network.post(ADDRESS, HOOKS, headers={}, body=b"{}") == 204
    assert [address for address, _ in receiver.connections] == [away, PUBLIC["hooks.example.org"]]


def test_a_name_that_nobody_knows_is_said_so() -> None:
    def resolve(_: Host) -> list[str]:
        raise socket.gaierror

    assert why_not(of_this_machine(resolve)) is WhyNotSent.NAME
    assert why_not(of_this_machine(resolving_to([]))) is WhyNotSent.NAME


def test_no_more_than_a_few_addresses_are_tried(connected: list[str]) -> None:
    many = [f"93.184.215.{number}" for number in range(1, 100)]
    assert why_not(of_this_machine(resolving_to(many))) is WhyNotSent.CONNECTION
    assert connected == many[:4]


def test_a_host_is_named_in_one_way() -> None:
    for address in HOSTILE:
        with pytest.raises(BadAddress):
            host_of(address, ALLOWED)


def of_this_machine(resolve: Resolve = addresses_of) -> Outgoing:
    """The real network. Certificates are those of the tests: to read those of the machine each time takes long."""
    return Outgoing(resolve=resolve, trusted=trusted())


def resolving_to(found: Sequence[str]) -> Resolve:
    return lambda _: found


def answered(status: int, _: Received) -> int:
    return status


def waiting(until: threading.Event, _: socket.socket) -> None:
    until.wait(20)


def why_not(network: Outgoing) -> WhyNotSent:
    with pytest.raises(NotSent) as refused:
        network.post(ADDRESS, HOOKS, headers={}, body=b"{}")
    return refused.value.why
