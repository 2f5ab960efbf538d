"""Templates over REST: made, changed as drafts, published for good, and never another organisation's."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from api.audit_templates import actions as templates
from api.foundation.problems import Problem
from checklists.full_stops import as_sentence, beside_field
from checklists.templates.library import library_keys, load_library_template
from checklists.templates.template_file import check_template
from models import TemplateVersion, new_id
from tests.audit_templates.template_cast import Cast, Member, a_template, template_cast


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def document_of(cast: Cast, path: str) -> str:
    with cast.database.reading() as session:
        _, _, template_id, _, number = path.split("/")
        version = session.get(TemplateVersion, (cast.lena.actor.organisation_id, UUID(template_id), int(number)))
        assert version is not None
        return version.document


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_new_template_is_a_draft_that_asks_what_was_sent(cast: Cast) -> None:
    made = cast.lena.post("/templates", a_template())
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["number"], made.headers["ETag"]) == ("draft", 1, '"1"')
    read = cast.lena.browser.get(made.headers["Location"])
    assert check_template(read.json()["content"]) == check_template(a_template())
    assert cast.events() == ["template.made"]


@pytest.mark.both_in_trials
def test_a_retried_request_makes_one_template(cast: Cast) -> None:
    headers = cast.lena.creates()
    first, again = (cast.lena.browser.post("/api/v1/templates", json=a_template(), headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(cast.lena.get("/templates").json()["items"]) == 1


@pytest.mark.both_databases
def test_a_template_needs_a_key_of_its_own_in_the_organisation(cast: Cast) -> None:
    cast.lena.make()
    again = cast.lena.post("/templates", a_template())
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/key")
    assert cast.omar.post("/templates", a_template()).status_code == 201


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in a_template().items() if key != name}


def with_themes(*themes: dict[str, Any]) -> dict[str, Any]:
    return a_template(learning_domains=[{"key": "one", "title": "One", "themes": list(themes)}])


THEME = {"key": "voice", "title": "Voice", "prompts": ["Was the child seen?"]}
RATINGS = [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]
FIRST = "/learning_domains/0/themes/0"
BAD: dict[str, tuple[Any, str]] = {
    "two themes of one key": (with_themes(THEME, THEME), "/learning_domains/0/themes/1/key"),
    "a scale without a standard": (
        a_template(scale={"ratings": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]}),
        "/scale/standard",
    ),
    "a standard that is no rating": (
        a_template(scale={**a_template()["scale"], "standard": "good"}),
        "/scale/standard",
    ),
    "a learning domain without a theme": (with_themes(), "/learning_domains/0/themes"),
    "no learning domain": (without("learning_domains"), "/learning_domains"),
    "an unknown entry": (a_template(colour="blue"), "/colour"),
    "an unknown form of harm": (
        with_themes({**THEME, "forms_of_harm": ["fire"]}),
        "/learning_domains/0/themes/0/forms_of_harm/0",
    ),
    "an unknown rating": (
        with_themes({**THEME, "descriptors": {"superb": "x"}}),
        "/learning_domains/0/themes/0/descriptors/superb",
    ),
    "a number for a title": (a_template(title=7), "/title"),
    "a title that is too long": (a_template(title="x" * 201), "/title"),
    "a list": ([], ""),
    "a text": ("neglect", ""),
}


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_template_is_refused_with_its_place_and_the_mend(cast: Cast, wrong: str) -> None:
    body, pointer = BAD[wrong]
    for path in ("/templates", "/templates/import"):
        refused = cast.lena.post(path, body)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/bad-template")
        errors = {error["pointer"]: error["detail"] for error in refused.json()["errors"]}
        assert errors[pointer] == (beside_field(errors[pointer]) if pointer else as_sentence(errors[pointer]))
    assert cast.lena.get("/templates").json()["items"] == []
    assert cast.events() == []


def test_a_bad_template_never_replaces_a_draft(cast: Cast) -> None:
    path = cast.lena.make()
    before = document_of(cast, path)
    for body, _ in BAD.values():
        refused = cast.lena.browser.put(f"/api/v1{path}", json=body, headers=if_match(1))
        assert refused.json()["type"] == "/problems/bad-template"
    assert document_of(cast, path) == before


@pytest.mark.parametrize(
    ("media_type", "body", "status", "said"),
    [
        ("application/json", b'{"key": "a",\n "title": }', 422, "line 2"),
        ("application/json", b'{"key": "a", "key": "b"}', 422, "twice"),
        ("application/json", b"", 422, "empty"),
        ("application/json", b"\xff\xfe", 422, "UTF-8"),
        ("application/json", b"[" * 50_000, 422, "deeply"),
        ("application/toml", b'key = "a"\ntitle = ', 422, "line 2"),
        ("application/toml", b'key = "a"\nkey = "b"', 422, "line 2"),
        ("application/json", b" " * 1_000_001, 422, "1 MB"),
        ("application/json", b" " * 10_000_000, 413, "1 MB"),
        ("text/plain", b"{}", 415, "application/toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    cast: Cast, media_type: str, body: bytes, status: int, said: str
) -> None:
    headers = {**cast.lena.creates(), "Content-Type": media_type}
    refused = cast.lena.browser.post("/api/v1/templates/import", content=body, headers=headers)
    assert refused.status_code == status
    told = [refused.json()["detail"], *(error["detail"] for error in refused.json()["errors"])]
    assert any(said in sentence for sentence in told)


@pytest.mark.both_in_trials
def test_a_template_comes_from_a_toml_file(cast: Cast) -> None:
    toml = """
format = "caseaudit-template/1"
key = "tens"
title = "Scaling"
scale = {standard = "1", ratings = [{key = "1", label = "1"}, {key = "0", label = "0"}]}
[[learning_domains]]
key = "one"
title = "One"
[[learning_domains.themes]]
key = "voice"
title = "Voice"
prompts = ["Was the child seen?"]
"""
    headers = {**cast.lena.creates(), "Content-Type": "application/toml; charset=utf-8"}
    made = cast.lena.browser.post("/api/v1/templates/import", content=toml, headers=headers)
    assert (made.status_code, made.json()["key"], made.json()["state"]) == (201, "tens", "draft")


def test_a_template_downloaded_here_can_be_imported_elsewhere(cast: Cast) -> None:
    path = cast.lena.make()
    file = cast.lena.get(f"{path}/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="neglect-version-1.json"'
    headers = {**cast.omar.creates(), "Content-Type": "application/json"}
    made = cast.omar.browser.post("/api/v1/templates/import", content=file.content, headers=headers)
    assert made.status_code == 201
    copied = cast.omar.browser.get(f"{made.headers['Location']}/file")
    assert copied.content == file.content


@pytest.mark.both_in_trials
def test_a_draft_changes_only_from_the_version_that_was_read(cast: Cast) -> None:
    path = cast.lena.make()
    changed = cast.lena.browser.put(f"/api/v1{path}", json=a_template(title="Mine"), headers=if_match(1))
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    stale = cast.lars.browser.put(f"/api/v1{path}", json=a_template(title="Theirs"), headers=if_match(1))
    assert stale.status_code == 412
    missing = cast.lars.browser.put(f"/api/v1{path}", json=a_template(title="Theirs"))
    assert missing.status_code == 428
    assert cast.lena.get(path).json()["title"] == "Mine"


def test_the_key_of_a_template_never_changes(cast: Cast) -> None:
    path = cast.lena.make()
    refused = cast.lena.browser.put(f"/api/v1{path}", json=a_template("other"), headers=if_match(1))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/key")


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_published_version_stays_as_it_is_whatever_is_asked(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    frozen = document_of(cast, path)
    template, browser = path.rpartition("/versions")[0], cast.lena.browser
    for version in (1, 2, 3):
        headers = if_match(version)
        browser.put(f"/api/v1{path}", json=a_template(title="Other"), headers=headers)
        browser.delete(f"/api/v1{path}", headers=headers)
        browser.post(f"/api/v1{path}/publish", headers=headers)
    for steps in ("details", "scale", "forms-of-harm", "new-domain", "domains/the-child", "themes/voice"):
        typed = {
            "version": "2",
            "title": "Other",
            "domain": "the-child",
            "prompts": "Other?",
            "not_evidenced": "left-out",
        }
        assert browser.post(f"{path}/edit/{steps}", data=typed).status_code in {409, 422}
    for steps in ("domains/the-child/move", "domains/the-child/remove", "themes/voice/move", "themes/voice/remove"):
        assert browser.post(f"{path}/edit/{steps}", data={"version": "2", "move": "down"}).status_code == 409
    browser.post(f"{path}/discard", data={"version": "2"})
    assert cast.lena.post("/templates/from-library", {"key": "neglect"}).status_code == 422
    cast.lena.post(f"{template}/copy", {"number": 1, "key": "copied", "title": "Copied"})
    began = cast.lena.post(f"{template}/versions", {"from_number": 1})
    browser.put(f"/api/v1{template}/versions/2", json=a_template(title="Second"), headers=if_match(1))
    assert began.status_code == 201
    browser.post(f"/api/v1{path}/retire", headers=if_match(2))
    assert document_of(cast, path) == frozen
    assert cast.lena.get(path).json()["state"] == "retired"


@pytest.mark.both_in_trials
def test_a_new_version_keeps_the_key_and_begins_with_the_words_of_another(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    template = path.rpartition("/versions")[0]
    made = cast.lena.post(f"{template}/versions", {"from_number": 1})
    assert (made.status_code, made.json()["number"], made.json()["key"]) == (201, 2, "neglect")
    assert document_of(cast, f"{template}/versions/2") == document_of(cast, path)
    again = cast.lena.post(f"{template}/versions", {"from_number": 1})
    assert again.status_code == 409
    assert cast.lena.get(template).json() | {"id": ""} == {"id": "", "key": "neglect", "published": 1, "draft": 2}


@pytest.mark.both_in_trials
def test_a_discarded_draft_takes_a_template_with_it_that_has_nothing_else(cast: Cast) -> None:
    path = cast.lena.make()
    assert cast.lena.browser.delete(f"/api/v1{path}", headers=if_match(7)).status_code == 412
    assert cast.lena.browser.delete(f"/api/v1{path}", headers=if_match(1)).status_code == 204
    assert cast.lena.get(path).status_code == 404
    cast.lena.make()  # the key is free again


def test_a_discarded_draft_leaves_the_published_versions(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    template = path.rpartition("/versions")[0]
    cast.lena.post(f"{template}/versions", {"from_number": 1})
    assert cast.lena.browser.delete(f"/api/v1{template}/versions/2", headers=if_match(1)).status_code == 204
    assert cast.lena.get(template).json()["draft"] is None
    assert cast.lena.get(path).status_code == 200


@pytest.mark.both_in_trials
def test_a_copy_is_a_template_of_its_own(cast: Cast) -> None:
    path = cast.lena.make()
    template = path.rpartition("/versions")[0]
    made = cast.lena.post(f"{template}/copy", {"number": 1, "key": "neglect-two", "title": "Neglect again"})
    assert (made.status_code, made.json()["state"], made.json()["title"]) == (201, "draft", "Neglect again")
    taken = cast.lena.post(f"{template}/copy", {"number": 1, "key": "neglect-two", "title": "Neglect again"})
    assert taken.status_code == 409
    wrong = cast.lena.post(f"{template}/copy", {"number": 1, "key": "Not A Key", "title": "Neglect again"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/key")


@pytest.mark.both_in_trials
def test_only_a_published_version_is_retired_and_only_a_draft_published(cast: Cast) -> None:
    path = cast.lena.make()
    assert cast.lena.browser.post(f"/api/v1{path}/retire", headers=if_match(1)).status_code == 409
    cast.lena.publish(path)
    assert cast.lena.browser.post(f"/api/v1{path}/publish", headers=if_match(2)).status_code == 409
    assert cast.lena.browser.post(f"/api/v1{path}/retire", headers=if_match(1)).status_code == 412
    assert cast.lena.browser.post(f"/api/v1{path}/retire", headers=if_match(2)).status_code == 200


@pytest.mark.both_in_trials
def test_the_library_gives_a_published_template(cast: Cast) -> None:
    listed = cast.asha.get("/template-library").json()["items"]
    assert [item["key"] for item in listed] == list(library_keys())
    key = library_keys()[0]
    made = cast.lena.post("/templates/from-library", {"key": key})
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "published", 1)
    assert check_template(made.json()["content"]) == load_library_template(key)
    assert cast.lena.post("/templates/from-library", {"key": key}).status_code == 409


@pytest.mark.both_in_trials
def test_auditors_see_what_is_published_and_no_drafts(cast: Cast) -> None:
    draft, published = cast.lena.make("first"), cast.lena.make("second")
    cast.lena.publish(published)
    assert [item["key"] for item in cast.asha.get("/templates").json()["items"]] == ["second"]
    assert cast.asha.get("/templates?state=draft").json()["items"] == []
    for path in (draft, f"{draft}/file", draft.rpartition("/versions")[0]):
        assert cast.asha.get(path).status_code == 404
    assert cast.asha.get(published).status_code == 200
    assert cast.asha.get(published.rpartition("/versions")[0]).json()["draft"] is None


def requests_about(path: str) -> list[tuple[str, str, Any]]:
    """Every request over REST that names this version or its template."""
    template = path.rpartition("/versions")[0]
    return [
        ("GET", template, None),
        ("GET", path, None),
        ("GET", f"{path}/file", None),
        ("PUT", path, a_template()),
        ("DELETE", path, None),
        ("POST", f"{path}/publish", None),
        ("POST", f"{path}/retire", None),
        ("POST", f"{template}/copy", {"number": 1, "key": "mine", "title": "Mine"}),
        ("POST", f"{template}/versions", {"from_number": 1}),
    ]


def ask(member: Member, method: str, path: str, body: Any) -> Any:
    headers = {**member.creates(), **if_match(1)}
    return member.browser.request(method, f"/api/v1{path}", json=body, headers=headers)


@pytest.mark.both_in_trials
def test_another_organisations_template_answers_as_one_that_does_not_exist(cast: Cast) -> None:
    path = cast.lena.make()
    nowhere = f"/templates/{new_id()}/versions/1"
    for (method, there, body), (_, none, _) in zip(requests_about(path), requests_about(nowhere), strict=True):
        answers = [ask(cast.omar, method, asked, body) for asked in (there, none)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert cast.omar.get("/templates").json()["items"] == []
    assert cast.lena.get(path).json()["version"] == 1


def test_administrators_and_auditors_write_no_templates_and_administrators_read_none(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    for method, asked, body in [*requests_about(path), ("POST", "/templates", a_template("new"))]:
        assert ask(cast.ada, method, asked, body).status_code == 403
        if method != "GET":
            assert ask(cast.asha, method, asked, body).status_code == 403
    for asked in ("/templates", "/template-library", "/template-schema"):
        assert cast.ada.get(asked).status_code == 403
    for asked in ("/templates", path, f"{path}/checklist", f"{path}/file"):
        assert cast.ada.browser.get(asked).status_code == 403


@pytest.mark.both_databases
def test_a_long_list_is_read_in_pages_without_gap_or_repeat(cast: Cast) -> None:
    for number in range(5):
        cast.lena.make(f"template-{number}")
    keys, after = [], ""
    for _ in range(4):
        page = cast.lena.get(f"/templates?limit=2{after}").json()
        keys += [item["key"] for item in page["items"]]
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert keys == [f"template-{number}" for number in reversed(range(5))]
    assert cast.lena.get("/templates?after=nonsense").status_code == 422


def test_the_schema_served_accepts_what_is_served(cast: Cast) -> None:
    schema = cast.asha.get("/template-schema").json()
    Draft202012Validator.check_schema(schema)
    path = cast.lena.make()
    Draft202012Validator(schema).validate(json.loads(cast.lena.get(f"{path}/file").content))
    Draft202012Validator(schema).validate(cast.lena.get(path).json()["content"])


def test_the_api_document_shows_what_a_template_holds(cast: Cast) -> None:
    document = cast.lena.browser.get("/api/v1/openapi.json").json()
    shapes = document["components"]["schemas"]

    def shape_of(schema: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = shapes[schema["$ref"].removeprefix("#/components/schemas/")]["properties"]
        return found

    for path, method in (("/templates", "post"), ("/templates/import", "post")):
        body = document["paths"][f"/api/v1{path}"][method]["requestBody"]["content"]["application/json"]["schema"]
        domain = shape_of(shape_of(body)["learning_domains"]["items"])
        assert {"prompts", "descriptors", "limiting"} <= shape_of(domain["themes"]["items"]).keys()


@pytest.mark.both_databases
def test_of_two_who_publish_at_once_one_does(cast: Cast) -> None:
    path = cast.lena.make()
    template_id = cast.lena.get(path).json()["template_id"]

    def publish(member: Member) -> str:
        try:
            with cast.database.writing() as session:
                templates.publish_version(session, template_id=UUID(template_id), number=1, version=1, by=member.actor)
        except Problem as problem:
            return problem.slug
        return "published"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(publish, [cast.lena, cast.lars, cast.lena, cast.lars]))
    assert outcomes == ["conflict", "conflict", "conflict", "published"]
    assert cast.events().count("template.published") == 1


@pytest.mark.both_databases
def test_of_many_who_begin_a_version_or_save_a_draft_at_once_one_does(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lena.publish(path)
    template = path.rpartition("/versions")[0]
    with ThreadPoolExecutor(4) as pool:
        began = list(
            pool.map(lambda _: cast.lena.post(f"{template}/versions", {"from_number": 1}).status_code, range(4))
        )
        saved = list(
            pool.map(
                lambda number: (
                    cast.lars.browser.put(
                        f"/api/v1{template}/versions/2", json=a_template(title=f"T{number}"), headers=if_match(1)
                    ).status_code
                ),
                range(4),
            )
        )
    assert sorted(began) == [201, 409, 409, 409]
    assert sorted(saved) == [200, 412, 412, 412]


@pytest.mark.both_databases
def test_a_refused_change_leaves_no_event(cast: Cast) -> None:
    path = cast.lena.make()
    cast.lars.browser.put(f"/api/v1{path}", json=a_template(title="Theirs"), headers=if_match(9))
    cast.lars.browser.post(f"/api/v1{path}/retire", headers=if_match(1))
    assert cast.events() == ["template.made"]
