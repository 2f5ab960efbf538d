"""The audit programme: lines that plan rounds by themselves, with pauses, exemptions and what prevents a round."""

import random
import uuid
from datetime import date, timedelta

import pytest
from sqlmodel import select

from api.case_lists import actions as case_lists
from api.foundation.jobs.doing import run_next_job
from api.foundation.local_time import local_date
from api.people import actions as people
from api.programme.making import make_rounds
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.references import reference_from
from checklists.programme.dates import DAYS_BEFORE
from models import NoticeKind, PlannedState, Role, Sample, SampledCase, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage
from tests.programme.planning import (
    FIRST,
    LAST,
    a_line,
    a_programme,
    another_lead,
    made_in,
    notices_in,
    rows_in,
)

DUE = FIRST - timedelta(days=DAYS_BEFORE)


def a_case_list(desk: Desk, cases: int = 12) -> uuid.UUID:
    listed = tuple(
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            "North locality",
            CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
        )
        for place in range(cases)
    )
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(date(2026, 5, 4), "1a2b3c4d", "annex-a", listed), by=lead)
        return import_list(session, checked=checked, by=lead).id


def the_form(page: SeenPage) -> dict[str, str]:
    """What the form with a title would send."""
    return next(form.fields for form in page.forms if "title" in form.fields)


def programme_body(desk: Desk, **changes: object) -> dict[str, object]:
    return {
        "title": "Audit programme 2027 to 2028",
        "first_day": FIRST.isoformat(),
        "last_day": LAST.isoformat(),
        "lead_id": str(desk.cast.lena.id),
        **changes,
    }


def line_body(desk: Desk, **changes: object) -> dict[str, object]:
    return {
        "title": "Monthly case audits",
        "kind": "monthly",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "cadence": "monthly",
        "first_on": FIRST.isoformat(),
        "size": 6,
        **changes,
    }


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_programme_is_made_over_rest_and_its_first_round_is_planned_with_a_sample(desk: Desk, lena: Client) -> None:
    key = a_key()
    made = lena.post("/api/v1/programmes", json=programme_body(desk), headers=key)
    assert made.status_code == 201, made.text
    assert lena.post("/api/v1/programmes", json=programme_body(desk), headers=key).json() == made.json()
    path = made.headers["Location"]
    body = line_body(desk, auditors=[str(desk.cast.ben.id)], double_percent=50)
    line = lena.post(f"{path}/lines", json=body, headers=a_key())
    assert line.status_code == 201, line.text
    assert [each["standing"] for each in line.json()["rounds"]] == ["to-come"] * 12
    a_case_list(desk)
    assert make_rounds(desk.database, today=DUE - timedelta(days=1)) == 0
    assert make_rounds(desk.database, today=DUE) == 1
    assert run_next_job(desk.database, desk.app.state.settings)
    shown = lena.get(line.headers["Location"]).json()["rounds"][0]
    assert (shown["standing"], shown["sample"]) == ("made", "Sample drawn")
    planned = lena.get(f"/api/v1/rounds/{shown['round_id']}").json()
    assert planned["title"] == "Monthly case audits, April 2027"
    assert (planned["period_from"], planned["period_to"]) == ("2026-10-01", "2027-03-31")
    assert (planned["due_on"], planned["state"]) == ("2027-04-29", "planned")
    with desk.database.reading() as session:
        assert len(session.exec(select(SampledCase)).all()) == 6
        assert session.exec(select(Sample.round_id)).one() == uuid.UUID(shown["round_id"])
    # The round's page offers the allocation that the line asks for, which allocates nothing by itself.
    page = SeenPage(lena.get(f"/rounds/{shown['round_id']}"))
    proposal = page.form("/proposal")
    assert (proposal["auditors"], proposal["double_percent"]) == (str(desk.cast.ben.id), "50")
    assert "Ben" in SeenPage(lena.post(f"/rounds/{shown['round_id']}/proposal", data=proposal)).words
    assert lena.get(f"/api/v1/rounds/{shown['round_id']}/progress").json()["allocated"] == 0
    told = lena.get("/api/v1/notices").json()["items"]
    assert [each["kind"] for each in told] == ["round-planned"]


@pytest.mark.both_in_trials
def test_a_programme_and_its_line_are_made_changed_and_shown_on_pages(desk: Desk, lena: Client) -> None:
    refused = lena.post("/programmes/new", data={"key": uuid.uuid4().hex, "title": "", "lead_id": ""})
    words = SeenPage(refused).words
    for fault in ("Enter a title for the programme", "The first day must include", "Select a quality lead"):
        assert fault in words
    days = {
        f"{name}-{part}": str(getattr(day, part))
        for name, day in (("first_day", FIRST), ("last_day", LAST))
        for part in ("day", "month", "year")
    }
    form = the_form(SeenPage(lena.get("/programmes/new")))
    made = lena.post("/programmes/new", data={**form, **days, "title": "Year", "lead_id": str(desk.cast.lena.id)})
    assert made.status_code == 303, made.text
    programme = made.headers["Location"]
    assert "The programme has no line yet." in SeenPage(lena.get(programme)).words
    form = the_form(SeenPage(lena.get(f"{programme}/lines/new")))
    first = {f"first_on-{part}": str(getattr(FIRST, part)) for part in ("day", "month", "year")}
    typed = {
        **form,
        **first,
        "title": "Neglect",
        "kind": "thematic",
        "cadence": "quarterly",
        "size": "x",
        "template_version": f"{desk.template_id}/1",
    }
    refused = lena.post(f"{programme}/lines/new", data=typed)
    assert "Number of cases must be a whole number from 1 to 1,000" in SeenPage(refused).words
    assert 'value="Neglect"' in refused.text
    made = lena.post(f"{programme}/lines/new", data={**typed, "size": "8"})
    assert made.status_code == 303, made.text
    line = made.headers["Location"]
    assert line in SeenPage(lena.get(programme)).links
    shown = SeenPage(lena.get(line)).words
    assert "Every 3 months, from 1 April 2027" in shown
    assert shown.count("To come") == 4
    form = the_form(SeenPage(lena.get(f"{line}/edit")))
    assert (
        lena.post(
            f"{line}/edit",
            data={
                **form,
                "kind": "thematic",
                "cadence": "quarterly",
                "template_version": f"{desk.template_id}/1",
                "size": "9",
            },
        ).status_code
        == 303
    )
    stale = lena.post(
        f"{line}/edit",
        data={
            **form,
            "kind": "thematic",
            "cadence": "quarterly",
            "template_version": f"{desk.template_id}/1",
            "size": "10",
        },
    )
    assert "Someone else has changed this" in SeenPage(stale).words
    form = the_form(SeenPage(lena.get(f"{programme}/edit")))
    changed = lena.post(f"{programme}/edit", data={**form, "title": "The year", "lead_id": str(desk.cast.lena.id)})
    assert changed.status_code == 303
    assert "The year" in SeenPage(lena.get("/programmes")).words


def test_what_cannot_be_is_refused_with_its_place(desk: Desk, lena: Client) -> None:
    body = programme_body(desk, last_day="2027-03-31", lead_id=str(desk.cast.asha.id), title="Asha Smith 07700 900123")
    refused = lena.post("/api/v1/programmes", json=body, headers=a_key())
    assert {each["pointer"] for each in refused.json()["errors"]} == {"/title", "/last_day", "/lead_id"}
    body = programme_body(desk, last_day="2030-04-01")
    assert lena.post("/api/v1/programmes", json=body, headers=a_key()).json()["errors"][0]["pointer"] == "/last_day"
    programme = a_programme(desk)
    path = f"/api/v1/programmes/{programme}/lines"
    wrong = line_body(
        desk, first_on="2026-04-01", template_version=7, auditors=[str(desk.cast.mo.id)], only_teams=[str(uuid.uuid4())]
    )
    refused = lena.post(path, json=wrong, headers=a_key())
    assert {each["pointer"] for each in refused.json()["errors"]} == {
        "/first_on",
        "/template_version",
        "/auditors",
        "/only_teams",
    }
    refused = lena.post(path, json=line_body(desk, scope=["colour"]), headers=a_key())
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/scope"]
    line = a_line(desk, programme)
    make_rounds(desk.database, today=DUE)
    changed = lena.put(
        f"/api/v1/programme-lines/{line}",
        json=line_body(desk, cadence="quarterly"),
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 409
    assert "you cannot change how often it has them" in changed.json()["detail"]


@pytest.mark.both_in_trials
def test_the_rounds_of_a_pause_are_passed_over_and_never_planned_later(desk: Desk, lena: Client) -> None:
    today = local_date(now())
    programme = a_programme(desk, first_day=today - timedelta(days=70), last_day=today + timedelta(days=300))
    line = a_line(desk, programme, first_on=today - timedelta(days=70))
    path = f"/api/v1/programme-lines/{line}"
    paused = lena.post(f"{path}/move", json={"move": "pause"}, headers={"If-Match": '"1"'})
    assert paused.status_code == 200, paused.text
    assert paused.json()["state"] == "paused"
    assert make_rounds(desk.database, today=today) == 0
    assert lena.post(f"{path}/move", json={"move": "pause"}, headers={"If-Match": '"2"'}).status_code == 409
    continued = lena.post(f"{path}/move", json={"move": "continue"}, headers={"If-Match": '"2"'}).json()
    passed = [each["starts_on"] for each in continued["rounds"] if each["standing"] == "passed-over"]
    assert passed
    assert all(date.fromisoformat(day) <= today + timedelta(days=DAYS_BEFORE) for day in passed)
    assert make_rounds(desk.database, today=today) == 0
    assert make_rounds(desk.database, today=today + timedelta(days=31)) == 1
    ended = lena.post(f"/programme-lines/{line}/move", data={"version": "3", "move": "end"})
    assert ended.status_code == 303
    assert lena.get(path).json()["state"] == "ended"
    assert make_rounds(desk.database, today=today + timedelta(days=200)) == 0
    assert lena.get(f"/programme-lines/{line}/edit").status_code == 409


@pytest.mark.both_in_trials
def test_a_round_is_exempt_once_a_second_lead_approves(desk: Desk, lena: Client) -> None:
    lee = desk.browser(another_lead(desk))
    line = a_line(desk, a_programme(desk))
    path = f"/api/v1/programme-lines/{line}/exemptions"
    asked = {"starts_on": FIRST.isoformat(), "reason": "An inspection is expected in that month."}
    assert lena.post(path, json={**asked, "reason": " "}, headers=a_key()).json()["errors"][0]["pointer"] == "/reason"
    assert lena.post(path, json={**asked, "starts_on": "2027-04-02"}, headers=a_key()).status_code == 422
    assert lena.post(path, json=asked, headers=a_key()).status_code == 201
    assert lena.post(path, json=asked, headers=a_key()).status_code == 409
    assert len(notices_in(desk.database, NoticeKind.EXEMPTION_WAITS)) == 1  # to Lee, and not to Lena
    decision = {"starts_on": FIRST.isoformat(), "approved": True}
    own = lena.post(f"{path}/decision", json=decision)
    assert own.status_code == 403
    assert "Another quality lead decides" in own.json()["detail"]
    assert "Approve exemption" not in lena.get(f"/programme-lines/{line}").text
    form = SeenPage(lee.get(f"/programme-lines/{line}")).form("/exemptions/decision")
    decided = lee.post(f"/programme-lines/{line}/exemptions/decision", data={**form, "decision": "approve"})
    assert decided.status_code == 303, decided.text
    assert notices_in(desk.database, NoticeKind.EXEMPTION_WAITS) == []
    assert make_rounds(desk.database, today=DUE) == 0
    assert make_rounds(desk.database, today=DUE + timedelta(days=30)) == 1
    assert [row.state for row in rows_in(desk.database)] == [PlannedState.EXEMPT, PlannedState.MADE]
    shown = lena.get(f"/api/v1/programme-lines/{line}").json()["rounds"][0]
    assert (shown["standing"], shown["asked_by"], shown["decided_by"]) == ("exempt", "Lena", "Lee")


def test_a_declined_exemption_and_one_that_nobody_decides_on_leave_the_round_planned(desk: Desk, lena: Client) -> None:
    lee = desk.browser(another_lead(desk))
    line = a_line(desk, a_programme(desk))
    path = f"/programme-lines/{line}"
    for month in (4, 5):
        typed = {"starts_on": f"2027-0{month}-01", "reason": "An inspection is expected in that month."}
        assert lena.post(f"{path}/exemptions", data=typed).status_code == 303
    declined = lee.post(f"{path}/exemptions/decision", data={"starts_on": "2027-04-01", "decision": "decline"})
    assert declined.status_code == 303
    make_rounds(desk.database, today=DUE + timedelta(days=30))
    assert made_in(desk.database) == [date(2027, 4, 1), date(2027, 5, 1)]
    assert notices_in(desk.database, NoticeKind.EXEMPTION_WAITS) == []
    late = lee.post(f"/api/v1{path}/exemptions/decision", json={"starts_on": "2027-05-01", "approved": True})
    assert late.status_code == 409


@pytest.mark.both_in_trials
def test_a_round_that_cannot_be_planned_says_why_once_and_is_planned_when_somebody_else_leads(
    desk: Desk, lena: Client
) -> None:
    lee = another_lead(desk)
    programme = a_programme(desk)
    line = a_line(desk, programme)
    with desk.database.writing() as session:
        person = people.find_person(session, person_id=desk.cast.lena.id, by=an_actor(desk.cast.ada)).person
        people.change_person(
            session,
            person_id=person.id,
            name=person.name,
            active=False,
            roles=[Role.QUALITY_LEAD],
            version=person.version,
            settings=desk.app.state.settings,
            by=an_actor(desk.cast.ada),
        )
    for _ in range(3):
        assert make_rounds(desk.database, today=DUE) == 0
    assert [each.person_id for each in notices_in(desk.database, NoticeKind.ROUND_NOT_PLANNED)] == [lee.id]
    assert desk.events().count("programme.round-blocked") == 1
    page = desk.browser(lee)
    assert "can no longer plan rounds" in SeenPage(page.get(f"/programme-lines/{line}")).words
    body = programme_body(desk, lead_id=str(lee.id))
    assert page.put(f"/api/v1/programmes/{programme}", json=body, headers={"If-Match": '"1"'}).status_code == 200
    assert make_rounds(desk.database, today=DUE) == 1
    assert notices_in(desk.database, NoticeKind.ROUND_NOT_PLANNED) == []
    assert page.get(f"/api/v1/programme-lines/{line}").json()["problem"] == ""


def test_without_a_case_list_or_with_too_few_cases_the_round_says_why_it_has_no_sample(
    desk: Desk, lena: Client
) -> None:
    line = a_line(desk, a_programme(desk))
    make_rounds(desk.database, today=DUE)
    a_case_list(desk, cases=3)
    make_rounds(desk.database, today=DUE + timedelta(days=30))
    assert run_next_job(desk.database, desk.app.state.settings)
    first, second = lena.get(f"/api/v1/programme-lines/{line}").json()["rounds"][:2]
    assert first["sample"].startswith("Sample not drawn: there was no case list")
    assert second["sample"].startswith("Sample not drawn: ")
    assert "Draw it yourself" not in second["sample"]


def test_the_service_was_off_for_months_and_plans_what_it_missed_with_all_its_days(desk: Desk, lena: Client) -> None:
    line = a_line(desk, a_programme(desk))
    assert make_rounds(desk.database, today=date(2027, 7, 1)) == 4
    shown = lena.get(f"/api/v1/programme-lines/{line}").json()["rounds"][:4]
    assert [each["due_on"] for each in shown] == ["2027-07-29"] * 4
    assert [each["period_to"] for each in shown] == ["2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"]


def test_only_leads_of_the_organisation_see_programmes(desk: Desk) -> None:
    programme = a_programme(desk)
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        assert desk.browser(person).get(f"/programmes/{programme}").status_code == 403
    assert desk.browser(desk.cast.omar).get(f"/programmes/{programme}").status_code == 404
