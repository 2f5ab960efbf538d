"""Who answers for an agency, and who leads a joint round, learn by notices what waits for them, once and no more."""

import uuid
from datetime import timedelta

import pytest
from sqlmodel import col, select

from api.joint_rounds.agencies import actions as agencies
from api.joint_rounds.notifying import give_due_reminders
from api.joint_rounds.parts import actions as parts
from api.joint_rounds.planning import actions as planning
from models import JointRound, Notice, NoticeKind
from tests.desk import Desk
from tests.factories import MadePerson, an_actor
from tests.joint_rounds.joining import Partnership, a_joint_round

pytestmark = pytest.mark.both_databases
ANSWER = NoticeKind.JOINT_ALLOCATED.value


def seen(desk: Desk, person: MadePerson) -> dict[str, str]:
    """The texts of a person's unread notices about joint audits, by kind."""
    items = desk.browser(person).get("/api/v1/notices?unread=true").json()["items"]
    return {each["kind"]: each["text"] for each in items if each["kind"].startswith("joint-")}


def joint_round(made: Partnership) -> JointRound:
    with made.desk.database.reading() as session:
        return session.get_one(JointRound, (made.desk.cast.organisation.id, made.round_id))


def given_back(made: Partnership, part_id: uuid.UUID, version: int) -> None:
    with made.desk.database.writing() as session:
        parts.give_back(session, part_id=part_id, version=version, by=an_actor(made.desk.cast.lena))


def test_each_step_of_a_case_reaches_whom_it_concerns(desk: Desk) -> None:
    made = a_joint_round(desk, names=("Social care", "Police", "Health"))
    lena, police = desk.cast.lena, made.people["Police"]
    first, second = made.cases
    assert seen(desk, police) == {ANSWER: "2 cases of a joint audit allocated to you. Answer for your agency."}
    made.answer("Police", first)
    made.answer("Health", first, known=False)
    assert (seen(desk, lena), set(seen(desk, police))) == ({}, {ANSWER})
    made.answer("Social care", first)
    returned = "Every agency has returned its answers for a case of a joint audit. You can open its panel."
    assert seen(desk, lena) == {"joint-returned": returned}

    given_back(made, made.part("Police", first).id, made.part("Police", first).version)
    assert seen(desk, lena) == {}
    back = "Your agency’s answers for a case were given back to you. Change them, then return them again."
    assert seen(desk, police)["joint-given-back"] == back
    made.answer("Police", first)
    assert (set(seen(desk, police)), set(seen(desk, lena))) == ({ANSWER}, {"joint-returned"})

    made.open_panel(first)
    opened = "The panel of a case that you answered for is open. You can read what every agency found."
    assert (seen(desk, lena), seen(desk, police)["joint-panel-open"]) == ({}, opened)
    assert "joint-panel-open" not in seen(desk, made.people["Health"]), "it does not know the child"
    made.answer("Police", second)
    assert ANSWER not in seen(desk, police), "nothing waits for them any more"


def test_who_no_longer_answers_is_no_longer_asked(desk: Desk) -> None:
    made = a_joint_round(desk, names=("Social care", "Police"))
    former, police = made.people["Social care"], made.agencies["Police"]
    assert ANSWER in seen(desk, former)
    with desk.database.writing() as session:
        ada = an_actor(desk.cast.ada)
        for name, members in (("Social care", []), ("Police", [made.people["Police"].id, former.id])):
            agency = agencies.find_agency(session, agency_id=made.agencies[name], by=ada)
            agencies.change_agency(
                session, agency_id=agency.id, name=name, active=True, members=members, version=agency.version, by=ada
            )
    assert seen(desk, former) == {}, "they left the agency whose parts these are"
    with desk.database.writing() as session:
        planning.allocate_parts(
            session, joint_round_id=made.round_id, agency_id=police, auditor_id=former.id, by=an_actor(desk.cast.lena)
        )
    assert set(seen(desk, former)) == {ANSWER}
    assert seen(desk, made.people["Police"]) == {}


def test_due_and_overdue_parts_are_reminded_of_once_each(desk: Desk) -> None:
    made = a_joint_round(desk, names=("Social care", "Police", "Health"))
    first, second = made.cases
    for case in made.cases:
        made.answer("Health", case)
    made.answer("Police", first)
    due_on = joint_round(made).due_on

    def given(days: int) -> int:
        return give_due_reminders(desk.database, today=due_on + timedelta(days=days), days_before=3)

    assert [given(days) for days in (-4, -3, -3, 0, 1, 1, 30)] == [0, 2, 0, 0, 2, 0, 0]
    late = "1 case of a joint audit is overdue. Return your agency’s answers."
    assert {kind: text for kind, text in seen(desk, made.people["Police"]).items() if kind != ANSWER} == {
        "joint-overdue": late
    }
    assert seen(desk, made.people["Social care"])["joint-overdue"].startswith("2 cases of a joint audit are overdue")
    assert "joint-overdue" not in seen(desk, made.people["Health"])
    made.answer("Police", second)
    assert seen(desk, made.people["Police"]) == {}


def test_closing_a_joint_audit_takes_back_what_it_asked(desk: Desk) -> None:
    made = a_joint_round(desk, names=("Social care", "Police"))
    first, second = made.cases
    for name in made.agencies:
        made.answer(name, first)
    given_back(made, made.part("Police", first).id, made.part("Police", first).version)
    made.answer("Social care", second)
    with desk.database.writing() as session:
        planning.close_joint_round(
            session,
            joint_round_id=made.round_id,
            reason="The partnership stopped it.",
            version=joint_round(made).version,
            by=an_actor(desk.cast.lena),
        )
    with desk.database.reading() as session:
        assert session.exec(select(Notice.kind).where(col(Notice.kind).like("joint-%"))).all() == []
