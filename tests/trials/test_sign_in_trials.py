"""Whether somebody has an account cannot be told by how long a refusal takes."""

import statistics
import time

import pytest

from api.foundation.problems import WrongCredentials
from api.people.sign_in.actions import choose_password, sign_in
from api.people.sign_in.attempts import Caller
from tests.factories import a_person, an_organisation
from tests.trials.conftest import Place, Record

RUNS = 190  # fewer than are free for one account
NOBODY = "nobody.at.all@example.org"


@pytest.mark.trial
def test_a_known_and_an_unknown_address_take_the_same_time(place: Place, record_property: Record) -> None:
    person = a_person(place.database, an_organisation(place.database))
    choose_password(place.database, secret=person.secret_of_link, password="violet harbour lantern")

    def seconds(email: str, run: int) -> float:
        caller = Caller(b"k" * 32, f"192.0.2.{run % 250}")
        started = time.perf_counter()
        with pytest.raises(WrongCredentials):
            sign_in(place.database, email=email, password="wrong, wrong, wrong", caller=caller)
        return time.perf_counter() - started

    for run in range(5):
        seconds(person.email, run), seconds(NOBODY, run)
    ratios = []
    for run in range(5, RUNS):
        # Each pair at the same moment of a busy machine, and each of the two first as often as the other.
        pair = {email: seconds(email, run) for email in (person.email, NOBODY)[:: 1 if run % 2 else -1]}
        ratios.append(pair[person.email] / pair[NOBODY])
    ratio = statistics.median(ratios)
    record_property(
        "figure", f"Refusing a known address takes {ratio:.3f} times as long as an unknown one ({len(ratios)} pairs)."
    )
    assert 0.95 < ratio < 1.05
