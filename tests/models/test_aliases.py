"""Table aliases are used by many threads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models import Person, RetentionChange
from models.storage.joins import linked, table_alias

THREADS, TIMES = 8, 40


def query(requester: type[Person], decider: type[Person]) -> Any:
    return (
        select(RetentionChange, col(requester.name), col(decider.name).label("decider"))
        .join(requester, linked(requester.id, RetentionChange.asked_by_id))
        .outerjoin(decider, linked(decider.id, RetentionChange.decided_by_id))
    )


def texts_by_threads(requester: type[Person], decider: type[Person]) -> set[str]:
    """The statements that several threads make with the same aliases at the same time."""
    together = threading.Barrier(THREADS)

    def text(_: int) -> str:
        together.wait()
        try:
            return str(query(requester, decider))
        except Exception as error:  # noqa: BLE001 - it is compared
            return type(error).__name__

    with ThreadPoolExecutor(THREADS) as threads:
        return set(threads.map(text, range(THREADS)))


@pytest.mark.usefixtures("threads_take_turns")
def test_threads_that_use_an_alias_at_once_make_the_same_statement() -> None:
    expected = {str(query(table_alias(Person), table_alias(Person)))}
    for _ in range(TIMES):
        assert texts_by_threads(table_alias(Person), table_alias(Person)) == expected


@pytest.mark.usefixtures("threads_take_turns")
@pytest.mark.filterwarnings("ignore:Did not locate an expression")
def test_the_trial_finds_an_alias_that_its_first_users_complete() -> None:
    expected = {str(query(table_alias(Person), table_alias(Person)))}
    found = (texts_by_threads(aliased(Person), aliased(Person)) for _ in range(50 * TIMES))
    assert any(texts != expected for texts in found)
