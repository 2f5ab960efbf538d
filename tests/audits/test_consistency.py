"""What is odd in an audit is told to its auditor before they submit, to whoever checks it, and to programs."""

import uuid

import pytest

from api.audit_templates.drafts import document_of, with_scale, without_domain, without_theme
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from checklists.templates.template_file import check_template
from models import AuditMode
from tests.desk import SMALL, THEMES, Desk, a_desk
from tests.factories import an_actor
from tests.page_forms import SeenPage

SAME = "The worker saw the child alone at school and wrote down what the child said."


def fill(desk: Desk, audit_id: uuid.UUID, *, same: str = "") -> None:
    """Answer everything with all that it rests on; with the same words twice where they are given."""
    new = [
        NewScore(theme, "good", same if place < 2 else "", f"Heard in theme {place}.", f"Case note {place}")
        for place, theme in enumerate(THEMES)
    ]
    with desk.database.writing() as session:
        scores.score_themes(session, audit_id=audit_id, scores=new, by=an_actor(desk.cast.asha))


def test_nothing_is_said_of_an_audit_in_which_nothing_is_odd(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id)
    asha = desk.browser(desk.cast.asha)
    assert asha.get(f"/api/v1/audits/{audit_id}/consistency").json() == {"findings": []}
    assert "Possible inconsistencies" not in asha.get(f"/audits/{audit_id}/check").text


@pytest.mark.both_in_trials
def test_each_finding_leads_to_the_field_with_which_it_is_mended(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id, same=SAME)
    asha = desk.browser(desk.cast.asha)
    (finding,) = asha.get(f"/api/v1/audits/{audit_id}/consistency").json()["findings"]
    assert finding == {
        "kind": "same-words",
        "themes": ["voice", "daily-life"],
        "fields": ["rationale", "rationale"],
        "sentence": "Voice of the child and Daily life contain the same or almost the same text. "
        "Write text specific to each theme.",
    }
    links = SeenPage(asha.get(f"/audits/{audit_id}/check")).links
    mend = f"/audits/{audit_id}/themes/daily-life?from=check#rationale"
    assert mend in links
    assert 'id="rationale"' in asha.get(mend).text


def test_an_overall_judgement_against_the_answers_leads_to_its_own_field(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id)
    asha = an_actor(desk.cast.asha)
    with desk.database.writing() as session:
        scores.change_audit(
            session,
            audit_id=audit_id,
            mode=AuditMode.RECORDS_ONLY,
            overall_override="inadequate",
            override_reason="Seen as a whole.",
            version=desk.find(audit_id).audit.version,
            by=asha,
        )
    page = desk.browser(desk.cast.asha).get(f"/audits/{audit_id}/check")
    assert "4 of 4 applicable answers are at the standard or above it" in SeenPage(page).words
    assert f"/audits/{audit_id}/check#overall_override" in SeenPage(page).links


def test_nothing_odd_stops_a_submission_whose_answer_tells_it(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id, same=SAME)
    version = desk.find(audit_id).audit.version
    answer = desk.browser(desk.cast.asha).post(
        f"/api/v1/audits/{audit_id}/submit", headers={"If-Match": f'"{version}"'}
    )
    assert answer.status_code == 200
    assert answer.json()["state"] == "submitted"
    assert [finding["kind"] for finding in answer.json()["findings"]] == ["same-words"]


def test_what_submission_refuses_is_told_once_and_not_as_an_oddity(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id)
    with desk.database.writing() as session:
        low = NewScore("voice", "inadequate", "", "Nobody knows.", "Case note 1")
        scores.score_themes(session, audit_id=audit_id, scores=[low], by=an_actor(desk.cast.asha))
    asha = desk.browser(desk.cast.asha)
    kinds = [each["kind"] for each in asha.get(f"/api/v1/audits/{audit_id}/consistency").json()["findings"]]
    assert kinds == ["no-rationale"]
    page = asha.get(f"/audits/{audit_id}/check").text
    assert "Complete these items before you submit" in page
    assert "Possible inconsistencies" not in page


@pytest.mark.fast
@pytest.mark.both_databases
def test_whoever_checks_an_audit_sees_what_is_odd_once_it_is_handed_in(desk: Desk) -> None:
    audit_id = desk.an_audit()
    fill(desk, audit_id, same=SAME)
    lena, mo = desk.browser(desk.cast.lena), desk.browser(desk.cast.mo)
    assert "Possible inconsistencies" not in lena.get(f"/audits/{audit_id}").text
    assert mo.get(f"/api/v1/audits/{audit_id}/consistency").status_code == 404
    desk.submit(audit_id)
    for browser in (lena, mo):
        page = browser.get(f"/audits/{audit_id}")
        assert "Possible inconsistencies" in page.text
        assert "#theme-daily-life" in SeenPage(page).links
        assert 'id="theme-daily-life"' in page.text
    assert "Possible inconsistencies" not in desk.browser(desk.cast.asha).get(f"/audits/{audit_id}").text


CLASHING = {
    "one": {"theme": "voice", "answers": ["good", "not-evidenced"]},
    "other": {"theme": "planning", "answers": ["inadequate"]},
    "why": "A plan rests on what the child says.",
}


def test_what_a_template_calls_contradictory_is_shown_and_leaves_with_its_theme_or_its_answers() -> None:
    document = document_of(check_template({**SMALL, "contradictions": [CLASHING]}))
    assert without_theme(document, "daily-life")["contradictions"] == document["contradictions"]
    assert without_theme(document, "voice")["contradictions"] == []
    assert without_domain(document, "practice")["contradictions"] == []
    ratings = document["scale"]["ratings"]
    (kept,) = with_scale(document, ratings=[ratings[0], *ratings[2:]], standard="outstanding")["contradictions"]
    assert kept["one"]["answers"] == ["not-evidenced"]
    assert with_scale(document, ratings=ratings[:3], standard="good")["contradictions"] == []


def test_the_page_of_a_template_says_which_answers_do_not_go_together(database_url: str) -> None:
    with a_desk(database_url, template=check_template({**SMALL, "contradictions": [CLASHING]})) as desk:
        page = desk.browser(desk.cast.asha).get(f"/templates/{desk.template_id}/versions/1")
    words = SeenPage(page).words
    assert "Voice of the child: Good or Not evidenced; with Planning: Inadequate. A plan rests on" in words
