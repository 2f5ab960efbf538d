"""Over a round: who was heard, why others were not, what got in the way, and what is good only by what was told."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.allocation.actions import Allocation, allocate
from api.audits.conversation import actions as conversations
from api.audits.conversation.actions import NewConversation
from api.audits.family_views import actions as family
from api.audits.family_views.actions import NewView
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.theme_notes import actions as notes
from api.audits.theme_notes.actions import NewNote
from api.documents.document import Origin
from api.reports.gaps.document import terminal_document
from api.reports.gaps.queries import gap_report
from api.reports.recording_gaps import recording_gaps_of
from models import Audit, now
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.factories import MadePerson, an_actor
from tests.page_forms import SeenPage


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template(case_facts=[])) as made:
        yield made


def heard(
    desk: Desk,
    *,
    obstacles: tuple[str, ...] = (),
    views: dict[str, NewView] | None = None,
    sources: tuple[str, ...] = (),
    answer: str = "good",
    submit: bool = True,
    second: Any = None,
    by: MadePerson | None = None,
) -> Any:
    """An audit in which this was heard."""
    who = by or desk.cast.asha
    if second is None:
        audit = desk.an_audit(who)
    else:
        with desk.database.writing() as session:
            case = session.get_one(Audit, (desk.cast.organisation.id, second)).case_file_id
            lena = an_actor(desk.cast.lena)
            audit = allocate(session, round_id=desk.round_id, allocation=Allocation(case, who.id, 2), by=lena).id
    new = [NewScore(theme, answer, "Why.", sources=sources if theme == "voice" else ()) for theme in THEMES]
    said = NewConversation(now().date(), ("worker",), obstacles) if obstacles else NewConversation()
    with desk.database.writing() as session:
        scores.score_themes(session, audit_id=audit, scores=new, by=an_actor(who))
        conversations.write_conversation(session, audit_id=audit, new=said, version=0, by=an_actor(who))
        family.write_family_views(session, audit_id=audit, new=views or {}, version=0, by=an_actor(who))
    if submit:
        desk.submit(audit, by=who)
    return audit


CHILD = {"child": NewView("visit", answers={"listened": "no"}), "parent": NewView(no_view="no-reply")}
BOTH = {"child": NewView("form", answers={"listened": "yes"}), "parent": NewView("phone", answers={"listened": "no"})}


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_round_counts_who_was_heard_what_got_in_the_way_and_recording_gaps(desk: Desk, lena: Client) -> None:
    first = heard(desk, obstacles=("caseload", "changes"), views=CHILD, sources=("worker",))
    heard(desk, obstacles=("changes",), views=BOTH, sources=("worker", "on-record"))
    heard(desk, sources=("family",), answer="inadequate")
    heard(desk, obstacles=("caseload",), views=CHILD, sources=("worker",), submit=False)
    heard(desk, obstacles=("caseload",), views=CHILD, sources=("worker",), second=first, by=desk.cast.ben)
    found = lena.get(f"/api/v1/rounds/{desk.round_id}/voices")
    assert found.status_code == 200, found.text
    assert found.json() == {
        "audits": 3,
        "conversations": 2,
        "obstacles": {"changes": 2, "caseload": 1},
        "with_views": 2,
        "views": {"child": 2, "parent": 1, "carer": 0, "other": 0},
        "no_view": {"no-reply": 1},
        "family_answers": {"listened": {"yes": 1, "no": 2}},
        "beside_grades": {
            "meeting": {"audits": 2, "with_views": 2, "family_answers": {"listened": {"yes": 1, "no": 2}}},
            "below": {"audits": 1, "with_views": 0, "family_answers": {"listened": {"yes": 0, "no": 0}}},
        },
        "with_sources": 3,
        "recording_gaps": {"voice": 1},
    }
    assert list(found.json()["obstacles"]) == ["changes", "caseload"]
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/voices")).words
    for told in (
        "The auditor spoke to the practitioner in 2 of 3 audits.",
        "Changes of worker 2 of 3",
        "The views of at least 1 family member were recorded in 2 of 3 audits.",
        "They did not reply 1",
        "Voice of the child 1 of 3",
        "Audits with the views of at least 1 family member 2 of 2 0 of 1",
    ):
        assert told in words
    assert f"/rounds/{desk.round_id}/voices" in SeenPage(lena.get(f"/rounds/{desk.round_id}")).links


def test_a_report_of_no_audits_says_nothing_of_whose_views_were_recorded(desk: Desk, lena: Client) -> None:
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "Views recorded" in words
    assert "of the counted audits have the views" not in words
    assert "spoke with the practitioner" not in words
    heard(desk, views=CHILD)
    told = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "1 of 1 (100%) of the counted audits have the views of at least 1 family member." in told


def test_only_people_who_may_read_every_audit_see_it(desk: Desk) -> None:
    for person in (desk.cast.asha, desk.cast.mo):
        client = desk.browser(person)
        assert client.get(f"/api/v1/rounds/{desk.round_id}/voices").status_code == 403
        assert client.get(f"/rounds/{desk.round_id}/voices").status_code == 403


def test_a_round_whose_template_asks_nothing_of_it_offers_no_such_page(database_url: str) -> None:
    with a_desk(database_url) as desk:
        lena = desk.browser(desk.cast.lena)
        assert f"/rounds/{desk.round_id}/voices" not in SeenPage(lena.get(f"/rounds/{desk.round_id}")).links
        empty = lena.get(f"/api/v1/rounds/{desk.round_id}/voices").json()
        assert (empty["audits"], empty["obstacles"], empty["recording_gaps"]) == (0, {}, {})


@pytest.mark.both_in_trials
def test_gap_reports_set_recording_gaps_beside_practice_gaps(desk: Desk, lena: Client) -> None:
    first = heard(desk, sources=("worker",))
    heard(desk, sources=("worker", "on-record"))
    heard(desk, sources=("family",), answer="inadequate")
    heard(desk)
    heard(desk, sources=("worker",), submit=False)
    heard(desk, sources=("worker",), second=first, by=desk.cast.ben)
    told = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()["recording_gaps"]
    assert [row for row in told if row["theme"] == "voice"] == [
        {"theme": "voice", "recording_gaps": 1, "with_a_source": 2}
    ]
    assert [row["theme"] for row in told] == list(desk.template.theme_keys)
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "Practice gaps and recording gaps" in words
    assert "Voice of the child 1 1 of 4 (25%) 1 1 of 2 (50%)" in words
    assert "3 of 4 counted audits record the sources of their answers." in words
    assert lena.get(f"/api/v1/rounds/{desk.round_id}/voices").json()["with_sources"] == 3
    desk.close_round()
    for kind, sign in (("csv", b"Recording gaps"), ("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK")):
        assert sign in lena.get(f"/api/v1/rounds/{desk.round_id}/report.{kind}").content
    with desk.database.reading() as session:
        by = an_actor(desk.cast.lena)
        report = gap_report(session, round_ids=[desk.round_id], by=by)
        recording = recording_gaps_of(report)
    shown = terminal_document(report, made_on=now().date(), origin=Origin(), recording=recording)
    assert "recording-gaps" in {table.key for table in shown.tables}
    assert "recording-gaps" not in {
        table.key for table in terminal_document(report, made_on=now().date(), origin=Origin()).tables
    }


def test_a_template_that_asks_for_no_sources_has_no_recording_gaps(database_url: str) -> None:
    with a_desk(database_url) as desk:
        lena = desk.browser(desk.cast.lena)
        assert lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()["recording_gaps"] is None
        assert "recording gaps" not in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words


@pytest.mark.both_in_trials
def test_the_report_of_a_round_says_who_was_heard_and_what_auditors_noted(desk: Desk, lena: Client) -> None:
    first = heard(desk, obstacles=("caseload",), views=CHILD, submit=False)
    noted = {
        "voice": NewNote(strengths="Seen at school and at home.", exemplary=True, worker_agrees=True),
        THEMES[1]: NewNote(strengths="The plan has dates.", development="Join the incidents up.", exemplary=True),
    }
    with desk.database.writing() as session:
        notes.write_theme_notes(session, audit_id=first, new=noted, version=0, by=an_actor(desk.cast.asha))
    desk.submit(first, by=desk.cast.asha)
    heard(desk, views=BOTH)
    told = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    tables = {section["table"]["key"]: section["table"]["rows"] for section in told["sections"] if section["table"]}
    said = {key: [[cell["text"] for cell in row] for row in rows] for key, rows in tables.items()}
    assert said["views"][:3] == [
        ["The practitioner", "1", "1 of 2 (50%)"],
        ["The child", "2", "2 of 2 (100%)"],
        ["A parent", "1", "1 of 2 (50%)"],
    ]
    assert ["No views: they did not reply", "1", ""] in said["views"]
    assert [row[1:] for row in said["family-answers"]] == [["Yes", "1", "1 of 3 (33%)"], ["No", "2", "2 of 3 (67%)"]]
    assert [row[1:] for row in said["family-and-grades"]] == [["2 of 2 (100%)"], ["1 of 3 (33%)"], ["2 of 3 (67%)"]]
    assert said["barriers"][0][1:] == ["1", "1 of 2 (50%)"]
    assert [row[1:] for row in said["theme-notes"]] == [["1", "0", "1", "1"], ["1", "1", "1", "0"]]
    plain = lena.get(f"/api/v1/rounds/{desk.round_id}/report.csv").text
    whole = lena.get(f"/api/v1/rounds/{desk.round_id}/report.csv?texts=1").text
    for words in ("Seen at school and at home.", "The plan has dates.", "Join the incidents up."):
        assert (words in plain, words in whole) == (False, True)
    exemplary, others = whole[whole.rindex("Exemplary practice") :].split("Strengths by theme")
    assert ("Seen at school" in exemplary, "The plan has dates." in exemplary) == (True, False)
    assert "The plan has dates." in others
