"""Drafts: what an auditor types is kept before it is saved, with the script and without, and is nobody else's."""

import pytest
from sqlmodel import select

from api.audits.scoring import drafts
from models import ScoreDraft
from models.clock import earliest
from tests.browser import NewPage, axe
from tests.desk import Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.site_in_browser import served, sign_in

TYPED = "The child was seen once, with no words of their own."


def stored_drafts(desk: Desk) -> list[ScoreDraft]:
    with desk.database.reading() as session:
        return list(session.exec(select(ScoreDraft)))


@pytest.mark.both_in_trials
def test_without_the_script_save_draft_loses_nothing(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/audits/{audit_id}/themes/voice"
    form = SeenPage(asha.get(path)).form(path) | {"rationale": TYPED, "do": "draft"}
    assert asha.post(path, data=form).headers["location"] == path
    shown = SeenPage(asha.get(path))
    assert shown.form(path)["rationale"] == TYPED
    assert "This is your draft" in shown.words
    assert desk.stored(audit_id) == {}
    assert "Draft not saved" in SeenPage(asha.get(f"/audits/{audit_id}")).words
    assert "You have drafts that are not saved" in SeenPage(asha.get(f"/audits/{audit_id}/check")).words
    domain = f"/audits/{audit_id}/domains/the-child"
    assert SeenPage(asha.get(domain)).form(domain)["voice--rationale"] == TYPED
    saved = shown.form(path) | {"answer": "good", "do": "continue"}
    assert asha.post(path, data=saved).status_code == 303
    assert desk.stored(audit_id)["voice"][:2] == ("good", TYPED)
    assert stored_drafts(desk) == []


@pytest.mark.both_in_trials
def test_a_draft_that_names_a_child_is_refused_and_stays_on_the_page(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/audits/{audit_id}/themes/voice"
    words = "Reach her at kayleigh@example.org"
    form = SeenPage(asha.get(path)).form(path) | {"rationale": words, "do": "draft"}
    refused = asha.post(path, data=form)
    assert refused.status_code == 422
    assert SeenPage(refused).form(path)["rationale"] == words
    quiet = asha.post(path, data=form | {"quiet": "yes"})
    assert quiet.status_code == 422
    assert "an email address" in quiet.json()["problem"]
    assert stored_drafts(desk) == []


def test_a_draft_can_be_discarded_and_is_gone_with_a_submitted_audit(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/audits/{audit_id}/themes/voice"
    form = SeenPage(asha.get(path)).form(path) | {"rationale": TYPED, "do": "draft"}
    asha.post(path, data=form)
    assert asha.post(f"{path}/discard-draft").status_code == 303
    assert stored_drafts(desk) == []
    asha.post(path, data=form)
    desk.answer(audit_id)
    desk.submit(audit_id)
    assert stored_drafts(desk) == []


def test_a_late_draft_of_an_older_page_overwrites_nothing(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/audits/{audit_id}/themes/voice"
    form = SeenPage(asha.get(path)).form(path) | {"rationale": TYPED}
    asha.post(path, data=form | {"answer": "good", "do": "continue"})
    late = asha.post(path, data=form | {"rationale": "Older.", "do": "draft", "quiet": "yes"})
    assert late.status_code == 422
    assert stored_drafts(desk) == []


@pytest.mark.both_databases
def test_nobody_else_gets_the_draft_and_old_ones_are_deleted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/audits/{audit_id}/themes/voice"
    asha.post(path, data=SeenPage(asha.get(path)).form(path) | {"rationale": TYPED, "do": "draft"})
    for person in (desk.cast.ben, desk.cast.mo, desk.cast.lena):
        assert TYPED not in desk.browser(person).get(f"/audits/{audit_id}").text
        assert desk.browser(person).post(f"{path}/discard-draft").status_code in {403, 404}
    with desk.database.reading() as session:
        audit = desk.find(audit_id).audit
        assert drafts.drafts_of(session, audit, by=an_actor(desk.cast.lena)) == {}
    drafts.delete_old_drafts(desk.database)
    assert len(stored_drafts(desk)) == 1
    later = earliest() + drafts.KEPT * 2
    monkeypatch.setattr(drafts, "earliest", lambda: later)
    drafts.delete_old_drafts(desk.database)
    assert stored_drafts(desk) == []


def test_with_the_script_a_draft_is_kept_while_somebody_types_and_leaving_asks_nothing(
    desk: Desk, new_page: NewPage
) -> None:
    audit_id = desk.an_audit()
    with served(desk.database) as address:
        page = new_page()
        sign_in(page, address, desk.database, an_actor(desk.cast.asha))
        page.goto(f"{address}/audits/{audit_id}/themes/voice")
        page.type("#rationale", TYPED)
        page.wait_for_selector("text=Draft saved at")
        assert axe(page) == []
        page.goto(f"{address}/audits/{audit_id}")  # without the question whether to leave
        page.goto(f"{address}/audits/{audit_id}/themes/voice")
        assert page.input_value("#rationale") == TYPED
        # The Enter key saves, and does not discard the draft.
        page.check("input[value=good]")
        page.press("input[value=good]", "Enter")
        page.wait_for_url(lambda url: not url.endswith("/voice"))
    assert desk.stored(audit_id)["voice"][:2] == ("good", TYPED)
    assert stored_drafts(desk) == []


@pytest.mark.both_in_trials
def test_drafts_are_kept_read_and_discarded_over_rest_and_are_those_of_the_page(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/api/v1/audits/{audit_id}/drafts"
    assert asha.get(path).json() == {"items": []}
    typed = {"answer": "good", "rationale": TYPED, "impact": "", "evidence": "Case note 3"}
    kept = asha.put(f"{path}/voice", json=typed, headers={"If-Match": '"0"'})
    assert kept.status_code == 200, kept.text
    expected = {"theme": "voice", **typed, "sources": [], "questions": {}, "version": 0}
    assert {name: kept.json()[name] for name in expected} == expected
    assert asha.get(path).json()["items"] == [kept.json()]
    page = f"/audits/{audit_id}/themes/voice"
    assert SeenPage(asha.get(page)).form(page)["rationale"] == TYPED
    assert desk.stored(audit_id) == {}
    # What the page keeps is read over REST.
    form = SeenPage(asha.get(page)).form(page) | {"rationale": "Longer words.", "do": "draft"}
    asha.post(page, data=form)
    assert [draft["rationale"] for draft in asha.get(path).json()["items"]] == ["Longer words."]
    assert desk.browser(desk.cast.mo).get(path).status_code in {403, 404}
    assert asha.delete(f"{path}/voice").status_code == 204
    assert stored_drafts(desk) == []


def test_a_draft_over_rest_is_refused_with_its_place_or_when_the_theme_has_changed(desk: Desk) -> None:
    audit_id, asha = desk.an_audit(), desk.browser(desk.cast.asha)
    path = f"/api/v1/audits/{audit_id}/drafts"

    def put(draft: dict[str, object], theme: str = "voice", version: int = 0) -> tuple[int, list[str]]:
        answer = asha.put(f"{path}/{theme}", json=draft, headers={"If-Match": f'"{version}"'})
        return answer.status_code, [error["pointer"] for error in answer.json().get("errors", [])]

    assert put({"answer": "splendid"}) == (422, ["/answer"])
    assert put({"questions": {"height": "tall"}}) == (422, ["/questions/height"])
    assert put({"rationale": "Reach her at kayleigh@example.org"}) == (422, ["/rationale"])
    assert put({}, theme="no-such-theme")[0] == 404
    assert put({"rationale": TYPED}, version=3)[0] == 412
    assert stored_drafts(desk) == []
