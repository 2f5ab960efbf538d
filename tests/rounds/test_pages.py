"""Pages of rounds and of the gap report: planned, opened, followed, closed and read by a lead."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from models import Round, RoundState, now
from tests.client import Client
from tests.desk import Desk
from tests.page_forms import SeenPage


def parts(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def a_plan(desk: Desk, **changed: str) -> dict[str, str]:
    today = now().date()
    return {
        "key": "a-key-of-this-form",
        "title": "Autumn round",
        "template_version": f"{desk.template_id}/1",
        **parts("period_from", today - timedelta(days=90)),
        **parts("period_to", today),
        **parts("due_on", today + timedelta(days=30)),
        "target_percent": "85",
        "minimum_applicable": "6",
        "follows_id": str(desk.round_id),
        **changed,
    }


def rounds_of(desk: Desk) -> list[Round]:
    with desk.database.reading() as session:
        return list(session.exec(select(Round).order_by(col(Round.id))))


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_a_lead_plans_a_round_and_a_double_click_plans_one(desk: Desk, lena: Client) -> None:
    first, second = (lena.post("/rounds/new", data=a_plan(desk)) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    made = rounds_of(desk)[-1]
    assert len(rounds_of(desk)) == 2
    assert (made.title, made.target_percent, made.minimum_applicable) == ("Autumn round", 85, 6)
    assert (made.follows_id, made.state) == (desk.round_id, RoundState.PLANNED)
    assert "Autumn round" in lena.get(first.headers["location"]).text


@pytest.mark.both_in_trials
def test_a_round_may_say_from_when_the_file_is_read(desk: Desk, lena: Client) -> None:
    earlier = now().date() - timedelta(days=400)
    refused = lena.post("/rounds/new", data=a_plan(desk, **parts("read_from", now().date())))
    assert refused.status_code == 422
    assert "The first day to read from must be on or before the first day of the period under review" in refused.text
    made = lena.post("/rounds/new", data=a_plan(desk, **parts("read_from", earlier))).headers["location"]
    assert rounds_of(desk)[-1].read_from == earlier
    assert f"with the file read from {earlier.day} {earlier:%B %Y}" in lena.get(made).text
    assert f'value="{earlier.year}"' in lena.get(f"{made}/edit").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": " "}, "Enter a title for the round"),
        ({"template_version": ""}, "Select a published template"),
        ({"due_on-month": "13"}, "The due date must be a real date"),
        ({"period_to-year": ""}, "The last day of the period must include a year"),
        ({"period_to-year": "2019"}, "must be on or after the first day"),
        ({"read_from-year": "2025"}, "The first day to read from must include a day and a month"),
        ({"target_percent": "101"}, "Target must be a whole number from 1 to 100"),
        ({"lowest_percent": "100"}, "Largest share at the lowest rating must be a whole number from 0 to 99"),
        ({"minimum_applicable": "none"}, "Minimum number of applicable answers must be a whole number from 1 to 1,000"),
        ({"follows_id": "0192a3b4-0000-7000-8000-000000000000"}, "Select another round in your organisation"),
    ],
)
def test_a_plan_with_a_fault_is_given_back_with_its_mend_and_all_that_was_typed(
    desk: Desk, lena: Client, changed: dict[str, str], words: str
) -> None:
    answer = lena.post("/rounds/new", data=a_plan(desk, **{"title": "Kept as typed", **changed}))
    assert answer.status_code == 422
    assert words in answer.text
    assert answer.text.count("govuk-error-summary__title") == 1
    if "title" not in changed:
        assert 'value="Kept as typed"' in answer.text
    assert len(rounds_of(desk)) == 1


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_a_planned_round_is_opened_and_closed_and_then_stays_as_it_is(desk: Desk, lena: Client) -> None:
    planned = desk.a_round(title="To be opened", opened=False)
    waiting = desk.an_audit(round_id=planned)
    opening = SeenPage(lena.get(f"/rounds/{planned}/open"))
    assert lena.post(f"/rounds/{planned}/open", data=opening.forms[-1].fields).status_code == 303
    closing = lena.get(f"/rounds/{planned}/close")
    assert "1 audit not submitted" in closing.text
    typed = {**SeenPage(closing).forms[-1].fields, "reason": "The figures are needed."}
    assert lena.post(f"/rounds/{planned}/close", data=typed).status_code == 303
    assert desk.find(waiting).round.state is RoundState.CLOSED
    again = lena.post(f"/rounds/{planned}/close", data={"version": "3"})
    assert again.status_code == 409
    edited = lena.post(f"/rounds/{planned}/edit", data=a_plan(desk, version="3", title="A new title"))
    assert "A new title" in edited.text
    assert edited.status_code == 409
    assert "This round is closed, so it cannot be changed." in edited.text


def test_what_the_state_of_a_round_does_not_allow_is_not_asked_but_explained(desk: Desk, lena: Client) -> None:
    planned = desk.a_round(title="To be opened", opened=False)
    wrong = {
        f"/rounds/{planned}/close": "This round has not been opened, so it cannot be closed. Open the round first."
    }
    wrong[f"/rounds/{desk.round_id}/open"] = "This round is already open."
    for path, words in wrong.items():
        page = lena.get(path)
        assert page.status_code == 409
        assert words in page.text
        assert f'action="{path}"' not in page.text
        assert "Open round" in page.text or "Close round" in page.text
    assert "nothing has been audited" in lena.get(f"/rounds/{planned}/report").text
    assert "This round has not been opened" in lena.get(f"/rounds/{planned}/snapshot").text
    closing = SeenPage(lena.get(f"/rounds/{desk.round_id}/close"))
    lena.post(f"/rounds/{desk.round_id}/close", data={**closing.forms[-1].fields, "reason": "The figures are needed."})
    refused = {"open": "already closed", "close": "already closed", "edit": "so it cannot be changed"}
    for part, words in refused.items():
        page = lena.get(f"/rounds/{desk.round_id}/{part}")
        assert page.status_code == 409
        assert words in page.text


@pytest.mark.both_in_trials
def test_of_two_leads_who_change_a_round_the_second_is_shown_what_the_first_did(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.a_round(opened=False)}/edit"
    seen = SeenPage(lena.get(path)).forms[-1].fields
    assert lena.post(path, data=a_plan(desk, version=seen["version"], title="By the first")).status_code == 303
    second = lena.post(path, data=a_plan(desk, version=seen["version"], title="By the second"))
    assert second.status_code == 412
    assert "By the first" in second.text
    assert 'value="By the second"' in second.text
    fresh = SeenPage(second).forms[-1].fields["version"]
    assert lena.post(path, data=a_plan(desk, version=fresh, title="By the second")).status_code == 303
    assert rounds_of(desk)[-1].title == "By the second"


def test_an_open_round_can_still_change_its_title_and_due_date_and_nothing_else(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.round_id}/edit"
    seen = SeenPage(lena.get(path)).forms[-1].fields
    assert "target_percent" not in seen
    later = now().date() + timedelta(days=77)
    posted = {"version": seen["version"], "title": "Renamed", **parts("due_on", later), "target_percent": "10"}
    assert lena.post(path, data=posted).status_code == 303
    changed = rounds_of(desk)[0]
    assert (changed.title, changed.due_on, changed.target_percent) == ("Renamed", later, 90)


@pytest.mark.both_databases
def test_progress_shows_each_auditors_desk_and_what_is_overdue(desk: Desk, lena: Client) -> None:
    late = desk.a_round(title="Late", due_in_days=-3)
    done = desk.an_audit(round_id=late)
    desk.answer(done)
    desk.submit(done)
    begun = desk.an_audit(round_id=late)
    desk.answer(begun, "good", "voice")
    desk.an_audit(desk.cast.ben, round_id=late)
    words = SeenPage(lena.get(f"/rounds/{late}")).words
    assert "1 of 3 audits submitted, 2 overdue" in words
    assert "Asha 0 1 0 1 1" in words
    assert "Ben 1 0 0 0 1" in words
    listed = lena.get(f"/rounds/{late}/audits", params={"auditor": str(desk.cast.asha.id), "state": "submitted"})
    assert str(done) in listed.text
    assert str(begun) not in listed.text


@pytest.mark.parametrize("who", ["asha", "mo", "ada"])
@pytest.mark.parametrize(
    "path", ["/rounds", "/rounds/new", "/rounds/{round}", "/rounds/{round}/audits", "/reports/gaps"]
)
def test_only_leads_see_rounds_and_gaps(desk: Desk, who: str, path: str) -> None:
    answer = desk.browser(getattr(desk.cast, who)).get(path.format(round=desk.round_id))
    assert answer.status_code == 403


@pytest.mark.both_in_trials
def test_a_round_of_another_organisation_is_as_one_that_does_not_exist(desk: Desk) -> None:
    omar = desk.browser(desk.cast.omar)
    for path in ("/rounds/{}", "/rounds/{}/edit", "/rounds/{}/close", "/rounds/{}/audits", "/reports/gaps?round={}"):
        other = omar.get(path.format(desk.round_id))
        missing = omar.get(path.format("0192a3b4-0000-7000-8000-000000000000"))
        assert other.status_code == missing.status_code == 404
        assert "Spring round" not in other.text


@pytest.mark.both_in_trials
def test_the_gap_page_shows_the_numbers_of_the_chart_in_a_table_and_where_to_take_them(
    desk: Desk, lena: Client
) -> None:
    for answer in ("good", "good", "inadequate", "good", "not-evidenced", "not-applicable"):
        audit = desk.an_audit()
        desk.answer(audit, answer, rationale="Seen in the case notes.")
        desk.submit(audit)
    for query in ("", f"?round={desk.round_id}"):
        led = lena.get(f"/reports/gaps{query}")
        assert (led.status_code, led.headers["location"]) == (303, f"/rounds/{desk.round_id}/report")
    # 3 of 5 applicable answers meet the standard: 30 points short of 90%, and Wilson's 23% to 88% lies under it.
    row = "Voice of the child Gap 1 30.0 3 of 5 (60%) 23% to 88% 2 5"
    assert row in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    page = lena.get("/reports/gaps", params={"round": str(desk.round_id), "by": "team"})
    assert page.status_code == 200
    seen = SeenPage(page)
    assert "Counted 6 of 6 audits: submitted, in moderation, agreed or signed off" in seen.words
    assert row in seen.words
    assert page.text.count('role="img"') == 2
    assert any(link.startswith("/api/v1/reports/gaps.csv?") for link in seen.links)
    csv = lena.get(next(link for link in seen.links if link.startswith("/api/v1/reports/gaps.csv?")))
    assert csv.headers["content-type"].startswith("text/csv")
    by_team = lena.get("/reports/gaps", params={"round": str(desk.round_id), "by": "team", "target": "50"})
    assert "North locality" in by_team.text
    assert "On target" in by_team.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("round=not-a-round", "Select rounds from the list"),
        ("round={round}&by=school", "Select 1 option from the list"),
        ("round={round}&target=0", "Target must be a whole number from 1 to 100"),
    ],
)
def test_a_bad_choice_on_the_gap_page_is_said_beside_its_field(
    desk: Desk, lena: Client, query: str, words: str
) -> None:
    answer = lena.get(f"/reports/gaps?{query.format(round=desk.round_id)}")
    assert answer.status_code == 422
    assert words in answer.text


def test_rounds_with_different_targets_ask_for_one_on_the_page(desk: Desk, lena: Client) -> None:
    lena.post("/rounds/new", data=a_plan(desk))
    other = rounds_of(desk)[-1].id
    path = f"/reports/gaps?round={desk.round_id}&round={other}"
    refused = lena.get(path)
    assert refused.status_code == 422
    assert "different targets" in refused.text
    assert lena.get(f"{path}&target=90").status_code == 200
