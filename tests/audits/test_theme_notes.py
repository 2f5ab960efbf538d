"""An auditor writes strengths and points for development, marks exemplary practice, and says how long it took."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.audits.conclusion import actions as conclusions
from api.audits.conclusion.actions import NewConclusion
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.actions import AnswerReview, OverallReview
from models import Audit, Event, Role, ThemeNote
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.factories import a_key, a_person, an_actor, an_integration, program_for
from tests.page_forms import SeenPage, page
from tests.reports.test_exports import exported, rows_of

NHS = "943 476 5919"
ONCE_SUBMITTED = "this never changes once it is submitted"
NAMED = "Seen with Mrs Quillfeather at home."
NOTES: dict[str, Any] = {
    "whole": {"exemplary": True, "worker_agrees": False},
    "themes": {
        "voice": {"strengths": "Patient\nand <b>kind</b>.", "exemplary": True, "worker_agrees": True},
        "planning": {"development": "Say by when."},
    },
}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template(case_facts=[])) as made:
        yield made


def put(client: Client, audit: uuid.UUID, what: str = "theme-notes", version: int = 0, **parts: Any) -> httpx2.Response:
    answer: httpx2.Response = client.put(
        f"/api/v1/audits/{audit}/{what}", json=parts, headers={"If-Match": f'"{version}"'}
    )
    return answer


def pointers(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


def a_submitted_audit(desk: Desk, client: Client, minutes: int | None = None) -> uuid.UUID:
    audit = desk.an_audit()
    desk.answer(audit)
    assert put(client, audit, **NOTES).status_code == 200
    if minutes is not None:
        assert put(client, audit, "conclusion", minutes=minutes).status_code == 200
    desk.submit(audit)
    return audit


def stored(desk: Desk) -> int:
    with desk.database.reading() as session:
        return len(session.exec(select(ThemeNote)).all())


@pytest.mark.fast
@pytest.mark.both_databases
def test_notes_are_written_over_rest_read_with_the_audit_and_changed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert asha.get(f"/api/v1/audits/{audit}/theme-notes").json() == {"whole": None, "themes": {}, "version": 0}
    first = put(asha, audit, **NOTES)
    assert first.status_code == 200, first.text
    said = first.json()
    assert said["whole"] == NOTES["whole"]
    assert said["themes"]["voice"] == {"development": "", **NOTES["themes"]["voice"]}
    assert said["themes"]["planning"]["worker_agrees"] is False
    assert asha.get(f"/api/v1/audits/{audit}").json()["theme_notes"] == said
    assert put(asha, audit, **NOTES).json()["version"] == said["version"]
    assert put(asha, audit, themes={}).status_code == 412
    changed = put(asha, audit, version=said["version"], themes={"planning": {"development": "Say by when."}}).json()
    assert (changed["whole"], list(changed["themes"])) == (None, ["planning"])
    assert put(asha, audit, version=changed["version"]).json() == {"whole": None, "themes": {}, "version": 0}
    with desk.database.reading() as session:
        query = select(Event).where(Event.kind == "audit.theme-notes-written").order_by(col(Event.number))
        told = [json.loads(event.details)["about"] for event in session.exec(query)]
    assert told == ["whole voice planning", "whole voice", "planning"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"themes": {"voice": {"strengths": NAMED}}}, "/themes/voice/strengths"),
        ({"themes": {"voice": {"development": f"{NHS}", "keep_names": "worker"}}}, "/themes/voice/development"),
        ({"themes": {"voice": {"worker_agrees": True}}}, "/themes/voice/worker_agrees"),
        ({"themes": {"weather": {"strengths": "Fine."}}}, "/themes/weather"),
        ({"whole": {"worker_agrees": True}}, "/whole/worker_agrees"),
        ({"whole": {"strengths": "All of it."}}, "/whole/strengths"),
    ],
)
def test_what_cannot_be_noted_is_refused_with_its_place_and_nothing_is_stored(
    desk: Desk, asha: Client, sent: dict[str, Any], pointer: str
) -> None:
    refused = put(asha, desk.an_audit(), **sent)
    assert pointers(refused) == [pointer]
    assert NHS not in refused.text
    assert stored(desk) == 0


def test_a_template_that_does_not_ask_takes_no_notes_and_no_minutes(database_url: str) -> None:
    with a_desk(database_url) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit()
        assert asha.get(f"/audits/{audit}/theme-notes").headers["location"] == f"/audits/{audit}#theme-notes"
        assert pointers(put(asha, audit, **NOTES)) == [""]
        assert pointers(put(asha, audit, "conclusion", minutes=30)) == ["/minutes"]
        assert "Minutes spent" not in page(asha, f"/audits/{audit}/conclusion").words


def test_only_its_auditor_writes_notes_and_only_while_the_audit_can_be_scored(
    desk: Desk, asha: Client, lena: Client
) -> None:
    audit = desk.an_audit()
    assert put(lena, audit, **NOTES).status_code == 403
    assert put(desk.browser(desk.cast.ben), audit, **NOTES).status_code == 404
    submitted = a_submitted_audit(desk, asha)
    version = asha.get(f"/api/v1/audits/{submitted}/theme-notes").json()["version"]
    assert put(asha, submitted, version=version).status_code == 409


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_notes_are_written_on_a_page_and_shown_wherever_the_audit_is(desk: Desk, asha: Client, lena: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/theme-notes"
    assert path in page(asha, f"/audits/{audit}").links
    typed = {
        **page(asha, path).form(path),
        "themes/voice/strengths": "Patient\nand kind.",
        "themes/voice/worker_agrees": ["exemplary", "agrees"],
        "do": "check",
    }
    sent = asha.post(path, data=typed)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/audits/{audit}/check")
    note = desk.find(audit).theme_notes["voice"]
    assert (note.strengths, note.exemplary, note.worker_agrees) == ("Patient\nand kind.", True, True)
    desk.answer(audit)
    assert "Patient and kind." in page(asha, f"/audits/{audit}/check").words
    desk.submit(audit)
    for shown in ("", "/print", "/moderation"):
        assert "Patient and kind." in page(lena, f"/audits/{audit}{shown}").words, shown
    blank = page(lena, f"/audits/{audit}/print?blank=1").words
    assert "Areas for development" in blank
    assert "Patient" not in blank


def test_a_page_keeps_what_was_typed_when_it_is_refused(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/theme-notes"
    typed = {**page(asha, path).form(path), "themes/voice/strengths": NAMED, "themes/planning/worker_agrees": "agrees"}
    refused = asha.post(path, data=typed)
    assert refused.status_code == 422
    shown = SeenPage(refused)
    assert shown.form(path)["themes/voice/strengths"] == NAMED
    assert {"#themes/voice/strengths", "#themes/planning/worker_agrees"} <= set(shown.links)
    assert stored(desk) == 0


def test_words_of_notes_are_taken_out_for_good(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    for theme, field in (("voice", "strengths"), ("planning", "development")):
        version = f'"{desk.find(audit).audit.version}"'
        body = {"field": field, "theme": theme, "reason": "other-person"}
        answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers={"If-Match": version})
        assert answer.status_code == 200, answer.text
    found = desk.find(audit).theme_notes
    assert (found["voice"].strengths, found["planning"].development) == ("[redacted]", "[redacted]")
    assert found["voice"].exemplary
    form = page(lena, f"/audits/{audit}/redact")
    assert "[redacted]" in form.words or "strengths" in form.words


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE theme_note SET exemplary = (1 = 0), worker_agrees = (1 = 0) WHERE theme = 'voice'", ONCE_SUBMITTED),
        ("DELETE FROM theme_note WHERE theme = 'voice'", ONCE_SUBMITTED),
        ("UPDATE conclusion SET minutes = 1", "signed-off answers never change"),
    ],
)
def test_the_marks_and_the_minutes_of_a_signed_audit_never_change(
    desk: Desk, asha: Client, statement: str, refusal: str
) -> None:
    audit_id, mo = a_submitted_audit(desk, asha, minutes=90), an_actor(desk.cast.mo)
    good = OverallReview("good")
    with desk.database.writing() as session:
        version = moderation.start_moderation(
            session, audit_id=audit_id, version=desk.find(audit_id).audit.version, by=mo
        ).version
        reviews = [AnswerReview(theme, "good") for theme in THEMES]
        version = moderation.review_answers(
            session, audit_id=audit_id, judgements=reviews, version=version, by=mo
        ).version
        version = moderation.review_overall(session, audit_id=audit_id, review=good, version=version, by=mo).version
        version = moderation.agree_answers(session, audit_id=audit_id, version=version, by=mo).version
    with desk.database.writing() as session:
        sign_off.sign_off(session, audit_id=audit_id, review=good, version=version, by=an_actor(desk.cast.lena))
    with (
        pytest.raises(DBAPIError, match=refusal),
        desk.database.writing() as session,
    ):
        session.connection().execute(text(statement))


def test_an_export_has_notes_marks_and_minutes(desk: Desk, asha: Client) -> None:
    a_submitted_audit(desk, asha, minutes=90)
    file = exported(desk)
    answers = {row["theme_key"]: row for row in rows_of(file)}
    voice, planning = answers["voice"], answers["planning"]
    assert (voice["exemplary"], voice["worker_agrees"]) == ("yes", "yes")
    assert (planning["development"], planning["exemplary"], planning["worker_agrees"]) == ("Say by when.", "no", "")
    (audit,) = rows_of(file, "audits.csv")
    assert (audit["minutes"], audit["audit_exemplary"], audit["audit_worker_agrees"]) == ("90", "yes", "no")


@pytest.mark.both_in_trials
def test_leads_read_what_is_marked_in_a_round(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    desk.answer(desk.an_audit())
    seen = page(lena, f"/rounds/{desk.round_id}/exemplary").words
    assert "Patient and <b>kind</b>." in seen
    assert "The practitioner agrees to share this with others." in seen
    assert "The practitioner has not agreed to share this with others." in seen
    assert "Say by when." not in seen
    assert f"/rounds/{desk.round_id}/exemplary" in page(lena, f"/rounds/{desk.round_id}").links
    (item,) = lena.get(f"/api/v1/rounds/{desk.round_id}/exemplary").json()["items"]
    assert (item["audit_id"], [mark["theme"] for mark in item["marks"]]) == (str(audit), ["", "voice"])
    for person in (desk.cast.asha, desk.cast.mo):
        assert desk.browser(person).get(f"/rounds/{desk.round_id}/exemplary").status_code == 403
    # May read reports, and not every audit behind them.
    program = program_for(desk.app, an_integration(desk.database, desk.cast.organisation))
    assert program.get(f"/api/v1/rounds/{desk.round_id}/exemplary").status_code == 403


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_the_minutes_are_asked_with_the_conclusion_and_refused_beside_their_field(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/conclusion"
    form = {**page(asha, path).form(path), "works_well": "Seen alone."}
    for wrong in ("0", "6001", "an hour", "1.5"):
        refused = asha.post(path, data={**form, "minutes": wrong})
        assert (refused.status_code, "#minutes" in SeenPage(refused).links) == (422, True), wrong
        assert SeenPage(refused).form(path)["works_well"] == "Seen alone."
    assert asha.post(path, data={**form, "minutes": "95"}).status_code == 303
    assert page(asha, path).form(path)["minutes"] == "95"
    assert "95 minutes" in page(asha, f"/audits/{audit}/check").words
    read = asha.get(f"/api/v1/audits/{audit}/conclusion").json()
    assert (read["minutes"], read["works_well"]) == (95, "Seen alone.")
    assert pointers(put(asha, audit, "conclusion", version=read["version"], minutes=0)) == ["/minutes"]


@pytest.mark.both_databases
def test_a_report_tells_how_long_the_audits_took_and_never_whose(desk: Desk, asha: Client, lena: Client) -> None:
    for minutes in (30, 60, 90, 120):
        a_submitted_audit(desk, asha, minutes=minutes)
    report = f"/api/v1/rounds/{desk.round_id}/report"

    def told() -> list[list[Any]]:
        sections = lena.get(report).json()["sections"]
        (section,) = [each for each in sections if each["heading"] == "Time spent"]
        return [[cell["text"] for cell in row] for row in section["table"]["rows"]]

    assert [row[1:] for row in told()] == [["4", "", "", ""]]
    a_submitted_audit(desk, asha, minutes=240)
    assert [row[1:] for row in told()] == [["5", "90", "30", "240"]]
    assert desk.cast.asha.name not in str(told())


def test_a_complete_audit_brings_notes_and_minutes(desk: Desk, lena: Client) -> None:
    sent = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": theme, "answer": "good"} for theme in THEMES],
        "theme_notes": NOTES,
        "conclusion": {"minutes": 45},
    }
    wrong = {**sent, "theme_notes": {"themes": {"voice": {"worker_agrees": True}}}}
    refused = lena.post("/api/v1/complete-audits", json=wrong, headers=a_key())
    assert pointers(refused) == ["/theme_notes/themes/voice/worker_agrees"]
    made = lena.post("/api/v1/complete-audits", json=sent, headers=a_key())
    assert made.status_code == 201, made.text
    found = desk.find(uuid.UUID(made.json()["audit_id"]))
    assert list(found.theme_notes) == ["", "voice", "planning"]
    assert found.conclusion.minutes == 45


def test_minutes_alone_begin_an_audit(desk: Desk) -> None:
    audit = desk.an_audit()
    with desk.database.writing() as session:
        made = conclusions.write_conclusion(
            session, audit_id=audit, new=NewConclusion(minutes=5), version=0, by=an_actor(desk.cast.asha)
        )
        assert made.minutes == 5


@pytest.mark.both_databases
def test_a_lead_who_reads_a_case_blind_sees_nothing_of_the_other_reading(desk: Desk, asha: Client) -> None:
    pat = a_person(desk.database, desk.cast.organisation, roles=(Role.AUDITOR, Role.QUALITY_LEAD), name="Pat")
    first = a_submitted_audit(desk, asha, minutes=90)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, first)).case_file_id
        own = allocate(
            session,
            round_id=desk.round_id,
            allocation=Allocation(case, pat.id, 2),
            by=an_actor(desk.cast.lena),
        ).id
    client, listed = desk.browser(pat), f"/api/v1/rounds/{desk.round_id}/exemplary"
    assert client.get(f"/api/v1/audits/{first}/theme-notes").status_code == 404
    assert client.get(listed).json()["items"] == []
    assert "Patient" not in client.get(f"/rounds/{desk.round_id}/exemplary").text
    assert "Time spent" not in client.get(f"/api/v1/rounds/{desk.round_id}/report").text
    desk.answer(own, by=pat)
    desk.submit(own, by=pat)
    assert client.get(f"/api/v1/audits/{first}/theme-notes").status_code == 200
    assert [item["audit_id"] for item in client.get(listed).json()["items"]] == [str(first)]
