"""Whatever is done to a trail behind the service's back is found, and the first bad event is named."""

import random
from collections.abc import Iterator

import pytest

from models.storage.database import open_database
from tests.tampering import LENGTHS, OWN, TAMPERINGS, Attack, Named, Prey, a_prey, as_told, is_told

pytestmark = pytest.mark.both_databases


@pytest.fixture(scope="module")
def prey(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prey]:
    database = open_database(shared_database_url)
    yield a_prey(database, tmp_path_factory.mktemp("prey"))
    database.close()


def test_what_nobody_tampered_with_is_whole(prey: Prey) -> None:
    found = prey.verified()
    assert {own: (each.events, each.signed, each.is_whole) for own, each in found.items()} == {
        own: (length, length, True) for own, length in LENGTHS.items()
    }


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_tampered_with_is_named(prey: Prey, name: str) -> None:
    expected, found = prey.tampered(TAMPERINGS[name], random.Random(name))
    assert is_told(expected, found), as_told(expected, found)


@pytest.mark.parametrize("name", ["rewritten", "end cut off with the head", "deleted, numbered and hashed anew"])
def test_without_its_checkpoints_a_trail_that_was_made_anew_would_pass(prey: Prey, name: str) -> None:
    def tamper(attack: Attack) -> Named:
        named = TAMPERINGS[name](attack)
        attack.run("DELETE FROM checkpoint")
        attack.write_lines([])
        return named

    expected, found = prey.tampered(tamper, random.Random(name))
    assert not is_told(expected, found)
    assert found[OWN].is_whole
