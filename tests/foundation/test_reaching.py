"""How people and programs reach the service: printed addresses, HEAD, ETags through proxies, and London days."""

import asyncio
import http.client
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest

from api.foundation.http.dependencies import _version_of_if_match
from api.foundation.local_time import local_date
from api.foundation.problems import BadRequest
from api.foundation.settings import Settings
from api.rounds.progress import is_overdue
from api.serving import listening_socket
from models import Round, RoundState
from tests.cast import Site
from tests.site_in_browser import served


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),  # noqa: S104 - what an operator may set
        ("::", "http://[::1]:8123"),
        ("::1", "http://[::1]:8123"),
        ("audit.example.org", "http://audit.example.org:8123"),
    ],
)
def test_the_first_link_opens_as_printed(host: str, address: str) -> None:
    assert Settings(host=host, port=0).address_to_open(8123) == address
    assert Settings(host=host, port=8123).address_to_open() == address


def test_with_a_public_address_links_begin_with_it() -> None:
    settings = Settings(host="::", port=0, public_address="https://audit.example.org/")
    assert settings.address_to_open(8123) == "https://audit.example.org"


@pytest.mark.parametrize("host", ["::", "::1"])
def test_a_service_that_listens_on_ipv6_answers_at_the_printed_address(host: str) -> None:
    with listening_socket(host, 0) as listener:
        port = listener.getsockname()[1]
        address = urlsplit(Settings(host=host).address_to_open(port))
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        connection.connect()
        connection.close()


@pytest.fixture
def connection(site: Site) -> Iterator[http.client.HTTPConnection]:
    with served(site.database) as address:
        opened = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        yield opened
        opened.close()


def test_head_over_a_real_socket_keeps_the_connection(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/problems")
    length = len(connection.getresponse().read())
    socket = connection.sock
    for path in ("/problems", "/api/v1/health/ready", "/static/caseaudit.css", "/nowhere"):
        connection.request("HEAD", path)
        reply = connection.getresponse()
        assert reply.read() == b""
        assert reply.status == (404 if path == "/nowhere" else 200)
        assert path != "/problems" or int(reply.headers["Content-Length"]) == length
        assert connection.sock is socket, f"closed after HEAD {path}"
    connection.request("GET", "/problems")
    assert len(connection.getresponse().read()) == length
    assert connection.sock is socket


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 23, 30, tzinfo=UTC), date(2026, 3, 30)),  # the clocks went forward on 29 March
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),  # the clocks went back on 25 October
    ],
)
def test_days_are_those_of_london_over_both_changes_of_the_clock(moment: datetime, day: date) -> None:
    assert local_date(moment) == day


def test_a_round_is_overdue_from_midnight_in_london(monkeypatch: pytest.MonkeyPatch) -> None:
    due = date(2026, 7, 1)
    audit_round = Round(
        organisation_id=1,
        title="Summer",
        template_id=uuid.uuid4(),
        template_version=1,
        period_from=due,
        period_to=due,
        due_on=due,
        state=RoundState.OPEN,
    )
    for moment, overdue in (
        (datetime(2026, 7, 1, 22, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 23, tzinfo=UTC), True),
    ):
        monkeypatch.setattr("api.rounds.progress.now", lambda at=moment: at)
        assert is_overdue(audit_round) is overdue


@pytest.mark.parametrize("sent", ['"3"', 'W/"3"', "3"])
def test_an_etag_matches_also_when_a_proxy_weakened_it(sent: str) -> None:
    assert asyncio.run(_version_of_if_match(sent)) == 3
    for wrong in ('"3", "4"', "*", 'w/"3"'):
        with pytest.raises(BadRequest):
            asyncio.run(_version_of_if_match(wrong))
