"""An auditor says of each answer where it comes from; what is good only by what was told is a recording gap."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.page_forms import SeenPage, page
from tests.reports.test_exports import exported, rows_of

GAP = "Recording gap: meets the standard only on information that is not on the record"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template(case_facts=[])) as made:
        yield made


def put(client: Client, audit: uuid.UUID, theme: str, version: int = 0, **score: Any) -> Any:
    path = f"/api/v1/audits/{audit}/scores/{theme}"
    return client.put(path, json={"answer": "good", **score}, headers={"If-Match": f'"{version}"'})


@pytest.mark.both_databases
def test_sources_are_saved_over_rest_with_the_answer_and_a_change_of_them_alone_is_a_change(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    first = put(asha, audit, "voice", sources=["seen", "on-record"])
    assert first.status_code == 200, first.text
    assert first.json()["sources"] == ["on-record", "seen"]
    version = first.json()["version"]
    assert put(asha, audit, "voice", version, sources=["on-record", "seen"]).json()["version"] == version
    changed = put(asha, audit, "voice", version, sources=["worker"])
    assert changed.json()["version"] > version
    assert asha.get(f"/api/v1/audits/{audit}").json()["scores"][0]["sources"] == ["worker"]


def test_what_is_no_source_is_refused(desk: Desk, asha: Client) -> None:
    refused = put(asha, desk.an_audit(), "voice", sources=["gravity"])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/sources/0")


def test_sources_that_nobody_asked_for_are_refused_and_not_on_the_page(database_url: str) -> None:
    with a_desk(database_url) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit()
        refused = put(asha, audit, "voice", sources=["seen"])
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/sources")
        assert "Source of the answer" not in asha.get(f"/audits/{audit}/themes/voice").text


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_sources_are_ticked_under_the_answer_and_taken_back(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/themes/voice"
    sent: dict[str, Any] = {**page(asha, path).form(path), "answer": "good", "sources": ["worker", "family"]}
    assert asha.post(path, data={**sent, "do": "list"}).status_code == 303
    assert desk.find(audit).scores["voice"].sources == "worker family"
    again = asha.get(path).text
    assert again.count('name="sources" type="checkbox" value="worker" checked') == 1
    shown = page(asha, path).form(path)
    assert asha.post(path, data={**shown, "sources": [], "do": "list"}).status_code == 303
    assert desk.find(audit).scores["voice"].sources == ""


def test_a_forged_source_and_two_windows_lose_nothing_that_was_typed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/themes/voice"
    form: dict[str, Any] = page(asha, path).form(path)
    forged = asha.post(path, data={**form, "answer": "good", "sources": ["gravity"]})
    assert forged.status_code == 422
    assert "#sources" in SeenPage(forged).links
    assert asha.post(path, data={**form, "answer": "good", "sources": ["seen"]}).status_code == 303
    other = asha.post(path, data={**form, "answer": "good", "sources": ["worker"]})
    assert other.status_code == 409
    assert 'name="sources" value="worker"' in other.text
    assert "Told by the practitioner" in SeenPage(other).words
    assert "Observed" in SeenPage(other).words


def test_a_recording_gap_is_worth_another_look_and_stops_nothing(desk: Desk, asha: Client, lena: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, "voice", sources=["worker", "family"], evidence="Told on 3 May.", impact="Heard.")
    put(asha, audit, "planning", sources=["worker", "on-record"], evidence="Plan, page 2.", impact="Safe.")
    for theme in ("daily-life", "challenge"):
        put(asha, audit, theme)
    check = page(asha, f"/audits/{audit}/check")
    assert check.words.count(GAP) == 1
    assert "Voice of the child is Good, based only on information you were told." in check.words
    assert f"/audits/{audit}/themes/voice?from=check#sources" in check.links
    desk.submit(audit)
    found = desk.find(audit).audit
    assert found.answer_sources == "worker family||on-record worker|"
    for path in ("", "/moderation", "/print"):
        words = page(lena, f"/audits/{audit}{path}").words
        assert "Told by the practitioner" in words, path
        assert (GAP in words) == (path != "/print"), path
    kinds = [each["kind"] for each in lena.get(f"/api/v1/audits/{audit}/consistency").json()["findings"]]
    assert kinds.count("recording-gap") == 1
    rows = {row["theme_key"]: row for row in rows_of(exported(desk))}
    assert [rows[theme]["sources"] for theme in THEMES] == ["worker family", "", "on-record worker", ""]
    assert [rows[theme]["recording_gap"] for theme in THEMES] == ["yes", "", "no", ""]


def test_a_blank_checklist_has_a_box_for_each_source(desk: Desk, asha: Client) -> None:
    words = page(asha, f"/audits/{desk.an_audit()}/print?blank=1").words
    assert words.count("From another agency") == len(THEMES)


@pytest.mark.both_in_trials
def test_an_audit_done_elsewhere_brings_its_sources(desk: Desk, lena: Client) -> None:
    scores = [{"theme": theme, "answer": "good", "sources": ["family", "seen"]} for theme in THEMES]
    sent = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": scores,
    }
    made = lena.post("/api/v1/complete-audits", json=sent, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    found = desk.find(uuid.UUID(made.json()["audit_id"]))
    assert found.scores["voice"].sources == "family seen"
    assert found.audit.answer_sources == "|".join(["family seen"] * 4)
