"""The runner of mutants is honest: what it lists exists, what it makes is a change, and an error is no kill."""

import ast
from typing import Any

import pytest

from tests.check_each import of_each
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generate import changed, changes, generate_mutants
from tests.mutants.guards import GUARDS, Guard
from tests.mutants.mutant import ROOT, find_tests
from tests.mutants.server import fate_of

SOURCE = """
def is_many(number: int = 2) -> bool:
    if not number or number > 9:
        raise ValueError("no")
    return True
"""
BECOMES = {
    "number > 9 -> number >= 9",
    "not number or number > 9 -> not number and number > 9",
    "not number -> number",
    "2 -> 3",
    "2 -> 1",
    "9 -> 10",
    "9 -> 8",
    "return True -> return None",
    "return True -> return False",
    "raise ValueError('no') -> pass",
}


def test_every_kind_of_change_is_made_once_and_alone() -> None:
    made = list(changes(SOURCE))
    assert len(made) == len(BECOMES)
    assert {change.text for change in made} == BECOMES
    assert {change.where for change in made} == {"is_many"}
    sources = {ast.unparse(ast.parse(changed(SOURCE, change))) for change in made}
    assert len(sources - {ast.unparse(ast.parse(SOURCE))}) == len(BECOMES)


@of_each((guard,) for guard in GUARDS)
def test_a_guard_stands_in_its_file_and_can_be_taken_out(guard: Guard) -> None:
    mutant = guard.mutant()
    source = (ROOT / guard.file).read_text("utf-8")
    assert ast.dump(ast.parse(mutant.make_source())) != ast.dump(ast.parse(source))


def test_no_two_guards_of_a_file_share_a_promise() -> None:
    assert len({(guard.file, guard.promise) for guard in GUARDS}) == len(GUARDS)


def test_every_rule_has_tests_and_what_is_listed_as_equivalent_is_still_generated() -> None:
    generated = {mutant.key for mutant in generate_mutants()}
    assert len(generated) > 2_000
    assert EQUIVALENT.keys() - generated == set()


@pytest.mark.parametrize("names", [("test_nothing_of_the_kind.py",), ("__init__.py",)])
def test_tests_that_are_not_there_or_not_one_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(LookupError):
        find_tests(names)


@pytest.mark.parametrize(
    ("code", "said", "fate"),
    [
        (0, {"collected": 3}, "alive"),
        (1, {"collected": 3, "failed": "test_a", "message": "assert 1 == 2"}, "killed"),
        (1, {"collected": 3, "failed": "test_a", "message": "NameError: name 'a' is not defined"}, "error"),
        (2, {"not_collected": "test_a: ImportError"}, "error"),
        (1, {"collected": 3, "failed": "test_a", "not_collected": "test_b: SyntaxError"}, "error"),
        (0, {"collected": 0}, "error"),
        (3, {"collected": 3}, "error"),
        (5, {}, "error"),
        (-9, {"collected": 3}, "error"),
    ],
)
def test_only_a_test_that_ran_and_failed_kills(code: int, said: dict[str, Any], fate: str) -> None:
    watch = {"collected": 0, "not_collected": "", "failed": "", "message": "", **said}
    assert fate_of(code, watch)[0] == fate


def test_the_same_change_in_two_places_of_one_line_is_two_mutants() -> None:
    generated = generate_mutants()
    assert len(set(generated)) == len(generated) > len({(mutant.key, mutant.line) for mutant in generated})
