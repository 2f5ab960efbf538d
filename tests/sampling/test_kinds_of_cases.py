"""A sample can be limited to kinds of cases: by age, category, what they involve, and how long they are open."""

import random
import uuid
from datetime import date
from typing import Any

import pytest
from sqlmodel import col, delete, select

from api.case_lists import actions as case_lists
from api.foundation.problems import Moved
from api.sampling import actions as samples
from api.sampling.frames import FrameRules, SamplePlan
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.references import reference_from
from models import CaseFileHarm, CaseListEntry
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage

LISTED = date(2026, 5, 4)
AGES = (AgeBand.UNDER_1, AgeBand.FROM_5_TO_9)
CATEGORIES = (Category.NEGLECT, Category.SEXUAL_ABUSE, None)
# In whole months on the day of the list: 0, 4, 16 and not known.
STARTED = (date(2026, 5, 1), date(2026, 1, 1), date(2025, 1, 1), None)
RE_REFERRALS = (True, False, None, None)
CASES = 48
CLOSED = 4


@pytest.fixture
def list_id(desk: Desk) -> uuid.UUID:
    """Forty-eight open cases with every mix of age, category and start, the first six tagged, and four closed ones."""
    cases = [
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            "North locality",
            CaseStatus.CHILD_IN_NEED if place < CASES else CaseStatus.CLOSED,
            AGES[place % 2],
            CATEGORIES[place % 3],
            started=STARTED[place // 6 % 4] if place < CASES else date(2025, 1, 1),
            closed=None if place < CASES else date(2025, 3, 1),
            re_referral=RE_REFERRALS[place // 12 % 4],
        )
        for place in range(CASES + CLOSED)
    ]
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(LISTED, "1a2b3c4d", "annex-a", tuple(cases)), by=lead)
        made = import_list(session, checked=checked, by=lead)
        session.execute(delete(CaseFileHarm))  # those that follow from the category
        first = [case.reference for case in cases[:6]]
        entries = session.exec(select(CaseListEntry).where(col(CaseListEntry.reference).in_(first))).all()
        for number, entry in enumerate(entries):
            session.add(
                CaseFileHarm(
                    organisation_id=lead.organisation_id,
                    case_file_id=entry.case_file_id,
                    form_of_harm=("neglect", "sexual-abuse")[number % 2],
                )
            )
        return made.id


def planned(lena: Client, desk: Desk, list_id: uuid.UUID, **rules: Any) -> Any:
    sent = {"case_list_id": str(list_id), "share_percent": 50, "rules": rules}
    return lena.post(f"/api/v1/rounds/{desk.round_id}/samples/plan", json=sent)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("rules", "frame"),
    [
        ({}, 48),
        ({"only_age_bands": ["under-1"]}, 24),
        ({"only_age_bands": ["under-1", "5-to-9"]}, 48),
        ({"only_categories": ["neglect"]}, 16),
        ({"only_age_bands": ["under-1"], "only_categories": ["neglect", "sexual-abuse"]}, 16),
        ({"only_involving": ["neglect"]}, 3),
        ({"only_involving": ["neglect", "sexual-abuse"]}, 6),
        ({"least_months_open": 4}, 24),
        ({"most_months_open": 4}, 24),
        ({"least_months_open": 1, "most_months_open": 15}, 12),
        ({"least_months_open": 0}, 36),
        ({"re_referral": True}, 12),
        ({"re_referral": False}, 12),
        # Of some the list says nothing.
        ({"re_referral": None}, 48),
        ({"re_referral": True, "only_age_bands": ["under-1"]}, 6),
        # A closed case had been open until it was closed.
        ({"with_closed": True, "least_months_open": 2, "most_months_open": 2}, 4),
    ],
)
def test_only_cases_of_every_kind_asked_for_can_be_drawn(
    desk: Desk, lena: Client, list_id: uuid.UUID, rules: dict[str, Any], frame: int
) -> None:
    answer = planned(lena, desk, list_id, **rules)
    assert answer.status_code == 200, answer.text
    left_out = answer.json()["left_out"].get("outside-the-choice", 0)
    assert answer.json()["frame_size"] == frame
    assert frame + left_out == (CASES + CLOSED if "with_closed" in rules else CASES)


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"only_age_bands": ["old"]}, "/rules/only_age_bands/0"),
        ({"only_categories": ["cats"]}, "/rules/only_categories/0"),
        ({"only_involving": ["neglect", "gravity"]}, "/rules/only_involving/1"),
        ({"least_months_open": -1}, "/rules/least_months_open"),
        ({"most_months_open": 301}, "/rules/most_months_open"),
        ({"least_months_open": 5, "most_months_open": 4}, "/rules/most_months_open"),
        ({"only_categories": ["low-income"]}, "/rules"),
    ],
)
def test_kinds_that_cannot_be_are_refused_with_their_place(
    desk: Desk, lena: Client, list_id: uuid.UUID, rules: dict[str, Any], pointer: str
) -> None:
    answer = planned(lena, desk, list_id, **rules)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


RULES = {
    "only_age_bands": ["under-1"],
    "only_categories": ["neglect", "sexual-abuse"],
    "only_involving": ["neglect", "sexual-abuse"],
    "least_months_open": 0,
    "most_months_open": 12,
    "re_referral": True,
}


@pytest.mark.both_in_trials
def test_a_sample_says_by_which_kinds_it_was_drawn_and_is_drawn_again_though_tags_change(
    desk: Desk, lena: Client, list_id: uuid.UUID
) -> None:
    plan = {"case_list_id": str(list_id), "size": 1, "rules": RULES}
    made = lena.post(f"/api/v1/rounds/{desk.round_id}/samples", json=plan, headers=a_key())
    assert made.status_code == 201, made.text
    read = lena.get(made.headers["location"]).json()
    assert made.json() == read
    assert {name: read["rules"][name] for name in RULES} == RULES
    with desk.database.writing() as session:
        session.execute(delete(CaseFileHarm))
    again = lena.get(f"{made.headers['location']}/redraw").json()
    assert again == {"frame_is_the_same": True, "cases_are_the_same": True, "erased": 0}
    words = SeenPage(lena.get(f"/samples/{read['id']}")).words
    for told in (
        "Only age bands Under 1",
        "Only categories Neglect, Sexual abuse",
        "Only months open 0 to 12",
        "Only re-referrals Yes",
    ):
        assert told in words
    assert "Only what the case involves Neglect, Sexual abuse" in words


def test_a_case_that_is_tagged_between_the_plan_and_the_draw_is_noticed(desk: Desk, list_id: uuid.UUID) -> None:
    lead = an_actor(desk.cast.lena)
    plan = SamplePlan(list_id, size=1, rules=FrameRules(only_involving=("neglect",)))
    with desk.database.reading() as session:
        prepared = samples.prepare_sample(session, round_id=desk.round_id, plan=plan, seed="one", by=lead)
    with desk.database.writing() as session:
        session.execute(delete(CaseFileHarm))
    with pytest.raises(Moved, match="cases tagged"), desk.database.writing() as session:
        samples.store_sample(session, prepared, round_id=desk.round_id, by=lead)


def test_kinds_are_chosen_on_the_page_kept_when_it_is_refused_and_drawn(
    desk: Desk, lena: Client, list_id: uuid.UUID
) -> None:
    path = f"/rounds/{desk.round_id}/samples/new"
    typed: dict[str, Any] = {
        "case_list": str(list_id),
        "size": "1",
        "only_age_bands": ["under-1"],
        "only_categories": ["neglect", "sexual-abuse"],
        "only_involving": ["neglect", "sexual-abuse"],
        "least_months_open": "8",
        "most_months_open": "4",
        "re_referral": "yes",
        "key": "one",
    }
    refused = lena.post(path, data=typed)
    assert refused.status_code == 422
    assert "#most_months_open" in SeenPage(refused).links
    assert 'value="sexual-abuse" checked' in refused.text
    assert SeenPage(refused).form(path)["re_referral"] == "yes"
    forged = lena.post(path, data={**typed, "most_months_open": "", "only_involving": "gravity"})
    assert "#only_involving" in SeenPage(forged).links
    seen = lena.post(path, data={**typed, "least_months_open": "0", "most_months_open": "12"})
    assert seen.status_code == 200
    assert "1 case will be drawn from the" in SeenPage(seen).words
    drawn = lena.post(path, data={**typed, "least_months_open": "0", "most_months_open": "12", "draw": "yes"})
    assert drawn.status_code == 303
    assert "Only age bands" in SeenPage(lena.get(drawn.headers["location"])).words
