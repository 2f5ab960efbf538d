"""An auditor writes down the conversation with the worker and family views, beside every grade."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from models import Conversation, FamilyView, now
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.page_forms import SeenPage, page
from tests.reports.test_exports import exported, rows_of

NHS = "943 476 5919"
NAMED = "Seen with Mrs Quillfeather at home."
TODAY = now().date()
SAID: dict[str, Any] = {
    "held_on": str(TODAY),
    "took_part": ["worker", "manager"],
    "obstacles": ["caseload", "changes"],
    "obstacle_words": "Four workers\nin a <b>year</b>.",
}
NOTHING: dict[str, Any] = {"held_on": None, "took_part": [], "obstacles": [], "obstacle_words": ""}
VIEWS: dict[str, Any] = {
    "child": {"how": "visit", "answers": {"listened": "no"}, "words": "Wants to be asked\nfirst."},
    "parent": {"no_view": "no-reply"},
}
PATHS = {"conversation": SAID, "family-views": VIEWS}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template(case_facts=[])) as made:
        yield made


def put(client: Client, audit: uuid.UUID, what: str, version: int = 0, **parts: Any) -> httpx2.Response:
    answer: httpx2.Response = client.put(
        f"/api/v1/audits/{audit}/{what}", json=parts, headers={"If-Match": f'"{version}"'}
    )
    return answer


def pointers(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


def stored(desk: Desk) -> tuple[int, int]:
    """How many conversations and views are stored."""
    with desk.database.reading() as session:
        return len(session.exec(select(Conversation)).all()), len(session.exec(select(FamilyView)).all())


def a_submitted_audit(desk: Desk, client: Client) -> uuid.UUID:
    audit = desk.an_audit()
    desk.answer(audit)
    assert put(client, audit, "conversation", **SAID).status_code == 200
    assert put(client, audit, "family-views", **VIEWS).status_code == 200
    desk.submit(audit)
    return audit


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_conversation_is_written_over_rest_read_with_the_audit_and_changed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert asha.get(f"/api/v1/audits/{audit}/conversation").json() == {**NOTHING, "version": 0}
    first = put(asha, audit, "conversation", **SAID)
    assert first.status_code == 200, first.text
    version = first.json()["version"]
    assert first.json() == {**SAID, "version": version}
    assert asha.get(f"/api/v1/audits/{audit}").json()["conversation"] == first.json()
    assert put(asha, audit, "conversation", **SAID).json()["version"] == version
    assert put(asha, audit, "conversation", obstacles=["caseload"]).status_code == 412
    changed = put(asha, audit, "conversation", version, obstacles=["caseload"]).json()
    assert changed == {**NOTHING, "obstacles": ["caseload"], "version": changed["version"]}
    assert [each["parts"] for each in desk.details("audit.conversation-written")] == [
        "held_on took_part obstacles obstacle_words",
        "held_on took_part obstacles obstacle_words",
    ]


@pytest.mark.fast
@pytest.mark.both_databases
def test_views_of_the_family_are_written_over_rest_read_with_the_audit_and_changed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert asha.get(f"/api/v1/audits/{audit}/family-views").json() == {"views": [], "version": 0}
    first = put(asha, audit, "family-views", **VIEWS)
    assert first.status_code == 200, first.text
    version = first.json()["version"]
    assert first.json()["views"] == [
        {"who": "child", "no_view": None, **VIEWS["child"]},
        {"who": "parent", "how": None, "answers": {}, "words": "", **VIEWS["parent"]},
    ]
    assert asha.get(f"/api/v1/audits/{audit}").json()["family_views"] == first.json()
    assert put(asha, audit, "family-views", **VIEWS).json()["version"] == version
    assert put(asha, audit, "family-views", carer={"how": "phone"}).status_code == 412
    changed = put(asha, audit, "family-views", version, parent=VIEWS["parent"], carer={"how": "phone"}).json()
    assert [each["who"] for each in changed["views"]] == ["parent", "carer"]
    assert put(asha, audit, "family-views", version, **VIEWS).status_code == 412
    assert put(asha, audit, "family-views", changed["version"]).json() == {"views": [], "version": 0}
    assert [each["who"] for each in desk.details("audit.family-views-written")] == [
        "child parent",
        "child carer",
        "parent carer",
    ]


@pytest.mark.parametrize(
    ("what", "sent", "pointer"),
    [
        ("conversation", {"held_on": str(TODAY + timedelta(days=2)), "took_part": ["worker"]}, "/held_on"),
        ("conversation", {"held_on": str(TODAY)}, "/took_part"),
        ("conversation", {"took_part": ["worker"]}, "/held_on"),
        ("conversation", {"took_part": ["the cat"]}, "/took_part/0"),
        ("conversation", {"obstacles": ["weather"]}, "/obstacles"),
        ("conversation", {"obstacle_words": f"On file: {NHS}.", "keep_names": "worker"}, "/obstacle_words"),
        ("conversation", {"obstacle_words": NAMED}, "/obstacle_words"),
        ("family-views", {"child": {"how": "visit", "no_view": "refused"}}, "/child/how"),
        ("family-views", {"child": {}}, "/child/how"),
        ("family-views", {"child": {"no_view": "refused", "words": "Fine."}}, "/child/how"),
        ("family-views", {"child": {"how": "shouting"}}, "/child/how"),
        ("family-views", {"child": {"how": "visit", "answers": {"listened": "perhaps"}}}, "/child/answers/listened"),
        ("family-views", {"child": {"how": "visit", "answers": {"weather": "yes"}}}, "/child/answers/weather"),
        ("family-views", {"carer": {"how": "form", "words": NAMED}}, "/carer/words"),
        ("family-views", {"carer": {"how": "form", "words": f"{NHS}", "keep_names": "worker"}}, "/carer/words"),
        ("family-views", {"neighbour": {"how": "form"}}, "/neighbour"),
    ],
)
def test_what_cannot_be_heard_is_refused_with_its_place_and_nothing_is_stored(
    desk: Desk, asha: Client, what: str, sent: dict[str, Any], pointer: str
) -> None:
    refused = put(asha, desk.an_audit(), what, **sent)
    assert pointers(refused) == [pointer]
    assert NHS not in refused.text
    assert stored(desk) == (0, 0)


def test_names_stay_for_a_reason_and_are_recorded(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert put(asha, audit, "conversation", obstacle_words=NAMED, keep_names="worker").status_code == 200
    heard = {"how": "form", "words": NAMED, "keep_names": "not-a-name"}
    assert put(asha, audit, "family-views", parent=heard).status_code == 200
    assert [each["kept"] for each in desk.details("name.kept")] == [
        "worker /obstacle_words title-and-name:10-26",
        "not-a-name /parent/words title-and-name:10-26",
    ]


def test_a_template_that_does_not_ask_has_no_pages_and_takes_nothing(database_url: str) -> None:
    with a_desk(database_url) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit()
        for what, sent in PATHS.items():
            assert asha.get(f"/audits/{audit}/{what}").headers["location"] == f"/audits/{audit}#{what}"
            assert f"/audits/{audit}/{what}" not in page(asha, f"/audits/{audit}").links
            assert pointers(put(asha, audit, what, **sent)) == [""]
            assert put(asha, audit, what).json()["version"] == 0


@pytest.mark.parametrize("what", PATHS)
def test_only_its_auditor_writes_it_and_only_while_the_audit_can_be_scored(
    desk: Desk, asha: Client, lena: Client, what: str
) -> None:
    audit, planned = desk.an_audit(), desk.an_audit(round_id=desk.a_round(title="Later", opened=False))
    assert put(lena, audit, what, **PATHS[what]).status_code == 403
    assert put(desk.browser(desk.cast.ben), audit, what, **PATHS[what]).status_code == 404
    assert put(asha, planned, what, **PATHS[what]).status_code == 409
    submitted = a_submitted_audit(desk, asha)
    version = asha.get(f"/api/v1/audits/{submitted}/{what}").json()["version"]
    assert put(asha, submitted, what, version).status_code == 409
    desk.give_back(submitted, "Say more.")
    assert put(asha, submitted, what, version).status_code == 200


DAY = {"held_on-day": str(TODAY.day), "held_on-month": str(TODAY.month), "held_on-year": str(TODAY.year)}
TYPED: dict[str, dict[str, Any]] = {
    "conversation": {**DAY, "took_part": ["worker"], "obstacles": ["caseload"], "obstacle_words": "Too\nmany."},
    "family-views": {
        "child/how": "visit",
        "child/answers/listened": "no",
        "child/words": "Ask\nme.",
        "other/how": "nobody",
    },
}
WORDS = {"conversation": "obstacle_words", "family-views": "child/words"}


@pytest.mark.fast
@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", PATHS)
def test_it_is_written_on_a_page_shown_before_submission_and_unchanged_when_sent_again(
    desk: Desk, asha: Client, what: str
) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/{what}"
    assert path in page(asha, f"/audits/{audit}").links
    assert f"{path}?from=check" in page(asha, f"/audits/{audit}/check").links
    form = page(asha, path).form(path)
    sent = asha.post(path, data={**form, **TYPED[what], "do": "list"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/audits/{audit}")
    found = desk.find(audit)
    if what == "conversation":
        assert (found.conversation.held_on, found.conversation.took_part) == (TODAY, "worker")
        assert (found.conversation.obstacles, found.conversation.obstacle_words) == ("caseload", "Too\nmany.")
    else:
        child, other = found.family_views["child"], found.family_views["other"]
        assert (child.how, child.answers, child.words) == ("visit", "no", "Ask\nme.")
        assert (other.how, other.no_view) == ("", "nobody")
    words = page(asha, f"/audits/{audit}/check").words
    assert all(
        told in words for told in {"conversation": ("Caseload", "Too many."), "family-views": ("Ask me.", "No")}[what]
    )
    # A form gives one value for a name with several, so these are sent again as they were.
    again = {
        **page(asha, path).form(path),
        **{name: value for name, value in TYPED[what].items() if isinstance(value, list)},
    }
    assert asha.post(path, data={**again, "do": "check"}).headers["location"] == f"/audits/{audit}/check"
    assert len(desk.details("audit.conversation-written") + desk.details("audit.family-views-written")) == 1


@pytest.mark.parametrize("what", PATHS)
def test_a_page_keeps_what_was_typed_when_it_is_refused_and_asks_why_a_name_stays(
    desk: Desk, asha: Client, what: str
) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/{what}"
    typed = {**page(asha, path).form(path), **TYPED[what], WORDS[what]: NAMED}
    refused = asha.post(path, data=typed)
    assert refused.status_code == 422
    shown = SeenPage(refused)
    assert shown.form(path)[WORDS[what]] == NAMED
    assert f"#{WORDS[what]}" in shown.links
    assert stored(desk) == (0, 0)
    keep = "child/keep_names" if what == "family-views" else "keep_names"
    assert asha.post(path, data={**typed, keep: "worker"}).status_code == 303


def test_a_day_that_is_none_and_a_forged_choice_are_refused_beside_their_field(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/conversation"
    form = page(asha, path).form(path)
    wrong = asha.post(path, data={**form, **TYPED["conversation"], "held_on-month": "13"})
    assert (wrong.status_code, "#held_on" in SeenPage(wrong).links) == (422, True)
    assert "Too\nmany." in wrong.text
    path = f"/audits/{audit}/family-views"
    forged = asha.post(path, data={**page(asha, path).form(path), "carer/how": "shouting"})
    assert (forged.status_code, "#carer/how" in SeenPage(forged).links) == (422, True)
    only_words = asha.post(path, data={**page(asha, path).form(path), "carer/words": "Tired."})
    assert "A carer: select how their views were sought or why they were not, not both" in SeenPage(only_words).words


@pytest.mark.both_in_trials
@pytest.mark.parametrize("what", PATHS)
def test_a_page_shows_what_another_window_saved_beside_what_was_typed(desk: Desk, asha: Client, what: str) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/{what}"
    form = {**page(asha, path).form(path), **TYPED[what]}
    assert asha.post(path, data={**form, WORDS[what]: "From one window."}).status_code == 303
    answer = asha.post(path, data={**form, WORDS[what]: "From the other."})
    assert answer.status_code == 409
    shown = SeenPage(answer)
    assert "From one window." in shown.words
    assert shown.form(path)[WORDS[what]] == "From the other."
    desk.answer(audit)
    desk.submit(audit)
    late = asha.post(path, data={**form, WORDS[what]: "Every word of this."})
    assert late.status_code == 409
    assert "Every word of this." in SeenPage(late).words


def test_people_who_may_read_the_audit_see_it_on_its_pages(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    told = (
        "Practitioner’s manager or supervisor",
        "Changes of worker",
        "Four workers in a <b>year</b>.",
        "Views sought: visit",
        "Did you feel listened to?",
        "Wants to be asked first.",
        "Views not sought: they did not reply",
    )
    for client in (asha, lena, desk.browser(desk.cast.mo)):
        for path in (f"/audits/{audit}", f"/audits/{audit}/print", f"/audits/{audit}/moderation"):
            words = page(client, path).words
            assert [each for each in told if each not in words] == [], path
    blank = page(asha, f"/audits/{audit}/print?blank=1").words
    assert "No interpreter or communication support was available" in blank
    assert "Four workers" not in blank
    for what in PATHS:
        assert desk.browser(desk.cast.ben).get(f"/api/v1/audits/{audit}/{what}").status_code == 404


def test_words_are_taken_out_for_good(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    for field in ("obstacle_words", "views_of_child"):
        version = f'"{desk.find(audit).audit.version}"'
        body = {"field": field, "reason": "child-or-family"}
        answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers={"If-Match": version})
        assert answer.status_code == 200, answer.text
    found = desk.find(audit)
    assert (found.conversation.obstacle_words, found.family_views["child"].words) == ("[redacted]", "[redacted]")
    version = f'"{found.audit.version}"'
    nothing = {"field": "views_of_parent", "reason": "child-or-family"}
    answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=nothing, headers={"If-Match": version})
    assert answer.status_code == 409
    path = f"/audits/{audit}/redact"
    assert "Family views: the child" in page(lena, path).words


@pytest.mark.both_in_trials
def test_an_audit_done_elsewhere_brings_what_was_heard(desk: Desk, lena: Client) -> None:
    sent = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [{"theme": theme, "answer": "good"} for theme in desk.template.theme_keys],
    }
    items = [
        {**sent, "conversation": SAID, "family_views": VIEWS},
        sent,
        {**sent, "conversation": {"held_on": str(TODAY)}, "family_views": {"child": {}}},
    ]
    many = lena.post("/api/v1/complete-audits/batch", json=items, headers={"Idempotency-Key": "many"}).json()["items"]
    assert [item["status"] for item in many] == [201, 201, 422]
    wrong = [error["pointer"] for error in many[2]["problem"]["errors"]]
    assert wrong == ["/conversation/took_part", "/family_views/child/how"]
    found = lena.get(f"/api/v1/audits/{many[0]['recorded']['audit_id']}").json()
    assert {name: found["conversation"][name] for name in SAID} == SAID
    assert [view["who"] for view in found["family_views"]["views"]] == ["child", "parent"]
    assert stored(desk) == (1, 2)


def test_an_export_has_what_was_heard(desk: Desk, asha: Client) -> None:
    a_submitted_audit(desk, asha)
    content = exported(desk)
    (row,) = rows_of(content, "audits.csv")
    assert (row["conversation_on"], row["conversation_with"]) == (str(TODAY), "worker manager")
    assert (row["obstacles"], row["obstacle_words"]) == ("caseload changes", SAID["obstacle_words"])
    assert (row["family_child"], row["family_child_listened"]) == ("visit", "no")
    assert row["family_child_words"] == VIEWS["child"]["words"]
    assert (row["family_parent"], row["family_parent_words"], row["family_carer"]) == ("no-reply", "", "")
    assert "family_other_listened" in {line["column"] for line in rows_of(content, "codebook.csv")}


def test_what_was_heard_is_a_beginning_of_the_audit_and_its_history_says_who_wrote_it(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, "conversation", **SAID)
    put(asha, audit, "family-views", **VIEWS)
    words = page(asha, f"/audits/{audit}/history").words
    assert "Conversation with the practitioner recorded by Asha" in words
    assert "Family views recorded by Asha" in words
