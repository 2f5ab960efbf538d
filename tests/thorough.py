"""How much a run of the tests asks where there is more to ask than a person waits for.

An ordinary run asks a part, drawn with a seed: another part each day, or the one of `--part`, which the run prints.
With `--thorough`, as `make trials` has it, everything is asked, and what is marked so is asked on both databases.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import pytest
from hypothesis import settings

Each = TypeVar("Each")
_today: Final = datetime.now(UTC).strftime("%Y-%m-%d")
_asked = {"part": _today}

# Examples are counted, not timed: a busy machine is no fault of the code.
settings.register_profile("caseaudit", deadline=None, print_blob=True, max_examples=40)
settings.register_profile("fast", settings.get_profile("caseaudit"), max_examples=10)
settings.register_profile("thorough", settings.get_profile("caseaudit"), max_examples=400)
settings.load_profile("caseaudit")


def is_thorough() -> bool:
    return not _asked["part"]


def part_of(everything: Iterable[Each], *, one_in: int, of: str) -> list[Each]:
    """One in so many, drawn by the seed of this run; in a thorough run all. `of` tells one draw from another."""
    chance = chance_of(of)
    return [each for each in everything if is_thorough() or chance.randrange(one_in) == 0]


def some_of(everything: Sequence[Each], number: int, *, of: str) -> list[Each]:
    """So many of them, drawn likewise; in a thorough run all."""
    return list(everything) if is_thorough() else chance_of(of).sample(everything, number)


def many(ordinary: int, *, thorough: int) -> int:
    """How many of what is made up: examples, steps, audits."""
    return thorough if is_thorough() else ordinary


def chance_of(what: str) -> random.Random:
    """Chance by the seed of this run, another for each thing that is drawn."""
    return random.Random(f"{_asked['part']} {what}")


def configure(config: pytest.Config) -> None:
    _asked["part"] = "" if config.option.thorough else config.option.part
    if config.option.thorough:
        settings.load_profile("thorough")


def add_options(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="ask everything, on both databases")
    parser.addoption("--part", default=_today, help="the seed by which an ordinary run draws what it asks")


def said() -> str:
    return "Everything was asked" if is_thorough() else f"Asked in part; the same part again: --part {_asked['part']}"
