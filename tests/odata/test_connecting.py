"""The page that says how to connect, and the file with which Power BI connects."""

import pytest

from tests.desk import Desk


@pytest.mark.both_in_trials
def test_the_page_names_the_address_the_scopes_and_the_tables_of_the_person(desk: Desk) -> None:
    lead = desk.browser(desk.cast.lena).get("/data-feed").text
    auditor = desk.browser(desk.cast.asha).get("/data-feed").text
    for page in (lead, auditor):
        assert 'value="http://testserver/odata"' in page
        assert "numbers of snapshots" in page
        assert 'href="/account/tokens/new"' in page
        assert ">Cells</th>" in page
    assert ("without text" in lead, ">Answers</th>" in lead) == (True, True)
    assert (">Answers</th>" in auditor, "Read audits, answers" in auditor) == (False, False)
    assert desk.browser(desk.cast.ada).get("/data-feed").status_code == 403


def test_the_file_for_power_bi_holds_the_address_and_no_token(desk: Desk) -> None:
    browser = desk.browser(desk.cast.lena)
    answer = browser.get("/data-feed/case-audit.pbids")
    assert answer.headers["content-disposition"] == 'attachment; filename="case-audit.pbids"'
    assert answer.json() == {
        "version": "0.1",
        "connections": [
            {
                "details": {"protocol": "odata", "address": {"url": "http://testserver/odata"}},
                "options": {},
                "mode": "Import",
            }
        ],
    }
