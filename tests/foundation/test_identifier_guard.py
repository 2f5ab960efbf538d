"""Free text is screened wherever it is written: identifiers are refused, names asked about once, nothing is echoed."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import select

from models import Event, RiskyTerm
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.page_forms import SeenPage

NHS = "943 476 5919"
REFUSED = f"On file: {NHS}."
NAMED = "Seen with Mrs Quillfeather at home."


@pytest.fixture
def desk(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("CASEAUDIT_RISKY_TERMS_KEY_FILE", str(tmp_path / "risky-terms-key"))
    with a_desk(database_url) as made:
        yield made


def details(desk: Desk, kind: str) -> list[tuple[uuid.UUID, dict[str, Any]]]:
    with desk.database.reading() as session:
        found = session.exec(select(Event).where(Event.kind == kind).order_by(Event.number))  # type: ignore[arg-type]
        return [(event.subject_id, json.loads(event.details)) for event in found]


def put(client: Client, audit: uuid.UUID, version: int = 0, **words: Any) -> httpx2.Response:
    answer: httpx2.Response = client.put(
        f"/api/v1/audits/{audit}/scores/voice",
        json={"answer": "good", **words},
        headers={"If-Match": f'"{version}"'},
    )
    return answer


def add_terms(desk: Desk, *terms: str, label: str = "list of May") -> httpx2.Response:
    answer: httpx2.Response = desk.browser(desk.cast.ada).post(
        "/api/v1/risky-terms", json={"terms": terms, "label": label}
    )
    return answer


@pytest.mark.fast
def test_an_identifier_is_refused_with_its_place_and_never_repeated(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    answer = put(asha, audit, rationale=f"Two lines\n{REFUSED}")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/rationale"
    assert error["places"] == [{"kind": "nhs-number", "start": 19, "end": 31}]
    assert not error["may_be_kept"]
    assert error["detail"].startswith("The text seems to contain an NHS number. Remove it")
    assert NHS not in answer.text
    assert put(asha, audit, rationale=REFUSED, keep_names="worker").status_code == 422
    assert desk.stored(audit) == {}


@pytest.mark.both_databases
def test_a_refusal_is_an_event_of_kinds_and_places_though_the_request_left_nothing_else(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    put(asha, audit, rationale=REFUSED, impact="Ring 07700 900123")
    put(asha, audit, rationale=REFUSED)
    told = details(desk, "identifier.refused")
    assert told == [
        (audit, {"found": "/rationale nhs-number:9-21; /impact phone:5-17"}),
        (audit, {"found": "/rationale nhs-number:9-21"}),
    ]
    assert desk.events().count("audit.scored") == 0


@pytest.mark.both_in_trials
def test_a_page_marks_every_identifier_and_possible_name_at_once(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/themes/voice"
    text = f"NHS {NHS}, Kayleigh Thompson of 14 Acacia Avenue"
    answer = asha.post(path, data={**SeenPage(asha.get(path)).form(path), "answer": "good", "rationale": text})
    assert answer.status_code == 422
    marked = re.findall(r"<mark><span[^>]*>Found: </span>([^<]*)</mark>", answer.text)
    assert marked == [NHS, "Kayleigh Thompson", "14 Acacia Avenue"]
    assert "It may also contain a person&#39;s name and an address." in answer.text
    assert details(desk, "identifier.refused") == [(audit, {"found": f"/rationale nhs-number:4-{4 + len(NHS)}"})]


@pytest.mark.both_in_trials
def test_a_page_refuses_alike_keeps_what_was_typed_and_records_it(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/themes/voice"
    typed = {**SeenPage(asha.get(path)).form(path), "answer": "good", "rationale": REFUSED}
    answer = asha.post(path, data=typed)
    assert answer.status_code == 422
    assert f'<mark><span class="govuk-visually-hidden">Found: </span>{NHS}</mark>' in answer.text
    assert answer.text.count(NHS) == 2  # marked, and in the field where it was typed
    assert details(desk, "identifier.refused") == [(audit, {"found": "/rationale nhs-number:9-21"})]


@pytest.mark.fast
def test_a_name_is_asked_about_once_and_stays_for_a_reason(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    asked = put(asha, audit, rationale=NAMED)
    (error,) = asked.json()["errors"]
    assert asked.status_code == 422
    assert error["may_be_kept"]
    assert error["places"] == [{"kind": "title-and-name", "start": 10, "end": 26}]
    assert "Quillfeather" not in asked.text
    assert desk.stored(audit) == {}
    assert details(desk, "identifier.refused") == []
    kept = put(asha, audit, rationale=NAMED, keep_names="worker")
    assert kept.status_code == 200
    assert details(desk, "name.kept") == [(audit, {"kept": "worker /rationale title-and-name:10-26"})]
    again = put(asha, audit, kept.json()["version"], rationale=NAMED, impact="Safer since.")
    assert again.status_code == 200
    assert put(asha, audit, again.json()["version"], rationale=f"{NAMED} Twice.").status_code == 422


def test_a_page_asks_why_a_name_stays_and_takes_the_answer(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/themes/voice"
    form = SeenPage(asha.get(path)).form(path)
    assert "keep_names" not in form
    typed = {**form, "answer": "good", "rationale": NAMED}
    asked = asha.post(path, data=typed)
    assert asked.status_code == 422
    assert 'name="keep_names"' in asked.text
    assert "I have removed it" in asked.text
    assert asked.text.count("Quillfeather") == 2  # marked, and in the field
    answer = asha.post(path, data={**typed, "keep_names": "published"})
    assert answer.status_code == 303
    assert desk.stored(audit)["voice"][1] == NAMED
    assert details(desk, "name.kept")[0][1]["kept"].startswith("published /rationale")


@pytest.mark.parametrize("field", ["override_reason", "return", "withdraw"])
def test_every_reason_is_screened_for_identifiers_and_names(desk: Desk, asha: Client, field: str) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    lena = desk.browser(desk.cast.lena)
    if field == "return":
        desk.submit(audit)
    for words, keep, status in ((REFUSED, "worker", 422), (NAMED, None, 422), (NAMED, "worker", 200)):
        version = f'"{desk.find(audit).audit.version}"'
        body: dict[str, Any] = {} if keep is None else {"keep_names": keep}
        if field == "override_reason":
            body |= {"mode": "records-only", "overall_override": "good", "override_reason": words}
            answer = asha.patch(f"/api/v1/audits/{audit}", json=body, headers={"If-Match": version})
        else:
            body |= {"reason": words}
            answer = lena.post(f"/api/v1/audits/{audit}/{field}", json=body, headers={"If-Match": version})
        assert answer.status_code == status, answer.text
        assert "Quillfeather" not in answer.text or status == 200
    assert len(details(desk, "name.kept")) == 1
    assert len(details(desk, "identifier.refused")) == 1


@pytest.mark.both_databases
def test_an_import_is_screened_item_by_item_and_each_refusal_recorded(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)

    def item(words: str, keep: str | None = None) -> dict[str, Any]:
        scores = [{"theme": theme, "answer": "good", "rationale": words} for theme in desk.template.theme_keys]
        kept = {} if keep is None else {"keep_names": keep}
        case_file = {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"}
        return {
            "round_id": str(desk.round_id),
            "auditor_id": str(desk.cast.asha.id),
            "case_file": case_file,
            "scores": [score | kept for score in scores],
        }

    items = [item("Fine."), item(REFUSED), item(NAMED), item(NAMED, "not-a-name")]
    answer = lena.post("/api/v1/complete-audits/batch", json=items, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["recorded"] == 2
    assert "Quillfeather" not in answer.text
    assert NHS not in answer.text
    (refused,) = details(desk, "identifier.refused")
    assert refused[1]["found"].count("nhs-number") == len(desk.template.theme_keys)
    (kept,) = details(desk, "name.kept")
    assert kept[1]["kept"].count("not-a-name") == len(desk.template.theme_keys)


@pytest.mark.both_databases
def test_a_risky_term_is_asked_about_and_stored_so_that_nobody_reads_it(desk: Desk, asha: Client) -> None:
    assert add_terms(desk, "Quillfeather", "Hill View House").status_code == 200
    audit = desk.an_audit()
    asked = put(asha, audit, rationale="At hill-view house with the QUILLFEATHERS.")
    (error,) = asked.json()["errors"]
    assert [place["kind"] for place in error["places"]] == ["risky-term", "risky-term"]
    assert put(asha, audit, rationale="At hill-view house.", keep_names="not-a-name").status_code == 200
    for table in ("risky_term", "event", "idempotent_request"):
        with desk.database.reading() as session:
            rows = str(session.execute(text(f"SELECT * FROM {table}")).all()).lower()
        assert "quillfeather" not in rows
        assert "hill view" not in rows


@pytest.mark.both_in_trials
def test_a_list_tells_labels_only_and_of_another_organisation_nothing(desk: Desk) -> None:
    added = add_terms(desk, "Quillfeather", "quillfeather", "QUILLFEÁTHER")
    assert len(added.json()["items"]) == 1
    assert add_terms(desk, "Quillfeather", label="again").json() == added.json()
    ada = desk.browser(desk.cast.ada)
    shown = ada.get("/risky-terms")
    assert "list of May" in shown.text
    assert "quillfeather" not in shown.text.lower()
    (item,) = ada.get("/api/v1/risky-terms").json()["items"]
    assert item["works"]
    assert set(item) == {"id", "label", "words", "works", "added_at"}
    assert ada.post(f"/api/v1/risky-terms/{item['id']}/remove").status_code == 204
    assert ada.post(f"/api/v1/risky-terms/{item['id']}/remove").status_code == 404
    assert [kind for kind in desk.events() if kind.startswith("risky-term")] == [
        "risky-term.added",
        "risky-term.removed",
    ]


@pytest.mark.parametrize(
    ("terms", "label", "pointer"),
    [
        (["will"], "list", "/terms/0"),
        (["-"], "list", "/terms/0"),
        (["Okafor", "a b c d e f g h i"], "list", "/terms/1"),
        (["Okafor"], "the Okafors", "/label"),
        (["Chidi Okafor"], "okafor family", "/label"),
        (["Okafor"], "call 07700 900123", "/label"),
        (["Okafor"], "\u200b", "/label"),
    ],
)
def test_a_term_that_would_warn_of_everything_or_a_label_that_tells_it_is_refused(
    desk: Desk, terms: list[str], label: str, pointer: str
) -> None:
    answer = add_terms(desk, *terms, label=label)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "okafor" not in answer.text.lower()
    with desk.database.reading() as session:
        assert session.exec(select(RiskyTerm)).all() == []


@pytest.mark.both_in_trials
def test_a_page_adds_terms_and_never_shows_them_again(desk: Desk) -> None:
    ada = desk.browser(desk.cast.ada)
    refused = ada.post("/risky-terms", data={"terms": "Quillfeather\nwill", "label": "list of May"})
    assert refused.status_code == 422
    assert "Line 2:" in refused.text
    assert "Quillfeather" not in refused.text
    made = ada.post("/risky-terms", data={"terms": "Quillfeather\n\n Hill View", "label": "list of May"})
    assert made.headers["location"] == "/risky-terms"
    (first, _) = ada.get("/api/v1/risky-terms").json()["items"]
    gone = ada.post(f"/risky-terms/{first['id']}/remove")
    assert gone.status_code == 303
    assert len(ada.get("/api/v1/risky-terms").json()["items"]) == 1


def test_terms_under_a_key_that_is_lost_find_nothing_and_the_list_says_so(
    desk: Desk, asha: Client, tmp_path: Path
) -> None:
    add_terms(desk, "Quillfeather")
    key = tmp_path / "risky-terms-key"
    assert key.stat().st_mode & 0o077 == 0
    key.unlink()
    assert put(asha, desk.an_audit(), rationale="At Quillfeather.").status_code == 200
    ada = desk.browser(desk.cast.ada)
    assert "Finds nothing" in ada.get("/risky-terms").text
    assert [item["works"] for item in ada.get("/api/v1/risky-terms").json()["items"]] == [False]
