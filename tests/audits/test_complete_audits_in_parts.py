"""A long list of complete audits is stored some at a time, so that others can write between, and nothing is doubled."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Semaphore, Thread
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from api.audits.complete import actions
from models import Audit
from models.storage.slots import Busy
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import client_for

KEY = {"Idempotency-Key": "the list of May"}
PATH = "/api/v1/complete-audits/batch"


@pytest.fixture
def lena(desk: Desk) -> Iterator[Client]:
    with client_for(desk.app, desk.cast.lena) as client:
        yield client


def complete(desk: Desk, **more: Any) -> dict[str, Any]:
    scores = [{"theme": theme, "answer": "good", "rationale": "Seen."} for theme in THEMES]
    case_file = {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"}
    own = {"round_id": str(desk.round_id), "auditor_id": str(desk.cast.asha.id)}
    return {**own, "case_file": case_file | more, "scores": scores}


def stored(desk: Desk) -> int:
    with desk.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Audit)) or 0


@pytest.mark.both_databases
def test_what_stopped_halfway_goes_on_when_it_is_sent_again(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audits.complete.routes.WRITTEN_TOGETHER", 2)
    items = [complete(desk) for _ in range(5)]
    store, calls = actions.store_audits, []

    def busy_at_the_second(*args: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise Busy("writer")
        return store(*args, **named)

    monkeypatch.setattr(actions, "store_audits", busy_at_the_second)
    stopped = lena.post(PATH, json=items, headers=KEY)
    assert (stopped.status_code, stopped.json()["type"]) == (503, "/problems/saved-or-not")
    assert "Nothing was saved" not in stopped.text
    assert stopped.headers["retry-after"].isdecimal()
    assert stored(desk) == 2

    again = lena.post(PATH, json=items, headers=KEY)
    assert (again.status_code, again.json()["recorded"], again.json()["refused"]) == (200, 5, 0)
    assert "Idempotency-Replayed" not in again.headers
    assert stored(desk) == 5

    repeated = lena.post(PATH, json=items, headers=KEY)
    assert repeated.json() == again.json()
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert stored(desk) == 5
    with desk.database.reading() as session:
        ids = {str(each) for each in session.exec(select(col(Audit.id)))}
    assert {item["recorded"]["audit_id"] for item in again.json()["items"]} == ids


@pytest.mark.both_in_trials
def test_results_are_in_the_order_sent_whatever_part_they_are_in(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audits.complete.routes.WRITTEN_TOGETHER", 2)
    named = [f"CF-100{number}" for number in (1, 2, 1, 3, 2)]
    answer = lena.post(PATH, json=[complete(desk, reference=each) for each in named], headers=KEY).json()
    assert [item["status"] for item in answer["items"]] == [201, 201, 422, 201, 422]
    assert (answer["recorded"], answer["refused"]) == (3, 2)


@pytest.mark.both_databases
def test_a_key_of_a_list_in_parts_is_not_used_for_another_list(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audits.complete.routes.WRITTEN_TOGETHER", 1)
    assert lena.post(PATH, json=[complete(desk)] * 2, headers=KEY).status_code == 200
    other = lena.post(PATH, json=[complete(desk)] * 3, headers=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert stored(desk) == 2


@pytest.mark.both_in_trials
def test_a_text_that_several_audits_share_is_refused_in_each_where_it_is(desk: Desk, lena: Client) -> None:
    clean, named = complete(desk), complete(desk)
    for place, words in ((0, "Seen."), (1, "Kayleigh Thompson rang."), (2, "Her NHS number is 943 476 5919.")):
        named["scores"][place]["rationale"] = words
    answer = lena.post(PATH, json=[clean, named, clean, named], headers=KEY).json()
    assert [item["status"] for item in answer["items"]] == [201, 422, 201, 422]
    for item in answer["items"][1::2]:
        places = [error["pointer"] for error in item["problem"]["errors"]]
        assert places == ["/scores/1/rationale", "/scores/2/rationale"]


@pytest.fixture
def key_of_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEAUDIT_RISKY_TERMS_KEY_FILE", str(tmp_path / "risky-terms-key"))


def test_a_term_that_is_added_between_two_parts_is_searched_for_in_the_second(
    key_of_terms: None, desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audits.complete.routes.WRITTEN_TOGETHER", 1)
    prepare, terms = actions.prepare_audits, {"/api/v1/risky-terms": {"terms": ["Tumbledown"], "label": "May"}}

    def added_before_the_second(*args: Any, **named: Any) -> Any:
        prepared = prepare(*args, **named)
        while terms:
            path, body = terms.popitem()
            assert desk.browser(desk.cast.ada).post(path, json=body).status_code == 200
        return prepared

    monkeypatch.setattr(actions, "prepare_audits", added_before_the_second)
    alike = [complete(desk), complete(desk)]
    for audit in alike:
        audit["scores"][0]["rationale"] = "It says tumbledown."
    results = lena.post(PATH, json=alike, headers=KEY).json()
    assert [item["status"] for item in results["items"]] == [201, 422]
    assert "sensitive terms list" in str(results["items"][1]["problem"])


def test_a_part_that_was_checked_before_the_one_before_it_was_stored_knows_of_that_one(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audits.complete.routes.WRITTEN_TOGETHER", 1)
    prepare, checked = actions.prepare_audits, Semaphore(0)

    def noted(*args: Any, **named: Any) -> Any:
        prepared = prepare(*args, **named)
        checked.release()
        return prepared

    def keep_the_writer() -> None:
        with desk.database.writer.hold():
            kept.set()
            both.extend(checked.acquire(timeout=3) for _ in range(2))

    monkeypatch.setattr(actions, "prepare_audits", noted)
    kept, both = Event(), list[bool]()
    keeping = Thread(target=keep_the_writer)
    keeping.start()
    assert kept.wait(3)
    same = [complete(desk, reference="NS-204418"), complete(desk, reference="NS-204418")]
    results = lena.post(PATH, json=same, headers=KEY).json()
    keeping.join()
    assert both == [True, True]
    assert [each["status"] for each in results["items"]] == [201, 422]
    assert "reference" in str(results["items"][1]["problem"])
    assert stored(desk) == 1
