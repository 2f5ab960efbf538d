"""The signature of an audit: each form as it was first written down, whatever the code makes of it later."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from checklists.audits.signature import NEWEST_FORM, Entry, Form, signature

SAID: Mapping[str, Entry] = {
    "organisation": 1,
    "audit": uuid.UUID("018f0000-0000-7000-8000-000000000001"),
    "team": uuid.UUID("018f0000-0000-7000-8000-000000000002"),
    "status": "child-in-need",
    "forms_of_harm": "neglect",
    "submitted_at": datetime(2026, 3, 1, 9, 30, 0, 5, tzinfo=UTC),
    "answers": "bbbb",
    "agreed_at": None,
}
PLAIN = (
    '{"agreed_at":null,"answers":"bbbb","audit":"018f0000-0000-7000-8000-000000000001","forms_of_harm":"neglect",'
    '"organisation":1,{weight}"status":"child-in-need","submitted_at":"2026-03-01T09:30:00.000005+00:00",'
    '"team":"018f0000-0000-7000-8000-000000000002"}'
)


def test_the_first_form_is_as_it_was_when_audits_were_first_signed() -> None:
    kept = "4f9fc27d5166cd912b47219ceeb69ffb76cb384522b8dcfffef57137a04cd24d"
    assert signature(SAID, Form.WITHOUT_WEIGHT) == kept


@pytest.mark.parametrize(("weight", "written"), [(2.5, "2.5"), (108 / 9, "12.0"), (1 / 3, "0.3333333333333333")])
def test_a_signature_can_be_made_again_by_hand(weight: float, written: str) -> None:
    said = PLAIN.replace("{weight}", f'"sampling_weight":{written},')
    text = f'["caseaudit-signature/4",{said}]'
    assert signature({**SAID, "sampling_weight": weight}) == hashlib.sha256(text.encode()).hexdigest()


def test_new_audits_are_signed_in_the_newest_form() -> None:
    assert NEWEST_FORM is Form.WITH_QUESTIONS
    assert signature(SAID) != signature(SAID, Form.WITHOUT_WEIGHT)
