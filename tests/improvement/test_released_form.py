"""What changed, for sharing: nothing of a single child, and no statement that a true table might contradict."""

import uuid
from datetime import timedelta

import pytest

from api.foundation.local_time import local_date
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from checklists.actions.action_states import ActionMove
from models import ActionCause, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.improvement.acting import a_plan, moved, planned
from tests.page_forms import SeenPage
from tests.reports.test_measured_change import next_round, play, table_of

PATH = "/reports/changed/released"
CHILD = "Zbernard must be seen"


def a_snapshot(desk: Desk, round_id: uuid.UUID) -> uuid.UUID:
    with desk.database.writing() as session:
        made = snapshots.make_snapshot(
            session, round_id=round_id, snapshot=NewSnapshot("For the board"), by=an_actor(desk.cast.lena)
        )
        return made.id


def a_chain(desk: Desk) -> tuple[uuid.UUID, uuid.UUID]:
    """A round with a gap, a practice action and one for a child, and a closed re-audit."""
    first = desk.round_id
    play(desk, 4, 16)
    audit = desk.an_audit()
    with desk.database.writing() as session:
        new = NewChildAction(CHILD, owner_post="Team manager")
        child_level.propose_child_action(session, audit_id=audit, new=new, by=an_actor(desk.cast.asha))
    desk.answer(audit, "good")
    desk.submit(audit)
    next_round(desk, "Summer round")
    action = planned(desk, a_plan(desk.cast.asha, cause=ActionCause.GAP, round_id=first, themes=("voice",)))
    moved(desk, action, ActionMove.AGREE, ActionMove.START, ActionMove.FINISH)
    play(desk, 18, 2)
    desk.close_round()
    return first, desk.round_id


def a_period() -> str:
    today = local_date(now())
    return f"?from={today}&to={today + timedelta(days=60)}"


@pytest.mark.both_in_trials
def test_it_has_practice_actions_and_what_snapshots_certainly_show_and_nothing_of_a_child(
    desk: Desk, lena: Client
) -> None:
    first, second = a_chain(desk)
    without = lena.get(f"/api/v1{PATH}{a_period()}").json()
    assert "Re-audits without a snapshot of both rounds, which are not shown: 1." in str(without)
    assert "Voice of the child" not in str(without)
    assert "numbers of actions about practice only" in str(without)
    a_snapshot(desk, first)
    a_snapshot(desk, second)
    document = lena.get(f"/api/v1{PATH}{a_period()}").json()
    (voice,) = [row for row in table_of(document, "released-1") if row[0] == "Voice of the child"]
    assert voice[4] == "Rose"
    least, most = (float(end) for end in voice[3].split(" to "))
    # 4 of 21 met the standard, and then 18 of 20.
    assert least <= 100 * (18 / 20 - 5 / 21) <= most
    assert table_of(document, "practice-actions")[0][:5] == ["All", "1", "1", "1", "0"]
    for kind in ("", ".csv", ".docx", ".xlsx", ".pdf"):
        for start in ("", "/api/v1"):
            found = lena.get(f"{start}{PATH}{kind}{a_period()}")
            assert found.status_code == 200, (start, kind)
            if kind in {"", ".csv"}:
                assert CHILD.lower() not in found.text.lower()
                assert "child-level" not in found.text.lower().replace("actions for single children", "")
    page = SeenPage(lena.get(f"{PATH}{a_period()}"))
    assert "Released under disclosure control" in page.words
    for person in (desk.cast.asha, desk.cast.ada):
        assert desk.browser(person).get(PATH).status_code == 403


def test_a_briefing_of_a_re_audit_says_what_has_changed(desk: Desk, lena: Client) -> None:
    first, second = a_chain(desk)
    lead = an_actor(desk.cast.lena)

    def sections_of(snapshot_id: uuid.UUID) -> str:
        with desk.database.writing() as session:
            made = briefings.create_briefing(session, snapshot_id=snapshot_id, title="What we learned", by=lead)
        return SeenPage(lena.get(f"/briefings/{made.id}")).words

    latest = a_snapshot(desk, second)
    assert "What has changed" not in sections_of(latest)
    a_snapshot(desk, first)
    said = sections_of(latest)
    assert "What has changed After “Spring round”, 1 action was planned about practice, and 1 of them is done." in said
    assert "Voice of the child: the share that met the standard rose from about" in said
    assert "may have done so by chance" in said
