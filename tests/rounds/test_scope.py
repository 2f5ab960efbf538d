"""A round about chosen themes: planned, audited, counted and exported with these themes and no others."""

import csv
import io
from collections.abc import Iterator

import pytest

from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key
from tests.page_forms import SeenPage


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, opened=False) as made:
        yield made


def a_plan(desk: Desk, **changed: object) -> dict[str, object]:
    return {
        "title": "Voice and planning",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "period_from": "2026-07-01",
        "period_to": "2026-09-30",
        "due_on": "2026-12-24",
        **changed,
    }


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_round_about_chosen_themes_asks_checks_and_reports_these_alone(desk: Desk, lena: Client) -> None:
    made = lena.post("/api/v1/rounds", json=a_plan(desk, scope=["planning", "voice"]), headers=a_key())
    assert made.status_code == 201, made.text
    assert made.json()["scope"] == ["voice", "planning"]
    desk.round_id = desk.a_round(title="Two themes", scope=("voice", "planning"))
    asha = desk.browser(desk.cast.asha)
    for place in range(6):
        audit = desk.an_audit()
        page = SeenPage(asha.get(f"/audits/{audit}"))
        assert "Voice of the child" in page.words
        assert "Challenge" not in page.words
        answered = asha.put(
            f"/api/v1/audits/{audit}/scores/challenge", json={"answer": "good"}, headers={"If-Match": '"0"'}
        )
        assert answered.status_code in {404, 422}
        desk.answer(audit, "good", "voice")
        desk.answer(audit, "good" if place else "inadequate", "planning", rationale="No plan on file.")
        desk.submit(audit)
        assert desk.find(audit).audit.answers == ("bb" if place else "bd")
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    assert "Challenge" not in str(report)
    assert lena.get(f"/rounds/{desk.round_id}/answers", params={"theme": "challenge"}).status_code == 422
    rows = list(csv.DictReader(io.StringIO(lena.get(f"/api/v1/rounds/{desk.round_id}/report.csv").text)))
    assert rows
    gaps = lena.get("/api/v1/reports/gaps", params={"round": str(desk.round_id)}).json()
    assert {theme["key"] for theme in gaps["groups"][0]["themes"]} == {"voice", "planning"}
    desk.close_round()
    assert lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()["sections"]


@pytest.mark.both_in_trials
def test_themes_are_chosen_on_a_page_while_the_round_is_planned(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.round_id}/themes"
    version = SeenPage(lena.get(path)).form(path)["version"]
    refused = lena.post(path, data={"version": version})
    assert "Select at least one theme" in SeenPage(refused).words
    saved = lena.post(path, data={"version": version, "scope": ["voice", "challenge"]})
    assert saved.status_code == 303
    assert "2 themes, chosen from the template" in SeenPage(lena.get(f"/rounds/{desk.round_id}")).words
    # A change of the plan on the other page, or over REST without a word of themes, leaves them.
    found = lena.get(f"/api/v1/rounds/{desk.round_id}")
    plan = a_plan(desk, title="Another title")
    changed = lena.put(f"/api/v1/rounds/{desk.round_id}", json=plan, headers={"If-Match": found.headers["ETag"]})
    assert changed.json()["scope"] == ["voice", "challenge"]
    (form,) = [
        each.fields for each in SeenPage(lena.get(f"/rounds/{desk.round_id}/edit")).forms if "title" in each.fields
    ]
    form["template_version"] = f"{desk.template_id}/1"
    assert lena.post(f"/rounds/{desk.round_id}/edit", data=form).status_code == 303
    assert lena.get(f"/api/v1/rounds/{desk.round_id}").json()["scope"] == ["voice", "challenge"]
    version = SeenPage(lena.get(path)).form(path)["version"]
    lena.post(path, data={"version": version, "scope": ["voice", "daily-life", "planning", "challenge"]})
    assert lena.get(f"/api/v1/rounds/{desk.round_id}").json()["scope"] == []


def test_unknown_themes_are_refused_and_an_open_round_keeps_its_themes(desk: Desk, lena: Client) -> None:
    refused = lena.post("/api/v1/rounds", json=a_plan(desk, scope=["colour"]), headers=a_key())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/scope"
    opened = desk.a_round(title="Open", scope=("voice",))
    page = SeenPage(lena.get(f"/rounds/{opened}/themes"))
    assert not [form for form in page.forms if "scope" in form.fields]
    tried = lena.post(f"/rounds/{opened}/themes", data={"version": "2", "scope": ["planning"]})
    assert "you can change only its title and due date" in SeenPage(tried).words
    assert lena.get(f"/api/v1/rounds/{opened}").json()["scope"] == ["voice"]
