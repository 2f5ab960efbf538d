"""Rounds of different templates added together: every counted audit stays in every figure."""

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from api.audit_templates import actions as templates
from api.documents.document import Origin
from api.documents.files import FileKind, render_file
from api.reports.gaps.document import gap_document
from api.reports.gaps.queries import gap_report
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from models import now
from tests.checklists.full_template import a_full_template, full_template
from tests.desk import SMALL, Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.reports.asked_audits import Said, record_asked

AUDITS = 12


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_full_template()) as made:
        yield made


def a_newer_round(desk: Desk, content: Template) -> uuid.UUID:
    """A later round of another template."""
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        made = templates.create_template(session, content=content, by=lena).version
        templates.publish_version(session, template_id=made.template_id, number=1, version=made.version, by=lena)
    before, desk.template_id = desk.template_id, made.template_id
    try:
        return desk.a_round(title="Summer round")
    finally:
        desk.template_id = before


def read_both(desk: Desk, newer: uuid.UUID, by: str = "whole") -> Any:
    rounds = f"round={desk.round_id}&round={newer}&target=80&by={by}"
    answered = desk.browser(desk.cast.lena).get(f"/api/v1/reports/gaps?{rounds}")
    assert answered.status_code == 200, answered.text
    assert desk.browser(desk.cast.lena).get(f"/reports/gaps?{rounds}").status_code == 200
    return answered.json()


def test_audits_that_could_not_be_judged_stay_counted_beside_a_template_that_always_judges(desk: Desk) -> None:
    record_asked(desk, audits=AUDITS)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql("UPDATE audit SET overall_calculated = 'cannot-be-judged'")
    newer = a_newer_round(desk, check_template({**SMALL, "scale": full_template()["scale"]}))
    overall = read_both(desk, newer)["groups"][0]["overall"]
    assert (overall["counts"]["cannot-be-judged"], overall["judged"], overall["meeting"]) == (AUDITS, AUDITS, 0)
    by_mode = read_both(desk, newer, "mode")["groups"]
    assert [group["overall"]["counts"]["cannot-be-judged"] for group in by_mode] == [AUDITS]
    with desk.database.reading() as session:
        split = gap_report(
            session,
            round_ids=[desk.round_id, newer],
            breakdown="mode",
            target_percent=80,
            by=an_actor(desk.cast.lena),
        )
    document = gap_document(split, made_on=now().date(), origin=Origin())
    (table,) = (table for table in document.tables if table.key == "overall-by-mode")
    assert [len(row) for row in table.rows] == [len(table.columns)]
    assert table.rows[0][table.place_of("Cannot be judged from the file")].text == str(AUDITS)
    assert all(render_file(document, kind).content for kind in FileKind)


def in_other_words() -> Template:
    content = full_template(
        key="others",
        statuses=[{"key": "waiting", "label": "Waiting"}],
        age_bands=[{"key": "grown", "label": "Grown up"}],
        forms_of_harm=[{"key": "fear", "label": "Being afraid"}],
    )
    content["learning_domains"][1]["themes"][0].pop("applies_when")
    content["case_facts"][0]["choices"] = [
        {"key": "new", "label": "New", "at_least": 0, "below": 1},
        {"key": "ages", "label": "For ages", "at_least": 1},
    ]
    return check_template(content)


def test_cases_that_the_newest_template_has_no_word_for_stay_under_their_own(desk: Desk) -> None:
    said = record_asked(desk, audits=AUDITS)
    newer = a_newer_round(desk, in_other_words())
    cases = {trait["key"]: trait for trait in read_both(desk, newer)["cases"]}
    assert {kind["label"]: kind["number"] for kind in cases["status"]["kinds"] if kind["number"]} == statuses(said)
    assert sum(kind["number"] for kind in cases["age-band"]["kinds"]) == AUDITS
    (illness,) = cases["involves-parent"]["kinds"]
    assert (illness["label"], illness["number"]) == (
        "A parent's illness",
        sum("illness" in each.involves for each in said),
    )
    (fear,) = cases["involves-harm"]["kinds"]
    assert fear["label"] == "Being afraid"
    opened = {kind["label"]: kind["number"] for kind in cases["fact:open-for"]["kinds"] if kind["number"]}
    choices = {"short": "Under 6 months", "long": "6 months or more"}
    assert opened == Counter(choices[each.facts["open-for"]] for each in said)
    groups = {group["label"]: group["audits"] for group in read_both(desk, newer, "status")["groups"]}
    assert groups == statuses(said)


def statuses(said: list[Said]) -> dict[str, int]:
    return Counter(each.status.label for each in said)
