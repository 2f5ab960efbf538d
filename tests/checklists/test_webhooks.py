"""Signatures are those of the Standard Webhooks specification, and a message is tried for a day."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from checklists.webhooks import (
    LONGEST_PAUSE,
    SECRET_BYTES,
    TRIED_FOR,
    given_up_until,
    pause_after,
    secret_text,
    signatures,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_the_example_of_the_specification_has_its_signature() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert secret_text(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signatures([secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=2), st.text(), st.integers(1, 2_000_000_000))
def test_an_independent_library_makes_the_same_signatures(secrets: list[bytes], text: str, timestamp: int) -> None:
    made = signatures(secrets, message_id="msg_1", timestamp=timestamp, body=text.encode())
    at = datetime.fromtimestamp(timestamp, UTC)
    assert made.split(" ") == [Webhook(secret_text(each)).sign("msg_1", at, text) for each in secrets]


def test_a_secret_is_as_long_as_the_specification_asks() -> None:
    assert SECRET_BYTES == 32


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5), (2, 15), (3, 45), (4, 135), (5, 405), (6, 1215), (7, 3600), (8, 3600), (500, 3600)],
)
def test_pauses_grow_up_to_an_hour(failures: int, seconds: int) -> None:
    assert pause_after(failures) == timedelta(seconds=seconds)
    assert timedelta(hours=1) == LONGEST_PAUSE


def test_nothing_is_given_up_before_its_endpoint_has_failed_for_a_day() -> None:
    assert timedelta(days=1) == TRIED_FOR
    assert given_up_until(NOW - TRIED_FOR + timedelta(seconds=1), NOW) is None
    assert given_up_until(NOW - TRIED_FOR, NOW) == NOW - TRIED_FOR
    assert given_up_until(NOW - timedelta(days=9), NOW) == NOW - TRIED_FOR
