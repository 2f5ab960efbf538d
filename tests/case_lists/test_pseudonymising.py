from dataclasses import replace
from datetime import date

import pytest

from api.case_lists.pseudonyms.lookup import identify
from api.case_lists.pseudonyms.pseudonymising import NO_TEAM, pseudonymise, withheld_teams
from api.case_lists.readers.result import ExportContent, Format, Place, SourceCase
from api.documents.reading.refusals import UnreadableError
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.pseudonyms import Key, child_reference, worker_pseudonym

ON = date(2026, 11, 1)
KEY, BEFORE, LONG_BEFORE = Key(b"3" * 32), Key(b"2" * 32), Key(b"1" * 32)
CASE = SourceCase(
    child="0012345",
    status=CaseStatus.CHILD_PROTECTION_PLAN,
    place=Place("List 7", 2),
    born=date(2020, 11, 2),
    category=Category.NEGLECT,
    team="North Assessment",
    worker="Wren Okafor",
    started=date(2026, 3, 17),
    closed=date(2026, 9, 30),
)


def reading_of(*cases: SourceCase) -> ExportContent:
    return ExportContent(Format.ANNEX_A, (), cases)


def many(number: int = 30, **changes: object) -> list[SourceCase]:
    return [replace(CASE, child=f"{number + 100}", place=Place("List 7", number + 2)) for number in range(number)]


def team_of(case: SourceCase, *others: SourceCase) -> str:
    (listed,) = (
        it
        for it in pseudonymise(reading_of(case, *others), keys=[KEY], on=ON).cases
        if it.reference == child_reference(KEY, case.child)
    )
    return listed.team


def test_a_case_keeps_bands_and_months_and_nothing_else() -> None:
    case_list = pseudonymise(reading_of(CASE), keys=[KEY], on=ON)
    (case,) = case_list.cases
    assert (case_list.on, case_list.key_id, case_list.source) == (ON, KEY.id, "annex-a")
    assert case.reference == child_reference(KEY, "0012345")
    assert case.worker == worker_pseudonym(KEY, "Wren Okafor")
    assert (case.status, case.category, case.team) == (CASE.status, CASE.category, CASE.team)
    assert case.age_band == AgeBand.FROM_5_TO_9
    assert (case.started, case.closed) == (date(2026, 3, 1), date(2026, 9, 1))
    assert case.formerly == ""


@pytest.mark.parametrize(
    ("born", "age", "unborn", "band"),
    [
        (date(2020, 11, 2), None, False, AgeBand.FROM_5_TO_9),
        (date(2025, 11, 2), None, False, AgeBand.UNDER_1),
        (date(2026, 11, 2), None, False, AgeBand.UNBORN),
        (None, 16, False, AgeBand.FROM_16_TO_17),
        (None, None, True, AgeBand.UNBORN),
        (None, None, False, AgeBand.NOT_KNOWN),
    ],
)
def test_an_age_band_is_that_of_the_day_of_the_list(
    born: date | None, age: int | None, unborn: bool, band: AgeBand
) -> None:
    case = replace(CASE, born=born, age=age, unborn=unborn)
    assert pseudonymise(reading_of(case), keys=[KEY], on=ON).cases[0].age_band == band


def test_after_a_rotation_the_reference_under_the_key_before_goes_along() -> None:
    (case,) = pseudonymise(reading_of(CASE), keys=[KEY, BEFORE, LONG_BEFORE], on=ON).cases
    assert case.reference == child_reference(KEY, CASE.child)
    assert case.formerly == child_reference(BEFORE, CASE.child)


def test_a_case_without_worker_has_no_pseudonym_and_one_without_team_stands_under_none() -> None:
    (case,) = pseudonymise(reading_of(replace(CASE, worker="", team="")), keys=[KEY], on=ON).cases
    assert (case.worker, case.team) == ("", NO_TEAM)


def test_the_order_of_the_list_says_nothing_of_the_order_of_the_export() -> None:
    cases = many()
    forwards = pseudonymise(reading_of(*cases), keys=[KEY], on=ON)
    assert forwards == pseudonymise(reading_of(*reversed(cases)), keys=[KEY], on=ON)
    assert [it.reference for it in forwards.cases] != [child_reference(KEY, it.child) for it in cases]


@pytest.mark.parametrize("other", ["0012345", " 0012345", "00 12345", "\uff10\uff10\uff11\uff12\uff13\uff14\uff15"])
def test_two_cases_of_one_child_are_never_made_one(other: str) -> None:
    twice = reading_of(CASE, replace(CASE, child=other, place=Place("List 8", 5)))
    with pytest.raises(UnreadableError, match="List 7, row 2 and List 8, row 5 have the same reference"):
        pseudonymise(twice, keys=[KEY], on=ON)


@pytest.mark.parametrize("child", ["", "1.23E+15", "7000001.0", "4" * 41])
def test_an_identifier_that_is_none_is_refused_with_its_place(child: str) -> None:
    with pytest.raises(UnreadableError, match="List 7, row 2") as refused:
        pseudonymise(reading_of(replace(CASE, child=child)), keys=[KEY], on=ON)
    assert not child or child not in str(refused.value)


def test_a_worker_whose_name_is_a_page_long_is_refused_with_the_place() -> None:
    with pytest.raises(UnreadableError, match="List 7, row 2"):
        pseudonymise(reading_of(replace(CASE, worker="w" * 201)), keys=[KEY], on=ON)


@pytest.mark.parametrize(
    ("team", "why"),
    [
        ("943 476 5919", "number"),
        ("Team of 0012345", "number"),
        ("12/03/2015", "date"),
        ("Hub, SW1A 1AA", "address"),
        ("someone.else@example.org", "address"),
        ("=1+1", "formula"),
        ("Wren Okafor", "practitioner"),
        ("OKAFOR, Wren", "practitioner"),
        ("Wren Okafor's team", "practitioner"),
        ("A713", "child's identifier"),
        ("x" * 81, "80 characters"),
        ("Two\nlines", "1 line"),
    ],
)
def test_a_team_that_may_name_somebody_is_withheld_with_the_reason(team: str, why: str) -> None:
    cases = [replace(CASE, child=child, team=team) for child in ("0012345", "A713", "A714")]
    assert why in withheld_teams(reading_of(*cases))[team]
    assert team not in withheld_teams(reading_of(*cases))[team]
    assert team_of(*cases) == NO_TEAM


@pytest.mark.parametrize("team", ["North Assessment", "Court Team 2", "16+", "Tîm Plant", "Okafor House"])
def test_a_teams_own_name_stays(team: str) -> None:
    assert withheld_teams(reading_of(replace(CASE, team=team))) == {}
    assert team_of(replace(CASE, team=team)) == team


def test_a_team_of_one_or_two_in_a_long_list_is_withheld() -> None:
    cases = many(30)
    odd = [replace(it, team="Lives with an aunt") for it in cases[:2]]
    assert set(withheld_teams(reading_of(*odd, *cases[2:]))) == {"Lives with an aunt"}
    small = [replace(it, team="Private Fostering") for it in cases[:3]]
    assert withheld_teams(reading_of(*small, *cases[3:])) == {}


def test_a_column_of_teams_that_differs_from_child_to_child_is_refused() -> None:
    cases = [
        replace(it, team=f"Somebody {'abcdefghij'[number % 10] * (number // 10 + 1)}")
        for number, it in enumerate(many())
    ]
    with pytest.raises(UnreadableError, match="differs for each child"):
        pseudonymise(reading_of(*cases), keys=[KEY], on=ON)


def test_a_reference_leads_back_to_the_child_under_any_key_of_the_file() -> None:
    cases = [*many(5), CASE]
    for key in (KEY, BEFORE):
        reference = f" {child_reference(key, CASE.child).lower()}"
        (found,) = identify([reference], reading_of(*cases), [KEY, BEFORE])[reference]
        assert (found.identifier, found.place) == ("0012345", CASE.place)
    unknown = child_reference(LONG_BEFORE, CASE.child)
    assert identify([unknown], reading_of(*cases), [KEY, BEFORE]) == {unknown: []}


def test_a_workers_pseudonym_leads_back_to_the_worker() -> None:
    pseudonym = worker_pseudonym(KEY, "wren okafor")
    (found,) = identify([pseudonym], reading_of(*many(5)), [KEY])[pseudonym]
    assert (found.identifier, found.place) == ("Wren Okafor", Place("List 7", 2))


def test_nothing_that_holds_identifiers_shows_them_when_printed() -> None:
    reference = child_reference(KEY, CASE.child)
    (found,) = identify([reference], reading_of(CASE), [KEY])[reference]
    assert not any(it in repr((CASE, reading_of(CASE), found)) for it in ("0012345", "Wren", "2020"))
