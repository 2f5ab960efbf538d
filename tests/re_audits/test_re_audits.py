"""Planning a re-audit: what it could show, the round that follows, the sampling plan and the same cases again."""

import uuid
from fractions import Fraction

import pytest

from checklists.statistics.power import chance_of_seeing
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key
from tests.page_forms import SeenPage


@pytest.fixture
def closed(desk: Desk) -> uuid.UUID:
    """A closed round of ten audits, of which half have the voice below the standard."""
    for place in range(10):
        audit = desk.an_audit()
        desk.answer(audit, "good", "daily-life", "planning", "challenge")
        desk.answer(audit, "good" if place % 2 else "inadequate", "voice", rationale="As the record has it.")
        desk.submit(audit)
    desk.close_round()
    return desk.round_id


def typed(page: SeenPage, path: str, **changed: object) -> dict[str, object]:
    (fields,) = [form.fields for form in page.forms if form.action.endswith(path) and "title" in form.fields]
    return {**fields, **changed}


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_re_audit_is_proposed_with_what_it_would_show_and_planned_as_a_round_that_follows(
    desk: Desk, lena: Client, closed: uuid.UUID
) -> None:
    path = f"/api/v1/rounds/{closed}/re-audit"
    found = lena.get(path, params={"rise": 30, "size": 40}).json()
    assert found["scope"] == ["voice"]
    voice = found["themes"][0]
    assert (voice["share_before"], voice["share_hoped"]) == (0.5, 0.8)
    assert voice["chance"] == pytest.approx(chance_of_seeing(Fraction(1, 2), 10, Fraction(8, 10), 40), abs=1e-4)
    assert voice["cases_needed"] is None  # ten earlier answers are too few, however many there are now
    assert found["themes"][1]["chance"] is None  # nothing can rise above 100%
    body = {
        "title": "Was the child heard?",
        "scope": ["voice"],
        "period_from": "2026-10-01",
        "period_to": "2026-12-31",
        "due_on": "2027-01-31",
    }
    key = a_key()
    made = lena.post(path, json=body, headers=key)
    assert made.status_code == 201, made.text
    assert lena.post(path, json=body, headers=key).json() == made.json()
    planned = lena.get(made.headers["Location"]).json()
    assert (planned["follows_id"], planned["scope"], planned["state"]) == (str(closed), ["voice"], "planned")
    assert (planned["template_version"], planned["target_percent"]) == (1, 90)


@pytest.mark.both_in_trials
def test_the_page_says_in_words_how_often_a_rise_would_be_seen_and_plans_the_round(
    desk: Desk, lena: Client, closed: uuid.UUID
) -> None:
    path = f"/rounds/{closed}/re-audit"
    assert path in SeenPage(lena.get(f"/rounds/{closed}")).links
    page = SeenPage(lena.get(path, params={"rise": "40", "size": "30"}))
    assert "With 30 cases, a rise of 40 percentage points would be seen" in page.words
    assert "50% to 90% 5 times in 10" in page.words or "times in 10" in page.words
    wrong = lena.get(path, params={"rise": "none"})
    assert "Rise must be a whole number from 1 to 100" in SeenPage(wrong).words
    refused = SeenPage(lena.post(path, data=typed(page, path, title="", cases="new")))
    assert "Enter a title for the round" in refused.words
    planned = lena.post(path, data=typed(page, path, cases="same"))
    assert planned.status_code == 303
    assert planned.headers["Location"].endswith("/allocate?previous=yes")
    # Only the cases of the earlier round are offered, though there are others.
    desk.round_id = desk.a_round(title="Elsewhere")
    other = desk.find(desk.an_audit(reference="CF-9999-8888")).case_file.reference
    offered = lena.get(planned.headers["Location"]).text
    assert offered.count('name="case_files"') == 10
    assert other not in offered
    assert other in lena.get(planned.headers["Location"].partition("?")[0]).text


def test_a_round_that_is_not_closed_has_no_re_audit(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.round_id}/re-audit"
    refused = lena.get(f"/api/v1{path}")
    assert refused.status_code == 409
    assert "Close this round first" in refused.json()["detail"]
    assert path not in SeenPage(lena.get(f"/rounds/{desk.round_id}")).links
    assert desk.browser(desk.cast.asha).get(f"/api/v1{path}").status_code == 403


def test_numbers_that_cannot_be_are_refused_beside_their_fields(desk: Desk, lena: Client, closed: uuid.UUID) -> None:
    path = f"/api/v1/rounds/{closed}/re-audit"
    for params in ({"rise": 0}, {"rise": 101}, {"size": 0}, {"size": 5000}):
        assert lena.get(path, params=params).status_code == 422
    body = {"title": "x", "scope": ["colour"], "period_from": "2026-10-01", "period_to": "2026-09-30"}
    refused = lena.post(path, json=body | {"due_on": "2027-01-31"}, headers=a_key())
    assert {each["pointer"] for each in refused.json()["errors"]} == {"/period_to", "/scope"}
