"""Lists are searched by reference, filtered, counted, and selected whole, also without JavaScript."""

import pytest

from tests.desk import Desk
from tests.page_forms import SeenPage


@pytest.mark.both_databases
def test_case_files_and_audits_of_a_round_are_found_by_reference_and_counted(desk: Desk) -> None:
    for reference in ("CF-1001", "CF-1002", "XY-2001"):
        desk.an_audit(reference=reference)
    lena = desk.browser(desk.cast.lena)
    found = SeenPage(lena.get("/case-files?reference=cf-10&team=&status=")).words
    assert "2 case files." in found
    assert "XY-2001" not in found
    assert "1 case file." in SeenPage(lena.get("/case-files?reference=2001")).words
    assert "0 case files." in SeenPage(lena.get("/case-files?reference=%25")).words  # a sign, and no wildcard
    audits = SeenPage(lena.get(f"/rounds/{desk.round_id}/audits?reference=xy")).words
    assert "3 audits in this round, 0 submitted." in audits
    assert "XY-2001" in audits
    assert "CF-1001" not in audits
    rest = lena.get("/api/v1/case-files?reference=xy").json()["items"]
    assert [each["reference"] for each in rest] == ["XY-2001"]


def test_people_are_filtered_by_role_and_state(desk: Desk) -> None:
    ada = desk.browser(desk.cast.ada)
    found = SeenPage(ada.get("/people?role=moderator&state=active")).words
    assert "Mo" in found
    assert "Asha" not in found
    assert "Asha" not in SeenPage(ada.get("/people?role=&state=deactivated")).words


@pytest.mark.both_databases
def test_rounds_are_filtered_by_state_and_template(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    desk.a_round(title="Autumn round", opened=False)
    own = f"template={desk.template_id}"
    words = SeenPage(lena.get(f"/rounds?state=planned&{own}")).words
    assert "Autumn round" in words
    assert "Spring round" not in words
    assert "Spring round" in SeenPage(lena.get(f"/rounds?state=&{own}")).words
    assert "Spring round" in SeenPage(lena.get("/rounds?state=wishful&template=none")).words
    other = "template=00000000-0000-7000-8000-000000000000"
    assert "No rounds match these filters." in SeenPage(lena.get(f"/rounds?state=&{other}")).words
    found = lena.get(f"/api/v1/rounds?state=open&{own}").json()["items"]
    assert [each["title"] for each in found] == ["Spring round"]
    assert lena.get(f"/api/v1/rounds?{other}").json()["items"] == []


def test_a_link_selects_all_case_files_of_a_page_without_a_script(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    for reference in ("CF-1001", "CF-1002"):
        form = {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9", "reference": reference}
        assert lena.post("/case-files/new", data=form).status_code == 303
    page = lena.get(f"/rounds/{desk.round_id}/allocate")
    assert "Select all 2 case files on this page" in page.text
    assert page.text.count(" checked") == 1  # the audit method
    selected = lena.get(f"/rounds/{desk.round_id}/allocate?select=all")
    assert selected.text.count(" checked") == 3
    assert "Clear the selection" in selected.text
