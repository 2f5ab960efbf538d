"""An organisation adds where to look in its own records, without a copy of the template."""

import re
from collections.abc import Iterator

import pytest

from api.audit_templates.own_places.actions import write_place
from tests.audit_templates.template_cast import Cast, template_cast
from tests.audit_templates.test_pages import fill_in, words_of
from tests.desk import Desk
from tests.factories import an_actor


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def list_of(path: str) -> str:
    return f"{path.partition('/versions')[0]}/where-to-look"


@pytest.mark.both_in_trials
def test_lines_are_written_on_the_page_and_kept_over_versions(cast: Cast) -> None:
    path = cast.lena.make()
    where = list_of(path)
    saved = fill_in(cast.lena, f"{where}/voice", words="The visits tab.\nForm CS7.")
    assert (saved.status_code, saved.headers["Location"]) == (303, where)
    cast.lena.publish(path)
    cast.lena.browser.post(f"{path}/new-version", data={"key": "k"})
    cast.lena.publish(path.replace("/versions/1", "/versions/2"))
    assert "Voice The visits tab. Form CS7." in words_of(cast.asha.browser.get(where))
    assert "Change" not in words_of(cast.asha.browser.get(where)).partition("Voice")[2]
    listed = {each["theme"]: each for each in cast.asha.get(where).json()["items"]}
    assert (listed["voice"]["words"], listed["voice"]["version"]) == ("The visits tab.\nForm CS7.", 1)
    assert (listed["planning"]["words"], listed["planning"]["version"]) == ("", 0)
    assert cast.events().count("template.own-place-written") == 1


@pytest.mark.both_databases
def test_two_who_write_at_once_do_not_overwrite_each_other_unseen(cast: Cast) -> None:
    where = list_of(cast.lena.make())
    put = cast.lena.browser.put(f"/api/v1{where}/voice", json={"words": "One"}, headers={"If-Match": '"0"'})
    assert (put.status_code, put.headers["ETag"], put.json()["version"]) == (200, '"1"', 1)
    late = cast.lars.browser.put(f"/api/v1{where}/voice", json={"words": "Two"}, headers={"If-Match": '"0"'})
    assert late.status_code == 412
    stale = cast.lars.browser.post(f"{where}/voice", data={"version": "0", "words": "Three"})
    assert stale.status_code == 412
    assert "Saved version One" in words_of(stale)
    assert ">\nThree</textarea>" in stale.text
    assert cast.lars.browser.post(f"{where}/voice", data={"version": "1", "words": ""}).status_code == 303
    assert cast.lena.get(where).json()["items"][0] | {"label": ""} == {
        "theme": "voice",
        "label": "",
        "where_to_look": "",
        "words": "",
        "version": 2,
    }


def test_only_those_who_write_templates_write_lines_and_only_for_themes_that_exist(cast: Cast) -> None:
    path = cast.lena.make()
    where = list_of(path)
    cast.lena.publish(path)
    body, first = {"words": "W"}, {"If-Match": '"0"'}
    assert cast.asha.browser.put(f"/api/v1{where}/voice", json=body, headers=first).status_code == 403
    assert cast.asha.browser.get(f"{where}/voice").status_code == 403
    assert cast.omar.browser.put(f"/api/v1{where}/voice", json=body, headers=first).status_code == 404
    assert cast.lena.browser.put(f"/api/v1{where}/nothing", json=body, headers=first).status_code == 404
    for words in ("x" * 2001, "bell\x07"):
        refused = cast.lena.browser.post(f"{where}/voice", data={"version": "0", "words": words})
        assert refused.status_code == 422
        assert 'href="#words"' in refused.text


def test_a_discarded_draft_takes_the_lines_of_its_template_with_it(cast: Cast) -> None:
    path = cast.lena.make()
    fill_in(cast.lena, f"{list_of(path)}/voice", words="The visits tab.")
    assert cast.lena.browser.delete(f"/api/v1{path}", headers={"If-Match": '"1"'}).status_code == 204
    assert cast.lena.get(list_of(path)).status_code == 404


def test_auditors_read_the_lines_while_they_score(desk: Desk) -> None:
    lena, template_id = an_actor(desk.cast.lena), desk.template_id
    with desk.database.writing() as session:
        write_place(session, template_id=template_id, theme="voice", words="The <visits> tab.", version=0, by=lena)
    audit_id = desk.an_audit()
    asha = desk.browser(desk.cast.asha)
    assert "In our records: The &lt;visits&gt; tab." in re.sub(
        r"</?(strong|span)[^>]*>", "", asha.get(f"/audits/{audit_id}/themes/voice").text
    )
    assert "In our records" not in asha.get(f"/audits/{audit_id}/themes/planning").text
    assert asha.get(f"/audits/{audit_id}/domains/the-child").text.count("In our records") == 1
