"""What an auditor judged before they saw what their answers give is kept, whatever they judge afterwards."""

import uuid
from collections.abc import Iterator

import pytest

from api.reports.round_report.document import document_of
from checklists.templates.template_file import check_template
from tests.audits.test_judged_overall import JUDGED, judge, scored
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.reports.test_exports import exported, rows_of


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=check_template(JUDGED)) as made:
        yield made


def first_of(client: Client, audit_id: uuid.UUID) -> str | None:
    first = client.get(f"/api/v1/audits/{audit_id}").json()["first_judgement"]
    return None if first is None else f"{first['overall']}"


def overall_said(desk: Desk) -> list[str]:
    with desk.database.reading() as session:
        document = document_of(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))
    (section,) = (each for each in document.sections if each.heading == "Overall judgements")
    return list(section.paragraphs)


@pytest.mark.both_in_trials
def test_the_first_judgement_stays_when_the_auditor_changes_theirs_or_takes_it_back(desk: Desk) -> None:
    asha = desk.browser(desk.cast.asha)
    audit_id = scored(desk)
    assert first_of(asha, audit_id) is None
    judge(desk, audit_id, "requires-improvement")
    at = asha.get(f"/api/v1/audits/{audit_id}").json()["first_judgement"]["judged_at"]
    judge(desk, audit_id, "", reason="")
    judge(desk, audit_id, "good")
    found = asha.get(f"/api/v1/audits/{audit_id}").json()
    assert found["overall_override"] == "good"
    assert found["first_judgement"] == {"overall": "requires-improvement", "judged_at": at}
    desk.submit(audit_id)
    assert first_of(desk.browser(desk.cast.lena), audit_id) == "requires-improvement"


def test_moderators_see_it_and_the_report_says_how_often_it_was_changed(desk: Desk) -> None:
    assert overall_said(desk) == []
    kept, changed = scored(desk), scored(desk)
    for audit_id in (kept, changed):
        judge(desk, audit_id, "requires-improvement")
    judge(desk, changed, "good")
    for audit_id in (kept, changed):
        desk.submit(audit_id)
    seen = SeenPage(desk.browser(desk.cast.mo).get(f"/audits/{changed}/moderation")).words
    assert "First judgement, before the calculated one was shown Requires improvement," in seen
    (said,) = overall_said(desk)
    assert said.startswith("Auditors changed their overall judgement after they saw the calculated judgement in 1 of 2")
    page = SeenPage(desk.browser(desk.cast.lena).get(f"/rounds/{desk.round_id}/report")).words
    assert "Auditors changed their overall judgement after they saw" in page


def test_the_export_has_it_beside_the_auditors_judgement(desk: Desk) -> None:
    audit_id = scored(desk)
    judge(desk, audit_id, "requires-improvement")
    judge(desk, audit_id, "good")
    desk.submit(audit_id)
    (row,) = rows_of(exported(desk), "audits.csv")
    assert (row["overall_first"], row["overall_override"]) == ("requires-improvement", "good")
    assert row["overall_first_at"].startswith("20")
