"""What a long request says is searched for identifiers before the writer is asked for, and is refused all the same."""

import json
import random
from typing import Any

import pytest

from api.foundation.text import identifier_search
from checklists.privacy.identifiers import Found, find_identifiers
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import a_key
from tests.page_forms import SeenPage

NHS = "943 476 5919"
JSON = {"Content-Type": "application/json"}


def long_words(seed: int, *, ending: str = "") -> str:
    """Nearly as long as a text may be, and another for each seed."""
    chance = random.Random(seed)
    words = " ".join(chance.choice(("visited", "at", "12", "school", "plan", "changed", "4")) for _ in range(1_300))
    return words[:7_900] + ending


@pytest.fixture
def searched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many slots of the writer were held during each search of a long text."""
    held: list[int] = []

    def search(text: str) -> tuple[Found, ...]:
        held.append(desk.database.writer.load.held)
        return find_identifiers(text)

    identifier_search._remembered.clear()
    monkeypatch.setattr(identifier_search, "LEAST_CHARACTERS", 1_000)
    monkeypatch.setattr(
        identifier_search, "find_identifiers", lambda text: (search if len(text) > 1_000 else find_identifiers)(text)
    )
    return held


def answers(ending: str = "") -> dict[str, Any]:
    return {
        theme: {
            "answer": "good",
            "rationale": long_words(10 * place),
            "impact": long_words(10 * place + 1),
            "evidence": long_words(10 * place + 2, ending=ending if theme == "planning" else ""),
        }
        for place, theme in enumerate(THEMES)
    }


def put_all(client: Client, path: str, scores: dict[str, Any]) -> Any:
    return client.put(f"{path}/scores", content=json.dumps(scores), headers={"If-Match": '"1"', **JSON})


@pytest.mark.both_databases
def test_answers_to_a_whole_audit_are_searched_without_the_writer(desk: Desk, searched: list[int]) -> None:
    asha, path = desk.browser(desk.cast.asha), f"/api/v1/audits/{desk.an_audit()}"
    answer = put_all(asha, path, answers())
    assert answer.status_code == 200, answer.text
    assert searched == [0] * 12


def test_what_was_searched_beforehand_is_refused_at_its_place(desk: Desk, searched: list[int]) -> None:
    asha, path = desk.browser(desk.cast.asha), f"/api/v1/audits/{desk.an_audit()}"
    said = answers(ending=f" On file: {NHS}.")
    start = said["planning"]["evidence"].index(NHS)
    for _ in range(2):
        answer = put_all(asha, path, said)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/2/evidence"]
        assert answer.json()["errors"][0]["places"] == [{"kind": "nhs-number", "start": start, "end": start + len(NHS)}]
    assert set(searched) == {0}


@pytest.mark.both_databases
def test_a_complete_audit_is_searched_without_the_writer(desk: Desk, searched: list[int]) -> None:
    lena = desk.browser(desk.cast.lena)
    audit = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": theme, **said} for theme, said in answers().items()],
    }
    answer = lena.post("/api/v1/complete-audits", content=json.dumps(audit), headers={**a_key(), **JSON})
    assert answer.status_code == 201, answer.text
    assert searched == [0] * 12


def test_a_long_form_is_searched_without_the_writer(desk: Desk, searched: list[int]) -> None:
    asha, audit_id = desk.browser(desk.cast.asha), desk.an_audit()
    page = f"/audits/{audit_id}/domains/the-child"
    typed = SeenPage(asha.get(page)).form(page)
    texts = [name for name in typed if name.endswith(("rationale", "impact", "evidence"))]
    answered = {name.replace("rationale", "answer"): "good" for name in texts if name.endswith("rationale")}
    long = {name: long_words(place).replace(" plan ", "\r\nplan ") + "\r\n" for place, name in enumerate(texts)}
    form = {**typed, **answered, **long, "padding": "x" * 70_000}
    assert asha.post(page, data=form, follow_redirects=False).status_code == 303
    assert len(texts) == 6
    assert [held for held in searched if held] == []


def test_what_is_remembered_is_bounded_and_holds_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    identifier_search._remembered.clear()
    monkeypatch.setattr(identifier_search, "MOST_REMEMBERED", 3)
    for seed in range(6):
        identifier_search.identifiers_in(long_words(seed))
    assert len(identifier_search._remembered) == 3
    assert {len(key) for key in identifier_search._remembered} == {16}
