"""A template goes out as a FHIR Questionnaire and comes back as it was; every weight survives, wherever it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.questionnaire import Questionnaire
from hypothesis import given, settings

from api.audit_templates.workbooks.checking import template_in
from api.audit_templates.xlsforms.writing import write_xlsform
from api.fhir import names
from api.fhir.outcomes import outcome_of
from api.fhir.reading import ReadQuestionnaire, read_questionnaire
from api.fhir.resources import Item
from api.fhir.resources import Questionnaire as ReadResource
from api.fhir.weights import OfferedAnswers
from api.fhir.writing import resource_of
from api.foundation.problems import BadTemplate
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import check_template, write_template
from tests.audit_templates.any_template import templates
from tests.audit_templates.template_cast import Cast, template_cast
from tests.checklists.full_template import a_full_template, full_template
from tests.checklists.small_template import theme

OWN = {"id": "a.1", "url": "urn:uuid:0199c3a0-0000-7000-8000-000000000000", "version": "1", "status": "draft"}
PATH = "/api/v1/fhir/Questionnaire"
OLD_ORDINAL = "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue"


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def written(template: Template) -> dict[str, Any]:
    """The resource as another system gets it."""
    found: dict[str, Any] = json.loads(json.dumps(resource_of(template, OWN)))
    return found


def weight(number: float, url: str = names.ITEM_WEIGHT) -> list[dict[str, Any]]:
    return [{"url": url, "valueDecimal": number}]


def a_questionnaire(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "active", "title": "Visits", "item": list(items), **more}


def graded(link_id: str = "seen", *, weights: tuple[float, ...] = (0, 2, 4), **more: Any) -> dict[str, Any]:
    """A question with weighted answers."""
    options = [
        {"extension": weight(number), "valueCoding": {"system": "urn:s", "code": f"c{number}", "display": f"C{number}"}}
        for number in weights
    ]
    return {"linkId": link_id, "text": link_id.title(), "type": "choice", "answerOption": options, **more}


def left_out(found: ReadQuestionnaire) -> list[tuple[str, str]]:
    return [each for each in found.left_out if "meet the standard" not in each[1]]


def refused(value: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(BadTemplate) as problem:
        read_questionnaire(value)
    return [(fault.pointer, fault.detail) for fault in problem.value.faults]


@settings(max_examples=20)
@given(templates())
def test_every_template_comes_back_from_its_questionnaire_as_it_was(template: Template) -> None:
    found = read_questionnaire(written(template))
    assert found.content == template
    assert write_template(found.content) == write_template(template)
    assert found.left_out == ()


def test_a_rating_and_a_choice_that_are_called_na_stay_what_they_are() -> None:
    said = full_template()
    said["scale"]["ratings"][1]["label"] = "N/A"
    where = said["learning_domains"][0]["themes"][0]["questions"][1]
    where["choices"] = [{"key": "n-a", "label": "Home"}, {"key": "elsewhere", "label": "#N/A"}]
    template = check_template(said)
    assert read_questionnaire(written(template)).content == template
    assert template_in(write_xlsform(template, number=1)).content == template


def test_a_theme_that_is_called_like_a_group_has_a_link_id_of_its_own() -> None:
    for keys, family in ((("family", "case"), "listened"), (("family", "theme", "impact", "evidence"), "impact")):
        said = full_template()
        said["learning_domains"][1]["themes"] += [theme(key) for key in keys]
        said["family_questions"][0]["key"] = family
        template = check_template(said)
        resource = written(template)
        found = [item["linkId"] for item in every_item(resource["item"])]
        assert len(found) == len(set(found))
        assert read_questionnaire(resource).content == template
        assert read_questionnaire(resource).left_out == () or family == "impact"


@pytest.mark.parametrize("key", [*library_keys(), "everything"])
def test_another_library_accepts_each_questionnaire(key: str) -> None:
    template = a_full_template() if key == "everything" else load_library_template(key, newest_number(key))
    said = written(template)
    Questionnaire.model_validate(said)
    found = list(every_item(said["item"]))
    assert len({item["linkId"] for item in found}) == len(found)
    known = {item["linkId"] for item in found}
    for item in found:
        assert item["type"] != "display" or "item" not in item
        assert {each["question"] for each in item.get("enableWhen", ())} <= known
        assert ("enableBehavior" in item) == (len(item.get("enableWhen", ())) > 1)
    Questionnaire.model_validate(json.loads(Questionnaire.model_validate(said).model_dump_json()))


def every_item(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from every_item(item.get("item", []))


def test_every_rating_has_its_weight_and_what_is_no_rating_has_none() -> None:
    (voice,) = (item for item in every_item(written(a_full_template())["item"]) if item["linkId"] == "voice")
    found = {
        option["valueCoding"]["code"]: [
            each["valueDecimal"] for each in option.get("extension", ()) if each["url"] in names.WEIGHTS
        ]
        for option in voice["answerOption"]
    }
    assert found == {
        "outstanding": [3, 3],
        "good": [2, 2],
        "requires-improvement": [1, 1],
        "inadequate": [0, 0],
        "not-evidenced": [],
        "not-applicable": [],
    }


CODING = {"system": "urn:s", "code": "a", "display": "A"}
CONCEPT = {"code": "a", "display": "A"}
WEIGHED = {"code": "weight", "valueDecimal": 7}
SET = {"resourceType": "ValueSet", "id": "s", "status": "active"}
SYSTEM = {"resourceType": "CodeSystem", "id": "c", "url": "urn:s", "status": "active", "content": "complete"}
PLACES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "the option, as itemWeight": ({"answerOption": [{"extension": weight(7), "valueCoding": CODING}]}, []),
    "the option, as ordinalValue": (
        {"answerOption": [{"extension": weight(7, names.ORDINAL_VALUE), "valueCoding": CODING}]},
        [],
    ),
    "the option, as in STU3": ({"answerOption": [{"extension": weight(7, OLD_ORDINAL), "valueCoding": CODING}]}, []),
    "the coding": ({"answerOption": [{"valueCoding": {**CODING, "extension": weight(7)}}]}, []),
    "the coding, as a whole number": (
        {"answerOption": [{"valueCoding": {**CODING, "extension": [{"url": OLD_ORDINAL, "valueInteger": 7}]}}]},
        [],
    ),
    "a contained value set": (
        {"answerValueSet": "#s"},
        [{**SET, "compose": {"include": [{"system": "urn:s", "concept": [{**CONCEPT, "extension": weight(7)}]}]}}],
    ),
    "its expansion": (
        {"answerValueSet": "#s"},
        [{**SET, "expansion": {"contains": [{"system": "urn:s", **CONCEPT, "extension": weight(7)}]}}],
    ),
    "a property in its expansion": (
        {"answerValueSet": "#s"},
        [
            {
                **SET,
                "expansion": {"contains": [{"system": "urn:s", **CONCEPT, "property": [WEIGHED]}]},
            }
        ],
    ),
    "a contained code system": (
        {"answerOption": [{"valueCoding": CODING}]},
        [{**SYSTEM, "concept": [{**CONCEPT, "extension": weight(7)}]}],
    ),
    "a property of a code system": (
        {"answerOption": [{"valueCoding": CODING}]},
        [{**SYSTEM, "concept": [{**CONCEPT, "property": [WEIGHED]}]}],
    ),
    "a code system beside a value set": (
        {"answerValueSet": "#s"},
        [
            {**SET, "compose": {"include": [{"system": "urn:s", "concept": [CONCEPT]}]}},
            {**SYSTEM, "concept": [{**CONCEPT, "extension": weight(7)}]},
        ],
    ),
    "a value set beside options": (
        {"answerOption": [{"valueCoding": CODING}]},
        [{**SET, "compose": {"include": [{"system": "urn:s", "concept": [{**CONCEPT, "extension": weight(7)}]}]}}],
    ),
}  # fmt: skip


def test_the_weight_of_an_answer_is_read_from_every_place() -> None:
    for place, (entries, contained) in PLACES.items():
        item = {"linkId": "q", "type": "choice", **entries}
        resource = ReadResource.model_validate(a_questionnaire(item, contained=contained))
        offered = OfferedAnswers(resource).of(Item.model_validate(item))
        assert [(each.code, each.display, each.weight) for each in offered or ()] == [("a", "A", "7")], place


def test_unequal_weights_survive_in_and_out() -> None:
    found = read_questionnaire(a_questionnaire(graded("one"), graded("two"), graded("other", weights=(0, 3))))
    assert [rating.key for rating in found.content.scale.ratings] == ["c4", "c2", "c0"]
    assert [rating.description for rating in found.content.scale.ratings] == ["Score: 4.", "Score: 2.", "Score: 0."]
    assert found.content.question("other").hint == "Scores: C0 0, C3 3."
    (one,) = (item for item in every_item(written(found.content)["item"]) if item["linkId"] == "one")
    weights = [
        (option["valueCoding"]["code"], option["extension"][0]["valueDecimal"])
        for option in one["answerOption"]
        if "extension" in option
    ]
    assert weights == [("c4", 4), ("c2", 2), ("c0", 0)]
    again = read_questionnaire(written(found.content))
    assert again.content == found.content


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"type": "string"}, "answered in words"),
        ({"type": "decimal"}, "whole number"),
        ({"type": "quantity"}, "whole number"),
        ({"type": "attachment"}, "a file"),
        ({"type": "dateTime"}, "asks for a month"),
        ({"type": "date"}, "The day is not asked."),
        ({"type": "choice", "answerValueSet": "http://example.org/vs"}, "not in the questionnaire"),
        ({"type": "open-choice", "answerOption": [{"valueString": "A"}, {"valueString": "B"}]}, "“Other” is not added"),
        ({"type": "boolean", "repeats": True}, "one answer"),
        ({"type": "group", "repeats": True, "item": [{"linkId": "y", "type": "integer"}]}, "several times"),
        ({"type": "integer", "maxLength": 3}, "no “maxLength”"),
        ({"type": "integer", "code": [{"code": "1"}]}, "no “code”"),
        ({"type": "integer", "prefix": "1."}, "no “prefix”"),
        ({"type": "integer", "extension": [{"url": "http://example.org/x"}]}, "no extension “http://example.org/x”"),
        ({"type": "integer", "enableWhen": [{"question": "seen", "operator": "exists"}]}, "not evaluated"),
        (
            {"type": "integer", "enableWhen": [{"question": "seen", "operator": "=", "answerCoding": {"code": "c4"}}]},
            "not evaluated",
        ),
    ],
)  # fmt: skip
def test_what_a_template_cannot_have_is_named_with_its_link_id(item: dict[str, Any], said: str) -> None:
    found = read_questionnaire(a_questionnaire(graded(), {"linkId": "x/1", "text": "X", **item}))
    told = [words for link_id, words in left_out(found) if link_id == "x/1"]
    assert any(said in words for words in told), found.left_out
    outcome = outcome_of("Questionnaire", found.left_out)
    OperationOutcome.model_validate(outcome)
    place = "Questionnaire.descendants().where(linkId = 'x/1')"
    named = [each for each in outcome["issue"] if each["expression"] == [place]]
    assert len(named) == len(told)


def test_questions_conditions_and_texts_of_others_become_those_of_a_template() -> None:
    when = {"question": "alone", "operator": "=", "answerBoolean": True}
    found = read_questionnaire(
        a_questionnaire(
            {
                "linkId": "/1",
                "text": "The visit",
                "type": "group",
                "item": [
                    {"linkId": "/1.0", "type": "display", "text": "Read the last visit."},
                    graded("/1.1", item=[{"linkId": "/1.1.h", "type": "display", "text": "Look in the notes."}]),
                    {"linkId": "alone", "text": "Alone?", "type": "boolean"},
                    {"linkId": "days", "text": "Days?", "type": "integer", "enableWhen": [when]},
                ],
            }
        )
    )
    (domain,) = found.content.learning_domains
    (theme,) = domain.themes
    assert (domain.title, domain.summary) == ("The visit", "Read the last visit.")
    assert theme.prompts == ("Look in the notes.",)
    assert [(question.key, question.kind.value) for question in theme.questions] == [
        ("alone", "yes-no"),
        ("days", "number"),
    ]
    condition = theme.questions[1].applies_when
    assert condition is not None
    assert condition.answers[0].answers == ("yes",)
    assert left_out(found) == []


@pytest.mark.parametrize(
    ("value", "place", "said"),
    [
        ({"resourceType": "Patient"}, "/resourceType", "This is not a Questionnaire"),
        ({}, "/resourceType", "not what FHIR R4 has here"),
        (a_questionnaire(), "", "The questionnaire has no items."),
        (a_questionnaire({"linkId": "x", "type": "banana"}), "linkId: x", "no items of this type"),
        (a_questionnaire(graded(), graded()), "linkId: seen", "a linkId of its own"),
        (a_questionnaire({"linkId": "x"}), "/item/0/type", "not what FHIR R4 has here"),
        (a_questionnaire(graded(), modifierExtension=[{"url": "x"}]), "/modifierExtension", "cannot be read"),
        (a_questionnaire(graded(text="x" * 201)), "linkId: seen", "200 characters or fewer"),
        (a_questionnaire({"linkId": "x", "type": "string"}), "", "no question that a template can ask"),
    ],
)  # fmt: skip
def test_what_is_no_questionnaire_is_refused_with_its_place(value: dict[str, Any], place: str, said: str) -> None:
    assert any(where == place and said in words for where, words in refused(value)), refused(value)


@pytest.mark.parametrize("name", ["organisation_id", "auditor_id", "state", "created_at", "password_hash"])
def test_an_entry_that_is_not_read_changes_nothing_and_is_named(name: str) -> None:
    plain = a_questionnaire(graded())
    for more, place in (({**plain, name: "own"}, ""), (a_questionnaire({**graded(), name: "own"}), "seen")):
        found = read_questionnaire(more)
        assert found.content == read_questionnaire(plain).content
        assert any(at == place and f"“{name}”" in words for at, words in found.left_out), found.left_out


def test_items_nested_deep_are_refused() -> None:
    item = graded()
    for number in range(40):
        item = {"linkId": f"g{number}", "type": "group", "text": "G", "item": [item]}
    assert any("too deep" in words for _, words in refused(a_questionnaire(item)))


@pytest.mark.both_databases
def test_a_template_is_listed_read_and_made_over_rest(cast: Cast) -> None:
    lena = cast.lena
    made = lena.post("/templates", full_template()).json()["template_id"]
    listed = lena.browser.get(PATH)
    assert listed.headers["content-type"] == "application/fhir+json"
    Bundle.model_validate(listed.json())
    assert listed.json()["entry"][0]["resource"]["id"] == f"{made}.1"
    read = lena.browser.get(f"{PATH}/{made}.1")
    assert read.status_code == 200, read.text
    Questionnaire.model_validate(read.json())
    assert read_questionnaire(read.json()).content == a_full_template()
    CapabilityStatement.model_validate(lena.browser.get("/api/v1/fhir/metadata").json())
    key = lena.creates()
    sent = a_questionnaire(graded(), {"linkId": "x", "type": "string", "text": "X"}, name="visits")
    first = lena.browser.post(PATH, json=sent, headers=key)
    assert first.status_code == 201, first.text
    OperationOutcome.model_validate(first.json())
    assert any(issue["diagnostics"].startswith("x: ") for issue in first.json()["issue"])
    again = lena.browser.post(PATH, json=sent, headers=key)
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    conflict = lena.post("/fhir/Questionnaire", sent)
    assert conflict.status_code == 409, conflict.text
    assert lena.browser.get(first.headers["location"]).json()["title"] == "Visits"
    bad = lena.post("/fhir/Questionnaire", a_questionnaire({"linkId": "x", "type": "banana"}))
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["pointer"] == "linkId: x"
    assert cast.asha.post("/fhir/Questionnaire", sent).status_code == 403
    assert cast.omar.browser.get(f"{PATH}/{made}.1").status_code == 404
    assert cast.asha.browser.get(f"{PATH}/{made}.1").status_code == 404, "a draft is for those who write templates"
