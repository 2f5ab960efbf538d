"""Pages of templates: read, printed, made, imported, edited part by part, and no word lost on the way."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from checklists.templates.library import library_keys
from tests.audit_templates.template_cast import Cast, Member, a_template, template_cast
from tests.audit_templates.test_routes import BAD, if_match


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def words_of(page: Any) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


def fields_of(page: Any) -> dict[str, Any]:
    """What the last form of a page would post as it stands."""
    posted: dict[str, Any] = {}
    form = page.text.rpartition("<form")[2].partition("</form>")[0]
    if "novalidate" not in form:
        form = page.text.partition("novalidate")[2].partition("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", form):
        given = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if given.get("type") in {"radio", "checkbox"} and "checked" not in tag:
            continue
        if given.get("type") == "checkbox":
            posted.setdefault(given["name"], []).append(given["value"])
        elif given.get("type") != "file":
            posted[given["name"]] = given.get("value", "")
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        posted[name] = html.unescape(text)
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        posted[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return posted


def content_of(member: Member, path: str) -> dict[str, Any]:
    content: dict[str, Any] = member.get(path).json()["content"]
    return content


def fill_in(member: Member, path: str, **typed: Any) -> Any:
    """Open a form, type, and send it."""
    opened = member.browser.get(path)
    assert opened.status_code == 200, opened.text
    return member.browser.post(path, data={**fields_of(opened), **typed})


@pytest.mark.both_in_trials
def test_the_list_shows_title_version_state_and_use(cast: Cast) -> None:
    path = cast.lena.make()
    said = words_of(cast.lena.browser.get("/templates"))
    assert "Neglect , version 1 1 Draft No rounds" in said
    assert "Built-in templates" in said
    cast.lena.publish(path)
    assert "Draft" not in words_of(cast.asha.browser.get("/templates"))
    assert "Neglect" in words_of(cast.asha.browser.get("/templates?state=published"))
    assert "There are no templates in this state yet." in words_of(cast.asha.browser.get("/templates?state=retired"))


@pytest.mark.both_in_trials
def test_a_version_shows_everything_that_it_asks(cast: Cast) -> None:
    theme = {
        "key": "voice",
        "title": "Voice of the child",
        "display_title": "The child's voice",
        "source_place": "Part 3",
        "finding": "It was not heard.",
        "prompts": ["Was the child seen alone?"],
        "descriptors": {"met": "Heard and acted on.", "not": "Not on file."},
        "where_to_look": "Case notes.",
        "not_applicable_when": "Never.",
        "forms_of_harm": ["domestic-abuse"],
        "limiting": True,
    }
    domains = [{"key": "one", "title": "The child", "summary": "What life is like.", "themes": [theme]}]
    path = cast.lena.make(learning_domains=domains, summary="For tests.", source={"title": "A briefing"})
    said = words_of(cast.lena.browser.get(path))
    for words in (
        "Voice of the child",
        "The child's voice",
        "Part 3",
        "It was not heard.",
        "Was the child seen alone?",
    ):
        assert words in said
    for words in ("Heard and acted on.", "Case notes.", "Never.", "Domestic abuse", "Limits the overall judgement"):
        assert words in said
    for words in ("The child", "What life is like.", "For tests.", "A briefing", "Met The standard"):
        assert words in said
    assert "The overall judgement is the middle rating when the" in said


def test_the_checklist_has_a_place_for_every_answer(cast: Cast) -> None:
    page = cast.lena.browser.get(f"{cast.lena.make()}/checklist")
    said = words_of(page)
    for words in (
        "Not evidenced : the theme applies",
        "Not applicable",
        "Rationale",
        "Impact on the child",
        "Evidence (place in the case file)",
    ):
        assert said.count(words) == 3, words
    assert "A plan that works." in said
    assert page.text.count('class="app-checklist__box"') == 3 * 5 + 3


def test_what_a_template_says_is_never_taken_for_markup(cast: Cast) -> None:
    path = cast.lena.make(title="<script>alert(1)</script>")
    for page in ("/templates", path, f"{path}/checklist", f"{path}/edit", f"{path}/edit/details", f"{path}/publish"):
        assert "<script>alert" not in cast.lena.browser.get(page).text


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_a_new_template_is_right_from_birth(cast: Cast) -> None:
    for scale in ("four-grades", "met-partly-not", "zero-to-ten"):
        made = fill_in(
            cast.lena,
            "/templates/new",
            title=f"Our {scale}",
            scale=scale,
            domain_title="The child's day",
            theme_title="Voice",
            prompts="Was the child seen?\n\nWhat was heard?",
        )
        assert made.status_code == 303, made.text
        content = content_of(cast.lena, made.headers["Location"].removesuffix("/edit"))
        assert (content["key"], content["learning_domains"][0]["key"]) == (f"our-{scale}", "the-childs-day")
        assert content["learning_domains"][0]["themes"][0]["prompts"] == ["Was the child seen?", "What was heard?"]


def test_a_new_template_that_lacks_something_keeps_what_was_typed(cast: Cast) -> None:
    page = fill_in(
        cast.lena, "/templates/new", title="Kept title", own_key="Not A Key", theme_title="", prompts="Kept?"
    )
    assert page.status_code == 422
    assert "Select a rating scale" in words_of(page)
    for field in ("own_key", "scale", "domain_title", "theme_title"):
        assert f'href="#{field}"' in page.text
    page = cast.lena.browser.post("/templates/new", data={**fields_of(page), "scale": "four-grades"})
    assert page.status_code == 422
    assert fields_of(page)["title"] == "Kept title"
    assert fields_of(page)["prompts"] == "Kept?"
    for field in ("own_key", "domain_title", "theme_title"):
        assert f'href="#{field}"' in page.text
    assert cast.lena.get("/templates").json()["items"] == []


def test_every_fault_of_a_new_template_is_said_at_once_in_the_words_of_its_fields(cast: Cast) -> None:
    page = words_of(fill_in(cast.lena, "/templates/new"))
    faults = (
        "Enter a title for the template",
        "Select a rating scale",
        "Enter the first learning domain",
        "Enter the first theme",
        "Enter at least 1 prompt",
    )
    places = [page.index(each) for each in faults]
    assert places == sorted(places)
    assert "This is not a key" not in page
    numbers = {"title": "2026", "scale": "four-grades", "domain_title": "1", "theme_title": "2", "prompts": "Seen?"}
    page = words_of(fill_in(cast.lena, "/templates/new", **numbers))
    assert "The learning domain must include a letter from a to z" in page
    assert "This is not a key" in page  # at the field of the key, where one can be entered


@pytest.mark.both_in_trials
def test_a_form_sent_twice_makes_one_template(cast: Cast) -> None:
    opened = fields_of(cast.lena.browser.get("/templates/new"))
    typed = {**opened, "title": "T", "scale": "four-grades", "domain_title": "D", "theme_title": "V", "prompts": "P?"}
    first, again = (cast.lena.browser.post("/templates/new", data=typed) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert len(cast.lena.get("/templates").json()["items"]) == 1


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_file_is_shown_with_each_place_and_mend_and_kept(cast: Cast, wrong: str) -> None:
    body, pointer = BAD[wrong]
    text = json.dumps(body, indent=2)
    send = cast.lena.browser.post
    chosen = send("/templates/import", data={"key": "1"}, files={"file": ("t.json", text)})
    pasted = send("/templates/import", data={"key": "2", "text": text})
    for page in (chosen, pasted):
        if not text.startswith(("{", "[\n", "[{")):
            assert "not well-formed TOML" in words_of(page)
        else:
            assert (pointer or "The file") in words_of(page)
        assert page.status_code == 422
        assert fields_of(page)["text"] == text
    assert cast.lena.get("/templates").json()["items"] == []


@pytest.mark.both_in_trials
def test_a_file_or_a_pasted_text_becomes_a_draft(cast: Cast) -> None:
    text = cast.lena.get(f"{cast.lena.make()}/file").text
    for number, member in enumerate((cast.omar, cast.lena)):
        renamed = text.replace('"key": "neglect",\n  "title"', f'"key": "other-{number}",\n  "title"')
        assert renamed != text
        sent: dict[str, Any] = {"files": {"file": ("t.json", renamed)}} if number else {"data": {"text": renamed}}
        made = member.browser.post("/templates/import", **sent)
        assert made.status_code == 303, made.text
        assert "Draft" in words_of(member.browser.get(made.headers["Location"]))
    empty = cast.lena.browser.post("/templates/import", data={"text": " "})
    assert "Select a file or paste template text" in words_of(empty)


def test_a_huge_file_is_refused_on_the_page(cast: Cast) -> None:
    page = cast.lena.browser.post("/templates/import", files={"file": ("t.json", b" " * 10_000_000)})
    assert page.status_code == 413
    assert "1 MB" in words_of(page)


@pytest.mark.both_in_trials
def test_a_copy_is_made_on_its_page(cast: Cast) -> None:
    path = cast.lena.make()
    made = fill_in(cast.lena, f"{path}/copy", title="Neglect, again")
    assert content_of(cast.lena, made.headers["Location"].removesuffix("/edit"))["key"] == "neglect-again"
    taken = fill_in(cast.lena, f"{path}/copy", title="Neglect, again")
    assert taken.status_code == 409
    assert fields_of(taken)["title"] == "Neglect, again"
    assert 'href="#own_key"' in taken.text


EDITS: dict[str, dict[str, Any]] = {
    "details": {
        "title": "New title",
        "summary": "A\nB",
        "source_title": "Src",
        "source_published-day": "22",
        "source_published-month": "2",
        "source_published-year": "2021",
        "not_evidenced": "left-out",
    },
    "domains/the-child": {"title": "New title", "summary": "New summary"},
    "themes/planning": {
        "title": "New title",
        "finding": "New finding",
        "prompts": "One?\nTwo?",
        "limiting": "yes",
        "descriptor-partly": "Some plan.",
        "forms_of_harm": ["domestic-abuse"],
    },
    "scale": {"rating-1-label": "Nearly met", "standard": "1"},
    "forms-of-harm": {"harm-1-label": "Abuse at home", "harm-2-label": "Fire"},
    "new-domain": {"title": "Parents", "theme_title": "Capacity", "prompts": "Good enough?"},
    "domains/the-child/new-theme": {"title": "Voice", "prompts": "Heard?", "descriptor-met": "Yes."},
}


@pytest.mark.parametrize("form", EDITS)
def test_a_form_opened_and_saved_as_it_is_changes_nothing_it_shows(cast: Cast, form: str) -> None:
    path = cast.lena.make()
    before = content_of(cast.lena, path)
    saved = fill_in(cast.lena, f"{path}/edit/{form}")
    if form in {"new-domain", "domains/the-child/new-theme"}:
        assert saved.status_code == 422
    else:
        assert saved.status_code == 303, words_of(saved)
    assert content_of(cast.lena, path) == before


@pytest.mark.both_in_trials
@pytest.mark.parametrize("form", EDITS)
def test_every_part_of_a_draft_is_changed_by_its_form(cast: Cast, form: str) -> None:
    path = cast.lena.make()
    before = content_of(cast.lena, path)
    saved = fill_in(cast.lena, f"{path}/edit/{form}", **EDITS[form])
    assert saved.status_code == 303, words_of(saved)
    after = content_of(cast.lena, path)
    said = str(after)
    for typed in EDITS[form].values():
        for line in typed if isinstance(typed, list) else typed.split("\n"):
            assert line in said or line in {"yes", "22", "1", "2"}
    assert after != before
    assert cast.lena.get(path).json()["version"] == 2


def test_a_key_is_made_from_a_title_and_unlike_the_others(cast: Cast) -> None:
    path = cast.lena.make()
    fill_in(cast.lena, f"{path}/edit/domains/the-child/new-theme", title="Voice!", prompts="Heard?")
    fill_in(cast.lena, f"{path}/edit/domains/the-child/new-theme", title="Other", own_key="chosen", prompts="Heard?")
    themes = content_of(cast.lena, path)["learning_domains"][0]["themes"]
    assert [theme["key"] for theme in themes] == ["voice", "day", "voice-2", "chosen"]
    taken = fill_in(cast.lena, f"{path}/edit/domains/the-child/new-theme", title="X", own_key="voice", prompts="H?")
    assert taken.status_code == 422
    assert 'href="#own_key"' in taken.text


@pytest.mark.both_in_trials
def test_ratings_are_added_ordered_and_removed_with_their_descriptors(cast: Cast) -> None:
    path = cast.lena.make()
    typed = {"rating-3-label": "Exceeded", "rating-3-place": "1", "rating-2-remove": "yes", "standard": "0"}
    assert fill_in(cast.lena, f"{path}/edit/scale", **typed).status_code == 303
    content = content_of(cast.lena, path)
    keys = [rating["key"] for rating in content["scale"]["ratings"]]
    assert sorted(keys) == ["exceeded", "met", "partly"]
    assert content["learning_domains"][1]["themes"][0]["descriptors"] == {"met": "A plan that works."}


@pytest.mark.parametrize(
    ("form", "typed", "field"),
    [
        ("details", {"title": ""}, "title"),
        ("details", {"source_title": "", "source_note": "Note"}, "source_title"),
        ("details", {"source_title": "S", "source_published-day": "40"}, "source_published"),
        ("domains/the-child", {"title": "x" * 300}, "title"),
        ("themes/voice", {"prompts": "\n\n"}, "prompts"),
        ("themes/voice", {"finding": "x" * 2001}, "finding"),
        ("themes/voice", {"descriptor-partly": "x" * 2001}, "descriptor-partly"),
        ("themes/voice", {"domain": "nowhere"}, "domain"),
        ("scale", {"standard": "2"}, "standard"),
        ("scale", {"rating-1-label": ""}, "rating-1-label"),
        ("scale", {"rating-1-place": "soon"}, "rating-1-place"),
        ("forms-of-harm", {"harm-2-label": "Fire", "harm-2-key": "neglect"}, "harm-2-key"),
        ("new-domain", {"title": "T", "own_key": "practice", "theme_title": "P", "prompts": "P?"}, "own_key"),
    ],
)
def test_a_fault_is_told_at_its_field_and_what_was_typed_is_kept(
    cast: Cast, form: str, typed: dict[str, str], field: str
) -> None:
    path = cast.lena.make()
    page = fill_in(cast.lena, f"{path}/edit/{form}", **typed)
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert f'id="{field}"' in page.text
    kept = fields_of(page)
    assert {name: kept.get(name) for name in typed if name != "domain"} == {
        name: text for name, text in typed.items() if name != "domain"
    }
    assert cast.lena.get(path).json()["version"] == 1


@pytest.mark.both_in_trials
def test_two_editors_get_a_choice_and_both_keep_their_words(cast: Cast) -> None:
    path = cast.lena.make()
    form = f"{path}/edit/themes/voice"
    lars = {**fields_of(cast.lars.browser.get(form)), "finding": "What Lars found."}
    assert fill_in(cast.lena, form, finding="What Lena found.").status_code == 303
    page = cast.lars.browser.post(form, data=lars)
    assert page.status_code == 412
    assert "This draft changed after you opened" in words_of(page)
    assert fields_of(page)["finding"] == "What Lars found."
    assert "What Lena found." in str(content_of(cast.lena, path))
    assert cast.lars.browser.post(form, data=fields_of(page)).status_code == 303
    assert "What Lars found." in str(content_of(cast.lena, path))


def test_saving_over_another_change_touches_only_what_the_form_says(cast: Cast) -> None:
    path = cast.lena.make()
    lars = {**fields_of(cast.lars.browser.get(f"{path}/edit/themes/voice")), "title": "Lars was here"}
    fill_in(cast.lena, f"{path}/edit/themes/day", title="Lena was here")
    page = cast.lars.browser.post(f"{path}/edit/themes/voice", data=lars)
    assert cast.lars.browser.post(f"{path}/edit/themes/voice", data=fields_of(page)).status_code == 303
    titles = [theme["title"] for theme in content_of(cast.lena, path)["learning_domains"][0]["themes"]]
    assert titles == ["Lars was here", "Lena was here"]


def test_a_theme_that_somebody_removed_meanwhile_can_be_saved_again(cast: Cast) -> None:
    path = cast.lena.make()
    form = f"{path}/edit/themes/voice"
    lars = {**fields_of(cast.lars.browser.get(form)), "finding": "Kept."}
    removed = cast.lena.browser.post(f"{form}/remove", data={"version": "1"})
    assert removed.status_code == 303
    page = cast.lars.browser.post(form, data=lars)
    assert (page.status_code, fields_of(page)["finding"]) == (412, "Kept.")
    assert cast.lars.browser.post(form, data=fields_of(page)).status_code == 303
    assert "Kept." in str(content_of(cast.lena, path))


def test_a_draft_published_while_somebody_types_keeps_what_they_typed_on_the_page(cast: Cast) -> None:
    path = cast.lena.make()
    form = f"{path}/edit/details"
    lars = {**fields_of(cast.lars.browser.get(form)), "summary": "Kept."}
    cast.lena.publish(path)
    page = cast.lars.browser.post(form, data=lars)
    assert (page.status_code, fields_of(page)["summary"]) == (409, "Kept.")
    assert "This version has now been published and cannot be changed." in words_of(page)
    assert cast.lars.browser.get(form).status_code == 409


@pytest.mark.both_in_trials
def test_themes_and_learning_domains_are_moved_and_removed(cast: Cast) -> None:
    path = cast.lena.make()
    post = cast.lena.browser.post
    assert post(f"{path}/edit/domains/practice/move", data={"version": "1", "move": "up"}).status_code == 303
    assert post(f"{path}/edit/themes/voice/move", data={"version": "2", "move": "down"}).status_code == 303
    domains = content_of(cast.lena, path)["learning_domains"]
    assert [domain["key"] for domain in domains] == ["practice", "the-child"]
    assert [theme["key"] for theme in domains[1]["themes"]] == ["day", "voice"]
    assert fill_in(cast.lena, f"{path}/edit/themes/day", domain="practice").status_code == 303
    assert [theme["key"] for theme in content_of(cast.lena, path)["learning_domains"][0]["themes"]] == [
        "planning",
        "day",
    ]
    last = post(f"{path}/edit/themes/voice/remove", data={"version": "4"})
    assert last.status_code == 422
    assert "Add another theme first, or remove the learning domain" in words_of(last)
    assert "These themes are also removed" in words_of(cast.lena.browser.get(f"{path}/edit/domains/the-child/remove"))
    assert post(f"{path}/edit/domains/the-child/remove", data={"version": "4"}).status_code == 303
    last = post(f"{path}/edit/domains/practice/remove", data={"version": "5"})
    assert "Add another learning domain before you remove this one" in words_of(last)
    stale = post(f"{path}/edit/domains/practice/move", data={"version": "1", "move": "up"})
    assert stale.status_code == 412


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_publishing_asks_first_and_says_what_freezes(cast: Cast) -> None:
    path = cast.lena.make()
    said = words_of(cast.lena.browser.get(f"{path}/publish"))
    for words in (
        "Met, Partly, Not",
        "The child (2 themes); Practice (1 theme)",
        "3 themes do not have a descriptor for every rating.",
        "You cannot change a published version",
    ):
        assert words in said
    cast.lars.browser.put(f"/api/v1{path}", json=a_template(title="Changed"), headers=if_match(1))
    stale = cast.lena.browser.post(f"{path}/publish", data={"version": "1"})
    assert stale.status_code == 412
    assert "Changed" in words_of(stale)
    assert cast.lena.get(path).json()["state"] == "draft"
    assert cast.lena.browser.post(f"{path}/publish", data={"version": "2"}).status_code == 303
    assert cast.lena.browser.post(f"{path}/publish", data={"version": "2"}).status_code in {409, 412}


@pytest.mark.both_in_trials
def test_a_version_is_retired_and_a_new_one_begun_and_discarded_by_page(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    began = cast.lena.browser.post(f"{path}/new-version", data={})
    second = began.headers["Location"].removesuffix("/edit")
    assert second.endswith("/versions/2")
    again = cast.lena.browser.post(f"{path}/new-version", data={})
    assert again.status_code == 409
    assert "still a draft" in words_of(again)
    assert "You cannot undo this." in words_of(cast.lena.browser.get(f"{path}/retire"))
    assert cast.lena.browser.post(f"{path}/retire", data={"version": "2"}).status_code == 303
    assert cast.lena.browser.post(f"{second}/discard", data={"version": "1"}).status_code == 303
    assert cast.lena.browser.get(second).status_code == 404
    assert "Retired" in words_of(cast.asha.browser.get(path))


@pytest.mark.both_in_trials
def test_a_built_in_template_is_added_with_one_button(cast: Cast) -> None:
    listed = cast.lena.browser.get("/templates").text
    key = re.findall(r'name="built_in" value="([^"]+)"', listed)[0]
    added = cast.lena.browser.post("/templates/from-library", data={"built_in": key})
    assert "Published" in words_of(cast.lena.browser.get(added.headers["Location"]))
    left = re.findall(r'name="built_in" value="([^"]+)"', cast.lena.browser.get("/templates").text)
    assert left == [each for each in library_keys() if each != key]


PAGES = ["", "/file", "/checklist", "/copy", "/publish", "/retire", "/discard", "/edit", "/edit/details", "/edit/scale",
         "/edit/forms-of-harm", "/edit/new-domain", "/edit/domains/the-child", "/edit/domains/the-child/new-theme",
         "/edit/domains/the-child/remove", "/edit/themes/voice", "/edit/themes/voice/remove"]  # fmt: skip


def test_pages_of_a_template_are_only_for_its_organisation_and_its_writers(cast: Cast) -> None:
    path = cast.lena.make()
    for page in PAGES:
        assert cast.lena.browser.get(f"{path}{page}").status_code in {200, 409}
        assert cast.omar.browser.get(f"{path}{page}").status_code == 404
        assert cast.ada.browser.get(f"{path}{page}").status_code == 403
        assert cast.asha.browser.get(f"{path}{page}").status_code in {403, 404}
    for page in [*PAGES[3:], "/new-version", "/edit/themes/voice/move", "/edit/domains/practice/move"]:
        typed = {"version": "1", "move": "down", "title": "Theirs", "prompts": "Theirs?", "domain": "the-child"}
        if page == "/edit":
            continue
        assert cast.omar.browser.post(f"{path}{page}", data=typed).status_code == 404
        assert cast.asha.browser.post(f"{path}{page}", data=typed).status_code == 403
        assert cast.ada.browser.post(f"{path}{page}", data=typed).status_code == 403
    assert cast.lena.get(path).json()["version"] == 1
