"""An audit asks the questions of its template, and only what its case is asked: on pages and over REST."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select, update

from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from checklists.reports.beside import decode_beside
from checklists.reports.tallies import decode_answers
from checklists.templates.template_file import check_template
from models import Audit, AuditFact, CaseStatus, Person, Score, ScoringLayout, StoredCaseFile
from tests.audits.asking_desk import ask, grade, stored_answers
from tests.checklists.full_template import a_full_template, a_template_of_questions
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.page_forms import SeenPage

ANSWERS = {"seen-alone": "yes", "where": "home", "visits": "7", "chronology": "2026-03"}
KEYS = tuple(ANSWERS)
NOT_ASKED = "Not asked"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_template_of_questions()) as made:
        yield made


def audit_of(desk: Desk, *harms: str) -> uuid.UUID:
    return desk.an_audit(harms=harms)


def becomes(desk: Desk, audit_id: uuid.UUID, status: CaseStatus = CaseStatus.CHILD_PROTECTION_PLAN) -> None:
    """Give the case of an audit another status; the plan is asked of children under protection."""
    with desk.database.writing() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        session.get_one(StoredCaseFile, (audit.organisation_id, audit.case_file_id)).status = status


def filled(desk: Desk, audit_id: uuid.UUID, **answers: str) -> uuid.UUID:
    """Answer all that is asked of a case that is not under protection."""
    grade(desk, audit_id, "good", "voice", "history", "review")
    ask(desk, audit_id, **{key.replace("-", "_"): answer for key, answer in {**ANSWERS, **answers}.items()})
    return audit_id


def put(client: Client, desk: Desk, audit_id: uuid.UUID, path: str, body: Any, version: int | None = None) -> Any:
    if version is None:
        version = desk.find(audit_id).audit.version
    return client.put(f"/api/v1/audits/{audit_id}/{path}", json=body, headers={"If-Match": f'"{version}"'})


def lines_of(desk: Desk, audit_id: uuid.UUID) -> tuple[dict[str, str], dict[str, str]]:
    audit = desk.find(audit_id).audit
    return decode_answers(desk.template, audit.answers), decode_beside(KEYS, audit.question_answers)


class Shown(SeenPage):
    """A page that a browser shows, whose form it sends."""

    def __init__(self, client: Client, answer: Any) -> None:
        super().__init__(answer)
        self.client = client

    def send(self, changes: dict[str, str]) -> Any:
        """Send the form with which themes are answered, with these changes."""
        form = next(form for form in self.forms if "from" in form.fields)
        return self.client.post(form.action, data={**form.fields, **changes}, follow_redirects=False)


def page(client: Client, path: str) -> Shown:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return Shown(client, answer)


@pytest.mark.both_in_trials
def test_an_audit_is_submitted_with_all_that_is_asked_and_no_more(desk: Desk) -> None:
    audit_id = filled(desk, audit_of(desk, "fear"))
    desk.submit(audit_id)
    answers, questions = lines_of(desk, audit_id)
    assert answers == {"voice": "good", "history": "good", "plan": "not-asked", "review": "good"}
    assert questions == ANSWERS


def test_a_question_that_is_not_asked_is_encoded_so_and_keeps_what_was_answered(desk: Desk) -> None:
    audit_id = filled(desk, audit_of(desk))
    ask(desk, audit_id, seen_alone="no")
    desk.submit(audit_id)
    assert lines_of(desk, audit_id)[1]["where"] == "not-asked"
    assert stored_answers(desk, audit_id)["where"] == "home"
    assert "where" not in desk.find(audit_id).question_answers


def test_status_and_tags_decide_what_is_asked_until_the_audit_is_submitted(desk: Desk) -> None:
    without, tagged = audit_of(desk), audit_of(desk, "fear")
    for audit_id in (without, tagged):
        assert "plan" in desk.find(audit_id).asked.reasons
        becomes(desk, audit_id)
    assert "plan" in desk.find(without).asked.reasons
    assert "plan" in desk.find(tagged).asked.themes
    becomes(desk, tagged, CaseStatus.CLOSED)
    assert "plan" in desk.find(tagged).asked.reasons
    desk.submit(filled(desk, tagged))
    becomes(desk, tagged)
    assert "plan" in desk.find(tagged).asked.reasons
    desk.give_back(tagged, "The child is under protection now.")
    assert "plan" in desk.find(tagged).asked.themes


def test_a_fact_about_the_case_decides_what_is_asked(database_url: str) -> None:
    template = a_full_template()
    file = template.model_dump(mode="json", exclude_defaults=True)
    file["learning_domains"][1]["themes"][1]["applies_when"] = {"facts": [{"fact": "open-for", "answers": ["long"]}]}
    with a_desk(database_url, template=check_template(file)) as desk:
        audit_id = desk.an_audit(harms=())
        assert "review" in desk.find(audit_id).asked.reasons
        with desk.database.writing() as session:
            session.add(
                AuditFact(organisation_id=desk.cast.organisation.id, audit_id=audit_id, fact="open-for", choice="long")
            )
        assert "review" in desk.find(audit_id).asked.themes


def test_what_was_written_of_a_theme_that_is_no_longer_asked_is_kept_and_counts_nowhere(
    desk: Desk, asha: Client
) -> None:
    audit_id = audit_of(desk, "fear")
    becomes(desk, audit_id)
    grade(desk, audit_id, "inadequate", "plan")
    becomes(desk, audit_id, CaseStatus.CHILD_IN_NEED)
    found = desk.find(audit_id)
    assert "plan" not in found.scores
    assert found.answers == {"plan": "not-asked"}
    assert "0 of 3 themes answered" in page(asha, "/audits").words
    shown = page(asha, f"/audits/{audit_id}/themes/plan").words
    assert "This theme does not apply to this case. This applies only when" in shown
    assert "Your earlier answer is kept but not counted." in shown
    filled(desk, audit_id)
    desk.submit(audit_id)
    read = desk.browser(desk.cast.lena).get(f"/audits/{audit_id}").text
    assert "Seen in plan." not in read
    with desk.database.reading() as session:
        kept = session.exec(select(Score).where(Score.audit_id == audit_id, Score.theme == "plan")).one()
    assert kept.rationale == "Seen in plan."


def test_everything_counts_what_is_asked_only(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    words = page(asha, f"/audits/{audit_id}").words
    assert "0 of 3 themes answered. 0 of 3 questions answered." in words
    assert NOT_ASKED in words
    assert "This applies only when the status is Child protection plan" in words
    filled(desk, audit_id)
    words = page(asha, f"/audits/{audit_id}").words
    assert "3 of 3 themes answered. 4 of 4 questions answered." in words
    assert "Check your answers and submit" in words
    check = page(asha, f"/audits/{audit_id}/check").words
    assert "Complete these items before you submit" not in check
    assert "Where was the child seen? At home" in check
    assert "7 days" in check
    assert "March 2026" in check


def test_submission_names_each_missing_answer_and_leads_to_its_field(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    grade(desk, audit_id, "good", "history", "review")
    ask(desk, audit_id, seen_alone="yes", visits="3")
    version = desk.find(audit_id).audit.version
    refused = asha.post(f"/api/v1/audits/{audit_id}/submit", headers={"If-Match": f'"{version}"'}).json()
    assert [error["pointer"] for error in refused["errors"]] == [
        "/scores/voice",
        "/questions/where",
        "/questions/chronology",
    ]
    links = page(asha, f"/audits/{audit_id}/check").links
    assert f"/audits/{audit_id}/themes/voice?from=check#questions/where" in links
    assert 'id="questions/where"' in asha.get(f"/audits/{audit_id}/themes/voice?from=check").text


def test_texts_that_the_template_requires_are_asked_for_at_their_field(desk: Desk, asha: Client) -> None:
    audit_id = filled(desk, audit_of(desk))
    answered = put(asha, desk, audit_id, "scores", {"voice": {"answer": "inadequate", "rationale": "Never seen."}})
    assert answered.status_code == 200
    version = desk.find(audit_id).audit.version
    refused = asha.post(f"/api/v1/audits/{audit_id}/submit", headers={"If-Match": f'"{version}"'}).json()
    assert [error["pointer"] for error in refused["errors"]] == ["/scores/voice/impact"]
    assert f"/audits/{audit_id}/themes/voice?from=check#impact" in page(asha, f"/audits/{audit_id}/check").links


@pytest.mark.both_databases
def test_questions_are_saved_with_and_without_an_answer_to_their_theme(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    shown = page(asha, f"/audits/{audit_id}/themes/voice")
    shown.send({"questions/seen-alone": "yes", "do": "list"})
    assert stored_answers(desk, audit_id) == {"seen-alone": "yes"}
    assert desk.stored(audit_id) == {}
    shown = page(asha, f"/audits/{audit_id}/themes/voice")
    shown.send({"answer": "good", "rationale": "Seen alone.", "do": "list"})
    assert desk.stored(audit_id)["voice"][:2] == ("good", "Seen alone.")
    assert stored_answers(desk, audit_id) == {"seen-alone": "yes"}
    assert desk.events().count("audit.questions-answered") == 1


def test_a_question_that_an_answer_brings_is_shown_after_saving(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    shown = page(asha, f"/audits/{audit_id}/themes/voice")
    assert "The question appears here when you save that answer." in shown.words
    after = shown.send({"questions/seen-alone": "yes", "do": "continue"})
    assert after.headers["location"].startswith(f"/audits/{audit_id}/themes/voice")
    again = page(asha, f"/audits/{audit_id}/themes/voice")
    after = again.send({"questions/where": "school", "do": "continue"})
    assert "themes/voice" not in after.headers["location"]
    assert stored_answers(desk, audit_id) == {"seen-alone": "yes", "where": "school"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"questions/visits-typed": "seven"}, "Enter a whole number of days from 0 to 9,999"),
        ({"questions/visits-typed": "7", "questions/visits": "not-evidenced"}, ", not both"),
        (
            {"questions/chronology-typed": "13", "questions/chronology-year": "2026"},
            "Enter a month and a 4-digit year, such as",
        ),
        ({"questions/chronology-typed": "3"}, "Enter a month and a 4-digit year, such as"),
        ({"questions/seen-alone": "sometimes"}, "Select one of the answers listed, or"),
        ({"questions/seen-alone": "not-applicable"}, "Select one of the answers listed, or"),
    ],
)
@pytest.mark.parametrize("layout", ["theme", "domain"])
def test_what_is_no_answer_is_refused_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, asha: Client, typed: dict[str, str], words: str, layout: str
) -> None:
    audit_id = audit_of(desk)
    alone = layout == "theme"
    shown = page(asha, f"/audits/{audit_id}/{'themes/voice' if alone else 'domains/child'}")
    prefix = "" if alone else "voice--"
    answer = shown.send({**typed, f"{prefix}answer": "good", f"{prefix}rationale": "Seen twice & heard.", "do": "list"})
    assert answer.status_code == 422
    assert words in SeenPage(answer).words
    field = next(iter(typed)).split("-typed")[0]
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Seen twice &amp; heard." in answer.text
    for value in typed.values():
        if value not in {"sometimes", "not-applicable"}:
            assert f'value="{value}"' in answer.text
    assert stored_answers(desk, audit_id) == {}
    assert desk.stored(audit_id) == {}


def test_a_typed_answer_is_shown_again_and_can_be_taken_back(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    sent = {"questions/visits-typed": " 07 ", "questions/chronology-typed": "3", "questions/chronology-year": "2026"}
    page(asha, f"/audits/{audit_id}/themes/voice").send({**sent, "do": "list"})
    assert stored_answers(desk, audit_id) == {"visits": "7", "chronology": "2026-03"}
    shown = page(asha, f"/audits/{audit_id}/themes/voice")
    shown.send({"questions/visits-typed": "", "do": "list"})
    assert stored_answers(desk, audit_id) == {"chronology": "2026-03"}


@pytest.mark.both_in_trials
def test_of_two_windows_neither_loses_an_answer(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    one, other = (page(asha, f"/audits/{audit_id}/themes/voice") for _ in range(2))
    one.send({"questions/seen-alone": "yes", "answer": "good", "rationale": "First.", "do": "list"})
    answer = other.send({"questions/visits-typed": "4", "do": "list"})
    assert answer.status_code == 409
    choice = Shown(asha, answer)
    assert "4 days" in choice.words
    assert "First." in choice.words
    choice.send({"keep": "typed"})
    assert stored_answers(desk, audit_id) == {"seen-alone": "yes", "visits": "4"}
    assert desk.stored(audit_id)["voice"][:2] == ("good", "First.")


def test_rest_takes_questions_with_a_score_and_alone(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    body = {"answer": "good", "questions": {"seen-alone": "yes", "where": "home"}}
    made = put(asha, desk, audit_id, "scores/voice", body, version=0)
    assert made.status_code == 200, made.text
    assert made.json()["questions"] == {"seen-alone": "yes", "where": "home"}
    alone = put(asha, desk, audit_id, "questions", {"visits": "3", "where": None})
    assert alone.status_code == 200, alone.text
    assert alone.json()["questions"] == {"seen-alone": "yes", "visits": "3"}
    assert alone.json()["not_asked"]["plan"].startswith("This applies only when")
    read = asha.get(f"/api/v1/audits/{audit_id}/scores/voice")
    assert read.json()["questions"] == {"seen-alone": "yes", "visits": "3"}
    stale = put(asha, desk, audit_id, "scores/voice", {"answer": "inadequate"}, version=made.json()["version"])
    assert stale.status_code == 412
    fresh = put(asha, desk, audit_id, "scores/voice", {"answer": "inadequate"}, version=read.json()["version"])
    assert fresh.status_code == 200


@pytest.mark.parametrize(
    ("questions", "pointer", "words"),
    [
        ({"nothing": "yes"}, "/questions/nothing", "This question is not in the"),
        ({"visits": "seven"}, "/questions/visits", "Enter a whole number of days"),
        ({"visits": "10000"}, "/questions/visits", "Enter a whole number of days"),
        ({"where": "home"}, "/questions/where", "This question does not apply to this case"),
        ({"seen-alone": "no", "where": "home"}, "/questions/where", "This question does not apply to this case"),
        ({"seen-alone": "not-applicable"}, "/questions/seen-alone", "Select one of the answers listed"),
    ],
)
def test_rest_refuses_what_is_no_answer_or_not_asked(
    desk: Desk, asha: Client, questions: dict[str, str], pointer: str, words: str
) -> None:
    audit_id = audit_of(desk)
    body = {"answer": "good", "questions": questions}
    for refused in (
        put(asha, desk, audit_id, "scores/voice", body, version=0),
        put(asha, desk, audit_id, "questions", questions),
    ):
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert error["pointer"] == pointer
        assert words in error["detail"]
    assert stored_answers(desk, audit_id) == {}


def test_a_theme_that_is_not_asked_cannot_be_answered(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    refused = put(asha, desk, audit_id, "scores/plan", {"answer": "good"}, version=0)
    assert refused.status_code == 422
    assert "This theme does not apply to this case" in refused.text


def test_what_was_typed_for_a_theme_is_not_lost_when_it_is_no_longer_asked(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk, "fear")
    becomes(desk, audit_id)
    shown = page(asha, f"/audits/{audit_id}/themes/plan")
    becomes(desk, audit_id, CaseStatus.CLOSED)
    answer = shown.send({"answer": "good", "rationale": "A long plan.", "do": "list"})
    assert answer.status_code == 422
    assert "A long plan." in answer.text
    assert "This theme does not apply to this case" in SeenPage(answer).words


def complete(desk: Desk, **changes: Any) -> dict[str, Any]:
    return {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": key, "answer": "good", "evidence": "Note 3"} for key in ("voice", "history", "review")],
        "questions": ANSWERS,
        **changes,
    }


def record(client: Client, body: dict[str, Any]) -> Any:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return client.post("/api/v1/complete-audits", json=body, headers=headers)


@pytest.mark.both_in_trials
def test_a_complete_audit_comes_with_the_questions_that_are_asked(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    made = record(lena, complete(desk))
    assert made.status_code == 201, made.text
    audit_id = uuid.UUID(made.json()["audit_id"])
    assert lines_of(desk, audit_id)[1] == ANSWERS
    assert stored_answers(desk, audit_id) == ANSWERS
    assert desk.find(audit_id).answers["plan"] == "not-asked"


@pytest.mark.parametrize(
    ("questions", "pointers"),
    [
        ({}, ["/questions/seen-alone", "/questions/visits", "/questions/chronology"]),
        ({**ANSWERS, "visits": "-1"}, ["/questions/visits"]),
        ({**ANSWERS, "seen-alone": "no"}, ["/questions/where"]),
        ({**ANSWERS, "other": "no"}, ["/questions/other"]),
    ],
)
def test_a_complete_audit_is_refused_for_each_answer_that_is_missing_or_wrong(
    desk: Desk, questions: dict[str, str], pointers: list[str]
) -> None:
    refused = record(desk.browser(desk.cast.lena), complete(desk, questions=questions))
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == pointers


def test_a_complete_audit_answers_no_theme_that_is_not_asked(desk: Desk) -> None:
    scores = [{"theme": key, "answer": "good"} for key in ("voice", "history", "plan", "review")]
    refused = record(desk.browser(desk.cast.lena), complete(desk, scores=scores))
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/scores/2/theme"]


def test_a_grade_against_its_questions_and_a_tag_against_not_applicable_are_told(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk, "fear")
    becomes(desk, audit_id)
    grade(desk, audit_id, "good", "voice", "history", "review")
    ask(desk, audit_id, seen_alone="no", visits="not-evidenced")
    put(asha, desk, audit_id, "scores", {"plan": {"answer": "not-applicable", "rationale": "No plan."}})
    sentences = [each["sentence"] for each in asha.get(f"/api/v1/audits/{audit_id}/consistency").json()["findings"]]
    assert any("Voice is Good, but 2 of 2 answered questions do not meet their standard." in each for each in sentences)
    assert any("Plan is Not applicable, but the case involves Fear." in each for each in sentences)
    assert "2 of 2 answered questions do not meet their standard" in page(asha, f"/audits/{audit_id}/check").words


def test_advice_is_on_every_page_of_an_audit(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    advice = "Judge what could have been known and done at the time."
    for path in ("", "/themes/voice", "/domains/child", "/check", "/print"):
        assert advice in page(asha, f"/audits/{audit_id}{path}").words
    filled(desk, audit_id)
    desk.submit(audit_id)
    mo = desk.browser(desk.cast.mo)
    for path in ("", "/moderation"):
        assert advice in page(mo, f"/audits/{audit_id}{path}").words


def test_questions_are_read_wherever_answers_are(desk: Desk, asha: Client) -> None:
    audit_id = filled(desk, audit_of(desk))
    desk.submit(audit_id)
    mo = desk.browser(desk.cast.mo)
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/moderation", f"/audits/{audit_id}/print"):
        words = page(mo, path).words
        assert "Where was the child seen?" in words
        assert "At home" in words
        assert NOT_ASKED in words
    assert mo.get(f"/api/v1/audits/{audit_id}").json()["questions"] == ANSWERS
    blank = page(asha, f"/audits/{audit_id}/print?blank=1").words
    assert "Where was the child seen?" in blank
    assert NOT_ASKED not in blank


def test_the_form_shows_the_boxes_that_the_template_asks(desk: Desk, asha: Client) -> None:
    words = page(asha, f"/audits/{audit_of(desk)}/themes/history").words
    assert "Only for an answer below the standard, not evidenced or not applicable." in words
    assert "Only for an answer at or above the standard." in words


def test_what_to_look_for_is_one_click_away_once_an_auditor_knows_the_theme(desk: Desk, asha: Client) -> None:
    new = audit_of(desk)
    path = f"/audits/{new}/themes/history"
    assert '<h2 class="govuk-heading-s">What to look for' in asha.get(path).text
    for _ in range(3):
        desk.submit(filled(desk, audit_of(desk)))
    assert '<h2 class="govuk-heading-s">What to look for' not in asha.get(path).text
    assert "What does the file show?" in asha.get(path).text


def test_an_audit_in_which_only_questions_are_answered_is_begun(desk: Desk, asha: Client) -> None:
    audit_id = audit_of(desk)
    ask(desk, audit_id, visits="3")
    assert "Continue the audit of" in page(asha, "/audits").words
    listed = desk.browser(desk.cast.lena).get(f"/rounds/{desk.round_id}").text
    assert "In progress" in listed or "in progress" in listed


def test_the_domain_layout_saves_questions_of_several_themes(desk: Desk, asha: Client) -> None:
    with desk.database.writing() as session:
        session.execute(update(Person).values(scoring_layout=ScoringLayout.LEARNING_DOMAIN))
    audit_id = audit_of(desk)
    shown = page(asha, f"/audits/{audit_id}/domains/child")
    shown.send({"questions/seen-alone": "no", "voice--answer": "good", "history--answer": "good", "do": "list"})
    assert stored_answers(desk, audit_id) == {"seen-alone": "no"}
    assert set(desk.stored(audit_id)) == {"voice", "history"}
    practice = page(asha, f"/audits/{audit_id}/domains/practice").words
    assert NOT_ASKED in practice


def test_moderation_goes_without_themes_that_are_not_asked(desk: Desk) -> None:
    audit_id = filled(desk, audit_of(desk))
    desk.submit(audit_id)
    mo = desk.browser(desk.cast.mo)
    path = f"/audits/{audit_id}/moderation"
    assert page(mo, path).words.count(NOT_ASKED) == 1
    by = an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        version = moderation.start_moderation(session, audit_id=audit_id, version=version, by=by).version
        said = [AnswerReview(key, "good") for key in ("voice", "history", "review")]
        version = moderation.review_answers(session, audit_id=audit_id, judgements=said, version=version, by=by).version
        review = OverallReview("good")
        version = moderation.review_overall(session, audit_id=audit_id, review=review, version=version, by=by).version
        moderation.agree_answers(session, audit_id=audit_id, version=version, by=by)
    assert desk.find(audit_id).agreed_answers["plan"] == "not-asked"
