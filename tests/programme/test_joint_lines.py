"""Lines of the audit programme that plan joint audits, and what a planned round takes over from the one before."""

import random
import uuid
from datetime import date, timedelta

import pytest
from sqlmodel import select

from api.case_lists import actions as case_lists
from api.follow_ups.rule import actions as rules
from api.follow_ups.rule.actions import RuleChange
from api.foundation.jobs.doing import run_next_job
from api.joint_rounds.panels import actions as panels
from api.joint_rounds.planning import actions as planning
from api.programme.making import make_rounds
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.references import reference_from
from checklists.programme.dates import DAYS_BEFORE, Cadence
from models import FollowUpRule, JointRound, LineKind, NoticeKind, PlannedState, Role
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, a_team, an_actor
from tests.importing import import_list
from tests.joint_rounds.joining import Partnership, a_partnership, references
from tests.page_forms import SeenPage
from tests.programme.planning import FIRST, LAST, a_line, a_programme, made_in, notices_in, rows_in

DUE = FIRST - timedelta(days=DAYS_BEFORE)


def a_joint_line(desk: Desk, made: Partnership, **changes: object) -> str:
    wanted: dict[str, object] = {
        "title": "Joint audit of neglect",
        "kind": LineKind.MULTI_AGENCY,
        "cadence": Cadence.QUARTERLY,
        "agencies": tuple(made.agencies.values()),
    }
    line = a_line(desk, a_programme(desk), **wanted | changes)
    return f"/api/v1/programme-lines/{line}"


def a_case_list(desk: Desk) -> uuid.UUID:
    """A list of twenty cases, half of them of the team that is returned."""
    listed = tuple(
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            ("North locality", "South locality")[place % 2],
            CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
        )
        for place in range(20)
    )
    lead = an_actor(desk.cast.lena)
    a_team(desk.database, desk.cast.organisation, "South locality")
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(date(2026, 5, 4), "1a2b3c4d", "annex-a", listed), by=lead)
        import_list(session, checked=checked, by=lead)
    return desk.team_id


@pytest.mark.both_databases
def test_a_multi_agency_line_plans_joint_audits_each_once_and_its_lead_is_notified(desk: Desk, lena: Client) -> None:
    made = a_partnership(desk, names=("Social care", "Police", "Health"))
    line = a_joint_line(desk, made)
    assert [make_rounds(desk.database, today=DUE + timedelta(days=days)) for days in (-1, 0, 0, 1)] == [0, 1, 0, 0]
    shown = lena.get(line).json()["rounds"][0]
    assert (shown["standing"], shown["round_id"], shown["joint_round_state"]) == ("made", None, "planned")
    planned = lena.get(f"/api/v1/joint-rounds/{shown['joint_round_id']}").json()
    assert planned["title"] == "Joint audit of neglect, April 2027"
    assert (planned["period_to"], planned["due_on"]) == ("2027-03-31", "2027-04-29")
    assert set(planned["agencies"]) == {str(each) for each in made.agencies.values()}
    (notice,) = lena.get("/api/v1/notices?unread=true").json()["items"]
    assert notice["text"] == "A joint audit was planned by the audit programme. Check its cases, then open it."
    assert lena.get(notice["path"]).status_code == 200
    page = SeenPage(lena.get(line.removeprefix("/api/v1")))
    assert "Joint audit planned" in page.words
    assert notice["path"] in page.links
    assert make_rounds(desk.database, today=LAST) == 3
    assert len(made_in(desk.database)) == 4
    assert len(notices_in(desk.database, NoticeKind.JOINT_PLANNED)) == 4


@pytest.mark.both_databases
def test_a_multi_agency_line_draws_the_cases_of_its_teams_and_a_lead_may_still_change_them(
    desk: Desk, lena: Client
) -> None:
    made = a_partnership(desk, names=("Social care", "Police"))
    of_team = a_case_list(desk)
    line = a_joint_line(desk, made, size=4, only_teams=(of_team,))
    assert make_rounds(desk.database, today=DUE) == 1
    assert lena.get(line).json()["rounds"][0]["sample"] == "Sample is being drawn"
    assert run_next_job(desk.database, desk.app.state.settings)
    shown = lena.get(line).json()["rounds"][0]
    assert shown["sample"] == "Sample drawn"
    path = f"/api/v1/joint-rounds/{shown['joint_round_id']}"
    planned = lena.get(path).json()
    (drawn,) = lena.get(f"{path}/samples").json()["items"]
    assert drawn["rules"]["only_teams"] == [str(of_team)]
    assert drawn["frame_size"] == 10
    assert {each["reference"] for each in planned["cases"]} == {each["reference"] for each in drawn["cases"]}
    assert len(planned["cases"]) == 4
    kept = [each["reference"] for each in planned["cases"]][:3] + references(desk, 1)
    headers = {"If-Match": f'"{planned["version"]}"'}
    changed = lena.put(f"{path}/cases", json={"references": kept}, headers=headers)
    assert len(changed.json()["cases"]) == 4
    # The next one draws other children of the team.
    assert make_rounds(desk.database, today=DUE + timedelta(days=91)) == 1
    assert run_next_job(desk.database, desk.app.state.settings)
    later = lena.get(line).json()["rounds"][1]
    others = lena.get(f"/api/v1/joint-rounds/{later['joint_round_id']}").json()["cases"]
    assert len(others) == 4
    assert not {each["reference"] for each in others} & set(kept)


def test_a_joint_audit_without_a_case_list_says_that_nothing_was_drawn(desk: Desk, lena: Client) -> None:
    line = a_joint_line(desk, a_partnership(desk, names=("Social care", "Police")))
    make_rounds(desk.database, today=DUE)
    shown = lena.get(line).json()["rounds"][0]
    assert shown["sample"].startswith("Sample not drawn: there was no case list")
    by_hand = lena.put(
        f"/api/v1/joint-rounds/{shown['joint_round_id']}/cases",
        json={"references": references(desk, 2)},
        headers={"If-Match": '"1"'},
    )
    assert by_hand.status_code == 200, by_hand.text
    assert lena.get(line).json()["rounds"][0]["sample"] == "Cases chosen by hand"


def test_the_notice_of_a_planned_joint_audit_is_over_when_it_opens(desk: Desk, lena: Client) -> None:
    a_joint_line(desk, a_partnership(desk, names=("Social care", "Police")))
    make_rounds(desk.database, today=DUE)
    of_cases = references(desk, 1)
    with desk.database.writing() as session:
        planned, lead = session.exec(select(JointRound)).one(), an_actor(desk.cast.lena)
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=of_cases, version=planned.version, by=lead
        )
        planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lead)
    assert lena.get("/api/v1/notices?unread=true").json()["items"] == []


@pytest.mark.both_databases
def test_progress_counts_the_cases_of_joint_audits(desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = a_partnership(desk, names=("Social care", "Police"))
    line = a_joint_line(desk, made, size=4, cadence=Cadence.ONCE)
    programme = lena.get(line).json()["programme_id"]

    def whole() -> dict[str, int]:
        counts: dict[str, int] = lena.get(f"/api/v1/programmes/{programme}/progress").json()["whole"]
        return counts

    assert whole() == {"expected": 4, "done": 0, "late": 0, "exempt": 0}
    make_rounds(desk.database, today=DUE)
    assert whole() == {"expected": 4, "done": 0, "late": 0, "exempt": 0}
    of_cases, lead = references(desk, 3), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        planned = session.exec(select(JointRound)).one()
        made.round_id = planned.id
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=of_cases, version=planned.version, by=lead
        )
        planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lead)
        for name, agency_id in made.agencies.items():
            planning.allocate_parts(
                session, joint_round_id=planned.id, agency_id=agency_id, auditor_id=made.people[name].id, by=lead
            )
    for name in made.agencies:
        made.answer(name, made.cases[0])
    made.open_panel(made.cases[0])
    made.record_panel(made.cases[0])
    with desk.database.writing() as session:
        panels.finish_panel(session, joint_case_id=made.cases[0], version=made.case(made.cases[0]).version, by=lead)
    assert whole() == {"expected": 3, "done": 1, "late": 0, "exempt": 0}


def test_agencies_are_of_multi_agency_lines_alone_and_each_fault_has_its_place(desk: Desk, lena: Client) -> None:
    made = a_partnership(desk, names=("Social care", "Police"))
    path = f"/api/v1/programmes/{a_programme(desk)}/lines"
    agencies = [str(each) for each in made.agencies.values()]
    body = {
        "title": "Joint audit",
        "kind": "multi-agency",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "cadence": "quarterly",
        "first_on": FIRST.isoformat(),
        "size": 6,
    }

    def places(**changes: object) -> set[str]:
        refused = lena.post(path, json={**body, **changes}, headers=a_key())
        assert refused.status_code == 422, refused.text
        return {each["pointer"] for each in refused.json()["errors"]}

    assert places() == {"/agencies"}
    assert places(agencies=agencies[:1]) == {"/agencies"}
    assert places(kind="monthly", agencies=agencies) == {"/agencies"}
    assert places(agencies=agencies, size=61, each_auditor=2, double_percent=10, target_percent=80) == {
        *("/size", "/each_auditor", "/double_percent", "/target_percent")
    }
    assert lena.post(path, json={**body, "agencies": agencies}, headers=a_key()).status_code == 201


def test_a_line_whose_agency_is_retired_says_why_it_plans_nothing(desk: Desk, lena: Client) -> None:
    made = a_partnership(desk, names=("Social care", "Police"))
    line = a_joint_line(desk, made)
    ada = desk.browser(desk.cast.ada)
    agency = f"/api/v1/agencies/{made.agencies['Police']}"
    found = next(each for each in ada.get("/api/v1/agencies").json()["items"] if each["name"] == "Police")
    changed = ada.put(
        agency,
        json={"name": "Police", "active": False, "members": []},
        headers={"If-Match": f'"{found["version"]}"'},
    )
    assert changed.status_code == 200, changed.text
    assert make_rounds(desk.database, today=DUE) == 0
    assert lena.get(line).json()["problem"] == "Select 2 agencies or more."


@pytest.mark.both_databases
def test_a_planned_round_takes_over_the_rule_for_the_lowest_rating(desk: Desk) -> None:
    a_line(desk, a_programme(desk))
    make_rounds(desk.database, today=DUE)
    (first,) = [row.round_id for row in rows_in(desk.database) if row.state is PlannedState.MADE]
    assert first is not None
    change = RuleChange(
        overall=True, themes=("voice",), contact_post="Head of service", moderator_role=Role.QUALITY_LEAD, weeks=6
    )
    with desk.database.writing() as session:
        rules.set_rule(session, round_id=first, change=change, version=0, by=an_actor(desk.cast.lena))
    make_rounds(desk.database, today=DUE + timedelta(days=31))
    with desk.database.reading() as session:
        kept = {
            each.round_id: each.model_dump(exclude={"round_id", "version"})
            for each in session.exec(select(FollowUpRule))
        }
    assert len(kept) == 2
    assert len({str(each) for each in kept.values()}) == 1
