"""An audit goes out as a FHIR QuestionnaireResponse and comes back as it was; nothing in one is lost without a word."""

import copy
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from api.audits.complete.routes import CompleteAuditIn
from api.fhir import names
from api.fhir.audit_items import every_item
from api.fhir.responses.reading import checked, read_response
from api.fhir.responses.whole import round_of
from api.fhir.writing import items_of
from api.foundation.problems import Invalid
from checklists.templates.template import Template
from tests.audit_templates.any_template import templates
from tests.fhir.any_audit import complete_audits
from tests.fhir.sending import GOOD, TEMPLATES, coding, everything, exactly, sent_response, template_of, weights

OF = "urn:uuid:0199c3a0-0000-7000-8000-000000000000|1"
TEXT = "The plan says who does what."


def written(audit: CompleteAuditIn, template: Template) -> dict[str, Any]:
    """The response of a complete audit, as another system sends it."""
    return sent_response(audit, template, of=OF)


def read(value: dict[str, Any], template: Template) -> Any:
    sent = checked(value)
    return read_response(sent, template, round_id=round_of(sent), of=OF)


@settings(max_examples=40)
@given(st.data())
def test_every_audit_comes_back_from_its_response_as_it_was(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES).map(template_of) | templates())
    audit = CompleteAuditIn.model_validate(data.draw(complete_audits(template)))
    found = read(written(audit, template), template)
    assert found.audit == audit
    assert found.not_recorded == ()


@settings(max_examples=60)
@given(st.data())
def test_every_change_of_a_response_is_refused_recorded_or_named(data: st.DataObject) -> None:
    template = everything()
    audit = CompleteAuditIn.model_validate(data.draw(complete_audits(template)))
    said = written(audit, template)
    # The text of a question is a copy, and the name of a judgement or answer that is replaced by the same is none.
    places = [(path, value) for path, value in leaves(said) if path[-1] != "text"]
    path, value = data.draw(st.sampled_from(places))
    other: Any = data.draw(st.integers() | st.booleans() | st.text() | st.just([]) | st.just({"url": "urn:x"}))
    changed = with_value(said, path, other)
    if data.draw(st.booleans()):
        changed = with_value(said, (*path[:-1], "unheardOf"), other) if isinstance(path[-1], str) else changed
    if changed == said or (type(other) is type(value) and other == value):
        return
    try:
        found = read(changed, template)
    except Invalid:
        return
    assert found.audit != audit or found.not_recorded


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value within JSON with its path, but for those that hold others."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if entries is None:
        yield path, value
        return
    for step, each in entries:
        yield from leaves(each, (*path, step))


def with_value(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The same with another value at a path, which may be new."""
    changed = copy.deepcopy(value)
    within = changed
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = other
    return changed


@settings(max_examples=15)
@given(st.data())
def test_another_library_accepts_each_response_and_its_items_are_those_of_the_questionnaire(
    data: st.DataObject,
) -> None:
    template = data.draw(st.sampled_from(TEMPLATES).map(template_of) | templates())
    said = written(CompleteAuditIn.model_validate(data.draw(complete_audits(template))), template)
    QuestionnaireResponse.model_validate(said)
    asked = dict(paths(items_of(template)))
    for path, item in paths(said["item"]):
        assert path in asked
        for answer in item.get("answer", ()):
            options = {
                (option["valueCoding"]["system"], option["valueCoding"]["code"]): option
                for option in asked[path].get("answerOption", ())
            }
            if "valueCoding" in answer:
                coding = answer["valueCoding"]
                option = options[coding["system"], coding["code"]]
                assert weights(coding) == weights(option)


def paths(items: list[dict[str, Any]], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for item in items:
        path = (*above, item["linkId"])
        yield path, item
        yield from paths(item.get("item", []), path)


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_place_of_an_audit_has_an_item_of_its_own(key: str) -> None:
    template = template_of(key)
    found = [item["linkId"] for item in every_item(items_of(template))]
    assert len(found) == len(set(found))


def test_characters_that_fhir_does_not_allow_are_beside_the_text() -> None:
    said = a_response()
    (item,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice.rationale")
    text = "One\vtwo\tthree\x00"
    item["answer"] = [exactly("One two\tthree ", text)]
    found = read(said, everything())
    assert (found.audit.scores[0].rationale, found.not_recorded) == (text, ())
    assert item in every_item(written(found.audit, everything())["item"])


def a_response(**changes: Any) -> dict[str, Any]:
    """A response with one theme answered, and this item beside it or these entries."""
    body = {
        "round_id": str(uuid.uuid4()),
        "auditor_id": str(uuid.uuid4()),
        "case_file": {"team_id": str(uuid.uuid4()), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": "voice", "answer": "good", "rationale": TEXT}],
    }
    return {**written(CompleteAuditIn.model_validate(body), everything()), **changes}


def with_item(item: dict[str, Any]) -> dict[str, Any]:
    said = a_response()
    said["item"] = [each for each in said["item"] if each["linkId"] != item["linkId"]] + [item]
    return said


def refused(value: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as problem:
        read(value, everything())
    return [(fault.pointer, fault.detail) for fault in problem.value.faults]


LIGHT: dict[str, Any] = {"extension": [{"url": names.ITEM_WEIGHT, "valueDecimal": 1}]}
UNKNOWN = {"extension": [{"url": names.DATA_ABSENT, "valueCode": "unknown"}]}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"linkId": "history", "answer": [GOOD, coding("inadequate")]}, "one answer"),
        ({"linkId": "history", "answer": [coding("excellent")]}, "one of the answers"),
        ({"linkId": "history", "answer": [coding("good", "other")]}, "one of the answers"),
        ({"linkId": "history", "answer": [coding("good", **LIGHT)]}, "The weight"),
        ({"linkId": "history", "answer": [coding("good", version="2")]}, "nothing else"),
        ({"linkId": "history", "answer": [{"valueString": "good"}]}, "valueCoding"),
        ({"linkId": "history", "answer": [{"valueQuantity": {"value": 3}}]}, "no “valueQuantity”"),
        ({"linkId": "history", "answer": [{**GOOD, "valueString": "Good"}]}, "valueCoding"),
        ({"linkId": "history", "answer": [{}]}, "valueCoding"),
        ({"linkId": "history", "definition": "urn:x", "answer": [GOOD]}, "no “definition”"),
        ({"linkId": "history", "answer": [GOOD], "modifierExtension": [{"url": "urn:x"}]}, "modifierExtension"),
        ({"linkId": "history.rationale", "answer": [{"valueString": ""}]}, "empty"),
        ({"linkId": "history.rationale", "answer": [exactly("A B", "A\vC")]}, "The exact text"),
        ({"linkId": "history.rationale", "answer": [exactly("A", "A", valueInteger=1)]}, "The exact text"),
        ({"linkId": "history.rationale", "answer": [exactly("A", "A", valueBase64Binary="é")]}, "The exact text"),
        ({"linkId": "history.rationale", "answer": [{"valueString": "x" * 9000}]}, "8000"),
        ({"linkId": "history.rationale", "answer": [{"valueString": TEXT}]}, "This is missing"),
        ({"linkId": "visits", "answer": [{"valueInteger": 1.5}]}, "not what FHIR R4 has"),
        ({"linkId": "visits", "answer": [{"_valueInteger": {"extension": []}}]}, "data-absent-reason"),
        ({"linkId": "chronology", "answer": [{"valueDate": "2026-03-04"}]}, "a month"),
        ({"linkId": "chronology", "answer": [{"_valueInteger": UNKNOWN}]}, "valueDate"),
        ({"linkId": "whole.held-on", "answer": [{"valueDate": "2026"}]}, "Enter a date"),
        ({"linkId": "whole.held-on", "answer": [{"valueDate": "2026-02-31"}]}, "real date"),
        ({"linkId": "whole.exemplary-practice", "answer": [{"valueString": "yes"}]}, "valueBoolean"),
        ({"linkId": "voice.prompt.1", "answer": [{"valueString": "Yes."}]}, "no answer to this item"),
        ({"linkId": "domain.practice", "answer": [{"valueString": "Yes."}]}, "no answer to this item"),
        ({"linkId": "family.listened", "answer": [coding("yes", "family.listened")]}, "no answer to this item"),
        ({"linkId": "weather", "answer": [{"valueString": "Rain."}]}, "no item with this linkId"),
        ({"linkId": "case.involves", "answer": [coding("fear", "harm"), coding("fear", "harm")]}, "once"),
    ],
)  # fmt: skip
def test_what_an_audit_cannot_have_is_refused_with_its_link_id(item: dict[str, Any], said: str) -> None:
    found = refused(with_item(item))
    at = (
        "linkId: history"
        if item["linkId"] == "history.rationale" and "missing" in said
        else f"linkId: {item['linkId']}"
    )
    assert any(where == at and said in words for where, words in found), found


def test_an_item_that_is_there_twice_is_refused() -> None:
    said = a_response()
    said["item"] += [said["item"][0]]
    assert (f"linkId: {said['item'][0]['linkId']}", "An audit answers each item once. This linkId is there twice.") in (
        refused(said)
    )


def test_answers_are_read_at_any_depth_and_within_answers() -> None:
    said = a_response()
    (voice,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice")
    voice["answer"][0]["item"] = [{"linkId": "voice.impact", "answer": [{"valueString": TEXT}]}]
    said["item"].append({"linkId": "voice.sources", "answer": [coding("seen", "source"), coding("worker", "source")]})
    (score,) = read(said, everything()).audit.scores
    assert (score.answer, score.impact, score.sources) == ("good", TEXT, ["seen", "worker"])


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"status": "in-progress"}, "/status"),
        ({"status": None}, "/status"),
        ({"questionnaire": OF[:-1] + "2"}, "/questionnaire"),
        ({"author": None}, "/author"),
        ({"author": {"reference": "Practitioner/1"}}, "/author"),
        ({"author": {"identifier": {"system": "urn:x", "value": "1"}}}, "/author/identifier/system"),
        ({"author": {"identifier": {"system": names.PERSON, "value": "x"}}}, "/author/identifier/value"),
        ({"subject": {"display": "A child"}}, "/subject"),
        ({"subject": {"identifier": {"system": names.CASE_FILE, "value": "x"}}}, "/subject/identifier/value"),
        ({"basedOn": [{"reference": "CarePlan/1"}]}, "/basedOn"),
        ({"resourceType": "Questionnaire"}, "/resourceType"),
        ({"item": [{"text": "No linkId"}]}, "/item/0/linkId"),
        ({"item": []}, "linkId: case.status"),
    ],
)
def test_what_is_wrong_with_a_response_as_a_whole_is_refused_with_its_place(
    changes: dict[str, Any], place: str
) -> None:
    found = refused(a_response(**changes))
    assert place in [where for where, _ in found], found


def test_what_is_not_recorded_is_named_with_its_link_id() -> None:
    said = a_response(id="1", authored="2026-01-01", language="en", meta={"versionId": "3"})
    said["author"]["display"] = "Asha"
    said["extension"] += [{"url": names.STATE, "valueCode": "agreed"}, {"url": "urn:x", "valueString": "X"}]
    (voice,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice")
    voice["extension"] = [{"url": names.AGREED_ANSWER, "valueCoding": {"code": "good"}}, {"url": "urn:x"}]
    voice["answer"][0]["valueCoding"]["display"] = "Very good"
    found = read(said, everything()).not_recorded
    wanted = [
        ("", "“id”"), ("", "“meta”"), ("", "“language”"), ("", "“authored”"), ("", "“author”"), ("", names.STATE),
        ("", "An extension"), ("voice", "display"), ("voice", "moderation"), ("voice", "An extension"),
    ]  # fmt: skip
    assert len(found) == len(wanted)
    for place, words in wanted:
        assert any(where == place and words in text for where, text in found), (place, words, found)
