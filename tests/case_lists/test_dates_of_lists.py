"""The date of a case list is a date: no number is taken for one."""

from tests.check_each import check_each
from tests.desk import Desk

# Of the wrong type, or not as a date is written.
NO_DATES = (0, False, 1775001600, "0", "1775001600", "2026-W14-3", "2026-04-01T00:00:00", None)


def test_a_list_without_a_date_that_can_be_read_is_refused(desk: Desk) -> None:
    case = {"reference": "CF-N8HP-T1ST-C9KP-R4FJ", "team": "Team", "status": "child-in-need", "age_band": "5-to-9"}
    browser = desk.browser(desk.cast.lena)

    def check(listed_on: object) -> None:
        answer = browser.post("/api/v1/case-lists/preview", json={"listed_on": listed_on, "cases": [case]})
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/listed_on"]

    check_each(NO_DATES, check, name_of=repr)
    answer = browser.post("/api/v1/case-lists/preview", json={"listed_on": "2026-04-01", "cases": [case]})
    assert "listed_on" not in answer.text
