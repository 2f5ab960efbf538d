"""Hundreds of edits racing against sign-off: whoever wins, what is signed is what stands."""

from collections.abc import Callable

import pytest

from tests.conftest import DatabaseKind
from tests.desk import Desk
from tests.signing import race_edits_against_sign_off, race_two_sign_offs

pytestmark = pytest.mark.trial

RACES = 300


def test_what_is_signed_is_what_stands_after_every_race(
    desk: Desk, database_kind: DatabaseKind, record_property: Callable[[str, object], None]
) -> None:
    outcomes = race_edits_against_sign_off(desk, RACES)
    record_property("figure", f"{RACES} races of an edit against sign-off on {database_kind}: {outcomes}")
    assert outcomes.wrong == 0
    assert min(outcomes.edits, outcomes.signed) > 0, "each side must win some, or nothing raced"


def test_of_two_who_sign_exactly_one_wins(
    desk: Desk, database_kind: DatabaseKind, record_property: Callable[[str, object], None]
) -> None:
    won = race_two_sign_offs(desk, RACES)
    record_property("figure", f"{RACES} races of two sign-offs on {database_kind}: exactly one won in {won}")
    assert won == RACES
