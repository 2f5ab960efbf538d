"""What the auditors of a round conclude: how many say what, and the texts for people who may read every audit."""

import io
import uuid
from dataclasses import replace

import docx
import httpx2
import pytest
from sqlmodel import select

from api.allocation.actions import Allocation, allocate
from api.audits import actions as read
from api.foundation.permissions import Permission
from api.foundation.problems import NotAllowed
from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.reports.conclusions import section
from api.reports.conclusions.queries import list_conclusions
from checklists.audits.conclusion import ConclusionPart
from models import Audit, Role
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_person, an_actor
from tests.filling import fill_round, teams_of
from tests.page_forms import SeenPage

WELL, WORRY, HAPPEN, FEEDBACK = "Seen weekly.", "Nobody asks why.", "Ask why by Friday.", "Your notes are clear."


def texts_of(parts: dict[str, str]) -> list[str]:
    return [parts.get(part.value, "") for part in ConclusionPart]


def an_audit(desk: Desk, *, submitted: bool = True, **parts: str) -> uuid.UUID:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.conclude(audit, *texts_of(parts))
    if submitted:
        desk.submit(audit)
    return audit


def a_second_reading(desk: Desk, audit: uuid.UUID, person: MadePerson, **parts: str) -> uuid.UUID:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (lena.organisation_id, audit)).case_file_id
        made = allocate(session, round_id=desk.round_id, allocation=Allocation(case, person.id, 2), by=lena).id
    desk.answer(made, by=person)
    desk.conclude(made, *texts_of(parts), by=person)
    return made


@pytest.fixture
def audits(desk: Desk) -> dict[str, uuid.UUID]:
    """Audits of one round with all parts, with one, with none, not submitted, and a second reading."""
    made = {
        "all": an_audit(desk, works_well=WELL, worries=WORRY, needs_to_happen=HAPPEN, feedback=FEEDBACK),
        "one": an_audit(desk, worries="Only a worry."),
        "none": an_audit(desk),
        "draft": an_audit(desk, submitted=False, worries="Not submitted."),
    }
    made["second"] = a_second_reading(desk, made["one"], desk.cast.ben, works_well="Of the second reading.")
    desk.submit(made["second"], by=desk.cast.ben)
    return made


def listed(client: Client, desk: Desk, **query: str) -> httpx2.Response:
    found: httpx2.Response = client.get(f"/api/v1/rounds/{desk.round_id}/conclusions", params=query)
    return found


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_conclusions_of_the_counted_audits_are_listed_by_part_and_page(
    desk: Desk, lena: Client, audits: dict[str, uuid.UUID]
) -> None:
    found = listed(lena, desk).json()["items"]
    assert [item["audit_id"] for item in found] == [str(audits["all"]), str(audits["one"])]
    assert [item["worries"] for item in found] == [WORRY, "Only a worry."]
    for part, names in (("works_well", ["all"]), ("worries", ["all", "one"]), ("feedback", ["all"])):
        items = listed(lena, desk, part=part).json()["items"]
        assert [item["audit_id"] for item in items] == [str(audits[name]) for name in names]
    first = listed(lena, desk, limit="1").json()
    then = listed(lena, desk, limit="1", after=first["after"]).json()
    assert [*first["items"], *then["items"]] == found
    assert then["after"] is None
    assert listed(lena, desk, part="grades").status_code == 422
    assert desk.events().count("round.conclusions-read") == 1


def test_a_page_shows_all_parts_or_one_and_leads_to_the_audits(
    desk: Desk, lena: Client, audits: dict[str, uuid.UUID]
) -> None:
    path = f"/rounds/{desk.round_id}/conclusions"
    shown = SeenPage(lena.get(path))
    assert all(words in shown.words for words in (WELL, WORRY, HAPPEN, FEEDBACK, "Only a worry."))
    assert "Not submitted." not in shown.words
    assert "Of the second reading." not in shown.words
    assert f"/audits/{audits['one']}" in shown.links
    worries = SeenPage(lena.get(f"{path}?part=worries"))
    assert WORRY in worries.words
    assert WELL not in worries.words
    assert f"{path}?limit=1" not in shown.links
    assert any("after=" in link for link in SeenPage(lena.get(f"{path}?limit=1")).links)
    closed = desk.a_round(title="Empty round")
    assert "No counted audit has a conclusion." in SeenPage(lena.get(f"/rounds/{closed}/conclusions")).words


def test_only_people_who_may_read_every_audit_read_them(desk: Desk, audits: dict[str, uuid.UUID]) -> None:
    assert audits
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        assert listed(desk.browser(person), desk).status_code == 403
        assert desk.browser(person).get(f"/rounds/{desk.round_id}/conclusions").status_code == 403
    assert listed(desk.browser(desk.cast.omar), desk).status_code == 404
    # A lead's token that reads reports, and no audits.
    token = replace(an_actor(desk.cast.lena), scopes=frozenset({Permission.READ_REPORTS, Permission.READ_ROUNDS}))
    with desk.database.reading() as session, pytest.raises(NotAllowed, match="all audits"):
        list_conclusions(session, round_id=desk.round_id, limit=10, by=token)


@pytest.mark.both_databases
def test_a_lead_who_reads_a_case_learns_nothing_of_its_other_reading(desk: Desk) -> None:
    kim = a_person(desk.database, desk.cast.organisation, name="Kim", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    other = an_audit(desk, worries=WORRY)
    mine = a_second_reading(desk, other, kim)
    browser = desk.browser(kim)
    path = f"/api/v1/rounds/{desk.round_id}/report"
    assert listed(browser, desk).json()["items"] == []
    assert section.HEADING not in browser.get(path).text
    desk.submit(mine, by=kim)
    assert [item["audit_id"] for item in listed(browser, desk).json()["items"]] == [str(other)]
    assert section.HEADING in browser.get(path).text


@pytest.mark.both_in_trials
def test_the_report_counts_them_and_each_number_leads_to_as_many_texts(
    desk: Desk, lena: Client, audits: dict[str, uuid.UUID]
) -> None:
    assert audits
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    found = next(each for each in report["sections"] if each["heading"] == section.HEADING)
    assert found["paragraphs"] == ["2 audits have a conclusion. Every part of a conclusion is optional."]
    rows = {row[0]["text"]: (row[1]["number"], row[2]["text"]) for row in found["table"]["rows"]}
    assert rows == {
        "What is working well": (1, "1 of 3 (33%)"),
        "What we are worried about": (2, "2 of 3 (67%)"),
        "What needs to happen": (1, "1 of 3 (33%)"),
        "Feedback for the practitioner": (1, "1 of 3 (33%)"),
    }
    path = f"/rounds/{desk.round_id}/conclusions"
    links = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).links
    assert path in links
    for part, number in (("works_well", 1), ("worries", 2), ("needs_to_happen", 1), ("feedback", 1)):
        assert f"{path}?part={part}" in links
        assert len(listed(lena, desk, part=part).json()["items"]) == number


def test_a_round_without_conclusions_says_nothing_of_them(desk: Desk, lena: Client) -> None:
    an_audit(desk)
    page = lena.get(f"/rounds/{desk.round_id}/report").text
    assert section.HEADING not in page
    assert "/conclusions" not in page


def words_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(answer.content)).paragraphs)


def test_a_file_holds_the_texts_only_when_they_are_asked_for_and_feedback_never(
    desk: Desk, lena: Client, audits: dict[str, uuid.UUID]
) -> None:
    reference = desk.find(audits["all"]).case_file.reference
    for base in (f"/rounds/{desk.round_id}/report", f"/api/v1/rounds/{desk.round_id}/report"):
        without, with_texts = words_of(lena.get(f"{base}.docx")), words_of(lena.get(f"{base}.docx?texts=1"))
        for words in (WELL, WORRY, HAPPEN, "Only a worry."):
            assert words not in without
            assert words in with_texts
        assert f"{reference}: {WELL}" in with_texts
        assert FEEDBACK not in with_texts
        assert "Not submitted." not in with_texts
    for kind in ("pdf", "csv", "xlsx"):
        answer = lena.get(f"/rounds/{desk.round_id}/report.{kind}?texts=1")
        assert answer.status_code == 200
    assert f"/rounds/{desk.round_id}/report.docx?texts=1" in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).links


def test_a_report_with_texts_says_how_many_audits_it_holds(
    desk: Desk, lena: Client, audits: dict[str, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audits
    monkeypatch.setattr(section, "MOST_WITH_TEXTS", 1)
    words = words_of(lena.get(f"/rounds/{desk.round_id}/report.docx?texts=1"))
    assert "from the first 1 audits with a conclusion" in words
    assert "Only a worry." not in words


def test_the_texts_are_beside_the_briefing_form_and_nowhere_in_the_briefing(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk), audits=60, seed=9)
    an_audit(desk, works_well=WELL, worries=WORRY, needs_to_happen=HAPPEN, feedback=FEEDBACK)
    by = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        made = snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=NewSnapshot("For the board"), by=by)
        briefing = briefings.create_briefing(session, snapshot_id=made.id, title="What we learned", by=by).id
    path = f"/briefings/{briefing}/edit"
    form = SeenPage(lena.get(path))
    assert all(words in form.words for words in (WELL, WORRY, HAPPEN))
    assert FEEDBACK not in form.words
    assert f"/rounds/{desk.round_id}/conclusions" in form.links
    assert not any(WORRY in value for value in form.form(path).values())
    assert lena.post(path, data=form.form(path)).status_code == 303
    for shown in (f"/briefings/{briefing}", f"/api/v1/briefings/{briefing}", f"/snapshots/{made.id}"):
        text = lena.get(shown).text
        assert not any(words in text for words in (WELL, WORRY, HAPPEN, FEEDBACK))


def test_an_audit_with_a_conclusion_alone_is_begun(desk: Desk) -> None:
    untouched, begun = desk.an_audit(), desk.an_audit()
    desk.conclude(begun, "", "", "", FEEDBACK)
    with desk.database.reading() as session:
        found = {audit.id: read.is_begun(session, audit) for audit in session.exec(select(Audit))}
    assert found == {untouched: False, begun: True}
