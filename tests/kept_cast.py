"""The people of the cast in a database that is made once a run and copied."""

import pytest

from models.storage.database import open_database
from tests.factories import Cast, a_cast
from tests.kept import Kept, kept


def kept_cast(url: str) -> Kept[Cast]:
    """A database that holds the cast and nothing else, to be copied to the URL."""
    return kept(url, "cast", _make_cast)


def _make_cast(url: str) -> Cast:
    database = open_database(url)
    made = a_cast(database)
    database.close()
    return made


def asks_for_the_cast(request: pytest.FixtureRequest) -> bool:
    """Whether the test asks for the cast of tests/fixtures.py, and not for another of its own."""
    found = request._pyfuncitem._fixtureinfo.name2fixturedefs.get("cast", ())
    return bool(found) and found[-1].func.__module__ == "tests.fixtures"
