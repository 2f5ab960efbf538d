"""The signature of an audit that is signed off: a hash of its answers and of all else that reports read of it."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """The forms of a signature, newest first. New audits are signed in the first."""

    WITH_QUESTIONS = "caseaudit-signature/4"
    WITH_OVERALL = "caseaudit-signature/3"
    WITH_WEIGHT = "caseaudit-signature/2"
    WITHOUT_WEIGHT = "caseaudit-signature/1"


NEWEST_FORM = next(iter(Form))

_QUESTIONS: Final = frozenset({"question_answers", "case_facts", "answer_sources"})
_OVERALL: Final = _QUESTIONS | {"agreed_overall"}
# The entries of the newest form that an older one does not cover.
NOT_COVERED: Final = {
    Form.WITH_QUESTIONS: frozenset[str](),
    Form.WITH_OVERALL: _QUESTIONS,
    Form.WITH_WEIGHT: _OVERALL,
    Form.WITHOUT_WEIGHT: _OVERALL | {"sampling_weight"},
}

Entry = str | int | float | datetime | uuid.UUID | None


def signature(said: Mapping[str, Entry], form: Form = NEWEST_FORM) -> str:
    """The SHA-256, in hexadecimal, of the form and these entries as JSON with sorted keys.

    Times are in UTC to the microsecond, identifiers in their usual spelling.
    """
    plain = {name: _plain(value) for name, value in said.items()}
    text = json.dumps([form.value, plain], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Entry) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value
