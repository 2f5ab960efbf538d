"""Readiness says what the last deletion left, while this process is the one that deletes."""

import time

import pytest

from api.foundation.settings import Settings
from api.retention.watching import KNOWN_FOR_SECONDS, check_retention, remember


def test_what_was_found_before_another_process_led_is_no_longer_said(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(database_url="postgresql:///led-by-another")
    assert check_retention(settings) is None
    remember(settings, "3 audits should have been deleted.")
    found = check_retention(settings)
    assert found is not None
    assert found.warns
    later = time.monotonic() + KNOWN_FOR_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert check_retention(settings) is None
