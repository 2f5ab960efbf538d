"""A joint audit from an agency's answers to the panel, in a real browser, also at the width of a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.joint_rounds.planning import actions as planning
from tests.browser import NewPage, look
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.joint_rounds.joining import Partnership, a_case_list, a_joint_round, plan_of
from tests.site_in_browser import browse, served

PHONE = 375
NAMES = ("Social care", "Police", "Health", "Schools", "Probation")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("joint-rounds") / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as made:
        yield made


@pytest.fixture(scope="module")
def made(desk: Desk) -> Partnership:
    return a_joint_round(desk, cases=1, names=NAMES)


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.database) as found:
        yield found


def test_agencies_answer_and_a_panel_looks_at_all(
    desk: Desk, made: Partnership, address: str, new_page: NewPage
) -> None:
    (case_id,) = made.cases
    pat = browse(new_page, desk, address, made.people["Police"], PHONE)
    pat.goto(address)
    pat.get_by_role("link", name="1 case to answer for your agency").click()
    look(pat)
    pat.get_by_role("table").get_by_role("link").click()
    look(pat)
    pat.get_by_label("Voice of the child: what your records show").fill("Officers did not speak to the child.")
    pat.get_by_label("Month and year").first.fill("13 2026")
    pat.get_by_role("button", name="Save").click()
    expect(pat.get_by_role("alert")).to_contain_text("Voice of the child: select an answer")
    expect(pat.get_by_label("Voice of the child: what your records show")).to_have_value(
        "Officers did not speak to the child."
    )
    look(pat)
    for agency in NAMES:
        if agency != "Schools":
            made.answer(agency, case_id, voice="inadequate" if agency == "Police" else "good")
    made.answer("Schools", case_id, known=False)

    lena = browse(new_page, desk, address, desk.cast.lena)
    lena.goto(f"{address}/joint-rounds/{made.round_id}")
    look(lena)
    lena.get_by_role("table").last.get_by_role("link").click()
    look(lena)
    lena.get_by_role("button", name="Open panel").click()
    expect(lena.get_by_text("Panel opened.")).to_be_visible()
    lena.get_by_role("link", name="Record the panel").click()
    look(lena)
    lena.get_by_label("Grade that the panel agreed").select_option("Requires improvement")
    lena.get_by_label("Why, and what the panel agreed").fill("Each agency knew a part.")
    lena.get_by_role("textbox", name="Police").fill("Inspector")
    lena.get_by_role("button", name="Save").click()
    lena.get_by_role("link", name="Add what the panel found").first.click()
    look(lena)
    lena.get_by_label("Recommendations").fill("Agree who asks the child.")
    lena.get_by_role("button", name="Save").click()
    expect(lena.get_by_text("Agree who asks the child.")).to_be_visible()
    look(lena)
    headings = lena.locator("section h3").all_inner_texts()
    assert headings[0].startswith("Voice of the child"), "what agencies differ on comes first"

    pat.goto(f"{address}/joint-cases/{case_id}")
    expect(pat.get_by_text("Agree who asks the child.")).to_be_visible()
    look(pat)
    sam = browse(new_page, desk, address, made.people["Schools"], PHONE)
    refused = sam.goto(f"{address}/joint-cases/{case_id}")
    assert refused is not None
    assert refused.status == 404


def test_a_lead_says_what_an_agency_is_asked_and_an_administrator_keeps_agencies(
    desk: Desk, made: Partnership, address: str, new_page: NewPage
) -> None:
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/joint-rounds")
    look(lena)
    lena.get_by_role("link", name="Plan a joint audit").click()
    lena.get_by_role("button", name="Plan joint audit").click()
    look(lena)
    lena.goto(f"{address}/templates/{desk.template_id}/agencies/{made.agencies['Police']}")
    look(lena)
    lena.get_by_label("Planning: in the agency’s own words").fill("Was there a plan with officers?")
    lena.get_by_role("button", name="Save").click()
    expect(lena.get_by_text("Saved what Police is asked.")).to_be_visible()
    ada = browse(new_page, desk, address, desk.cast.ada, PHONE)
    ada.goto(f"{address}/agencies")
    look(ada)
    ada.get_by_role("link", name="Change Police").click()
    look(ada)


def test_a_lead_draws_the_cases_as_a_sample(desk: Desk, made: Partnership, address: str, new_page: NewPage) -> None:
    a_case_list(desk)
    with desk.database.writing() as session:
        plan = plan_of(made, title="Neglect, autumn")
        planned = planning.create_joint_round(session, plan=plan, by=an_actor(desk.cast.lena)).id
    lena = browse(new_page, desk, address, desk.cast.lena, PHONE)
    lena.goto(f"{address}/joint-rounds/{planned}")
    look(lena)
    lena.get_by_role("link", name="Draw a sample from a case list").click()
    look(lena)
    lena.get_by_label("Number of cases").fill("5")
    lena.get_by_role("checkbox", name="Status").check()
    lena.get_by_role("button", name="Preview sample").click()
    look(lena)
    lena.get_by_role("button", name="Draw 5 cases").click()
    expect(lena.get_by_text("Sample of 5 cases drawn and added to the joint audit.")).to_be_visible()
    look(lena)
    lena.get_by_role("link", name="5 cases of 30").click()
    expect(lena.get_by_text("In the joint audit")).to_have_count(5)
    look(lena)


def test_an_agency_reads_its_report_when_the_joint_audit_is_closed(
    tmp_path: Path, migrated_sqlite_file: Path, new_page: NewPage
) -> None:
    file = tmp_path / "closed.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as desk, served(desk.database) as address:
        made = a_joint_round(desk, cases=1, names=("Police", "Schools"))
        (case_id,) = made.cases
        made.answer("Police", case_id, voice="inadequate")
        made.answer("Schools", case_id, known=False)
        made.open_panel(case_id)
        made.finish_panel(case_id)
        made.close()
        for name, said in (
            ("Police", "Other agencies are counted only in the case that you saw"),
            ("Schools", "nothing is counted of them"),
        ):
            person = browse(new_page, desk, address, made.people[name], PHONE)
            person.goto(f"{address}/joint-parts")
            look(person)
            person.get_by_role("link", name="Neglect, spring").last.click()
            look(person)
            expect(person.get_by_text(said)).to_be_visible()
