"""A child in several lists is one case, with the most serious status that still counts."""

from datetime import date

import pytest

from api.case_lists.readers.merging import CaseRecord, Weight, merge
from api.case_lists.readers.result import Place, SourceCase
from checklists.cases import CaseStatus, Category

JANUARY, MARCH, JUNE = date(2026, 1, 5), date(2026, 3, 5), date(2026, 6, 5)
NEED, PLAN, CARE = CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.CHILD_LOOKED_AFTER
HELP, LEAVER, CLOSED = CaseStatus.EARLY_HELP, CaseStatus.CARE_LEAVER, CaseStatus.CLOSED
ROW = Place("List 6", 2)


def seen(
    status: CaseStatus | None, weight: Weight = Weight.STATE, *, started: date | None = None, closed: date | None = None
) -> CaseRecord:
    return CaseRecord("C1", ROW, weight, status, started=started, closed=closed)


def case_of(*sightings: CaseRecord) -> SourceCase:
    (cases, refused) = merge(sightings, set())
    assert refused == []
    (case,) = cases
    return case


@pytest.mark.parametrize(
    ("less", "more"),
    [(CLOSED, HELP), (HELP, NEED), (NEED, LEAVER), (LEAVER, PLAN), (PLAN, CARE), (NEED, CARE), (CLOSED, CARE)],
)
def test_the_more_serious_of_two_open_states_counts(less: CaseStatus, more: CaseStatus) -> None:
    assert case_of(seen(less), seen(more)).status is more
    assert case_of(seen(more), seen(less)).status is more


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        # A referral before the case was closed, and one after it.
        ((seen(NEED, Weight.EVENT, started=MARCH), seen(CLOSED, Weight.OVERVIEW, closed=JUNE)), CLOSED),
        ((seen(NEED, Weight.EVENT, started=JUNE), seen(CLOSED, Weight.OVERVIEW, closed=MARCH)), NEED),
        # Closed on a day that is not given is closed by now.
        ((seen(NEED, Weight.EVENT, started=JUNE), seen(CLOSED, Weight.OVERVIEW)), CLOSED),
        # A referral that came to nothing ends an assessment before it, and no early help.
        ((seen(NEED, Weight.EVENT, started=MARCH), seen(CLOSED, Weight.EVENT, closed=JUNE)), CLOSED),
        ((seen(HELP, Weight.EVENT, started=MARCH), seen(CLOSED, Weight.EVENT, closed=JUNE)), HELP),
        # Early help after a case was closed, and before.
        ((seen(HELP, Weight.EVENT, started=JUNE), seen(CLOSED, closed=MARCH)), HELP),
        ((seen(HELP, Weight.EVENT, started=MARCH), seen(CLOSED, closed=JUNE)), CLOSED),
        # A contact speaks only where nothing else does.
        ((seen(HELP, Weight.CONTACT, started=JUNE), seen(CLOSED, Weight.EVENT, closed=MARCH)), CLOSED),
        ((seen(HELP, Weight.CONTACT, started=JUNE),), HELP),
        # A plan that ended while the child is still in need; adoption after being looked after ceased.
        ((seen(CLOSED, closed=JUNE), seen(NEED, Weight.OVERVIEW, started=JANUARY)), NEED),
        ((seen(CARE, Weight.EVENT, started=JANUARY), seen(CLOSED, closed=JUNE)), CLOSED),
    ],
)
def test_what_has_been_overtaken_no_longer_counts(sightings: tuple[CaseRecord, ...], expected: CaseStatus) -> None:
    assert case_of(*sightings).status is expected
    assert case_of(*reversed(sightings)).status is expected


def test_team_worker_and_start_are_those_of_the_newest_row_that_decided() -> None:
    old = CaseRecord("C1", ROW, Weight.STATE, PLAN, team="North", worker="A", started=JANUARY)
    new = CaseRecord("c1", Place("List 7", 9), Weight.STATE, PLAN, team="South", worker="B", started=JUNE)
    other = CaseRecord("C1", ROW, Weight.STATE, NEED, team="East", worker="C", started=date(2026, 8, 1))
    case = case_of(old, new, other)
    assert (case.team, case.worker, case.started, case.place) == ("South", "B", JUNE, Place("List 7", 9))


def test_a_list_of_its_own_outweighs_the_list_of_children_in_need() -> None:
    overview = CaseRecord("C1", ROW, Weight.OVERVIEW, PLAN, category=Category.ABUSE_OR_NEGLECT, started=JUNE)
    own = CaseRecord("C1", ROW, Weight.STATE, PLAN, category=Category.NEGLECT, started=MARCH)
    case = case_of(overview, own)
    assert (case.category, case.started) == (Category.NEGLECT, MARCH)


def test_what_the_deciding_row_does_not_say_comes_from_the_next() -> None:
    adoption = CaseRecord("C1", ROW, Weight.EVENT, CARE, started=JUNE)
    need = CaseRecord("C1", ROW, Weight.OVERVIEW, NEED, team="North", worker="A", category=Category.NEGLECT)
    person = CaseRecord("C1", ROW, Weight.FACT, born=date(2015, 3, 12))
    case = case_of(adoption, need, person)
    assert (case.status, case.team, case.worker, case.born) == (CARE, "North", "A", date(2015, 3, 12))


def test_a_closed_case_has_its_newest_end_and_an_open_one_none() -> None:
    assert case_of(seen(CLOSED, closed=MARCH), seen(CLOSED, closed=JUNE)).closed == JUNE
    assert case_of(seen(CLOSED, closed=MARCH), seen(NEED, started=JUNE)).closed is None


def test_two_dates_of_birth_leave_the_child_out_with_the_place() -> None:
    rows = [
        CaseRecord("C1", Place("List 6", 4), Weight.STATE, NEED, born=date(2015, 3, 12)),
        CaseRecord("C1", Place("List 8", 7), Weight.STATE, CARE, born=date(2015, 12, 3)),
        CaseRecord("C2", Place("List 8", 8), Weight.STATE, CARE, born=date(2015, 12, 3)),
    ]
    cases, refused = merge(rows, set())
    assert [case.child for case in cases] == ["C2"]
    assert [(it.place, it.column) for it in refused] == [(Place("List 8", 7), "Date of birth")]
    assert "2015" not in refused[0].words


def test_a_birth_known_outweighs_a_birth_expected() -> None:
    expected = CaseRecord("C1", ROW, Weight.STATE, NEED, unborn=True)
    case = case_of(expected, CaseRecord("C1", ROW, Weight.FACT, born=JUNE))
    assert (case.unborn, case.born) == (False, JUNE)


def test_children_of_open_questions_wait_and_children_without_status_are_told() -> None:
    waiting = CaseRecord("C1", ROW, Weight.STATE, NEED)
    unknown = CaseRecord("C2", ROW, Weight.FACT)
    cases, refused = merge([waiting, unknown], {"c1"})
    assert cases == []
    assert [it.column for it in refused] == ["Status"]
