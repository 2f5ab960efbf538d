"""Pages of audits: the desk, scoring without losing a word, checking, submitting, returning, withdrawing, printing."""

import uuid
from html import escape

import pytest
from sqlmodel import col, update

from api.moderation import actions as moderation
from api.moderation import comments
from api.moderation.actions import AnswerReview, OverallReview
from models import Person, ScoringLayout, WebSession
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage, page
from tests.signing import agreed, in_moderation, submitted

PASSWORD = "violet harbour lantern"
WORDS = "She was seen alone, twice.\n\n  \"Quoted\" & <b>marked</b> – 'kept' as typed"


def like_domains(desk: Desk) -> None:
    with desk.database.writing() as session:
        session.execute(update(Person).values(scoring_layout=ScoringLayout.LEARNING_DOMAIN))


@pytest.mark.both_databases
def test_returned_audits_come_first_then_overdue_ones_then_those_due_soonest(desk: Desk, asha: Client) -> None:
    late, later = desk.a_round(title="Late", due_in_days=-3), desk.a_round(title="Later", due_in_days=30)
    desk.an_audit(round_id=later, reference="CF-1004")
    desk.an_audit(reference="CF-1003")
    desk.an_audit(round_id=late, reference="CF-1002")
    returned = desk.an_audit(round_id=later, reference="CF-1001")
    desk.answer(returned)
    desk.submit(returned)
    desk.give_back(returned, "Look at the impact again.")
    words = page(asha, "/audits").words
    places = [words.index(reference) for reference in ("CF-1001", "CF-1002", "CF-1003", "CF-1004")]
    assert places == sorted(places)
    assert "Look at the impact again." in words
    assert words.index("Returned to you") < words.index("Overdue") < words.index("To do")


@pytest.mark.both_in_trials
def test_the_desk_says_how_far_each_audit_is(desk: Desk, asha: Client) -> None:
    begun = desk.an_audit()
    desk.an_audit()
    desk.answer(begun, "good", "voice", "planning")
    words = page(asha, "/audits").words
    assert "2 of 4 themes answered" in words
    assert "0 of 4 themes answered" in words
    assert "Continue the audit of" in words
    assert "Start the audit of" in words


def test_an_empty_desk_says_what_will_come(asha: Client) -> None:
    words = page(asha, "/audits").words
    assert "You have no audits to complete." in words
    assert "You have not submitted an audit yet." in words


@pytest.mark.both_in_trials
def test_what_is_handed_in_leaves_the_desk_and_is_listed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(reference="CF-2009")
    desk.answer(audit)
    desk.submit(audit)
    desk_page = page(asha, "/audits")
    assert f"/audits/{audit}" in desk_page.links
    assert "You have no audits to complete" in desk_page.words
    assert "CF-2009" in page(asha, "/audits/submitted").words


def test_the_earlier_path_of_the_list_leads_to_the_list(asha: Client) -> None:
    answer = asha.get("/audits/handed-in")
    assert (answer.status_code, answer.headers["location"]) == (308, "/audits/submitted")


@pytest.mark.both_in_trials
def test_submitted_audits_show_their_state_and_what_came_of_them(desk: Desk, asha: Client) -> None:
    waiting, unchanged, changed = submitted(desk), agreed(desk), in_moderation(desk)
    change = [AnswerReview(theme, "inadequate", "Not seen.") for theme in THEMES[:3]]
    with desk.database.writing() as session:
        by, version = an_actor(desk.cast.mo), desk.find(changed).audit.version
        version = moderation.review_answers(
            session, audit_id=changed, judgements=change, version=version, by=by
        ).version
        judged = OverallReview("inadequate")
        version = moderation.review_overall(session, audit_id=changed, review=judged, version=version, by=by).version
        moderation.agree_answers(session, audit_id=changed, version=version, by=by)
    for path in ("/audits", "/audits/submitted"):
        seen = page(asha, path)
        for words in (
            "Waiting for a moderator.",
            "Agreed with no changes. Agreed overall judgement: Good. Waiting for sign-off.",
            ". Agreed overall judgement: Inadequate. Waiting for sign-off.",
        ):
            assert words in seen.words, path
        assert "3 answers changed in moderation" in seen.words
        assert f"/audits/{changed}/moderation" in seen.links
    items = {item["id"]: item for item in asha.get("/api/v1/audits").json()["items"]}
    names = ("turn", "changed_answers", "agreed_overall", "own_steps")
    assert [items[str(waiting)][name] for name in names] == ["moderator", None, None, []]
    assert [items[str(unchanged)][name] for name in names] == ["signer", 0, "good", []]
    assert [items[str(changed)][name] for name in names] == ["signer", 3, "inadequate", []]


def test_a_comment_to_answer_comes_before_what_is_still_to_be_scored(desk: Desk, asha: Client) -> None:
    desk.an_audit()
    audit_id = in_moderation(desk)
    mo, own = an_actor(desk.cast.mo), an_actor(desk.cast.asha)
    with desk.database.writing() as session:
        thread = comments.add_comment(session, audit_id=audit_id, words="Where is it?", by=mo).id
    words = page(asha, "/audits").words
    assert words.index("Reply to 1 comment thread") < words.index("To do (1)")
    (item,) = asha.get("/api/v1/audits?state=in-moderation").json()["items"]
    assert item["own_steps"] == [
        {"text": "Reply to 1 comment thread", "path": f"/audits/{audit_id}/moderation#comments", "is_due": True}
    ]
    assert desk.browser(desk.cast.lena).get("/api/v1/audits?state=in-moderation").json()["items"][0]["own_steps"] == []
    with desk.database.writing() as session:
        comments.add_comment(session, audit_id=audit_id, words="Page two.", thread_id=thread, by=own)
    assert "Reply to 1 comment thread" not in page(asha, "/audits").words


def test_an_audit_of_a_round_that_is_not_open_yet_waits(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(round_id=desk.a_round(opened=False))
    assert "You have no audits to complete" in page(asha, "/audits").words
    assert "This round is not open yet" in page(asha, f"/audits/{audit}").words
    assert asha.get(f"/audits/{audit}/themes/voice").headers["location"] == f"/audits/{audit}#theme-voice"


@pytest.mark.both_databases
def test_a_moderator_pages_through_what_others_submitted_and_sees_no_drafts(desk: Desk) -> None:
    done = [desk.an_audit(reference=f"CF-200{number}") for number in range(3)]
    for audit in done:
        desk.answer(audit)
        desk.submit(audit)
    desk.an_audit(reference="CF-3001")
    mo = desk.browser(desk.cast.mo)
    assert mo.get("/audits").headers["location"] == "/audits/of-others"
    first = page(mo, "/audits/of-others?limit=2")
    assert "CF-2002" in first.words
    assert "CF-3001" not in first.words
    onward = next(link for link in first.links if "after=" in link)
    assert "CF-2000" in page(mo, onward).words
    assert "CF-2002" not in page(mo, onward).words


def test_the_desk_holds_nobody_elses_audits(desk: Desk, asha: Client) -> None:
    desk.an_audit(desk.cast.ben, reference="CF-3002")
    assert "CF-3002" not in page(asha, "/audits").words


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_an_audit_lists_its_themes_with_the_state_of_each(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(reference="CF-4001")
    desk.answer(audit, "good", "voice")
    desk.answer(audit, "inadequate", "planning")
    words = page(asha, f"/audits/{audit}").words
    assert "Voice of the child Most relevant to this case: Neglect Good" in words
    assert "Daily life Not started" in words
    assert "Planning Inadequate: rationale needed" in words
    assert all(part in words for part in ("CF-4001", "North locality", "Child in need", "5 to 9", "Spring round"))


def test_a_case_with_other_harms_marks_no_theme(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(harms=("sexual-abuse",))
    assert "Most relevant to this case" not in page(asha, f"/audits/{audit}").words


def test_a_returned_audit_shows_the_reason_on_every_page_on_which_it_is_mended(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    desk.give_back(audit, "Say more of her days.")
    for path in ("", "/themes/voice", "/domains/practice"):
        assert "Say more of her days." in page(asha, f"/audits/{audit}{path}").words


def test_an_audit_of_somebody_else_answers_as_one_that_does_not_exist(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(desk.cast.ben)
    for path in ("", "/themes/voice", "/domains/practice", "/check", "/print", "/withdraw", "/submitted"):
        other, none = asha.get(f"/audits/{audit}{path}"), asha.get(f"/audits/{uuid.uuid4()}{path}")
        assert (other.status_code, none.status_code) == (404, 404), path
    omar = desk.browser(desk.cast.omar)
    assert omar.get(f"/audits/{audit}").status_code == 404


@pytest.mark.both_in_trials
def test_readers_see_every_word_of_a_submitted_audit_and_no_form(desk: Desk) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "inadequate", rationale=WORDS)
    desk.submit(audit)
    for reader in (desk.cast.mo, desk.cast.lena, desk.cast.asha):
        answer = desk.browser(reader).get(f"/audits/{audit}")
        assert escape(WORDS, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text
        assert "<textarea" not in answer.text
        assert "Inadequate, calculated" in SeenPage(answer).words


def test_there_is_no_theme_beyond_the_template(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert asha.get(f"/audits/{audit}/themes/weather").status_code == 404
    assert asha.get(f"/audits/{audit}/domains/weather").status_code == 404


def fill(client: Client, audit: uuid.UUID, theme: str, **typed: str) -> tuple[str, dict[str, str]]:
    """The path of a theme's page, and what it would send with this typed into it."""
    path = f"/audits/{audit}/themes/{theme}"
    return path, page(client, path).form(path) | typed


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_saved_answer_is_stored_as_typed_and_leads_to_the_next_theme_without_one(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "daily-life")
    path, form = fill(
        asha, audit, "voice", answer="inadequate", rationale=WORDS, impact="She waited.", evidence="Visits", do=""
    )
    answer = asha.post(path, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{audit}/themes/planning")
    assert desk.stored(audit)["voice"] == ("inadequate", WORDS, "She waited.", "Visits")
    assert page(asha, path).form(path)["rationale"] == WORDS


def test_the_way_on_goes_round_to_what_was_skipped_and_ends_at_the_check(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "daily-life", "planning")
    path, form = fill(asha, audit, "challenge", answer="good", do="continue")
    assert asha.post(path, data=form).headers["location"] == f"/audits/{audit}/themes/voice"
    path, form = fill(asha, audit, "voice", answer="good", do="continue")
    assert asha.post(path, data=form).headers["location"] == f"/audits/{audit}/check"


@pytest.mark.parametrize(("do", "onward"), [("list", ""), ("check", "/check")])
def test_saving_can_lead_back_to_where_one_came_from(desk: Desk, asha: Client, do: str, onward: str) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", answer="good", do=do)
    assert asha.post(path, data=form).headers["location"] == f"/audits/{audit}{onward}"


def test_words_without_an_answer_are_kept_on_the_page_and_the_fault_leads_to_the_field(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", rationale=WORDS, impact="x")
    answer = asha.post(path, data=form)
    assert answer.status_code == 422
    shown = SeenPage(answer)
    assert shown.form(path)["rationale"] == WORDS
    assert "#answer" in shown.links
    assert 'id="answer"' in answer.text
    assert desk.stored(audit) == {}


def test_an_empty_form_asks_for_an_answer(desk: Desk, asha: Client) -> None:
    path, form = fill(asha, desk.an_audit(), "voice")
    answer = asha.post(path, data=form)
    assert answer.status_code == 422
    assert "Select an answer for “Voice of the child”" in SeenPage(answer).words


def test_an_identifier_in_the_words_is_refused_beside_its_field_and_the_words_are_kept(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", answer="good", evidence="Mail from kim@example.org", rationale=WORDS)
    answer = asha.post(path, data=form)
    assert answer.status_code == 422
    assert 'id="evidence-error"' in answer.text
    assert SeenPage(answer).form(path) | {"evidence": "", "rationale": ""} == form | {"evidence": "", "rationale": ""}
    assert SeenPage(answer).form(path)["rationale"] == WORDS
    assert desk.stored(audit) == {}


def test_an_answer_below_the_standard_is_saved_before_its_rationale_and_says_that_it_needs_one(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", answer="inadequate", impact="She waited.")
    answer = asha.post(path, data=form)
    assert answer.status_code == 303
    assert desk.stored(audit)["voice"] == ("inadequate", "", "She waited.", "")
    assert "still needs a rationale before you can submit" in page(asha, answer.headers["location"]).words
    assert "Enter a rationale for this answer before you submit the audit." in page(asha, path).words


@pytest.mark.both_in_trials
def test_pressing_twice_saves_once(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", answer="good")
    assert [asha.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    assert desk.events().count("audit.scored") == 1


@pytest.mark.both_in_trials
def test_an_answer_can_be_taken_back(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice")
    path = f"/audits/{audit}/themes/voice/clear"
    form = page(asha, f"/audits/{audit}/themes/voice").form("/clear")
    assert asha.post(path, data=form).status_code == 303
    assert desk.stored(audit) == {}


@pytest.mark.both_in_trials
def test_an_answer_that_changed_meanwhile_is_not_taken_back(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice")
    form = page(asha, f"/audits/{audit}/themes/voice").form("/clear")
    desk.answer(audit, "inadequate", "voice")
    answer = asha.post(f"/audits/{audit}/themes/voice/clear", data=form)
    assert answer.status_code == 409
    assert desk.stored(audit)["voice"][0] == "inadequate"


def test_words_typed_while_the_round_was_closed_are_shown_to_be_copied(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = fill(asha, audit, "voice", answer="good", rationale="Every word of this.")
    desk.close_round()
    answer = asha.post(path, data=form)
    assert answer.status_code == 409
    assert "Every word of this." in SeenPage(answer).words
    assert "This round is closed" in SeenPage(answer).words


def test_words_typed_when_the_session_ended_come_back_after_signing_in_and_can_be_saved(desk: Desk) -> None:
    audit = desk.an_audit()
    browser = desk.browser(desk.cast.asha)
    browser.post(f"/link/{desk.cast.asha.secret_of_link}", data={"email": desk.cast.asha.email, "password": PASSWORD})
    path, form = fill(browser, audit, "voice", answer="good", rationale=WORDS)
    with desk.database.writing() as session:
        session.execute(update(WebSession).values(ended_at=col(WebSession.started_at)))
    refused = browser.post(path, data=form)
    assert refused.status_code == 401
    assert desk.stored(audit) == {}
    credentials = {"email": desk.cast.asha.email, "password": PASSWORD}
    back = SeenPage(browser.post("/sign-in", data=SeenPage(refused).form("/sign-in") | credentials))
    assert "She was seen alone, twice." in back.words
    assert browser.post(path, data=back.form(path)).status_code == 303
    assert desk.stored(audit)["voice"] == ("good", WORDS, "", "")


def test_two_tabs_on_different_themes_never_collide(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    one, other = fill(asha, audit, "voice", answer="good"), fill(asha, audit, "planning", answer="good")
    assert [asha.post(path, data=form).status_code for path, form in (one, other)] == [303, 303]
    assert desk.stored(audit).keys() == {"voice", "planning"}


@pytest.mark.both_in_trials
def test_two_tabs_on_one_theme_get_both_texts_side_by_side(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, first = fill(asha, audit, "voice", answer="good", rationale="From the first tab.")
    _, second = fill(asha, audit, "voice", answer="inadequate", rationale="From the second tab.")
    asha.post(path, data=first)
    answer = asha.post(path, data=second)
    assert answer.status_code == 409
    assert "From the first tab." in SeenPage(answer).words
    assert "From the second tab." in SeenPage(answer).words
    assert desk.stored(audit)["voice"][1] == "From the first tab."


@pytest.mark.parametrize(("keep", "kept"), [("typed", "From the second tab."), ("saved", "From the first tab.")])
def test_the_choice_between_two_tabs_is_the_auditors(desk: Desk, asha: Client, keep: str, kept: str) -> None:
    audit = desk.an_audit()
    path, first = fill(asha, audit, "voice", answer="good", rationale="From the first tab.")
    _, second = fill(asha, audit, "voice", answer="inadequate", rationale="From the second tab.", do="list")
    asha.post(path, data=first)
    choice = SeenPage(asha.post(path, data=second)).form(path)
    undecided = asha.post(path, data=choice)
    assert undecided.status_code == 422
    assert "From the second tab." in SeenPage(undecided).words
    decided = asha.post(path, data=SeenPage(undecided).form(path) | {"keep": keep})
    assert (decided.status_code, decided.headers["location"]) == (303, f"/audits/{audit}")
    assert desk.stored(audit)["voice"][1] == kept


def test_a_third_change_while_choosing_is_asked_about_again(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, first = fill(asha, audit, "voice", answer="good", rationale="From the first tab.")
    _, second = fill(asha, audit, "voice", answer="good", rationale="From the second tab.")
    asha.post(path, data=first)
    choice = SeenPage(asha.post(path, data=second)).form(path)
    desk.answer(audit, "good", "voice", rationale="From a third.")
    again = asha.post(path, data=choice | {"keep": "typed"})
    assert again.status_code == 409
    assert "From a third." in SeenPage(again).words
    assert desk.stored(audit)["voice"][1] == "From a third."


def test_a_tab_in_which_nothing_was_changed_overwrites_nothing(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice", rationale="Old.")
    path, untouched = fill(asha, audit, "voice")
    desk.answer(audit, "inadequate", "voice", rationale="New.")
    assert asha.post(path, data=untouched).status_code == 303
    assert desk.stored(audit)["voice"][1] == "New."


def fill_domain(client: Client, audit: uuid.UUID, domain: str, **typed: str) -> tuple[str, dict[str, str]]:
    path = f"/audits/{audit}/domains/{domain}"
    return path, page(client, path).form(path) | {name.replace("__", "--"): text for name, text in typed.items()}


def test_whoever_likes_a_learning_domain_on_a_page_is_led_to_such_pages(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    like_domains(desk)
    assert f"/audits/{audit}/domains/the-child#theme-voice" in page(asha, f"/audits/{audit}").links
    path, form = fill_domain(asha, audit, "the-child", voice__answer="good")
    form |= {"daily-life--answer": "good", "do": "continue"}
    assert asha.post(path, data=form).headers["location"] == f"/audits/{audit}/domains/practice#theme-planning"
    assert desk.stored(audit).keys() == {"voice", "daily-life"}


@pytest.mark.both_in_trials
def test_only_what_was_changed_on_the_page_is_written(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice", rationale="Old.")
    path, form = fill_domain(asha, audit, "the-child")
    desk.answer(audit, "inadequate", "voice", rationale="New.")
    answer = asha.post(path, data=form | {"daily-life--answer": "good"})
    assert answer.status_code == 303
    assert desk.stored(audit)["voice"][1] == "New."
    assert desk.stored(audit)["daily-life"][0] == "good"


def test_a_theme_that_cannot_be_saved_holds_up_no_other_and_keeps_its_words(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = fill_domain(asha, audit, "the-child", voice__answer="good", voice__rationale="Seen alone.")
    answer = asha.post(path, data=form | {"daily-life--rationale": WORDS})
    shown = SeenPage(answer)
    assert answer.status_code == 422
    assert "1 theme saved. Not saved: Daily life" in shown.words
    assert "#daily-life--answer" in shown.links
    assert shown.form(path)["daily-life--rationale"] == WORDS
    assert desk.stored(audit).keys() == {"voice"}
    mended = shown.form(path) | {"daily-life--answer": "outstanding", "voice--rationale": "Seen alone, and heard."}
    assert asha.post(path, data=mended).status_code == 303
    assert desk.stored(audit)["daily-life"] == ("outstanding", WORDS, "", "")
    assert desk.stored(audit)["voice"][1] == "Seen alone, and heard."


def test_a_choice_between_tabs_carries_the_other_words_of_the_page(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path, form = fill_domain(asha, audit, "the-child", voice__answer="good", voice__rationale="Typed.")
    desk.answer(audit, "inadequate", "voice", rationale="From another tab.")
    choice = asha.post(path, data=form | {"daily-life--rationale": WORDS})
    assert choice.status_code == 409
    decided = asha.post(path, data=SeenPage(choice).form(path) | {"voice--keep": "typed"})
    assert decided.status_code == 422
    assert SeenPage(decided).form(path)["daily-life--rationale"] == WORDS
    assert desk.stored(audit)["voice"][1] == "Typed."


def checked(client: Client, audit: uuid.UUID, **typed: str) -> dict[str, str]:
    return page(client, f"/audits/{audit}/check").form("/check") | typed


def test_the_check_says_what_is_missing_and_leads_to_each(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "voice")
    desk.answer(audit, "inadequate", "planning")
    shown = page(asha, f"/audits/{audit}/check")
    assert "Complete these items before you submit" in shown.words
    for theme in ("daily-life", "planning", "challenge"):
        assert f"/audits/{audit}/themes/{theme}?from=check" in shown.links
    answer = asha.post(f"/audits/{audit}/submit", data=checked(asha, audit))
    assert answer.status_code == 422
    assert "The audit was not submitted." in SeenPage(answer).words
    assert desk.find(audit).audit.state == "draft"


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_complete_audit_is_submitted_and_says_what_happens_next(desk: Desk, asha: Client) -> None:
    audit, other = desk.an_audit(reference="CF-4001"), desk.an_audit(reference="CF-4002")
    desk.answer(audit)
    answer = asha.post(f"/audits/{audit}/submit", data=checked(asha, audit))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{audit}/submitted")
    shown = page(asha, answer.headers["location"])
    assert all(words in shown.words for words in ("Audit submitted", "CF-4001", "Good", "What happens next", "CF-4002"))
    assert f"/audits/{other}" in shown.links
    assert desk.find(audit).audit.state == "submitted"


@pytest.mark.both_in_trials
def test_pressing_submit_twice_submits_once(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    form = checked(asha, audit)
    answers = [asha.post(f"/audits/{audit}/submit", data=form) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"/audits/{audit}/submitted"] * 2
    assert desk.events().count("audit.submitted") == 1


@pytest.mark.both_in_trials
def test_the_overall_judgement_and_the_way_of_auditing_are_saved_with_the_submission(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    form = checked(asha, audit, mode="with-family", overall_override="inadequate", override_reason="One grave miss.")
    assert asha.post(f"/audits/{audit}/submit", data=form).status_code == 303
    found = desk.find(audit)
    assert (found.audit.mode, found.overall, found.calculated) == ("with-family", "inadequate", "good")
    assert "One grave miss." in page(asha, f"/audits/{audit}").words


def test_what_the_check_page_says_is_saved_even_when_an_answer_is_missing(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    form = checked(asha, audit, mode="observation", overall_override="good", override_reason=WORDS)
    assert asha.post(f"/audits/{audit}/submit", data=form).status_code == 422
    assert checked(asha, audit)["override_reason"] == WORDS


def test_a_judgement_without_a_reason_is_asked_for_one(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    answer = asha.post(f"/audits/{audit}/check", data=checked(asha, audit, overall_override="good"))
    assert answer.status_code == 422
    assert "#override_reason" in SeenPage(answer).links
    assert SeenPage(answer).form("/check")["overall_override"] == "good"


def test_an_audit_that_changed_since_it_was_checked_is_not_submitted_unseen(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    form = checked(asha, audit, overall_override="inadequate", override_reason=WORDS)
    desk.answer(audit, "outstanding", "voice")
    answer = asha.post(f"/audits/{audit}/submit", data=form)
    assert answer.status_code == 409
    assert desk.find(audit).audit.state == "draft"
    shown = SeenPage(answer)
    assert shown.form("/check")["override_reason"] == WORDS
    assert asha.post(f"/audits/{audit}/submit", data=shown.form("/check")).status_code == 303


@pytest.mark.both_in_trials
def test_a_theme_scored_in_another_tab_does_not_stand_in_the_way_of_saving_the_judgement(
    desk: Desk, asha: Client
) -> None:
    audit = desk.an_audit()
    form = checked(asha, audit, mode="observation")
    desk.answer(audit, "good", "voice")
    assert asha.post(f"/audits/{audit}/check", data=form).status_code == 303
    assert desk.find(audit).audit.mode == "observation"


def test_a_judgement_saved_in_another_tab_is_shown_and_not_overwritten(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    one = checked(asha, audit, overall_override="good", override_reason="From one tab.")
    other = checked(asha, audit, overall_override="inadequate", override_reason="From the other.")
    asha.post(f"/audits/{audit}/check", data=one)
    answer = asha.post(f"/audits/{audit}/check", data=other)
    assert answer.status_code == 409
    assert "From one tab." in SeenPage(answer).words
    assert SeenPage(answer).form("/check")["override_reason"] == "From the other."
    assert desk.find(audit).audit.override_reason == "From one tab."


def test_a_reason_typed_while_the_round_was_closed_is_shown_to_be_copied(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    form = checked(asha, audit, overall_override="good", override_reason="Every word of this.")
    desk.close_round()
    answer = asha.post(f"/audits/{audit}/check", data=form)
    assert answer.status_code == 409
    assert "Every word of this." in SeenPage(answer).words


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_moderator_returns_an_audit_with_a_reason_and_the_auditor_reads_it(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    mo = desk.browser(desk.cast.mo)
    path = f"/audits/{audit}/return"
    assert path in page(mo, f"/audits/{audit}").links
    without = mo.post(path, data=page(mo, path).form(path))
    assert without.status_code == 422
    assert "#reason" in SeenPage(without).links
    answer = mo.post(path, data=SeenPage(without).form(path) | {"reason": "Look again."})
    assert (answer.status_code, answer.headers["location"]) == (303, "/audits")
    assert "Look again." in page(asha, "/audits").words


def test_nobody_is_asked_to_return_their_own_audit(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    assert f"/audits/{audit}/return" not in page(asha, f"/audits/{audit}").links
    assert asha.get(f"/audits/{audit}/return").status_code == 403


def test_a_reason_for_returning_outlives_a_change_made_meanwhile(desk: Desk) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    lena = desk.browser(desk.cast.lena)
    path = f"/audits/{audit}/return"
    form = page(lena, path).form(path) | {"reason": WORDS}
    desk.give_back(audit, "Sooner.")
    desk.submit(audit)
    answer = lena.post(path, data=form)
    assert answer.status_code == 409
    again = SeenPage(answer).form(path)
    assert again["reason"] == WORDS
    assert lena.post(path, data=again).status_code == 303


@pytest.mark.both_in_trials
def test_an_auditor_withdraws_an_audit_with_a_reason_and_it_leaves_the_desk(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(reference="CF-5001")
    path = f"/audits/{audit}/withdraw"
    form = page(asha, path).form(path)
    assert asha.post(path, data=form).status_code == 422
    answer = asha.post(path, data=form | {"reason": "Outside the period."})
    assert (answer.status_code, answer.headers["location"]) == (303, "/audits")
    assert "CF-5001" not in page(asha, "/audits").words
    assert "Outside the period." in page(asha, f"/audits/{audit}").words
    assert asha.get(path).status_code == 409


def test_a_submitted_audit_is_withdrawn_by_a_lead_and_not_by_its_auditor(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    path = f"/audits/{audit}/withdraw"
    assert path not in page(asha, f"/audits/{audit}").links
    assert asha.get(path).status_code == 409
    lena = desk.browser(desk.cast.lena)
    answer = lena.post(path, data=page(lena, path).form(path) | {"reason": "Wrong case."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{audit}")
    assert desk.find(audit).audit.state == "withdrawn"


def test_a_checklist_prints_blank_or_with_the_answers(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit(reference="CF-6001")
    desk.answer(audit, "inadequate", "voice", rationale="Never seen alone.")
    filled, blank = (page(asha, f"/audits/{audit}/print{query}").words for query in ("", "?blank=1"))
    assert "Never seen alone." in filled
    assert "Chosen: Inadequate" in filled
    assert "Never seen alone." not in blank
    assert "Chosen:" not in blank
    for words in ("CF-6001", "Voice of the child", "Was the child seen alone?", "Overall judgement"):
        assert words in filled
        assert words in blank
