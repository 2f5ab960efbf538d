"""The form of an exemption says everything that is missing, and keeps what was typed."""

from tests.desk import Desk


def test_the_form_says_what_is_missing_beside_each_field(desk: Desk) -> None:
    lena, path = desk.browser(desk.cast.lena), f"/rounds/{desk.round_id}/exemptions"
    empty = lena.post(path, data={"person": "", "reason": " "})
    assert empty.status_code == 422
    for words in ("Select a person", "Enter why this person is exempt"):
        assert empty.text.count(words) >= 2, words
    typed = {"person": "", "reason": "On secondment until May."}
    assert typed["reason"] in lena.post(path, data=typed).text
    made = lena.post(path, data={**typed, "person": str(desk.cast.asha.id)})
    assert made.headers["location"] == path
    assert typed["reason"] in lena.get(path).text
