"""A whole audit on one page: saved as on the pages of its themes, submitted there, and the next one opened."""

import uuid

import pytest

from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.page_forms import SeenPage

WORDS = 'Seen alone, twice.\n\n"Quoted" & <b>marked</b>'


def whole(client: Client, audit: uuid.UUID, **typed: str) -> tuple[str, dict[str, str]]:
    """The path of the page, and its form with these entries."""
    path = f"/audits/{audit}/whole"
    shown = client.get(path)
    assert shown.status_code == 200, shown.text
    return path, SeenPage(shown).form(path) | {name.replace("__", "--"): text for name, text in typed.items()}


def all_good(client: Client, audit: uuid.UUID, **more: str) -> tuple[str, dict[str, str]]:
    return whole(client, audit, **{f"{theme}--answer": "good" for theme in THEMES}, **more)


@pytest.mark.both_databases
def test_one_request_saves_every_theme_submits_the_audit_and_opens_the_next(desk: Desk, asha: Client) -> None:
    first, second = desk.an_audit(), desk.an_audit()
    path, form = all_good(asha, first, do="submit-next", voice__rationale=WORDS)
    for _ in range(2):  # the button is pressed twice
        answer = asha.post(path, data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{second}/whole")
    assert desk.find(first).audit.state == "submitted"
    assert desk.stored(first)["voice"] == ("good", WORDS, "", "")
    assert desk.events().count("audit.submitted") == 1
    path, form = all_good(asha, second, do="submit-next")
    assert "submit-next" not in asha.get(path).text, "there is no other audit to open"
    assert asha.post(path, data=form).headers["location"] == f"/audits/{second}/submitted"


def test_the_page_of_answers_opens_the_next_audit_too(desk: Desk, asha: Client) -> None:
    first, second = desk.an_audit(), desk.an_audit()
    desk.answer(first)
    form = SeenPage(asha.get(f"/audits/{first}/check")).form("/check") | {"do": "submit-next"}
    assert asha.post(f"/audits/{first}/submit", data=form).headers["location"] == f"/audits/{second}/next"


def test_what_is_missing_is_said_at_its_field_and_what_was_typed_is_kept(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = whole(asha, audit, do="submit", voice__answer="inadequate", planning__answer="good")
    answer = asha.post(path, data=form)
    shown = SeenPage(answer)
    assert answer.status_code == 422
    assert {"#voice--rationale", "#daily-life--answer", "#challenge--answer"} <= set(shown.links)
    assert shown.form(path)["voice--answer"] == "inadequate"
    assert desk.stored(audit).keys() == {"voice", "planning"}
    assert desk.find(audit).audit.state == "draft"
    mended = shown.form(path) | {"voice--rationale": WORDS, "daily-life--answer": "good", "challenge--answer": "good"}
    assert asha.post(path, data=mended | {"do": "submit"}).headers["location"] == f"/audits/{audit}/submitted"


def test_words_without_an_answer_hold_back_the_submission_and_no_other_theme(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = all_good(asha, audit, do="submit", planning__answer="", planning__rationale=WORDS)
    answer = asha.post(path, data=form)
    assert (answer.status_code, desk.find(audit).audit.state) == (422, "draft")
    assert SeenPage(answer).form(path)["planning--rationale"] == WORDS
    assert desk.stored(audit).keys() == set(THEMES) - {"planning"}


def test_a_change_in_another_window_is_shown_before_anything_is_submitted(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = all_good(asha, audit, do="submit")
    desk.answer(audit, "inadequate", "voice", rationale="From another window.")
    choice = asha.post(path, data=form)
    assert (choice.status_code, desk.stored(audit)["voice"][0]) == (409, "inadequate")
    decided = SeenPage(choice).form(path) | {"voice--keep": "typed"}
    assert asha.post(path, data=decided).headers["location"] == path, "saved, and shown again before it is submitted"
    assert desk.find(audit).audit.state == "draft"


def test_an_audit_that_changed_where_nothing_was_typed_is_shown_before_it_is_submitted(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    path, form = whole(asha, audit, do="submit", planning__answer="outstanding")
    desk.answer(audit, "inadequate", "voice", rationale="From another window.")
    answer = asha.post(path, data=form)
    assert (answer.status_code, desk.find(audit).audit.state) == (409, "draft")
    assert "changed in another window" in SeenPage(answer).words
    assert desk.stored(audit)["planning"][0] == "outstanding"


def test_a_draft_is_kept_and_shown_on_either_page(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = whole(asha, audit, do="draft", voice__rationale=WORDS)
    assert asha.post(path, data=form).headers["location"] == path
    assert whole(asha, audit)[1]["voice--rationale"] == WORDS
    assert SeenPage(asha.get(f"/audits/{audit}/domains/the-child")).form("/the-child")["voice--rationale"] == WORDS
    assert desk.stored(audit) == {}


def test_saving_stays_on_the_page_and_says_what_is_still_needed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = whole(asha, audit, do="continue", voice__answer="inadequate")
    answer = asha.post(path, data=form)
    assert answer.headers["location"] == path
    assert "“Voice of the child” still needs a rationale" in SeenPage(asha.get(path)).words


def test_an_audit_that_contradicts_itself_goes_to_its_answers_first(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    same = "The plan says who does what, and by when it is to be done."
    path, form = all_good(asha, audit, do="submit", voice__rationale=same, planning__rationale=same)
    answer = asha.post(path, data=form)
    assert (answer.headers["location"], desk.find(audit).audit.state) == (f"/audits/{audit}/check", "draft")
    assert "Same text in several themes" in SeenPage(asha.get(answer.headers["location"])).words


def test_an_audit_that_its_auditor_judges_goes_to_its_answers_first(database_url: str) -> None:
    with a_desk(database_url, template=a_beside_template(case_facts=[], overall={"how": "judged"})) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit()
        path, form = all_good(asha, audit, do="check")
        assert 'value="submit"' not in asha.get(path).text
        assert asha.post(path, data=form).headers["location"] == f"/audits/{audit}/check"
        _, form = whole(asha, audit, do="submit")
        refused = asha.post(path, data=form)
        assert (refused.status_code, desk.find(audit).audit.state) == (422, "draft")
        assert "Check your answers" in SeenPage(refused).words


def test_only_who_scores_an_audit_opens_it_whole(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert desk.browser(desk.cast.ben).get(f"/audits/{audit}/whole").status_code == 404
    path, form = all_good(asha, audit, do="submit")
    assert desk.browser(desk.cast.ben).post(path, data=form).status_code == 404
    desk.answer(audit)
    desk.submit(audit)
    assert asha.get(path).headers["location"] == f"/audits/{audit}"
    late = SeenPage(asha.post(path, data=form | {"do": "continue", "voice--rationale": WORDS}))
    assert "Seen alone, twice." in late.words, "what was typed too late can be copied"
