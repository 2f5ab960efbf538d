"""An audit of a template without ratings: words only, from the form to the report."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from models import Audit
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import SMALL, THEMES, Desk, a_desk
from tests.page_forms import SeenPage

QUESTION = {"key": "seen-alone", "text": "Was the child seen alone?", "kind": "yes-no", "meets": ["yes"]}
WRITTEN = {"answer": "described", "rationale": "The worker saw the child at school twice."}


def words_only() -> Template:
    """The themes of the desk without ratings, with a question and a case fact."""
    given = a_beside_template().model_dump(mode="json", exclude_defaults=True)
    domains = [
        {
            **domain,
            "themes": [{name: each for name, each in theme.items() if name != "descriptors"} for theme in themes],
        }
        for domain in SMALL["learning_domains"]
        for themes in [domain["themes"]]
    ]
    domains[0]["themes"][0]["questions"] = [QUESTION]
    left_out = {"scale", "overall", "targets", "texts", "contradictions", "key"}
    return check_template(
        {
            **{name: entry for name, entry in given.items() if name not in left_out},
            "key": "words-only",
            "graded": False,
            "learning_domains": domains,
        }
    )


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=words_only()) as made:
        yield made


def facts(desk: Desk) -> dict[str, str]:
    return {fact.key: fact.choices[0].key for fact in desk.template.case_facts}


def written(desk: Desk, asha: Client) -> uuid.UUID:
    """An audit of which every theme is described, over REST."""
    audit_id = desk.an_audit()
    at = f"/api/v1/audits/{audit_id}"
    assert asha.put(f"{at}/case", json={"facts": facts(desk)}, headers={"If-Match": '"0"'}).status_code == 200
    for theme in THEMES:
        body = {**WRITTEN, **({"questions": {"seen-alone": "yes"}} if theme == "voice" else {})}
        put = asha.put(f"{at}/scores/{theme}", json=body, headers={"If-Match": '"0"'})
        assert put.status_code == 200, put.text
    return audit_id


def state_of(desk: Desk, audit_id: uuid.UUID) -> Audit:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id))


def submitted(desk: Desk, asha: Client) -> uuid.UUID:
    audit_id = written(desk, asha)
    desk.submit(audit_id)
    return audit_id


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def headings(document: Any) -> list[str]:
    return [section["heading"] for section in document["sections"]]


@pytest.mark.both_in_trials
def test_the_form_asks_for_words_and_no_rating_is_taken(desk: Desk, asha: Client) -> None:
    audit_id = desk.an_audit()
    page = SeenPage(asha.get(f"/audits/{audit_id}/themes/voice"))
    assert "This template has no ratings. Describe what you found." in page.words
    assert "The standard is" not in page.words
    refused = asha.put(f"/api/v1/audits/{audit_id}/scores/voice", json={"answer": "good"}, headers={"If-Match": '"0"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/answer")
    short = asha.put(
        f"/api/v1/audits/{audit_id}/scores/voice", json={"answer": "described"}, headers={"If-Match": '"0"'}
    )
    assert short.status_code == 200, "words may follow until the audit is submitted"
    check = SeenPage(asha.get(f"/audits/{audit_id}/check")).words
    assert "Voice of the child: enter a rationale for the answer Described" in check
    assert "Overall judgement" not in check


@pytest.mark.both_in_trials
def test_it_is_submitted_moderated_and_signed_off_without_an_overall_judgement(desk: Desk, asha: Client) -> None:
    audit_id = submitted(desk, asha)
    mo, lena = desk.browser(desk.cast.mo), desk.browser(desk.cast.lena)
    at = f"/audits/{audit_id}/moderation"
    assert mo.post(at, data=SeenPage(mo.get(at)).form(at)).status_code == 303
    page = SeenPage(mo.get(at))
    assert "judgement" not in page.words.lower()
    fields = page.form(f"{at}/scores") | {f"scores/{theme}/answer": "described" for theme in THEMES}
    agreed = mo.post(f"{at}/scores", data={**fields, "agree": "yes"})
    assert agreed.status_code == 303, agreed.text
    assert state_of(desk, audit_id).state.value == "agreed"
    signed = lena.post(f"/audits/{audit_id}/sign-off", data=SeenPage(lena.get(at)).form(f"/audits/{audit_id}/sign-off"))
    assert signed.status_code == 303, signed.text
    row = state_of(desk, audit_id)
    assert (row.state.value, row.overall_calculated, row.agreed_overall) == ("signed-off", "", "")
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/print", f"/audits/{audit_id}/print?blank=1"):
        words = SeenPage(lena.get(path)).words
        assert ("Overall judgement" in words, "Described" in words) == (False, True), path


@pytest.mark.both_in_trials
def test_complete_audits_are_recorded_with_words(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    scores = [{"theme": theme, **WRITTEN} for theme in THEMES]
    audit = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": scores,
        "questions": {"seen-alone": "no"},
        "facts": facts(desk),
    }
    recorded = lena.post("/api/v1/complete-audits", json=audit, headers=a_key())
    assert recorded.status_code == 201, recorded.text
    assert recorded.json()["overall"] is None
    without = {**audit, "scores": [{"theme": theme, "answer": "described"} for theme in THEMES]}
    refused = lena.post("/api/v1/complete-audits", json=without, headers=a_key())
    assert refused.status_code == 422
    assert "enter a rationale" in refused.text


@pytest.mark.both_databases
def test_reports_have_words_questions_and_facts_and_no_gap(desk: Desk, asha: Client, lena: Client) -> None:
    for _ in range(2):
        submitted(desk, asha)
    found = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    assert {"The children", "Themes", "Questions: Voice of the child"} <= set(headings(found))
    assert not [heading for heading in headings(found) if "gap" in heading.lower() or "judgement" in heading.lower()]
    (themes,) = [section["table"] for section in found["sections"] if section["heading"] == "Themes"]
    assert [cell["text"] for cell in themes["rows"][0]] == ["Voice of the child", "2", "0", "0"]
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/report"))
    assert "This template has no ratings." in page.words
    assert ("Gap report:" in page.words, "Create snapshot" in page.words) == (False, False)
    assert any("theme=voice&answer=described" in link for link in page.links)
    texts = lena.get(f"/api/v1/rounds/{desk.round_id}/report.csv?texts=1").text
    assert WRITTEN["rationale"] in texts
    assert WRITTEN["rationale"] not in lena.get(f"/api/v1/rounds/{desk.round_id}/report.csv").text
    for kind, sign in (("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK")):
        assert sign in lena.get(f"/api/v1/rounds/{desk.round_id}/report.{kind}").content
    for by in ("", "&by=team"):
        gaps = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}{by}").json()
        assert (gaps["standard"], gaps["groups"][0]["themes"][0]["share_meeting"]) == ("", None)
        assert lena.get(f"/reports/gaps?round={desk.round_id}{by}").status_code in {200, 303}
    assert lena.get(f"/rounds/{desk.round_id}/trend").status_code == 200
    assert lena.get(f"/rounds/{desk.round_id}/agreement").status_code == 200


def test_what_only_ratings_can_do_is_refused_with_the_reason(desk: Desk, asha: Client, lena: Client) -> None:
    for _ in range(6):
        submitted(desk, asha)
    snapshot = lena.post(
        "/api/v1/snapshots", json={"round_id": str(desk.round_id), "title": "For the board"}, headers=a_key()
    )
    assert (snapshot.status_code, "no ratings" in snapshot.text) == (409, True), snapshot.text
    plan = {
        "title": "Another",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "period_from": "2026-01-01",
        "period_to": "2026-03-31",
        "due_on": "2026-12-31",
        "target_percent": 80,
    }
    refused = lena.post("/api/v1/rounds", json=plan, headers=a_key())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/target_percent")
    exercise = {
        "title": "Practice",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "practice_case": "A child of eight lives with one parent.",
        "due_on": "2026-12-31",
    }
    answered = lena.post("/api/v1/calibration-exercises", json=exercise, headers=a_key())
    assert (answered.status_code, "compares ratings" in answered.text) == (422, True), answered.text
