"""The progress and the calendar of an audit programme, on its pages and over REST."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from api.allocation.exemptions import actions as exemptions
from api.erasure.erasing import erase, prepare_erasure_of_audit
from api.foundation.local_time import LOCAL_TIME, local_date
from api.foundation.permissions import operator_of
from api.programme.making import make_rounds
from api.rounds import actions as rounds
from checklists.programme.dates import months_after
from models import Audit, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.page_forms import SeenPage
from tests.programme.planning import a_line, a_programme, another_lead, rows_in

TODAY = local_date(now())
START = months_after(TODAY, -2)


@pytest.fixture
def programme(desk: Desk) -> uuid.UUID:
    """Three monthly rounds of four cases, of which the first began two months ago; 2 audits of each auditor."""
    made = a_programme(desk, first_day=START, last_day=months_after(START, 2))
    a_line(desk, made, first_on=START, size=4, each_auditor=2, days_to_finish=20)
    return made


def a_first_round(desk: Desk) -> uuid.UUID:
    """The first round, planned in its time and opened, with three audits of Asha and one of Ben; it was due."""
    make_rounds(desk.database, today=START)
    made = next(row.round_id for row in rows_in(desk.database) if row.starts_on == START)
    assert made is not None
    audits = [desk.an_audit(round_id=made) for _ in range(2)] + [desk.an_audit(desk.cast.ben, round_id=made)]
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        version = rounds.find_round(session, round_id=made, by=lena).version
        rounds.open_round(session, round_id=made, version=version, by=lena)
    for audit in audits[:2]:
        desk.answer(audit)
        desk.submit(audit)
    return made


@pytest.mark.both_databases
def test_what_is_expected_done_and_late_adds_up_by_month_team_and_auditor(
    desk: Desk, lena: Client, programme: uuid.UUID
) -> None:
    first = a_first_round(desk)
    make_rounds(desk.database, today=TODAY)
    found = lena.get(f"/api/v1/programmes/{programme}/progress").json()
    # Two submitted after the due date, one not submitted, and one case that nobody reads: all late.
    month = START.replace(day=1).isoformat()
    of_first = {each["team"]: each["counts"] for each in found["parts"] if each["month"] == month}
    team = next(name for name in of_first if name)
    assert of_first[team] == {"expected": 3, "done": 2, "late": 3, "exempt": 0}
    assert of_first[""] == {"expected": 1, "done": 0, "late": 1, "exempt": 0}
    assert found["whole"]["expected"] == 12
    people = {each["name"]: each for each in found["auditors"]}
    assert (people["Asha"]["allocated"], people["Asha"]["done"], people["Asha"]["late"]) == (2, 2, 2)
    assert (people["Ben"]["allocated"], people["Ben"]["done"], people["Ben"]["late"]) == (1, 0, 1)
    assert people["Asha"]["expected"] == 6
    with desk.database.writing() as session:
        exemptions.exempt_person(
            session, round_id=first, person_id=desk.cast.asha.id, reason="New in post.", by=an_actor(desk.cast.lena)
        )
    again = lena.get(f"/api/v1/programmes/{programme}/progress").json()
    assert {each["name"]: each["expected"] for each in again["auditors"]}["Asha"] == 4
    words = SeenPage(lena.get(f"/programmes/{programme}/progress")).words
    assert "2 of 12 expected audits done" in words
    assert "Not known yet" in words


def test_audits_that_were_deleted_after_closing_are_not_late(desk: Desk, lena: Client, programme: uuid.UUID) -> None:
    first = a_first_round(desk)
    desk.round_id = first
    desk.close_round()
    before = lena.get(f"/api/v1/programmes/{programme}/progress").json()
    operator = operator_of(desk.cast.organisation.id)
    with desk.database.reading_one_moment() as session:
        asha = (col(Audit.auditor_id) == desk.cast.asha.id, col(Audit.round_id) == first)
        audit_id = session.exec(select(Audit.id).where(*asha)).first()
        assert audit_id is not None
        prepared = prepare_erasure_of_audit(session, audit_id=audit_id, by=operator)
    with desk.database.writing() as session:
        erase(session, prepared, by=operator)
    after = lena.get(f"/api/v1/programmes/{programme}/progress").json()
    assert before["deleted"] == ""
    assert after["deleted"].startswith("1 audit has been deleted since its round was closed.")
    assert after["whole"]["late"] == before["whole"]["late"] - 1
    assert after["deleted"] in SeenPage(lena.get(f"/programmes/{programme}/progress")).words
    assert after["deleted"] in SeenPage(lena.get(f"/programmes/{programme}/report")).words


@pytest.mark.both_databases
def test_an_audit_submitted_in_the_last_minute_of_its_due_date_is_not_late(
    desk: Desk, lena: Client, programme: uuid.UUID
) -> None:
    first = a_first_round(desk)
    due_on = date.fromisoformat(lena.get(f"/api/v1/rounds/{first}").json()["due_on"])
    midnight = datetime.combine(due_on + timedelta(days=1), datetime.min.time(), LOCAL_TIME)
    for moment, late in ((midnight - timedelta(seconds=1), 0), (midnight, 2)):
        with desk.database.writing() as session, guards_aside(session.connection()):
            asha = (col(Audit.auditor_id) == desk.cast.asha.id, col(Audit.round_id) == first)
            session.execute(update(Audit).where(*asha).values(submitted_at=moment))
        found = lena.get(f"/api/v1/programmes/{programme}/progress").json()
        assert {each["name"]: each["late"] for each in found["auditors"]}["Asha"] == late


def test_an_exempt_round_is_not_expected(desk: Desk, lena: Client, programme: uuid.UUID) -> None:
    line = lena.get(f"/api/v1/programmes/{programme}").json()["lines"][0]["id"]
    typed = {"starts_on": START.isoformat(), "reason": "An inspection is expected in that month."}
    path = f"/programme-lines/{line}/exemptions"
    assert lena.post(path, data=typed).status_code == 303
    whole = lena.get(f"/api/v1/programmes/{programme}/progress").json()["whole"]
    assert (whole["expected"], whole["exempt"]) == (12, 0)
    lee = desk.browser(another_lead(desk))
    assert lee.post(f"{path}/decision", data={**typed, "decision": "approve"}).status_code == 303
    whole = lena.get(f"/api/v1/programmes/{programme}/progress").json()["whole"]
    assert (whole["expected"], whole["exempt"]) == (8, 4)


def test_the_calendar_is_printed_by_month_and_read_by_other_calendars(
    desk: Desk, lena: Client, programme: uuid.UUID
) -> None:
    a_first_round(desk)
    words = SeenPage(lena.get(f"/programmes/{programme}/calendar")).words
    assert f"{START:%B %Y}" in words
    assert "Round open" in words
    for path in (f"/programmes/{programme}/calendar.ics", f"/api/v1/programmes/{programme}/calendar.ics"):
        file = lena.get(path)
        assert file.headers["Content-Type"].startswith("text/calendar")
        assert 'filename="audit-programme.ics"' in file.headers["Content-Disposition"]
        assert file.text.count("BEGIN:VEVENT") == 6  # the days and the due date of each of three rounds
        assert f"DTSTART;VALUE=DATE:{START:%Y%m%d}" in file.text
    assert "programme.calendar-fetched" in desk.events()
