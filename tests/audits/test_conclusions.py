"""An auditor says what works well, what worries us, what needs to happen, and gives the practitioner feedback."""

import uuid
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from models import Audit, Conclusion
from tests.checklists.full_template import a_full_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.page_forms import SeenPage, page

PARTS: dict[str, Any] = {
    "works_well": "The school and the worker share one plan.",
    "worries": "Nobody has seen the child alone since May.",
    "needs_to_happen": "See the child alone within ten days.\n\nThen “rewrite” the <b>plan</b>.",
    "feedback": "Your visits are well recorded.",
}
NONE: dict[str, Any] = dict.fromkeys(PARTS, "")
LABELS = ("What is working well", "What we are worried about", "What needs to happen", "Feedback for the practitioner")
NHS = "943 476 5919"
NAMED = "Seen with Mrs Quillfeather at home."


def put(client: Client, audit: uuid.UUID, version: int = 0, **parts: Any) -> httpx2.Response:
    answer: httpx2.Response = client.put(
        f"/api/v1/audits/{audit}/conclusion", json=parts, headers={"If-Match": f'"{version}"'}
    )
    return answer


def stored(desk: Desk, audit: uuid.UUID) -> dict[str, str]:
    return {name: getattr(desk.find(audit).conclusion, name) for name in PARTS}


def a_submitted_audit(desk: Desk, asha: Client, **parts: Any) -> uuid.UUID:
    audit = desk.an_audit()
    desk.answer(audit, "inadequate", rationale="Never seen alone.")
    assert put(asha, audit, **(parts or PARTS)).status_code == 200
    desk.submit(audit)
    return audit


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_conclusion_is_written_over_rest_read_with_the_audit_and_changed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    empty = asha.get(f"/api/v1/audits/{audit}/conclusion")
    assert (empty.json(), empty.headers["etag"]) == ({**NONE, "minutes": None, "version": 0}, '"0"')
    first = put(asha, audit, **PARTS)
    assert first.status_code == 200, first.text
    version = first.json()["version"]
    assert first.json() == {**PARTS, "minutes": None, "version": version}
    assert first.headers["etag"] == f'"{version}"'
    assert asha.get(f"/api/v1/audits/{audit}").json()["conclusion"] == first.json()
    changed = put(asha, audit, version, works_well="Only this.")
    assert changed.json() == {
        **NONE,
        "works_well": "Only this.",
        "minutes": None,
        "version": changed.json()["version"],
    }
    assert changed.json()["version"] > version
    assert stored(desk, audit) == {**NONE, "works_well": "Only this."}
    assert desk.details("audit.concluded") == [
        {"parts": "works_well worries needs_to_happen feedback"},
        {"parts": "works_well worries needs_to_happen feedback"},
    ]


@pytest.mark.both_in_trials
def test_a_stale_version_is_refused_and_the_same_texts_again_change_nothing(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    first = put(asha, audit, **PARTS)
    assert put(asha, audit, worries="From another window.").status_code == 412
    assert asha.put(f"/api/v1/audits/{audit}/conclusion", json=PARTS).status_code == 428
    again = put(asha, audit, **PARTS)
    assert again.json() == first.json()
    assert desk.events().count("audit.concluded") == 1
    assert stored(desk, audit) == PARTS


def test_a_change_of_the_conclusion_is_a_change_of_the_audit(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    before = desk.find(audit).audit.version
    put(asha, audit, **PARTS)
    answer = asha.post(f"/api/v1/audits/{audit}/submit", headers={"If-Match": f'"{before}"'})
    assert answer.status_code == 412


def test_only_its_auditor_writes_it_and_only_while_the_audit_can_be_scored(
    desk: Desk, asha: Client, lena: Client
) -> None:
    audit, planned = desk.an_audit(), desk.an_audit(round_id=desk.a_round(title="Later", opened=False))
    assert put(lena, audit, **PARTS).status_code == 403
    assert put(desk.browser(desk.cast.ben), audit, **PARTS).status_code == 404
    assert put(desk.browser(desk.cast.omar), audit, **PARTS).status_code == 403
    assert put(asha, planned, **PARTS).status_code == 409
    desk.answer(audit)
    desk.submit(audit)
    assert put(asha, audit, **PARTS).status_code == 409
    desk.give_back(audit, "Say what worries you.")
    assert put(asha, audit, **PARTS).status_code == 200
    desk.submit(audit)
    assert stored(desk, audit) == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_screened_for_identifiers_and_names(desk: Desk, asha: Client, part: str) -> None:
    audit = desk.an_audit()
    written: dict[str, Any] = {part: f"On file: {NHS}.", "keep_names": "worker"}
    refused = put(asha, audit, **written)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{part}"
    assert NHS not in refused.text
    named: dict[str, Any] = {part: NAMED}
    asked = put(asha, audit, **named)
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["may_be_kept"]
    assert stored(desk, audit) == NONE
    assert put(asha, audit, keep_names="worker", **named).status_code == 200
    assert desk.details("name.kept") == [{"kept": f"worker /{part} title-and-name:10-26"}]
    assert [each["found"] for each in desk.details("identifier.refused")] == [f"/{part} nhs-number:9-21"]
    named[part] = "a" * 8_001
    assert put(asha, audit, desk.find(audit).conclusion.version, **named).status_code == 422


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_it_is_written_on_a_page_and_shown_before_the_audit_is_submitted(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/conclusion"
    assert path in page(asha, f"/audits/{audit}").links
    form = page(asha, path).form(path)
    answer = asha.post(path, data={**form, **PARTS, "do": "list"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{audit}")
    assert stored(desk, audit) == PARTS
    assert page(asha, path).form(path) | PARTS == page(asha, path).form(path)
    assert f"{path}?from=check" in page(asha, f"/audits/{audit}/check").links
    words = page(asha, f"/audits/{audit}/check").words
    assert all(" ".join(text.split()) in words for text in PARTS.values())
    unchanged = asha.post(path, data={**page(asha, path).form(path), "do": "check"})
    assert unchanged.headers["location"] == f"/audits/{audit}/check"
    assert desk.events().count("audit.concluded") == 1


def test_a_page_that_only_returns_what_another_program_wrote_changes_nothing(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, worries="Two lines.\r\nThe second.  ")
    path = f"/audits/{audit}/conclusion"
    shown = page(asha, path).form(path)
    form = {name: "\r\n".join(value.splitlines()) for name, value in shown.items()}
    assert asha.post(path, data={**form, "do": "check"}).status_code == 303
    assert desk.events().count("audit.concluded") == 1


@pytest.mark.both_in_trials
def test_while_there_is_none_a_conclusion_is_written_where_answers_are_checked(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    check = page(asha, f"/audits/{audit}/check").form("/check")
    named = asha.post(f"/audits/{audit}/submit", data={**check, **PARTS, "worries": f"On file: {NHS}."})
    assert (named.status_code, "#worries" in SeenPage(named).links) == (422, True)
    assert SeenPage(named).form("/check")["works_well"] == PARTS["works_well"]
    assert stored(desk, audit) == NONE
    # Another window writes one meanwhile: both stay to be seen, and saving again is a choice.
    put(asha, audit, worries="From elsewhere.")
    overtaken = asha.post(f"/audits/{audit}/check", data={**check, **PARTS})
    shown = SeenPage(overtaken)
    assert (overtaken.status_code, shown.form("/check")["worries"]) == (409, PARTS["worries"])
    assert "From elsewhere." in shown.words
    assert asha.post(f"/audits/{audit}/submit", data=shown.form("/check")).status_code == 303
    assert stored(desk, audit) == PARTS
    assert desk.find(audit).audit.submitted_at is not None


def test_a_conclusion_is_never_required(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit, "good", "daily-life", "planning", "challenge")
    path = f"/audits/{audit}/themes/voice"
    sent = {**page(asha, path).form(path), "answer": "good", "do": "continue"}
    assert asha.post(path, data=sent).headers["location"] == f"/audits/{audit}/check"
    again = {**page(asha, path).form(path), "answer": "outstanding", "do": "continue"}
    assert asha.post(path, data=again).headers["location"] == f"/audits/{audit}/check"
    check = page(asha, f"/audits/{audit}/check").form("/check")
    assert asha.post(f"/audits/{audit}/submit", data=check).headers["location"] == f"/audits/{audit}/submitted"


def test_a_page_keeps_what_was_typed_when_it_is_refused_and_asks_why_a_name_stays(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/conclusion"
    typed = {**page(asha, path).form(path), **PARTS, "worries": f"On file: {NHS}.", "feedback": NAMED}
    refused = asha.post(path, data=typed)
    assert refused.status_code == 422
    shown = SeenPage(refused)
    assert {name: shown.form(path)[name] for name in PARTS} == {name: typed[name] for name in PARTS}
    assert "#worries" in shown.links
    assert "#feedback" in shown.links
    assert stored(desk, audit) == NONE
    answer = asha.post(path, data={**typed, "worries": "", "keep_names": "worker"})
    assert answer.status_code == 303
    assert stored(desk, audit) == {**PARTS, "worries": "", "feedback": NAMED}


@pytest.mark.both_in_trials
def test_a_page_shows_what_another_window_saved_beside_what_was_typed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/conclusion"
    form = page(asha, path).form(path)
    assert asha.post(path, data={**form, "worries": "From one window."}).status_code == 303
    answer = asha.post(path, data={**form, "worries": "From the other."})
    assert answer.status_code == 409
    shown = SeenPage(answer)
    assert "From one window." in shown.words
    assert shown.form(path)["worries"] == "From the other."
    assert stored(desk, audit)["worries"] == "From one window."
    assert asha.post(path, data=shown.form(path)).status_code == 303
    assert stored(desk, audit)["worries"] == "From the other."


def test_what_was_typed_while_the_audit_was_submitted_elsewhere_is_shown_to_be_copied(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    path = f"/audits/{audit}/conclusion"
    form = page(asha, path).form(path)
    desk.submit(audit)
    answer = asha.post(path, data={**form, "feedback": "Every word of this."})
    assert answer.status_code == 409
    assert "Every word of this." in SeenPage(answer).words
    assert asha.get(path).headers["location"] == f"/audits/{audit}#conclusion"


def test_people_who_may_read_the_audit_see_it_on_its_pages_and_others_do_not(
    desk: Desk, asha: Client, lena: Client
) -> None:
    audit = a_submitted_audit(desk, asha)
    mo = desk.browser(desk.cast.mo)
    for client in (asha, lena, mo):
        for path in (f"/audits/{audit}", f"/audits/{audit}/print", f"/audits/{audit}/moderation"):
            words = page(client, path).words
            assert all(label in words for label in LABELS), path
            assert all(" ".join(text.split()) in words for text in PARTS.values()), path
        assert client.get(f"/api/v1/audits/{audit}/conclusion").json()["worries"] == PARTS["worries"]
    for stranger in (desk.browser(desk.cast.ben), desk.browser(desk.cast.omar)):
        assert stranger.get(f"/api/v1/audits/{audit}/conclusion").status_code == 404
        assert stranger.get(f"/audits/{audit}/feedback").status_code == 404


def test_a_blank_checklist_has_a_line_for_each_part_and_no_text(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, **PARTS)
    answer = asha.get(f"/audits/{audit}/print?blank=1")
    for label in LABELS:
        assert f'<p class="govuk-body app-checklist__line app-checklist__line--long">{label}</p>' in answer.text
    assert "share one plan" not in answer.text


def test_feedback_is_printed_with_no_grade_and_nothing_that_worries(desk: Desk, asha: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    path = f"/audits/{audit}/feedback"
    assert path in page(asha, f"/audits/{audit}").links
    shown = page(asha, path)
    reference, title = desk.find(audit).case_file.reference, desk.find(audit).round.title
    for words in (reference, title, *LABELS[:1], *LABELS[2:], PARTS["works_well"], PARTS["feedback"]):
        assert words in shown.words
    main = shown.words.partition("Feedback to the practitioner")[2]
    for hidden in (PARTS["worries"], "What we are worried about", "Never seen alone.", "Voice of the child"):
        assert hidden not in main
    assert main
    assert not any(rating.label in main for rating in desk.template.scale.ratings)


def test_without_feedback_there_is_nothing_to_print_and_the_page_says_so(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, worries="Only a worry.")
    assert f"/audits/{audit}/feedback" not in page(asha, f"/audits/{audit}").links
    assert "The auditor has not written any feedback." in page(asha, f"/audits/{audit}/feedback").words


def test_words_are_taken_out_of_a_conclusion_for_good(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha, **{name: f"{text} Quillfeather." for name, text in PARTS.items()})
    for part in list(PARTS)[1:]:
        version = f'"{desk.find(audit).audit.version}"'
        body = {"field": part, "reason": "child-or-family"}
        answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers={"If-Match": version})
        assert answer.status_code == 200, answer.text
        assert answer.json()["conclusion"][part] == "[redacted]"
    path = f"/audits/{audit}/redact"
    form = page(lena, path).form(path)
    typed = {"text": "works_well", "how_much": "words", "words": "Quillfeather", "reason": "child-or-family"}
    assert lena.post(path, data={**form, **typed}).status_code == 303
    assert stored(desk, audit)["works_well"] == f"{PARTS['works_well']} [redacted]."
    assert "Quillfeather" not in str(stored(desk, audit))


def test_what_an_audit_does_not_hold_cannot_be_taken_out(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha, worries="Only this.")
    for body, status in (({"field": "feedback"}, 409), ({"field": "worries", "theme": "voice"}, 422)):
        version = f'"{desk.find(audit).audit.version}"'
        sent = {"reason": "other-person", **body}
        answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=sent, headers={"If-Match": version})
        assert answer.status_code == status
    assert stored(desk, audit)["worries"] == "Only this."


@pytest.mark.both_in_trials
def test_an_audit_done_elsewhere_brings_its_conclusion(desk: Desk, lena: Client) -> None:
    one = lena.post("/api/v1/complete-audits", json=desk.complete(conclusion=PARTS), headers={"Idempotency-Key": "one"})
    assert one.status_code == 201, one.text
    assert stored(desk, uuid.UUID(one.json()["audit_id"])) == PARTS
    items = [
        desk.complete(),
        desk.complete(conclusion={"feedback": "Go on like this."}),
        desk.complete(conclusion={"worries": f"On file: {NHS}."}),
        desk.complete(conclusion={}),
        desk.complete(conclusion={"feedback": NAMED, "keep_names": "worker"}),
    ]
    many = lena.post("/api/v1/complete-audits/batch", json=items, headers={"Idempotency-Key": "many"})
    statuses = [item["status"] for item in many.json()["items"]]
    assert statuses == [201, 201, 422, 201, 201]
    assert many.json()["items"][2]["problem"]["errors"][0]["pointer"] == "/conclusion/worries"
    found = [stored(desk, uuid.UUID(item["recorded"]["audit_id"])) for item in many.json()["items"] if item["recorded"]]
    assert found == [NONE, {**NONE, "feedback": "Go on like this."}, NONE, {**NONE, "feedback": NAMED}]
    with desk.database.reading() as session:
        assert len(session.exec(select(Conclusion)).all()) == 3
        assert len(session.exec(select(Audit)).all()) == 5


def test_history_says_who_wrote_it(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, **PARTS)
    assert "Conclusion written by Asha" in page(asha, f"/audits/{audit}/history").words


def test_more_than_a_hundred_hours_are_a_slip_of_the_pen(database_url: str) -> None:
    with a_desk(database_url, template=a_full_template()) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit(harms=())
        assert put(asha, audit, minutes=6_000).json()["minutes"] == 6_000
        refused = put(asha, audit, minutes=6_001)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/minutes")
        assert refused.json()["errors"][0]["detail"] == "Enter whole minutes, from 1 to 6,000"
