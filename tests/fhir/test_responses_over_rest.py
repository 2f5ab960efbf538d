"""Audits over FHIR: read, listed and recorded by the rules of the REST interface, with nothing lost on the way."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from api.fhir import names
from api.fhir.audit_items import every_item
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key, an_actor
from tests.fhir.sending import GOOD, coding, everything, exactly, weights

PATH = "/api/v1/fhir/QuestionnaireResponse"
TEXT = "The plan says who does what."
NAMED = "Seen with Mrs Quillfeather at home."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=everything()) as made:
        yield made


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


def test_what_came_of_an_audit_goes_out_with_its_weights(desk: Desk, lena: Client) -> None:
    audit_id, mo = uuid.UUID(recorded(desk, lena)), an_actor(desk.cast.mo)
    reviews = [AnswerReview("voice", "inadequate", "Nobody saw the child.")]
    reviews += [AnswerReview(key, score.answer) for key, score in desk.find(audit_id).scores.items() if key != "voice"]
    with desk.database.writing() as session:
        begun = moderation.start_moderation(session, audit_id=audit_id, version=1, by=mo)
        version = moderation.review_answers(
            session, audit_id=audit_id, judgements=reviews, version=begun.version, by=mo
        ).version
        review = OverallReview("inadequate", "By the voice.")
        version = moderation.review_overall(session, audit_id=audit_id, review=review, version=version, by=mo).version
        moderation.agree_answers(session, audit_id=audit_id, version=version, by=mo)
    said = lena.get(f"{PATH}/{audit_id}").json()
    QuestionnaireResponse.model_validate(said)
    assert said["status"] == "completed"
    (voice,) = (item for item in every_item(said["item"]) if item["linkId"] == "voice")
    assert voice["answer"][0]["valueCoding"]["code"] == "good", "the auditor's answer"
    (agreed,) = voice["extension"]
    assert (agreed["url"], agreed["valueCoding"]["code"]) == (names.AGREED_ANSWER, "inadequate")
    assert [each["valueDecimal"] for each in weights(agreed["valueCoding"])] == [0, 0]
    beside = {each["url"]: each for each in said["extension"]}
    assert beside[names.STATE]["valueCode"] == "agreed"
    assert beside[names.AGREED_OVERALL]["valueCode"] == "inadequate"
    assert beside[names.AGREED_OVERALL_REASON]["valueString"] == "By the voice."
    made = lena.post(PATH, json=sent_as_another_case(said), headers=a_key())
    assert made.status_code == 201, made.text
    named = [issue["diagnostics"] for issue in made.json()["issue"]]
    assert sum("agreed answer" in words for words in named) == 4
    assert any(names.AGREED_OVERALL_REASON in words for words in named)


def test_an_audit_that_is_not_submitted_is_in_progress_and_a_withdrawn_one_has_stopped(
    desk: Desk, lena: Client
) -> None:
    audit_id = desk.an_audit(harms=("fear",))
    desk.answer(audit_id, "good", "history", rationale="So\vfar.")
    said = lena.get(f"{PATH}/{audit_id}").json()
    QuestionnaireResponse.model_validate(said)
    assert (said["status"], "authored" in said) == ("in-progress", False)
    found = {item["linkId"]: item for item in every_item(said["item"]) if "answer" in item}
    assert found.keys() == {
        "case.status", "case.age-band", "case.involves", "history", "history.rationale", "whole.mode",
    }  # fmt: skip
    assert found["history.rationale"]["answer"] == [exactly("So far.", "So\vfar.")]
    (error,) = lena.post(PATH, json=said, headers=a_key()).json()["errors"]
    assert error["pointer"] == "/status"
    gone = lena.post(
        f"/api/v1/audits/{audit_id}/withdraw", json={"reason": "Not ours."}, headers={"If-Match": said_version(said)}
    )
    assert gone.status_code == 200, gone.text
    said = lena.get(f"{PATH}/{audit_id}").json()
    assert said["status"] == "stopped"
    assert {"url": names.WITHDRAWAL_REASON, "valueString": "Not ours."} in said["extension"]


def said_version(said: dict[str, Any]) -> str:
    return f'"{said["meta"]["versionId"]}"'


def test_of_a_submitted_audit_the_case_is_as_it_was_then(database_url: str) -> None:
    with a_desk(database_url) as desk:
        lena = desk.browser(desk.cast.lena)
        assert desk.template.is_format_1
        audit_id = desk.an_audit(harms=("neglect",))
        desk.answer(audit_id)
        desk.submit(audit_id)
        before = lena.get(f"{PATH}/{audit_id}").json()
        case = lena.get(f"/api/v1/case-files/{desk.find(audit_id).audit.case_file_id}")
        bands = {"team_id": str(desk.team_id), "status": "closed", "age_band": "unborn"}
        changed = lena.put(
            f"/api/v1/case-files/{case.json()['id']}",
            json={**bands, "forms_of_harm": ["sexual-abuse"]},
            headers={"If-Match": case.headers["etag"]},
        )
        assert changed.status_code == 200, changed.text
        assert lena.get(f"{PATH}/{audit_id}").json() == before
        said = {item["linkId"]: item for item in every_item(before["item"])}
        assert said["case.involves"]["answer"] == [coding("neglect", "harm", display="Neglect")]


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
