"""A practitioner is given a sheet of one page that names nobody, and reflects on it without an account."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from sqlmodel import select, update

from api.feedback.counting import feedback_of_round
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.foundation.local_time import local_date
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from api.rounds import actions as rounds
from checklists.actions.working_days import after_working_days
from models import Audit, Event, FeedbackLink, FeedbackSheet, now
from models.evidence.guards import drop_guards
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, an_actor, stranger_to
from tests.feedback.giving import THINK, WORKS, audited, given, stored

SAYS = "I will ask who does what, and keep seeing the child alone."


def a_link(desk: Desk, client: Client, audit_id: object) -> str:
    """The path of a new link for the practitioner."""
    made = client.post(f"/api/v1/audits/{audit_id}/feedback/links", headers=a_key())
    assert made.status_code == 201
    return "/feedback/" + str(made.json()["link"]).rpartition("/feedback/")[2]


@pytest.mark.both_in_trials
def test_feedback_holds_what_works_what_to_think_about_and_the_questions_of_themes_that_fell_short(desk: Desk) -> None:
    audit_id = audited(desk)
    asha = desk.browser(desk.cast.asha)
    path = f"/api/v1/audits/{audit_id}/feedback"
    assert asha.get(path).status_code == 404
    sent = {"works_well": WORKS, "think_about": THINK, "given_on": local_date(now()).isoformat()}
    made = asha.put(path, json=sent, headers={"If-Match": '"0"'})
    assert made.status_code == 200
    said = made.json()
    assert [theme["label"] for theme in said["themes"]] == ["Voice of the child", "Planning"]
    assert said["questions"] == [
        {"theme": "Voice of the child", "question": "Was the child seen alone?"},
        {"theme": "Planning", "question": "Is there a plan?"},
    ]
    assert (said["given_by"], said["given_on"]) == (desk.cast.asha.name, sent["given_on"])
    assert asha.put(path, json=sent, headers={"If-Match": '"0"'}).status_code == 412
    page = asha.get(f"/audits/{audit_id}/feedback").text
    assert all(words in page for words in (WORKS, THINK, "Was the child seen alone?", said["code"]))
    assert "audit.feedback-given" in desk.events()


def test_feedback_says_when_moderation_changed_which_themes_fell_short(desk: Desk) -> None:
    audit_id = audited(desk)
    asha, path = desk.browser(desk.cast.asha), f"/audits/{audit_id}/feedback"
    assert "a moderator may change them" in asha.get(f"{path}/edit").text
    given(desk, audit_id)
    assert "Answers of this audit have changed" not in asha.get(path).text
    reviews = [AnswerReview(theme, "good") for theme in desk.template.theme_keys if theme not in ("voice", "planning")]
    reviews[0] = AnswerReview(reviews[0].theme, "inadequate", "The file shows no work on this.")
    reviews += [AnswerReview("voice", "inadequate"), AnswerReview("planning", "good", "The plan is on file.")]
    mo = an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        version = session.exec(select(Audit).where(Audit.id == audit_id)).one().version
        version = moderation.start_moderation(session, audit_id=audit_id, version=version, by=mo).version
        version = moderation.review_answers(
            session, judgements=reviews, version=version, audit_id=audit_id, by=mo
        ).version
        overall = OverallReview("inadequate", "Too little was done.")
        version = moderation.review_overall(session, review=overall, version=version, audit_id=audit_id, by=mo).version
        moderation.agree_answers(session, version=version, audit_id=audit_id, by=mo)
    page = " ".join(asha.get(path).text.split())
    assert "The feedback names themes that are no longer below the standard: Planning." in page
    newly_short = desk.template.theme(reviews[0].theme).label
    assert f"The feedback does not name themes that are now below the standard: {newly_short}." in page
    assert "give the practitioner the new sheet" in page
    assert "a moderator may change them" not in asha.get(f"{path}/edit").text
    with desk.database.writing() as session:
        new = NewSheet(WORKS, THINK, local_date(now()))
        sheets.write_sheet(session, audit_id=audit_id, new=new, version=1, by=an_actor(desk.cast.asha))
    assert "Answers of this audit have changed" not in asha.get(path).text


def test_feedback_is_refused_before_submission_from_strangers_and_with_identifiers(desk: Desk) -> None:
    draft, audit_id = desk.an_audit(), audited(desk)
    asha, ben = desk.browser(desk.cast.asha), desk.browser(desk.cast.ben)
    sent = {"works_well": WORKS, "given_on": local_date(now()).isoformat()}
    first = {"If-Match": '"0"'}
    assert asha.put(f"/api/v1/audits/{draft}/feedback", json=sent, headers=first).status_code == 409
    assert ben.put(f"/api/v1/audits/{audit_id}/feedback", json=sent, headers=first).status_code == 404
    for wrong in (
        {"works_well": "The number is 943 476 5919."},
        {"works_well": ""},
        {"works_well": "x" * 1001},
        {"given_on": (local_date(now()) + timedelta(days=1)).isoformat()},
    ):
        answer = asha.put(f"/api/v1/audits/{audit_id}/feedback", json={**sent, **wrong}, headers=first)
        assert answer.status_code == 422, wrong
    typed = {"works_well": WORKS, "think_about": "x" * 1001, "version": "0"}
    again = asha.post(f"/audits/{audit_id}/feedback/edit", data=typed)
    assert again.status_code == 422
    assert WORKS in again.text
    for fault in ("Enter the day on which the feedback was given", "so that the sheet fits on one page"):
        assert fault in again.text


def test_the_sheet_is_one_page_without_anything_that_identifies(desk: Desk) -> None:
    audit_id = audited(desk)
    sheet = given(desk, audit_id)
    with desk.database.writing() as session:
        session.execute(update(FeedbackSheet).values(works_well="A visit was made. " * 55, think_about="Ask. " * 200))
    asha = desk.browser(desk.cast.asha)
    pdf = asha.get(f"/api/v1/audits/{audit_id}/feedback.pdf")
    assert pdf.status_code == 200
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf.content)) == 1
    found = desk.find(audit_id)
    page = asha.get(f"/audits/{audit_id}/feedback/sheet")
    word = zipfile.ZipFile(io.BytesIO(asha.get(f"/audits/{audit_id}/feedback/sheet.docx").content))
    said = page.text.split("<main", 1)[1] + word.read("word/document.xml").decode()
    for identifies in (
        found.case_file.reference,
        "North locality",
        found.round.title,
        desk.cast.asha.name,
        "Inadequate",
    ):
        assert identifies not in said
    assert "Was the child seen alone?" in said
    assert sheet.code[:4] in said
    assert asha.get(f"/audits/{audit_id}/feedback/sheet.xlsx").status_code in {404, 422}


@pytest.mark.both_databases
def test_a_practitioner_reflects_once_by_link_without_an_account(desk: Desk) -> None:
    audit_id = audited(desk)
    given(desk, audit_id)
    terms = {"terms": ["Quillfeather"], "label": "list of May"}
    assert desk.browser(desk.cast.ada).post("/api/v1/risky-terms", json=terms, headers=a_key()).status_code < 300
    asha, stranger = desk.browser(desk.cast.asha), stranger_to(desk.app)
    former, link = a_link(desk, asha, audit_id), a_link(desk, asha, audit_id)
    assert stranger.get(former).status_code == 410, "a new link ends the former"
    page = stranger.get(link)
    assert page.status_code == 200
    assert THINK in page.text
    assert desk.find(audit_id).case_file.reference not in page.text
    refused = stranger.post(link, data={"words": "Ask on 07700 900123."})
    assert refused.status_code == 422
    assert "07700 900123" in refused.text, "what was typed is kept"
    assert stranger.post(link, data={"words": ""}).status_code == 422
    assert stranger.post(link, data={"words": "I asked Quillfeather about it."}).status_code == 422
    assert "identifier.refused" in desk.events()
    assert stranger.post(link, data={"words": SAYS}).status_code == 200
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, data={"words": "And more of it again."}).status_code == 410
    said = asha.get(f"/api/v1/audits/{audit_id}/feedback").json()
    assert said["reflection"] == SAYS
    assert said["reflected_at"]
    assert SAYS in asha.get(f"/audits/{audit_id}/feedback").text
    assert SAYS in desk.browser(desk.cast.lena).get(f"/audits/{audit_id}/feedback").text
    history = asha.get(f"/audits/{audit_id}/history").text
    assert "Reflection written by the practitioner" in history
    with desk.database.reading() as session:
        (event,) = session.exec(select(Event).where(Event.kind == "audit.reflected"))
        assert (event.person_id, event.token_id) == (None, None)
        assert SAYS not in event.details


def test_a_link_ends_with_its_time_and_nobody_guesses_one(desk: Desk) -> None:
    audit_id = audited(desk)
    given(desk, audit_id)
    asha, stranger = desk.browser(desk.cast.asha), stranger_to(desk.app)
    link = a_link(desk, asha, audit_id)
    with desk.database.writing() as session:
        past = now() - timedelta(days=40)
        session.execute(update(FeedbackLink).values(made_at=past, expires_at=past + timedelta(days=28)))
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, data={"words": SAYS}).status_code == 410
    assert stranger.get(f"/feedback/{stored(desk, audit_id).code}").status_code == 410
    assert stored(desk, audit_id).reflection == ""


def test_a_link_that_was_made_while_the_clock_was_a_year_ahead_gives_way_to_another(desk: Desk) -> None:
    audit_id = audited(desk)
    given(desk, audit_id)
    asha, stranger = desk.browser(desk.cast.asha), stranger_to(desk.app)
    link = a_link(desk, asha, audit_id)
    ahead = now() + timedelta(days=365)
    with desk.database.writing() as session:
        session.execute(update(FeedbackLink).values(made_at=ahead, expires_at=ahead + timedelta(days=28)))
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, data={"words": SAYS}).status_code == 410
    assert stranger.get(a_link(desk, asha, audit_id)).status_code == 200


def test_a_reflection_on_paper_is_typed_in_by_its_code(desk: Desk) -> None:
    audit_id = audited(desk)
    sheet = given(desk, audit_id)
    asha, ben = desk.browser(desk.cast.asha), desk.browser(desk.cast.ben)
    code = f"{sheet.code[:4].lower()}-{sheet.code[4:]} "
    assert ben.post("/api/v1/reflections", json={"code": code, "words": SAYS}).status_code == 422
    wrong = asha.post("/reflections", data={"code": "WRONGONE", "words": SAYS})
    assert wrong.status_code == 422
    assert SAYS in wrong.text
    assert asha.post("/reflections", data={"code": code, "words": SAYS}).status_code == 303
    assert f"Typed in by {desk.cast.asha.name}" in asha.get(f"/audits/{audit_id}/feedback").text
    assert asha.post("/api/v1/reflections", json={"code": code, "words": SAYS}).status_code == 409
    edit = asha.get(f"/audits/{audit_id}/feedback/edit")
    assert edit.status_code == 409, "what the practitioner reflected on does not change"


def test_a_round_says_how_much_feedback_was_in_time_and_how_many_reflected(desk: Desk) -> None:
    late, in_time, overdue, _ = (audited(desk) for _ in range(4))
    asha = desk.browser(desk.cast.asha)
    for audit_id in (late, in_time):
        given(desk, audit_id)
    code = stored(desk, in_time).code
    assert asha.post("/api/v1/reflections", json={"code": code, "words": SAYS}).status_code == 200
    today = local_date(now())
    long_ago = now() - timedelta(days=60)
    with desk.database.writing() as session:
        for audit_id in (late, overdue):
            drop_guards(session.connection())
            session.execute(update(Audit).where(Audit.id == audit_id).values(submitted_at=long_ago))  # type: ignore[arg-type]
    assert after_working_days(local_date(long_ago), 10) < today
    with desk.database.reading() as session:
        found = feedback_of_round(
            session,
            rounds.find_round(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)),
            by=an_actor(desk.cast.lena),
        )
    assert (found.due, found.in_time, found.late, found.not_given) == (3, 1, 1, 1)
    assert (found.reflected, found.not_due) == (1, 1)
    lena = desk.browser(desk.cast.lena)
    sections = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()["sections"]
    (section,) = [each for each in sections if each["heading"] == "Feedback to practitioners"]
    rows = [[cell["text"] for cell in row] for row in section["table"]["rows"]]
    assert rows[0] == ["Feedback within 10 working days", "1", "1 of 3 (33%)"]
    assert rows[3] == ["With the practitioner’s reflection", "1", "1 of 3 (33%)"]
