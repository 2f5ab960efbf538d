"""A desk for tests of the start page."""

from collections.abc import Iterator

import pytest

from tests.desk import Desk, a_desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        yield made
