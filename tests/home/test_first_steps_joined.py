"""Steps of setting up that belong together are done on one page: all of it, or nothing."""

import pytest
from sqlmodel import col, select

from models import Audit, Person, Role, Round, RoundState, Team
from tests.cast import Site
from tests.desk import a_desk
from tests.page_forms import SeenPage


@pytest.mark.both_databases
def test_audits_are_allocated_and_their_round_opened_on_one_page_or_neither(database_url: str) -> None:
    with a_desk(database_url, opened=False) as desk:
        lena = desk.browser(desk.cast.lena)
        lines = {"key": "k", "lines": "CF-1001,North locality,closed,1 to 4,", "make": "yes"}
        made = lena.post("/case-files/list", data=lines)
        path = f"/rounds/{desk.round_id}/allocate"
        assert (made.status_code, made.headers["location"]) == (303, path)  # the next first step
        form = SeenPage(lena.get(path)).forms[-1].fields | {
            "auditors": str(desk.cast.asha.id),
            "mode": "records-only",
            "open_round": "yes",
        }
        form["case_files"] = lena.get("/api/v1/case-files").json()["items"][0]["id"]
        stale = lena.post(path, data={**form, "version": "7"})
        assert stale.status_code in {409, 412}
        with desk.database.reading() as session:
            assert session.exec(select(Audit)).all() == []
        assert lena.post(path, data={**form, "key": "again"}).status_code == 303
        with desk.database.reading() as session:
            found = session.exec(select(Round).where(col(Round.id) == desk.round_id)).one()
            assert (found.state, len(session.exec(select(Audit)).all())) == (RoundState.OPEN, 1)


def test_the_first_teams_and_people_are_added_on_one_page_or_neither(site: Site) -> None:
    ada = site.browser(site.person(Role.ADMINISTRATOR))
    page = SeenPage(ada.get("/people/invite"))
    assert "Add teams and invite people" in page.words
    form = page.form("/people/invite")
    people = "Lena Okafor,lena@north.example,Quality lead"
    refused = ada.post("/people/invite", data={**form, "teams": "North\nNorth", "lines": people})
    shown = SeenPage(refused)
    assert (refused.status_code, "#teams" in shown.links) == (422, True)
    assert shown.form("/people/invite")["teams"] == "North\nNorth"
    with site.database.reading() as session:
        assert session.exec(select(Team)).all() == []
        assert session.exec(select(Person).where(col(Person.email) == "lena@north.example")).all() == []
    done = ada.post("/people/invite", data={**form, "key": "again", "teams": "North\nSouth", "lines": people})
    assert "1 person is invited" in SeenPage(done).words
    with site.database.reading() as session:
        assert {team.name for team in session.exec(select(Team))} == {"North", "South"}
    # Once there are teams, the page is about people.
    assert "Add teams" not in SeenPage(ada.get("/people/invite")).words.split("Invite people", 1)[1]
