"""The report of a programme's year: judgements by quarter, themes over the year, and last year's points again."""

import uuid
from datetime import date

import pytest

from api.programme.making import make_rounds
from api.rounds import actions as rounds
from checklists.programme.dates import Cadence
from checklists.statistics.intervals import wilson
from models import Round
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.programme.planning import a_line, a_programme, rows_in


def close(desk: Desk, round_id: uuid.UUID, *, good: int, inadequate: int) -> None:
    """Open a round where it is planned, submit so many audits of each, and close it."""
    audits = [desk.an_audit(round_id=round_id) for _ in range(good + inadequate)]
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        found = rounds.find_round(session, round_id=round_id, by=lena)
        if found.opened_at is None:
            rounds.open_round(session, round_id=round_id, version=found.version, by=lena)
    for place, audit in enumerate(audits):
        answer = "good" if place < good else "inadequate"
        desk.answer(audit, answer, rationale="As the record has it.")
        desk.submit(audit)
    desk.round_id = round_id
    desk.close_round()


def a_closed_year(desk: Desk) -> uuid.UUID:
    """Two closed rounds, in the first and the third quarter, after a closed round of the year before."""
    with desk.database.writing() as session:
        before = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        before.due_on = date(2026, 12, 1)
        session.add(before)
    close(desk, desk.round_id, good=2, inadequate=8)
    programme = a_programme(desk)
    a_line(desk, programme, cadence=Cadence.QUARTERLY, target_percent=90, lowest_percent=10)
    make_rounds(desk.database, today=date(2027, 10, 1))
    first, _, third = rows_in(desk.database)
    assert first.round_id is not None
    assert third.round_id is not None
    close(desk, first.round_id, good=6, inadequate=0)
    close(desk, third.round_id, good=3, inadequate=3)
    return programme


@pytest.mark.both_databases
def test_the_year_shows_judgements_by_quarter_with_intervals_and_last_years_points(desk: Desk, lena: Client) -> None:
    programme = a_closed_year(desk)
    found = lena.get(f"/api/v1/programmes/{programme}/report").json()
    sections = {each["heading"]: each for each in found["sections"]}
    judged = next(each for heading, each in sections.items() if heading.startswith("Overall judgements by quarter"))
    table = [[cell["text"] for cell in row] for row in judged["table"]["rows"]]
    low, high = wilson(3, 6)
    quarters = {row[0]: row for row in table}
    third = quarters["Oct to Dec 2027"]
    assert f"{round(100 * low)}% to {round(100 * high)}%" in third
    assert third.count("50%") == 2  # meeting the standard, and at the lowest rating
    assert "75%" in quarters["Whole year"]
    assert quarters["Jul to Sep 2027"].count("") == 4
    assert "The target is at most 10%." in " ".join(judged["paragraphs"])
    points = next(each for heading, each in sections.items() if heading.startswith("Points for development"))
    rows = [[cell["text"] for cell in row] for row in points["table"]["rows"]]
    assert {row[1] for row in rows} == {"Improved, but still below target"}
    assert all("met the standard last year, and 9 of 12 (75%) this year." in row[2] for row in rows)
    words = SeenPage(lena.get(f"/programmes/{programme}/report")).words
    assert "2 rounds are closed. 1 more is planned or open" in words


def test_the_report_is_a_file_of_every_kind_and_its_download_is_an_event(desk: Desk, lena: Client) -> None:
    programme = a_closed_year(desk)
    for kind in ("pdf", "docx", "xlsx", "csv"):
        file = lena.get(f"/api/v1/programmes/{programme}/report.{kind}")
        assert file.status_code == 200, file.text
        assert len(file.content) > 500
    assert "programme.report-fetched" in desk.events()


def test_a_programme_without_a_closed_round_says_so(desk: Desk, lena: Client) -> None:
    programme = a_programme(desk)
    a_line(desk, programme)
    words = SeenPage(lena.get(f"/programmes/{programme}/report")).words
    assert "No round of this programme is closed yet" in words
    assert "0 of 72 expected audits are done" in words
