"""A recommendation leads to its actions, and to what every round has said of its themes since."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from api.foundation.local_time import local_date
from models import ActionCause, now
from tests.desk import Desk
from tests.factories import a_key
from tests.improvement.acting import a_plan, planned
from tests.page_forms import SeenPage

SAYS = "Every plan names who does what by when."


def body(desk: Desk, **changes: Any) -> dict[str, Any]:
    today = local_date(now())
    return {
        "source_kind": "rapid-review",
        "source": "Rapid review of the spring",
        "source_on": (today - timedelta(days=200)).isoformat(),
        "words": SAYS,
        "template_id": str(desk.template_id),
        "template_version": 1,
        "themes": ["planning"],
        "owner_post": "Head of Service, Assessment",
        "due_on": (today + timedelta(days=60)).isoformat(),
        **changes,
    }


def recorded(desk: Desk) -> dict[str, Any]:
    answer = desk.browser(desk.cast.lena).post("/api/v1/recommendations", json=body(desk), headers=a_key())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.fast
@pytest.mark.both_databases
def test_it_shows_its_actions_and_what_rounds_have_said_of_its_themes_since(desk: Desk) -> None:
    for number in range(6):
        audit_id = desk.an_audit()
        desk.answer(audit_id, "good", "voice", "daily-life", "challenge")
        desk.answer(audit_id, "good" if number < 2 else "inadequate", "planning", rationale="No plan on file.")
        desk.submit(audit_id)
    lena, found = desk.browser(desk.cast.lena), recorded(desk)
    path = f"/recommendations/{found['id']}"
    seen = SeenPage(lena.get(path))
    (way,) = [link for link in seen.links if link.startswith("/actions/new")]
    form = SeenPage(lena.get(way)).form("/actions/new")
    assert (form["cause"], form["recommendation"]) == ("recommendation", found["id"])
    plan = a_plan(desk.cast.asha, cause=ActionCause.RECOMMENDATION, why="", recommendation_id=uuid.UUID(found["id"]))
    action_id = planned(desk, plan)
    page = lena.get(path).text
    assert f"/actions/{action_id}" in page
    assert "33%" in page
    (since,) = lena.get(f"/api/v1{path}/rounds").json()["items"]
    assert since["title"] == "Spring round"
    assert [(theme["key"], theme["meeting"], theme["applicable"]) for theme in since["themes"]] == [("planning", 2, 6)]
    owned = desk.browser(desk.cast.asha).get(f"/actions/{action_id}").text
    assert "Rapid review of the spring" in owned
    assert path not in owned, "its owner reads no register"
    assert desk.browser(desk.cast.asha).get(path).status_code == 403


def test_a_round_from_before_the_source_says_nothing_of_it(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    made = lena.post(
        "/api/v1/recommendations",
        json=body(desk, source_on=local_date(now()).isoformat()),
        headers=a_key(),
    ).json()
    assert lena.get(f"/api/v1/recommendations/{made['id']}/rounds").json()["items"] == []


def test_once_answered_it_never_changes(desk: Desk) -> None:
    lena, found = desk.browser(desk.cast.lena), recorded(desk)
    path = f"/api/v1/recommendations/{found['id']}"
    version = {"If-Match": f'"{found["version"]}"'}
    refused = lena.post(f"{path}/answer", json={"answer": "Yes"}, headers=version)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/answer")
    answered = lena.post(f"{path}/answer", json={"answer": "The spring round met its target."}, headers=version)
    assert answered.json()["answered_by"] == "Lena"
    again = lena.put(path, json=body(desk), headers={"If-Match": f'"{answered.json()["version"]}"'})
    assert again.status_code == 409
    assert lena.get("/api/v1/recommendations?answered=false").json()["items"] == []
    assert [each["id"] for each in lena.get("/api/v1/recommendations?answered=true").json()["items"]] == [found["id"]]
    assert desk.events()[-2:] == ["recommendation.recorded", "recommendation.answered"]


def test_what_is_missing_is_said_beside_each_field_and_what_was_typed_stays(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    answer = lena.post("/recommendations/new", data={"key": "one", "words": "Plan", "source": "The review of May"})
    assert answer.status_code == 422
    for said in (
        "Select what it is from",
        "Enter the date of the source",
        "Enter the recommendation, in at least 3 words",
        "Enter the date by which it should be done",
        "Select the person responsible, or enter the post of someone without an account",
    ):
        assert answer.text.count(said) >= 2, said
    assert "The review of May" in answer.text
    refused = lena.post("/api/v1/recommendations", json=body(desk, themes=["no"]), headers=a_key())
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/themes"]
