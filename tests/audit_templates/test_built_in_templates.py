"""Built-in templates: described for choosing, added once, and brought up to date without touching what is in use."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.audit_templates import actions as templates
from checklists.templates.library import (
    built_in,
    library_keys,
    load_library_template,
    newest_number,
)
from checklists.templates.template_file import check_template
from tests.audit_templates.template_cast import Cast, a_template, template_cast
from tests.audit_templates.test_pages import words_of


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


EARLIER = load_library_template("scr-themes", 2)


def start(cast: Cast) -> None:
    """Give Lena's organisation an earlier version, with which organisations started until there was a newer one."""
    with cast.database.writing() as session:
        templates.publish_built_in(session, EARLIER, by=cast.lena.actor)


def test_an_organisation_starts_with_the_newest_version(cast: Cast) -> None:
    with cast.database.writing() as session:
        templates.add_whole_library(session, organisation_id=cast.lena.actor.organisation_id)
    (listed,) = cast.lena.get("/templates").json()["items"]
    found = cast.lena.get(f"/templates/{listed['template_id']}/versions/1").json()
    assert check_template(found["content"]) == load_library_template("scr-themes", newest_number("scr-themes"))
    assert "scr-themes" not in offered(cast)


def add(cast: Cast, key: str) -> Any:
    return cast.lena.post("/templates/from-library", {"key": key})


def offered(cast: Cast) -> list[str]:
    return re.findall(r'name="built_in" value="([^"]+)"', cast.lena.browser.get("/templates").text)


def test_the_list_says_of_each_what_it_audits_how_much_it_asks_and_where_it_comes_from(cast: Cast) -> None:
    said = words_of(cast.lena.browser.get("/templates"))
    for key in library_keys():
        each = built_in(key)
        asked = f"For {each.audits}. {each.themes} themes, {each.questions} questions."
        assert f"{each.title} {each.sentence} {asked} From “{each.source}”" in said
    assert "From “7 Minute Briefing: Themes from SCRs” (22 February 2021)." in said
    assert "Add Supervision record" in said
    assert "Built-in templates" not in words_of(cast.asha.browser.get("/templates"))


def test_the_same_is_read_over_rest(cast: Cast) -> None:
    items = {item["key"]: item for item in cast.asha.get("/template-library").json()["items"]}
    assert items["supervision-record"]["audits"] == "supervision records"
    assert items["scr-themes"]["number"] == 3
    for key in library_keys():
        assert items[key]["questions"] == built_in(key).questions
        assert items[key]["source_published"] == str(built_in(key).source_published)


@pytest.mark.parametrize("key", library_keys())
def test_each_is_added_published_and_shown_whole(cast: Cast, key: str) -> None:
    made = add(cast, key)
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "published", 1)
    content = load_library_template(key, newest_number(key))
    assert check_template(made.json()["content"]) == content
    page = cast.asha.browser.get(f"/templates/{made.json()['template_id']}/versions/1")
    for theme in content.themes:
        assert theme.label in words_of(page)
    limiting = [theme.key for theme in content.themes if content.limits_overall(theme.key)]
    assert words_of(page).count("Limits the overall judgement") == len(limiting)
    assert bool(limiting) is content.graded
    assert add(cast, key).status_code == 409


@pytest.mark.both_in_trials
def test_who_started_with_an_earlier_version_adds_the_new_one_as_their_next(cast: Cast) -> None:
    start(cast)
    listed = cast.lena.get("/templates").json()["items"]
    assert [(item["key"], item["number"]) for item in listed] == [("scr-themes", 1)]
    assert "Add the new version of Themes from Serious Case Reviews" in words_of(cast.lena.browser.get("/templates"))
    made = add(cast, "scr-themes")
    assert (made.status_code, made.json()["number"], made.json()["state"]) == (201, 2, "published")
    assert made.json()["template_id"] == listed[0]["template_id"]
    assert check_template(made.json()["content"]) == load_library_template("scr-themes", 3)
    first = cast.lena.get(f"/templates/{listed[0]['template_id']}/versions/1").json()
    assert first["state"] == "published"
    assert check_template(first["content"]) == EARLIER
    again = add(cast, "scr-themes")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "Your organisation already has the newest version of this template.",
    )
    assert "scr-themes" not in offered(cast)


@pytest.mark.both_in_trials
def test_a_new_version_waits_for_a_draft_and_is_not_offered_meanwhile(cast: Cast) -> None:
    start(cast)
    template = cast.lena.get("/templates").json()["items"][0]["template_id"]
    assert cast.lena.post(f"/templates/{template}/versions", {"from_number": 1}).status_code == 201
    assert "scr-themes" not in offered(cast)
    refused = add(cast, "scr-themes")
    assert (refused.status_code, "Version 2 of this template is still a draft" in refused.text) == (409, True)
    discarded = cast.lena.browser.post(f"/templates/{template}/versions/2/discard", data={"version": "1"})
    assert discarded.status_code == 303
    assert add(cast, "scr-themes").json()["number"] == 2


def test_a_template_of_ones_own_with_the_same_key_is_left_alone(cast: Cast) -> None:
    assert cast.lena.post("/templates", a_template(key="scr-themes")).status_code == 201
    refused = add(cast, "scr-themes")
    assert refused.status_code == 409
    assert "Your organisation already has its own template with this" in refused.json()["detail"]
    assert "scr-themes" not in offered(cast)
    assert add(cast, "nothing").status_code == 422


def test_what_an_organisation_changed_itself_stays_beside_the_new_version(cast: Cast) -> None:
    start(cast)
    template = cast.lena.get("/templates").json()["items"][0]["template_id"]
    cast.lena.post(f"/templates/{template}/versions", {"from_number": 1})
    changed = cast.lena.browser.post(f"/templates/{template}/versions/2/publish", data={"version": "1"})
    assert changed.status_code == 303
    assert add(cast, "scr-themes").json()["number"] == 3
    listed = cast.lena.get("/templates").json()["items"]
    assert [(item["number"], item["state"]) for item in listed] == [
        (3, "published"),
        (2, "published"),
        (1, "published"),
    ]


def test_another_organisation_has_its_own(cast: Cast) -> None:
    start(cast)
    theirs = cast.omar.post("/templates/from-library", {"key": "scr-themes"})
    assert (theirs.status_code, theirs.json()["number"]) == (201, 1)
