"""What has to be corrected is punctuated alike everywhere: beside a field as in GOV.UK, and in sentences elsewhere."""

import pytest

from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotSignedIn, Problem
from models import Role
from tests.cast import Site


@pytest.mark.parametrize(
    ("said", "beside_a_field"),
    [
        ("Enter a title.", "Enter a title"),
        ("Enter a title", "Enter a title"),
        ("Is this right?", "Is this right?"),
        ("Select “Move up” or “Move down”", "Select “Move up” or “Move down”"),
        ("Enter 2.5 or less.", "Enter 2.5 or less"),
        ("This is missing. Enter a value", "This is missing. Enter a value."),
        ("This is missing. Enter a value.", "This is missing. Enter a value."),
        ("", ""),
    ],
)
def test_a_single_sentence_beside_a_field_has_no_full_stop_and_several_have_theirs(
    said: str, beside_a_field: str
) -> None:
    assert Fault("/title", said).detail == beside_a_field
    assert Fault("/title", Fault("/title", said).detail).detail == beside_a_field


@pytest.mark.parametrize("problem", [Conflict("The round is closed"), Conflict("The round is closed."), Conflict()])
def test_what_is_about_a_whole_page_is_a_sentence(problem: Problem) -> None:
    assert problem.detail.endswith(".")
    assert not problem.detail.endswith("..")
    assert Fault("", problem.detail.removesuffix(".")).detail == problem.detail == str(problem)
    assert NotSignedIn().detail.endswith(".")


def test_a_fault_that_moves_from_a_field_to_the_whole_page_becomes_a_sentence() -> None:
    (fault,) = Invalid.at("/title", "Enter a title.").faults
    assert Fault("", fault.detail).detail == Invalid.at("/title", "Enter a title").detail == "Enter a title."


def test_a_page_and_rest_say_the_same_words(site: Site) -> None:
    ada = site.person(Role.ADMINISTRATOR)
    program = site.program(site.token(ada, Permission.WRITE_TEAMS))
    answer = program.post("/api/v1/teams", json={"name": " "}, headers={"Idempotency-Key": "1"})
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert not fault["detail"].endswith(".")
    assert answer.json()["detail"].endswith(".")
    page = site.browser(ada).post("/teams", data={"name": " ", "key": "1"}).text
    assert f"</span> {fault['detail']}</p>" in page
