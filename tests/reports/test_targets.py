"""Rounds without a target yet, targets that a template proposes, and the largest share at the lowest rating."""

import io
from collections.abc import Iterator
from fractions import Fraction

import pytest
from rich.console import Console

from api.documents.document import Document, Origin
from api.documents.files import FileKind, render_file
from api.documents.terminal import print_compactly
from api.reports.gaps.document import terminal_document
from api.reports.gaps.queries import gap_report
from api.reports.round_report.document import document_of
from api.reports.trends import document as trends
from checklists.reports.gaps import GapState
from models import Round, now
from tests.checklists.full_template import a_full_template
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.reports.asked_audits import record_asked


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_full_template()) as made:
        made.round_id = made.a_round(title="First round", target_percent=None)
        yield made


def document(desk: Desk) -> Document:
    with desk.database.reading() as session:
        return document_of(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))


def words_of(shown: Document) -> str:
    said = [words for section in shown.sections for words in (section.heading, *section.paragraphs, *section.points)]
    tables = [cell.text for table in shown.tables for row in table.rows for cell in row]
    heads = [column.label for table in shown.tables for column in table.columns]
    charts = [section.chart.description + section.chart.svg for section in shown.sections if section.chart]
    return " | ".join((*said, *tables, *heads, *charts))


@pytest.mark.both_databases
def test_a_round_without_a_target_has_shares_and_neither_gaps_nor_states(desk: Desk) -> None:
    record_asked(desk, audits=30)
    shown = document(desk)
    words = words_of(shown)
    assert "There is no target yet." in words
    for gone in (
        "On target",
        "Possible gap",
        "points below",
        "Gap (points)",
        "against the target",
        "None",
        "Strengths",
    ):
        assert gone not in words, gone
    for kind in FileKind:
        assert render_file(shown, kind).content
    with desk.database.reading() as session:
        report = gap_report(session, round_ids=[desk.round_id], by=an_actor(desk.cast.lena))
    assert report.target is None
    themes = report.groups[0].themes
    assert {gap.state for gap in themes} <= {GapState.NO_TARGET, GapState.TOO_FEW}
    assert all(gap.gap is None for gap in themes)
    ranked = sorted((gap for gap in themes if gap.rank), key=lambda gap: gap.rank or 0)
    shares = [gap.share_below or Fraction(0) for gap in ranked]
    assert shares == sorted(shares, reverse=True)
    desk.close_round()
    assert words_of(document(desk)).count("There is no target yet.") == 1


def test_the_pages_rest_and_the_terminal_say_that_there_is_no_target(desk: Desk) -> None:
    record_asked(desk, audits=12)
    lena = desk.browser(desk.cast.lena)
    assert "No target yet" in lena.get(f"/rounds/{desk.round_id}").text
    assert "There is no target yet." in lena.get(f"/rounds/{desk.round_id}/report").text
    found = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()
    assert (found["target_percent"], found["groups"][0]["themes"][0]["gap"]) == (None, None)
    # Against a target of the reader's own, it is a gap report like any other.
    against = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}&target=80").json()
    assert against["target_percent"] == 80
    assert lena.get(f"/api/v1/reports/gaps.csv?round={desk.round_id}").status_code == 200
    assert lena.get(f"/rounds/{desk.round_id}/trend").status_code == 200
    out = io.StringIO()
    with desk.database.reading() as session:
        report = gap_report(session, round_ids=[desk.round_id], by=an_actor(desk.cast.lena))
    shown = terminal_document(report, made_on=now().date(), origin=Origin())
    print_compactly(shown, Console(file=out, width=120))
    assert "No target yet. The standard is Good." in out.getvalue()
    assert "Gap " not in out.getvalue().partition("Questions")[0].replace("Gap report", "")


def test_a_round_without_and_one_with_a_target_are_added_up_against_a_stated_one_and_followed(desk: Desk) -> None:
    record_asked(desk, audits=10)
    later = desk.a_round(title="Second round", target_percent=80, follows_id=desk.round_id)
    record_asked(desk, audits=10, seed=2, round_id=later)
    lena = desk.browser(desk.cast.lena)
    both = f"/api/v1/reports/gaps?round={desk.round_id}&round={later}"
    refused = lena.get(both)
    assert refused.status_code == 422
    assert "different targets" in refused.text
    assert lena.get(f"{both}&target=80").json()["counted"] == 20
    by = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        assert trends.document_of(session, round_id=later, by=by).tables
        assert any(table.key == "changes" for table in document_of(session, round_id=later, by=by).tables)


def test_the_largest_share_at_the_lowest_rating_stands_beside_the_target(desk: Desk) -> None:
    record_asked(desk, audits=40)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.get_one(Round, (desk.cast.organisation.id, desk.round_id)).lowest_percent = 10
        session.flush()
    with desk.database.reading() as session:
        report = gap_report(session, round_ids=[desk.round_id], by=an_actor(desk.cast.lena))
    over = [
        gap.label
        for gap in report.groups[0].themes
        if gap.applicable >= report.minimum and gap.counts["inadequate"] * 10 > gap.applicable
    ]
    assert over
    (summary, *_) = document(desk).sections
    (said,) = (words for words in summary.paragraphs if "above the limit of 10% Inadequate" in words)
    assert all(f"“{label}”" in said for label in over)
    themes = next(table for table in document(desk).tables if table.key == "themes")
    place = themes.place_of("Share Inadequate")
    assert {row[0].text for row in themes.rows if row[place].tone.value == "bad"} == set(over)
    assert "At most 10%" in desk.browser(desk.cast.lena).get(f"/rounds/{desk.round_id}").text


def test_a_template_proposes_the_targets_of_a_new_round_and_a_lead_may_give_others(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    today = now().date().isoformat()
    plan = {
        "title": "Planned",
        "template_id": str(desk.template_id),
        "template_version": 1,
        **dict.fromkeys(("period_from", "period_to", "due_on"), today),
    }

    def made(key: str, **more: int | None) -> tuple[int | None, int | None]:
        answered = lena.post("/api/v1/rounds", json=plan | more, headers={"Idempotency-Key": key})
        assert answered.status_code == 201, answered.text
        return answered.json()["target_percent"], answered.json()["lowest_percent"]

    assert made("a" * 20) == (80, 10)
    assert made("b" * 20, target_percent=95, lowest_percent=0) == (95, 0)
    assert made("c" * 20, target_percent=None) == (None, 10)
    form = {
        "key": "d" * 20,
        "title": "By form",
        "template_version": f"{desk.template_id}/1",
        "minimum_applicable": "5",
        "target_percent": "",
        "lowest_percent": "",
        "follows_id": "",
    }
    for name in ("period_from", "period_to", "due_on"):
        year, month, day = today.split("-")
        form |= {f"{name}-year": year, f"{name}-month": month, f"{name}-day": day}
    answered = lena.post("/rounds/new", data=form)
    assert answered.status_code == 303, answered.text
    assert "80% meeting the standard" in lena.get(answered.headers["location"]).text
