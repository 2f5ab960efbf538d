"""The history of an audit in plain words, for whoever may read the audit."""

import ast
import re

import pytest
from sqlmodel import select

from api.foundation import events
from api.trail.history.queries import describe_event, event_texts
from models import Event
from tests.desk import Desk
from tests.factories import an_actor
from tests.sources import ROOT, parsed, sources

API = ROOT / "api"
# Whoever is handed the kind of an event as a text.
RECORDERS = {
    "record",
    "row",
    "record_view",
    "_note",
    "_Made",
    "file_answer",
    "_moved",
    "_change",
    "_changed",
    "_record",
    "_record_failure",
    "_written",
}
# What they are handed from: a table of kinds.
TABLES = {"_EVENTS"}
KIND = re.compile(r"[a-z][a-z-]*\.[a-z][a-z-]*")


def kinds_recorded() -> set[str]:
    """Every kind of event that stands anywhere in the code as a text."""
    found: set[str] = set()
    for _, tree in parsed(rf'"{KIND.pattern}"', "api"):
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in TABLES:
                found |= {
                    each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and type(each.value) is str
                }
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                texts = (
                    [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                    if name in RECORDERS
                    else []
                )
                found |= {text for text in texts if isinstance(text, str) and KIND.fullmatch(text)}
    return found


@pytest.mark.fast
def test_every_kind_of_event_has_a_sentence_and_every_sentence_a_kind() -> None:
    recorded = kinds_recorded()
    assert len(recorded) > 40
    assert recorded - event_texts().keys() == set()
    assert event_texts().keys() - recorded == set()


def test_every_kind_that_is_recorded_is_handed_over_where_the_test_above_looks() -> None:
    things = {kind.partition(".")[0] for kind in event_texts()}
    named = {
        text
        for file, source in sources().items()
        if file.is_relative_to(API) and file.name != "feature.py"
        for _, text in source.texts
        if KIND.fullmatch(text)
    }
    assert {kind for kind in named if kind.partition(".")[0] in things} == named & event_texts().keys()


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_history_says_who_did_what_in_plain_words(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", "voice")
    desk.answer(audit_id)
    desk.submit(audit_id)
    desk.browser(desk.cast.mo).get(f"/audits/{audit_id}")
    desk.give_back(audit_id, "Look again at the plan.")
    items = desk.browser(desk.cast.asha).get(f"/api/v1/audits/{audit_id}/history").json()["items"]
    assert [item["sentence"] for item in items] == [
        "Returned to the auditor by Lena",
        "Read by Mo",
        "Submitted by Asha",
        "Answered by Asha: Daily life; Planning; Challenge",
        "Answered by Asha: Voice of the child",
        "Allocated to Asha by Lena",
    ]
    page = desk.browser(desk.cast.asha).get(f"/audits/{audit_id}/history").text
    assert re.search(r"Submitted by Asha, <time [^>]+>\d+ \w+ \d{4}, \d+:\d\d[ap]m</time>", page)
    assert "Look again" not in page


@pytest.mark.both_databases
def test_a_history_is_read_in_pages_that_neither_miss_nor_repeat(desk: Desk) -> None:
    audit_id = desk.an_audit()
    for theme in ("voice", "daily-life", "planning"):
        desk.answer(audit_id, "good", theme)
    asha = desk.browser(desk.cast.asha)
    whole = asha.get(f"/api/v1/audits/{audit_id}/history").json()["items"]
    paged, after = [], ""
    while after is not None:
        page = asha.get(
            f"/api/v1/audits/{audit_id}/history", params={"limit": 3, **({"after": after} if after else {})}
        )
        paged += page.json()["items"]
        after = page.json()["after"]
    assert paged == whole
    assert len(whole) == 4
    first = asha.get(f"/audits/{audit_id}/history", params={"limit": 3}).text
    assert f"/audits/{audit_id}/history?after=" in first


def test_only_whoever_may_read_an_audit_reads_its_history(desk: Desk) -> None:
    audit_id = desk.an_audit()
    for person, status in ((desk.cast.ben, 404), (desk.cast.mo, 404), (desk.cast.omar, 404), (desk.cast.ada, 403)):
        browser = desk.browser(person)
        for path in (f"/api/v1/audits/{audit_id}/history", f"/audits/{audit_id}/history"):
            assert browser.get(path).status_code == status


@pytest.mark.both_in_trials
def test_that_somebody_was_refused_an_audit_is_told_to_leads_only(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.browser(desk.cast.ben).get(f"/audits/{audit_id}")
    path = f"/api/v1/audits/{audit_id}/history"
    assert "Ben" in desk.browser(desk.cast.lena).get(path).json()["items"][0]["sentence"]
    assert "Ben" not in desk.browser(desk.cast.asha).get(path).text


@pytest.mark.both_databases
def test_every_event_of_a_working_day_makes_a_sentence_without_a_gap(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    desk.submit(audit_id)
    with desk.database.reading() as session:
        stored = session.exec(select(Event)).all()
    assert len({event.kind for event in stored}) > 8
    for event in stored:
        words = describe_event(event, {})
        assert words[0].isupper() or event.kind == "person.signed-in"
        assert "{" not in words


def test_a_history_says_so_where_an_audit_was_agreed_without_a_judgement(desk: Desk) -> None:
    audit_id = desk.an_audit()
    with desk.database.writing() as session:
        events.record(session, "audit.agreed", audit_id, by=an_actor(desk.cast.mo), details={"overall": ""})
    with desk.database.reading() as session:
        event = session.exec(select(Event).where(Event.kind == "audit.agreed")).one()
    assert describe_event(event, {}).endswith(". Overall judgement: no judgement")
