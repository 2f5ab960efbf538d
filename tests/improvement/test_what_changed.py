"""One page for a period: gaps that were found, what was done about them, and what re-audits measured."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from sqlalchemy import event

from api.access.blindness import every_hidden_reading
from api.foundation.events import EVENT_TEXTS
from api.foundation.local_time import local_date
from api.improvement.impact import unchanged
from api.improvement.impact.document import EVERY_CHART, pages_of_charts
from checklists.actions.action_states import ActionMove
from models import ActionCause, now
from tests.client import Client
from tests.desk import Desk
from tests.improvement.acting import WORDS, a_plan, moved, planned
from tests.improvement.test_recommendations import recorded
from tests.page_forms import SeenPage
from tests.reports.test_measured_change import next_round, play, table_of

PATH = "/reports/changed"
DONE = (ActionMove.AGREE, ActionMove.START, ActionMove.FINISH)


def summary_of(document: dict[str, Any]) -> list[str]:
    sentences: list[str] = document["sections"][0]["paragraphs"]
    return sentences


@pytest.mark.both_databases
def test_a_gap_its_actions_and_the_measured_change_are_one_chain(desk: Desk, lena: Client) -> None:
    first = desk.round_id
    play(desk, 4, 16)
    next_round(desk, "Summer round")
    about = {"cause": ActionCause.GAP, "round_id": first, "themes": ("voice",)}
    done = planned(desk, a_plan(desk.cast.asha, **about))
    moved(desk, done, *DONE, ActionMove.CONFIRM_IMPACT)
    waiting = planned(desk, a_plan(None, **about))
    moved(desk, waiting, ActionMove.AGREE)
    dropped = planned(desk, a_plan(None, **about, words="Send a letter to everybody."))
    moved(desk, dropped, ActionMove.DROP)
    play(desk, 17, 3)
    desk.close_round()
    period = {"from": str(local_date(now())), "to": str(local_date(now()) + timedelta(days=60))}
    answer = lena.get(f"/api/v1{PATH}", params=period)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    found, done_about_it, *_ = summary_of(document)
    assert found == "2 rounds were closed. 2 gaps or possible gaps were found, and 1 of them has a practice action."
    assert done_about_it == (
        "2 practice actions were due: 1 done in time, 0 done late and 1 not done. "
        "1 closed with evidence of impact and 0 with no impact seen."
    )
    assert table_of(document, "findings") == [
        ["Summer round", *table_of(document, "findings")[0][1:2], "1", "0"],
        ["Spring round", *table_of(document, "findings")[1][1:2], "1", "1"],
    ]
    assert table_of(document, "practice-actions")[0] == ["All", "3", "2", "1", "0", "1", "1", "0", "1", "0"]
    voice = table_of(document, "changes-1")[0]
    assert voice == ["Voice of the child", "20%", "2", "85%", "+65.0", "+34.8 to +80.4", "Improved"]
    page = SeenPage(lena.get(PATH))
    assert "What changed because we audited" in page.words
    assert "Improved" in page.words
    # The chain as a chart, with its words for people who do not see it.
    said = "Voice of the child: 20%, interval 8% to 42% then, 2 actions, 85%, interval 64% to 95% now: improved."
    assert said in lena.get(PATH).text
    older = lena.get(PATH, params={"charts": 2}).text
    assert said not in older, "the charts of older re-audits are on further pages"
    assert "+34.8 to +80.4" in older
    assert lena.get(PATH, params={"charts": 0}).status_code == 422
    for kind in ("csv", "xlsx", "docx", "pdf"):
        for start in ("", "/api/v1"):
            assert lena.get(f"{start}{PATH}.{kind}", params=period).status_code == 200
    assert "report.changed-fetched" in desk.events()


@pytest.mark.parametrize(
    ("re_audits", "pages"),
    [(0, []), (1, [(1, 1)]), (4, [(1, 4)]), (9, [(1, 4), (5, 8), (9, 9)]), (24, [(n, n + 3) for n in range(1, 24, 4)])],
)
def test_every_re_audit_has_its_chart_on_one_page_and_in_files(re_audits: int, pages: list[tuple[int, int]]) -> None:
    report: Any = SimpleNamespace(changes=("a re-audit",) * re_audits)
    found = pages_of_charts(report)
    assert [(each.first, each.last) for each in found] == pages
    assert EVERY_CHART.first == 1
    assert EVERY_CHART.last >= re_audits


def test_what_is_overdue_is_shown_with_its_owner(desk: Desk, lena: Client) -> None:
    late = planned(desk, a_plan(None, due_on=local_date(now()) + timedelta(days=1)))
    moved(desk, late, ActionMove.AGREE)
    assert "No practice action is overdue." in str(lena.get(f"/api/v1{PATH}").json())
    tomorrow = local_date(now()) + timedelta(days=3)
    with time_machine.travel(now() + timedelta(days=3), tick=True):
        client = desk.browser(desk.cast.lena)
        (row,) = table_of(client.get(f"/api/v1{PATH}", params={"to": str(tomorrow)}).json(), "stuck")
    assert (row[0], row[1], row[3], row[4]) == (WORDS, "Head of Service, Assessment", "2", "0")


def test_an_empty_service_says_so_and_has_no_gaps(lena: Client) -> None:
    sentences = summary_of(lena.get(f"/api/v1{PATH}").json())
    assert sentences[:3] == [
        *("No round was closed in this period.", "No practice action was due.", "No child-level action was due."),
    ]
    assert sentences[-1] == "No re-audit was closed in this period, so no change was measured."


def test_recommendations_without_an_answer_are_counted(desk: Desk, lena: Client) -> None:
    recommendation = recorded(desk)
    last = recommendation["due_on"]
    sentences = summary_of(lena.get(f"/api/v1{PATH}", params={"to": last}).json())
    assert sentences[-1] == "0 recommendations were answered. Due by the end of the period and not answered yet: 1."
    assert not any("recommendation" in each for each in summary_of(lena.get(f"/api/v1{PATH}").json()))


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "The first day must be on or before the last day"),
        ({"from": "2016-02-01", "to": "2026-01-01"}, "The period must be 5 years or less"),
        ({"to": "9999-12-31"}, "Enter a date from 2000 to 2200."),
        ({"to": "0001-01-01"}, "Enter a date from 2000 to 2200."),
    ],
)
def test_a_period_that_cannot_be_is_refused(lena: Client, period: dict[str, str], said: str) -> None:
    answer = lena.get(f"/api/v1{PATH}", params=period)
    assert answer.status_code == 422
    assert said in answer.text
    page = lena.get(PATH, params=period)
    assert page.status_code == 422
    assert said in page.text


def test_only_people_who_read_every_audit_read_it(desk: Desk) -> None:
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        assert desk.browser(person).get(f"/api/v1{PATH}").status_code == 403


def asked_again(lena: Client, desk: Desk) -> tuple[Any, int]:
    """The report as it is remembered or counted, and how many times actions of its period were read."""
    read: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        read.extend(["read"] * ("first_due_on BETWEEN" in statement))

    event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        return lena.get(f"/api/v1{PATH}").json(), len(read)
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", note)


@pytest.mark.both_databases
def test_what_is_remembered_is_what_counting_again_finds(desk: Desk, lena: Client) -> None:
    first, read = asked_again(lena, desk)
    assert read == 2, "the actions of each kind"
    action = planned(desk, a_plan(desk.cast.asha))
    said = [first]
    for move in (None, *DONE, ActionMove.CONFIRM_IMPACT):
        if move is not None:
            moved(desk, action, move)
        changed, read = asked_again(lena, desk)
        assert read == 2, "an action has changed"
        again, read = asked_again(desk.browser(desk.cast.lena), desk)  # signing in changes no action
        assert (again, read) == (changed, 0)
        unchanged.forget()
        counted, read = asked_again(lena, desk)
        assert (counted, read) == (changed, 2)
        said.append(changed)
    assert len({json.dumps(each) for each in said}) >= 4
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        assert asked_again(desk.browser(desk.cast.lena), desk)[1] == 2, "another day"


@pytest.mark.both_databases
def test_a_change_while_it_is_asked_what_somebody_may_not_see_is_counted_at_the_next_request(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "api.improvement.impact.queries.every_hidden_reading"

    def hidden_before_a_change(*given: Any) -> Any:
        found = every_hidden_reading(*given)
        monkeypatch.setattr(asked, every_hidden_reading)
        planned(desk, a_plan(desk.cast.asha))
        return found

    monkeypatch.setattr(asked, hidden_before_a_change)
    assert asked_again(lena, desk)[1] == 2
    assert asked_again(lena, desk)[1] == 2, "an action was planned after what is hidden had been read"
    assert asked_again(lena, desk)[1] == 0


def test_kinds_of_events_that_change_no_action_are_kinds_of_events() -> None:
    known = {kind for texts in EVENT_TEXTS for kind in texts}
    assert known >= unchanged.CHANGE_NO_ACTION
    assert [kind for kind in unchanged.CHANGE_NO_ACTION if kind.startswith(("action.", "actions.", "erasure."))] == []
