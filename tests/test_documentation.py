"""The documents keep step with the code."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from api.cli import cli
from api.foundation import workers
from api.foundation.health import readiness
from api.foundation.http import capacity, limits
from api.foundation.http.capacity import Capacity
from api.foundation.settings import Settings
from models.storage import database
from models.storage.database import Database
from models.storage.postgresql import engine
from models.storage.slots import Busy, Slots

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def test_the_configuration_lists_every_setting_with_its_default_and_its_meaning() -> None:
    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        assert f"| `CASEAUDIT_{name.upper()}` | `{default}` | {field.description} |" in CONFIGURATION


def test_the_configuration_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"CASEAUDIT_[A-Z_]+", CONFIGURATION))
    assert named == {f"CASEAUDIT_{name.upper()}" for name in Settings.model_fields}


def test_the_readme_names_every_command() -> None:
    commands = {command.name for command in cli.registered_commands} | {group.name for group in cli.registered_groups}
    assert len(commands) > 1
    for command in commands:
        assert f"caseaudit {command}" in README or f"make {command}" in README


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 150


# What the worked example of CONTRIBUTING.md adds, and the folder that a wheel has in the place of alembic/.
NOT_IN_THE_REPOSITORY = ("api/bookmarks/", "models/people/bookmark.py", "tests/bookmarks/", "models/storage/migrations")


def test_every_file_that_the_documentation_names_is_there() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        path
        for document in documents
        for path in re.findall(r"`((?:api|models|checklists|tests|alembic|benchmarks)/[\w./]+)`", document.read_text())
        if not path.startswith(NOT_IN_THE_REPOSITORY)
    }
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_decision_is_numbered_in_order() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    for place, decision in enumerate(decisions, start=1):
        assert decision.name.startswith(f"{place:04d}-")
        assert decision.read_text().startswith(f"# {place}. ")


LOAD = (ROOT / "docs" / "load.md").read_text()


def slots_of(holder: object) -> list[Slots]:
    return [value for value in vars(holder).values() if isinstance(value, Slots)]


def row_of(slots: Slots, where: str, called: str = "") -> str:
    """How a row of the table of slots begins that tells the truth of these."""
    wait, waiting = f"{slots.longest_wait:g} s", f"{slots.most_waiting:,}"
    cells = (called or slots.name, f"`{where}`", str(slots.number), str(slots.most_of_one), wait, waiting)
    return f"| {' | '.join(cells)} |"


def rows_of_slots() -> set[str]:
    """The first cells of each row of the table of slots."""
    table = LOAD.partition("## Slots")[2].partition("## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    return {"|".join([*line.split("|")[:7], ""]) for line in rows}


def test_all_slots_stand_in_the_table_with_their_numbers_and_no_others() -> None:
    every = {row_of(slots, "Capacity") for slots in slots_of(Capacity())}
    for url, called in (("sqlite://", "SQLite"), ("postgresql+psycopg://", "PostgreSQL")):
        of_one = slots_of(Database(create_engine(url)))
        every |= {row_of(slots, "Database", f"{slots.name} ({called})") for slots in of_one}
    assert rows_of_slots() == every
    assert len(every) >= 8


def test_ready_looks_at_all_slots() -> None:
    made = Capacity()
    assert [load.name for load in made.loads] == [slots.name for slots in slots_of(made)]


def test_the_other_limits_stand_in_their_table() -> None:
    pool = database.POOL_SIZE + database.POOL_OVERFLOW
    with_a_thread = {slots.name: slots.number for slots in slots_of(Capacity())}
    del with_a_thread["entering"], with_a_thread["large bodies"]  # they need none
    slots = sum(with_a_thread.values()) + database.POSTGRESQL_WRITERS
    assert slots < capacity.THREADS
    assert slots < pool
    asks = {name: field.default for name, field in Settings.model_fields.items()}
    for cells in (
        f"`THREADS` | {capacity.THREADS}, more",
        f"`POOL_SIZE`, `POOL_OVERFLOW` | {pool}, more",
        f"`LOCK_TIMEOUT_MILLISECONDS` | | {engine.LOCK_TIMEOUT_MILLISECONDS / 1000:g} s",
        f"`STATEMENT_TIMEOUT_MILLISECONDS` | | {engine.STATEMENT_TIMEOUT_MILLISECONDS / 1000:g} s",
        f"`api/foundation/health/readiness.py` | 1 | {readiness.ANSWER_SECONDS:g} s",
        f"{asks['requests_a_minute']:,} a minute",
        f"{asks['strangers_requests_a_minute']:,} a minute",
        f"over {readiness.STUCK_SECONDS:g} s and nobody got one",
        f"its last {workers.FAILED_ROUNDS} rounds have failed",
    ):
        assert cells in LOAD
    assert (workers.STUCK_INTERVALS, workers.LONGEST_ROUND_SECONDS) == (5, 300), "say so in docs/load.md"
    assert limits.Limits(Settings(requests_a_minute=400))._known.burst == 100, "say so in docs/load.md"


def test_the_table_says_when_to_come_again() -> None:
    assert f"`Retry-After: {Busy('').seconds}`" in LOAD


@pytest.mark.parametrize("document", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_a_link_to_another_document_leads_there(document: str) -> None:
    text = (ROOT / "docs" / document).read_text()
    for target in re.findall(r"\]\(((?!http)[^)#]+)", text):
        assert (ROOT / "docs" / target).exists(), target
