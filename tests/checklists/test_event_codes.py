"""The code of an event: only the key gives it, and it covers everything that the event says."""

import hmac
import json

import pytest

from checklists.chain import ChainedEvent
from checklists.event_codes import Code, code_of, details_with_code, is_code_right

KEY = b"a key outside the database"
UNIQUE = "0123456789abcdef"
AT, SUBJECT, PERSON = "2026-03-01 10:00:00.000000", "a" * 32, "b" * 32
SAID = (AT, "audit.submitted", SUBJECT, PERSON, None, '{"version":2}')


def an_event(details: str, *, organisation: int = 1, kind: str = "audit.submitted") -> ChainedEvent:
    return ChainedEvent(organisation, 7, AT, kind, SUBJECT, PERSON, None, details, "hash")


def a_code(details: str) -> Code:
    found = code_of(details)
    assert found is not None
    return found


@pytest.mark.parametrize("details", ["{}", '{"version":2}'])
def test_a_code_comes_back_with_the_details_as_they_were(details: str) -> None:
    stored = details_with_code(KEY, 1, (*SAID[:-1], details), UNIQUE)
    code = a_code(stored)
    assert (code.details, code.unique, len(code.mac)) == (details, UNIQUE, 32)
    assert is_code_right(KEY, an_event(stored), code)


def test_a_code_is_wrong_under_another_key_organisation_kind_detail_or_number() -> None:
    stored = details_with_code(KEY, 1, SAID, UNIQUE)
    code = a_code(stored)
    assert not is_code_right(b"another key", an_event(stored), code)
    assert not is_code_right(KEY, an_event(stored, organisation=2), code)
    assert not is_code_right(KEY, an_event(stored, kind="audit.agreed"), code)
    assert not is_code_right(KEY, an_event(stored), code._replace(details='{"version":3}'))
    assert not is_code_right(KEY, an_event(stored), code._replace(unique="f" * 16))


@pytest.mark.parametrize("details", ["{}", '{"version":2}', '{"mac":"short"}', ""])
def test_details_without_a_code_have_none(details: str) -> None:
    assert code_of(details) is None


def test_the_code_of_an_event_is_computed_as_documented() -> None:
    """Anybody with the key can check a code with the standard library alone."""
    form = json.dumps(["caseaudit-mac/1", 1, UNIQUE, *SAID], separators=(",", ":"), ensure_ascii=False)
    expected = hmac.new(KEY, form.encode(), "sha256").hexdigest()[:32]
    assert a_code(details_with_code(KEY, 1, SAID, UNIQUE)).mac == expected
