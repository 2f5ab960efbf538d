"""An audit goes out as a FHIR QuestionnaireResponse and comes back as it was; nothing in one is lost without a word."""

import base64
import json
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from api.audits.complete.routes import CompleteAuditIn
from api.fhir import names
from api.fhir.audit_items import every_item
from api.fhir.responses.reading import checked, read_response
from api.fhir.writing import items_of
from api.foundation.problems import Invalid
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.checklists.small_template import theme
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key
from tests.fhir.any_audit import complete_audits
from tests.fhir.sending import sent_response

PATH = "/api/v1/fhir/QuestionnaireResponse"
OF = "urn:uuid:0199c3a0-0000-7000-8000-000000000000|1"
RARE = {"statuses": ["care-leaver"]}
TEXT = "The plan says who does what."
NAMED = "Seen with Mrs Quillfeather at home."


@cache
def everything() -> Template:
    """A template that asks all that an audit can say."""
    said = full_template()
    said["asks"]["strengths"] = True
    # Themes that are called like a group.
    said["learning_domains"][1]["themes"] += [theme("family", applies_when=RARE), theme("case", applies_when=RARE)]
    return check_template(said)


@cache
def template_of(key: str) -> Template:
    return everything() if key == "everything" else load_library_template(key, newest_number(key))


TEMPLATES = [*library_keys(), "everything"]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=everything()) as made:
        yield made


@pytest.fixture
def lena(desk: Desk) -> Client:
    return desk.browser(desk.cast.lena)


def written(audit: CompleteAuditIn, template: Template) -> dict[str, Any]:
    """The response of a complete audit, as another system sends it."""
    return sent_response(audit, template, of=OF)


def read(value: dict[str, Any], template: Template) -> Any:
    sent = checked(value)
    return read_response(sent, template, round_id=uuid.UUID(sent.value_of(names.ROUND)), of=OF)


@settings(max_examples=40)
@given(st.data())
def test_every_audit_comes_back_from_its_response_as_it_was(data: st.DataObject) -> None:
    template = template_of(data.draw(st.sampled_from(TEMPLATES)))
    audit = CompleteAuditIn.model_validate(data.draw(complete_audits(template)))
    found = read(written(audit, template), template)
    assert found.audit == audit
    assert found.not_recorded == ()


@settings(max_examples=15)
@given(st.data())
def test_another_library_accepts_each_response_and_its_items_are_those_of_the_questionnaire(
    data: st.DataObject,
) -> None:
    template = template_of(data.draw(st.sampled_from(TEMPLATES)))
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


def weights(part: dict[str, Any]) -> list[Any]:
    return [each for each in part.get("extension", ()) if each["url"] in names.WEIGHTS]


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


def coding(code: str, listed: str = "rating", **more: Any) -> dict[str, Any]:
    return {"valueCoding": {"system": names.LISTS + listed, "code": code, **more}}


def exactly(text: str, exact: str, **more: Any) -> dict[str, Any]:
    said = {"url": names.EXACT_TEXT, "valueBase64Binary": base64.b64encode(exact.encode()).decode(), **more}
    return {"valueString": text, "_valueString": {"extension": [said]}}


GOOD = coding("good")
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
    said["extension"].append({"url": names.STATE, "valueCode": "agreed"})
    (voice,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice")
    voice["extension"] = [{"url": names.AGREED_ANSWER, "valueCoding": {"code": "good"}}, {"url": "urn:x"}]
    voice["answer"][0]["valueCoding"]["display"] = "Very good"
    found = read(said, everything()).not_recorded
    wanted = [
        ("", "“id”"), ("", "“meta”"), ("", "“language”"), ("", "“authored”"), ("", "“author”"), ("", names.STATE),
        ("voice", "display"), ("voice", "moderation"), ("voice", "An extension"),
    ]  # fmt: skip
    assert len(found) == len(wanted)
    for place, words in wanted:
        assert any(where == place and words in text for where, text in found), (place, words, found)


def everything_said(desk: Desk, **changes: Any) -> dict[str, Any]:
    """A complete audit that says all that an audit can."""
    note = {"strengths": "Patient.", "development": "Say by when.", "exemplary": True, "worker_agrees": True}
    return {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {
            "team_id": str(desk.team_id),
            "status": "child-protection-plan",
            "age_band": "5-to-9",
            "forms_of_harm": ["fear", "illness"],
        },
        "mode": "with-practitioner",
        "sampling_weight": 2.5,
        "scores": [
            {
                "theme": "voice",
                "answer": "good",
                "evidence": "Note 3",
                "rationale": TEXT,
                "sources": ["seen", "family"],
            },
            {"theme": "history", "answer": "requires-improvement", "rationale": TEXT, "impact": "Less heard."},
            {"theme": "plan", "answer": "not-evidenced", "rationale": TEXT, "impact": "Not known."},
            {"theme": "review", "answer": "not-applicable", "rationale": TEXT, "impact": "None."},
        ],
        "overall_override": "requires-improvement",
        "override_reason": "The history weighs more.",
        "cap_reason": "Not needed.",
        "questions": {"seen-alone": "yes", "where": "school", "visits": "not-evidenced", "chronology": "2026-03"},
        "facts": {"open-for": "long", "category": "not-evidenced"},
        "synopsis": "A family with two children.",
        "conclusion": {"works_well": "A", "worries": "B", "needs_to_happen": "C", "feedback": "D", "minutes": 95},
        "conversation": {
            "held_on": "2026-01-31",
            "took_part": ["worker", "manager"],
            "obstacles": ["changes"],
            "obstacle_words": "Many changes.",
        },
        "family_views": {
            "child": {"how": "visit", "answers": {"listened": "yes"}, "words": "Glad to be heard."},
            "other": {"no_view": "not-in-touch"},
        },
        "theme_notes": {"whole": {"exemplary": True, "worker_agrees": False}, "themes": {"voice": note}},
        **changes,
    }


def recorded(desk: Desk, client: Client, **changes: Any) -> str:
    made = client.post("/api/v1/complete-audits", json=everything_said(desk, **changes), headers=a_key())
    assert made.status_code == 201, made.text
    return str(made.json()["audit_id"])


def sent_as_another_case(said: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A response as a program sends it for a case that the service does not know."""
    return {name: value for name, value in {**said, **changes}.items() if name != "subject"}


@pytest.mark.both_databases
def test_an_audit_is_read_and_recorded_again_with_nothing_lost(desk: Desk, lena: Client) -> None:
    first = recorded(desk, lena)
    read_out = lena.get(f"{PATH}/{first}")
    assert read_out.status_code == 200, read_out.text
    assert read_out.headers["content-type"] == names.MEDIA_TYPE
    said = read_out.json()
    QuestionnaireResponse.model_validate(said)
    made = lena.post(PATH, json=sent_as_another_case(said), headers=a_key())
    assert made.status_code == 201, made.text
    OperationOutcome.model_validate(made.json())
    again = lena.get(made.headers["location"]).json()
    assert again["id"] != first
    assert again["item"] == said["item"]
    assert again["extension"] == said["extension"]
    other = lena.get(f"/api/v1/audits/{again['id']}").json()
    before = lena.get(f"/api/v1/audits/{first}").json()
    assert {name for name in before if before[name] != other[name]} == {
        "id", "case_file_id", "reference", "submitted_at",
    }  # fmt: skip


def test_a_repeated_request_records_one_audit(desk: Desk, lena: Client) -> None:
    said, key = sent_as_another_case(lena.get(f"{PATH}/{recorded(desk, lena)}").json()), a_key()
    first, again = (lena.post(PATH, json=said, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["location"] == again.headers["location"]
    assert desk.events().count("audit.recorded") == 2
    assert lena.post(PATH, json=said).json()["type"] == "/problems/idempotency-key-missing"


def test_reading_an_audit_is_recorded_like_every_reading_of_it(desk: Desk, lena: Client) -> None:
    audit = recorded(desk, lena)
    before = desk.events().count("audit.read")
    lena.get(f"{PATH}/{audit}")
    assert desk.events().count("audit.read") == before + 1


def test_the_rules_of_complete_audits_refuse_with_the_link_id(desk: Desk, lena: Client) -> None:
    said = sent_as_another_case(lena.get(f"{PATH}/{recorded(desk, lena)}").json())
    before = desk.events().count("audit.recorded")

    def places(change: Any, *, status: int = 422, **whole: Any) -> list[str]:
        sent = json.loads(json.dumps({**said, **whole}))
        for item in every_item(sent["item"]):
            change(item)
        answer = lena.post(PATH, json=sent, headers=a_key())
        assert answer.status_code == status, answer.text
        return [error["pointer"] for error in answer.json()["errors"]]

    def says(link_id: str, **value: Any) -> Any:
        def change(item: dict[str, Any]) -> None:
            if item["linkId"] == link_id:
                item["answer"] = [value] if value else []

        return change

    def nothing(item: dict[str, Any]) -> None:
        """Leave all as it is."""

    assert places(says("voice")) == ["linkId: voice"]
    assert places(says("history.rationale")) == ["linkId: history.rationale"]
    assert places(says("voice.rationale", valueString=NAMED)) == ["linkId: voice.rationale"]
    assert places(says("whole.worries", valueString="NHS 943 476 5919")) == ["linkId: whole.worries"]
    assert places(says("view.child.words", valueString=NAMED)) == ["linkId: view.child.words"]
    assert places(says("voice.strengths", valueString=NAMED)) == ["linkId: voice.strengths"]
    assert places(says("visits")) == ["linkId: visits"]
    assert places(says("visits", valueInteger=-1)) == ["linkId: visits"]
    assert places(says("seen-alone", **coding("no", "yes-no"))) == ["linkId: where"]
    assert places(says("fact.category")) == ["linkId: fact.category"]
    assert places(says("whole.minutes", valueInteger=0)) == ["linkId: whole.minutes"]
    assert places(says("whole.overall-reason")) == ["linkId: whole.overall-reason"]
    assert places(says("whole.overall")) == ["linkId: whole.overall"]
    assert places(says("whole.judgement", **GOOD)) == ["linkId: whole.judgement"]
    assert places(says("whole.held-on")) == ["linkId: whole.held-on"]
    assert places(nothing, extension=said["extension"][1:]) == ["/extension"]
    nobody = {"identifier": {"system": names.PERSON, "value": str(uuid.uuid4())}}
    assert places(nothing, author=nobody) == ["/author/identifier/value"]
    elsewhere = [{"url": names.ROUND, "valueString": str(uuid.uuid4())}, *said["extension"][1:]]
    assert places(nothing, extension=elsewhere) == ["/extension/0"]
    no_team = [each for each in said["extension"] if each["url"] != names.TEAM]
    assert places(nothing, extension=no_team) == ["/extension"]
    named = {"identifier": {"system": names.CASE_REFERENCE, "value": "943 476 5919"}}
    assert places(nothing, subject=named) == ["/subject/identifier/value"]
    assert desk.events().count("audit.recorded") == before
    assert desk.events().count("identifier.refused") == 1, "what is refused is recorded, as everywhere"


def test_a_name_is_kept_for_a_reason_that_is_said_beside_its_text(desk: Desk, lena: Client) -> None:
    said = sent_as_another_case(lena.get(f"{PATH}/{recorded(desk, lena)}").json())
    (item,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice.rationale")
    item["answer"] = [{"valueString": NAMED}]
    item["extension"] = [{"url": names.KEEP_NAMES, "valueCode": "worker"}]
    made = lena.post(PATH, json=said, headers=a_key())
    assert made.status_code == 201, made.text
    assert "name.kept" in desk.events()
    item["extension"][0]["valueCode"] = "because"
    (error,) = lena.post(PATH, json=said, headers=a_key()).json()["errors"]
    assert error["pointer"] == "linkId: voice.rationale"


def test_of_a_known_case_file_a_response_says_what_the_service_knows(desk: Desk, lena: Client) -> None:
    said = lena.get(f"{PATH}/{recorded(desk, lena)}").json()
    (error,) = lena.post(PATH, json=said, headers=a_key()).json()["errors"]
    assert error["pointer"] == "/author/identifier/value", "this person has read it in this round"
    later = [{"url": names.ROUND, "valueString": str(desk.a_round(title="Later"))}, *said["extension"][1:]]
    said = {**said, "extension": later}
    wrong = json.loads(json.dumps(said))
    for item in every_item(wrong["item"]):
        if item["linkId"] == "case.age-band":
            item["answer"] = [coding("10-to-15", "age-band")]
    wrong["subject"]["display"] = "OTHER"
    refused_here = lena.post(PATH, json=wrong, headers=a_key()).json()["errors"]
    assert [each["pointer"] for each in refused_here] == ["linkId: case.age-band", "/subject/identifier/value"]
    made = lena.post(PATH, json=said, headers=a_key())
    assert made.status_code == 201, made.text
    assert lena.get(made.headers["location"]).json()["subject"] == said["subject"]


@pytest.mark.both_databases
def test_audits_are_listed_by_round_and_questionnaire_in_pages(desk: Desk, lena: Client) -> None:
    made = [recorded(desk, lena) for _ in range(3)]
    other = desk.a_round(title="Other")
    elsewhere = recorded(desk, lena, round_id=str(other))
    template = f"urn:uuid:{desk.template_id}"

    def listed(client: Client, query: str) -> list[str]:
        found, url = [], f"{PATH}?{query}"
        while url:
            bundle = client.get(url).json()
            Bundle.model_validate(bundle)
            for entry in bundle.get("entry", ()):
                found.append(entry["resource"]["id"])
                assert "item" not in entry["resource"]
            url = next((link["url"] for link in bundle.get("link", ())), "")
        return found

    assert listed(lena, "limit=2") == [*made, elsewhere]
    assert listed(lena, f"round={desk.round_id}&limit=1") == made
    assert listed(lena, f"questionnaire={template}|1&round={other}") == [elsewhere]
    assert listed(lena, f"questionnaire={template}&limit=3") == [*made, elsewhere]
    assert listed(lena, f"questionnaire={template}|2") == []
    assert listed(desk.browser(desk.cast.asha), "") == [*made, elsewhere]
    assert listed(desk.browser(desk.cast.ben), "") == []
    assert lena.get(f"{PATH}?questionnaire=Questionnaire/1").status_code == 422
    assert "audit.read" not in desk.events()


def test_only_who_may_read_an_audit_or_record_audits_can(desk: Desk, lena: Client) -> None:
    audit = recorded(desk, lena)
    said = sent_as_another_case(lena.get(f"{PATH}/{audit}").json())
    asha, ben = desk.browser(desk.cast.asha), desk.browser(desk.cast.ben)
    assert asha.get(f"{PATH}/{audit}").status_code == 200
    assert ben.get(f"{PATH}/{audit}").status_code == 404
    assert asha.post(PATH, json=said, headers=a_key()).status_code == 403


def test_the_service_says_that_it_has_responses(lena: Client) -> None:
    said = lena.get("/api/v1/fhir/metadata").json()
    CapabilityStatement.model_validate(said)
    assert [each["type"] for each in said["rest"][0]["resource"]] == ["Questionnaire", "QuestionnaireResponse"]


def test_who_accepts_fhir_is_refused_with_an_outcome_in_the_same_words(desk: Desk, lena: Client) -> None:
    said = sent_as_another_case(lena.get(f"{PATH}/{recorded(desk, lena)}").json(), status="in-progress")
    for item in every_item(said["item"]):
        if item["linkId"] == "voice.rationale":
            item["answer"] = [{"valueString": NAMED}]
    fhir = {"Accept": names.MEDIA_TYPE}

    def outcome(sent: dict[str, Any]) -> list[dict[str, Any]]:
        answer = lena.post(PATH, json=sent, headers={**a_key(), **fhir})
        assert (answer.status_code, answer.headers["content-type"]) == (422, names.MEDIA_TYPE)
        OperationOutcome.model_validate(answer.json())
        issues: list[dict[str, Any]] = answer.json()["issue"]
        return issues

    plain = lena.post(PATH, json=said, headers=a_key())
    assert plain.headers["content-type"] == "application/problem+json"
    (issue,) = outcome(said)
    assert issue["expression"] == ["QuestionnaireResponse.status"]
    assert issue["diagnostics"] == plain.json()["errors"][0]["detail"]
    assert plain.json()["detail"] in issue["details"]["text"]
    (issue,) = outcome({**said, "status": "completed"})
    assert issue["expression"] == ["QuestionnaireResponse.descendants().where(linkId = 'voice.rationale')"]
    assert issue["extension"] == [{"url": names.MAY_BE_KEPT, "valueBoolean": True}]
    (issue,) = outcome({**said, "extension": said["extension"][1:]})
    assert issue["expression"] == ["QuestionnaireResponse.extension"]
    missing = lena.get(f"{PATH}/{uuid.uuid4()}", headers=fhir)
    OperationOutcome.model_validate(missing.json())
    assert (missing.status_code, missing.json()["issue"][0]["code"]) == (404, "not-found")
    wrong = lena.get(f"{PATH}?round=1", headers=fhir)
    OperationOutcome.model_validate(wrong.json())
    assert wrong.json()["issue"][0]["diagnostics"].startswith("query: round: ")
