"""Rounds over REST: planned, opened, followed and closed for good, and what two people at once make of that."""

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlmodel import col, select

from api.audit_templates import actions as templates
from api.audits.submission import actions as submissions
from api.reports.gaps.queries import gap_report
from models import Audit, AuditState, Event, Round, RoundState, now
from models.storage.database import Database
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_key, an_actor, an_integration, client_for, program_for

PATH = "/api/v1/rounds"
NOBODYS = "0192a3b4-0000-7000-8000-000000000000"
TODAY = now().date()


def a_plan(desk: Desk, **changed: Any) -> dict[str, Any]:
    return {
        "title": "Autumn round",
        "template_id": str(desk.template_id),
        "template_version": 1,
        "period_from": "2026-07-01",
        "period_to": "2026-09-30",
        "due_on": str(TODAY + timedelta(days=30)),
        **changed,
    }


def make(client: Client, plan: dict[str, Any], **headers: str) -> httpx2.Response:
    answer: httpx2.Response = client.post(PATH, json=plan, headers=headers or a_key())
    return answer


SENT = {"open": {"recorded_elsewhere": True}, "close": {"reason": "The figures are needed."}}


def move(client: Client, path: str, step: str, version: int) -> httpx2.Response:
    """Open or close the round, though it may be empty or unfinished."""
    answer: httpx2.Response = client.post(f"{path}/{step}", json=SENT[step], headers={"If-Match": f'"{version}"'})
    return answer


def change(client: Client, path: str, plan: dict[str, Any], version: int) -> httpx2.Response:
    answer: httpx2.Response = client.put(path, json=plan, headers={"If-Match": f'"{version}"'})
    return answer


def pointers(answer: httpx2.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def kinds(database: Database) -> list[str]:
    """What was done to rounds since the first, which the desk has made and opened."""
    with database.reading() as session:
        query = select(col(Event.kind)).where(col(Event.kind).startswith("round.")).order_by(col(Event.number))
        return list(session.exec(query))[2:]


def submitted(desk: Desk, **options: Any) -> uuid.UUID:
    audit_id = desk.an_audit(**options)
    desk.answer(audit_id)
    desk.submit(audit_id)
    return audit_id


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_round_is_planned_opened_and_closed(desk: Desk, lena: Client) -> None:
    plan = a_plan(desk, target_percent=80, minimum_applicable=3, follows_id=str(desk.round_id))
    made = make(lena, plan)
    path = made.headers["location"]
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert {name: made.json()[name] for name in plan} == plan
    opened = move(lena, path, "open", 1)
    closed = move(lena, path, "close", 2)
    assert [each.json()["state"] for each in (made, opened, closed)] == ["planned", "open", "closed"]
    assert [each.headers["etag"] for each in (opened, closed)] == ['"2"', '"3"']
    assert made.json()["opened_at"] is None
    assert opened.json()["closed_at"] is None
    assert opened.json()["opened_at"] <= closed.json()["closed_at"]
    assert lena.get(path).json() == closed.json()
    assert kinds(desk.database) == ["round.made", "round.opened", "round.closed"]


def test_a_title_is_kept_without_the_white_space_around_and_between_its_words(desk: Desk, lena: Client) -> None:
    made = make(lena, a_plan(desk, title="  Autumn \t round "))
    assert made.json()["title"] == "Autumn round"
    changed = change(lena, made.headers["location"], a_plan(desk, title=" Winter\n round"), 1)
    assert changed.json()["title"] == "Winter round"


def test_a_plan_that_says_no_more_has_no_target_yet_and_needs_at_least_5_answers(desk: Desk, lena: Client) -> None:
    made = make(lena, a_plan(desk)).json()
    assert (made["target_percent"], made["lowest_percent"]) == (None, None)
    assert (made["minimum_applicable"], made["follows_id"]) == (5, None)


def test_targets_that_are_left_out_stay_and_null_takes_them_away(desk: Desk, lena: Client) -> None:
    made = make(lena, a_plan(desk, target_percent=80, lowest_percent=0))
    path = made.headers["location"]
    kept = change(lena, path, a_plan(desk, title="Renamed"), 1).json()
    assert (kept["title"], kept["target_percent"], kept["lowest_percent"]) == ("Renamed", 80, 0)
    gone = change(lena, path, a_plan(desk, target_percent=None, lowest_percent=None), 2).json()
    assert (gone["target_percent"], gone["lowest_percent"]) == (None, None)


@pytest.mark.both_in_trials
def test_a_round_sent_again_is_planned_once_and_answered_alike(desk: Desk, lena: Client) -> None:
    key = a_key()
    first, again = (make(lena, a_plan(desk), **key) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert [again.headers[name] for name in ("location", "etag")] == [first.headers["location"], '"1"']
    other = make(lena, a_plan(desk, title="Another"), **key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    missing = lena.post(PATH, json=a_plan(desk))
    assert (missing.status_code, missing.json()["type"]) == (400, "/problems/idempotency-key-missing")
    assert kinds(desk.database) == ["round.made"]


FAULTS = [
    ({"title": " "}, ["/title"]),
    ({"title": ""}, ["/title"]),
    ({"title": "x" * 121}, ["/title"]),
    ({"period_to": "2026-06-30"}, ["/period_to"]),
    ({"period_from": "2026-02-30"}, ["/period_from"]),
    ({"read_from": "2026-07-02"}, ["/read_from"]),
    ({"read_from": "long ago"}, ["/read_from"]),
    ({"due_on": "soon"}, ["/due_on"]),
    ({"target_percent": 0}, ["/target_percent"]),
    ({"target_percent": 101}, ["/target_percent"]),
    ({"target_percent": 89.5}, ["/target_percent"]),
    ({"lowest_percent": 100}, ["/lowest_percent"]),
    ({"minimum_applicable": 0}, ["/minimum_applicable"]),
    ({"minimum_applicable": 1001}, ["/minimum_applicable"]),
    ({"template_version": 2}, ["/template_version"]),
    ({"template_id": NOBODYS}, ["/template_version"]),
    ({"follows_id": NOBODYS}, ["/follows_id"]),
    ({"state": "open"}, ["/state"]),
    ({"title": " ", "period_to": "2026-06-30", "follows_id": NOBODYS}, ["/title", "/period_to", "/follows_id"]),
]


@pytest.mark.parametrize(("changed", "places"), FAULTS)
def test_a_plan_with_faults_is_refused_with_the_place_of_each_and_nothing_is_planned(
    desk: Desk, lena: Client, changed: dict[str, Any], places: list[str]
) -> None:
    refused = make(lena, a_plan(desk, **changed))
    assert (refused.status_code, pointers(refused)) == (422, places)
    assert kinds(desk.database) == []


@pytest.mark.parametrize(("changed", "places"), FAULTS)
def test_a_planned_round_cannot_be_changed_into_one_with_faults(
    desk: Desk, lena: Client, changed: dict[str, Any], places: list[str]
) -> None:
    made = make(lena, a_plan(desk))
    refused = change(lena, made.headers["location"], a_plan(desk, **changed), 1)
    assert (refused.status_code, pointers(refused)) == (422, places)
    assert lena.get(made.headers["location"]).json() == made.json()


@pytest.mark.parametrize("title", ["For 943 476 5919", "kim@example.org", "Spring\x00round", "Spring\x1bround"])
def test_a_title_that_cannot_be_shown_or_names_a_person_is_refused(desk: Desk, lena: Client, title: str) -> None:
    path = make(lena, a_plan(desk)).headers["location"]
    for refused in (make(lena, a_plan(desk, title=title)), change(lena, path, a_plan(desk, title=title), 1)):
        assert (refused.status_code, pointers(refused)) == (422, ["/title"])
        assert title not in refused.text
    assert lena.get(path).json()["title"] == "Autumn round"


def test_a_draft_or_retired_template_takes_no_new_round_and_a_planned_one_keeps_what_it_has(
    desk: Desk, lena: Client
) -> None:
    by = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        draft = templates.create_template(session, content=desk.template.model_copy(update={"key": "draft"}), by=by)
    refused = make(lena, a_plan(desk, template_id=str(draft.template.id)))
    assert pointers(refused) == ["/template_version"]
    path = make(lena, a_plan(desk)).headers["location"]
    with desk.database.writing() as session:
        version = templates.find_version(session, template_id=desk.template_id, number=1, by=by).version.version
        templates.retire_version(session, template_id=desk.template_id, number=1, version=version, by=by)
    assert pointers(make(lena, a_plan(desk))) == ["/template_version"]
    kept = change(lena, path, a_plan(desk, title="Winter round"), 1)
    assert (kept.status_code, kept.json()["title"]) == (200, "Winter round")


@pytest.mark.both_databases
def test_rounds_never_follow_one_another_in_a_ring(desk: Desk, lena: Client) -> None:
    first, second, third = (make(lena, a_plan(desk, title=title)).json() for title in ("First", "Second", "Third"))
    for later, earlier in ((second, first), (third, second)):
        answer = change(lena, f"{PATH}/{later['id']}", a_plan(desk, follows_id=earlier["id"]), 1)
        assert answer.json()["follows_id"] == earlier["id"]
    for follows in (first, second, third):
        refused = change(lena, f"{PATH}/{first['id']}", a_plan(desk, follows_id=follows["id"]), 1)
        assert (refused.status_code, pointers(refused)) == (422, ["/follows_id"]), follows["title"]


@pytest.mark.both_in_trials
@pytest.mark.parametrize(
    "changed",
    [
        {"target_percent": 80},
        {"minimum_applicable": 1},
        {"period_from": "2026-06-01"},
        {"period_to": "2026-10-01"},
        {"read_from": "2026-01-01"},
        {"template_version": 2},
        {"follows_id": NOBODYS},
    ],
)
def test_an_open_round_changes_its_title_and_due_date_and_nothing_else(
    desk: Desk, lena: Client, changed: dict[str, Any]
) -> None:
    path = make(lena, a_plan(desk)).headers["location"]
    move(lena, path, "open", 1)
    later = {"title": "Renamed", "due_on": str(TODAY + timedelta(days=60))}
    refused = change(lena, path, a_plan(desk, **later, **changed), 2)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    kept = change(lena, path, a_plan(desk, **later), 2)
    assert (kept.status_code, {name: kept.json()[name] for name in later}) == (200, later)


def test_what_a_rounds_state_does_not_allow_is_refused(desk: Desk, lena: Client) -> None:
    path = make(lena, a_plan(desk)).headers["location"]
    assert move(lena, path, "close", 1).status_code == 409
    assert move(lena, path, "open", 1).status_code == 200
    assert move(lena, path, "open", 2).status_code == 409
    assert move(lena, path, "close", 2).status_code == 200
    for refused in (
        move(lena, path, "open", 3),
        move(lena, path, "close", 3),
        change(lena, path, a_plan(desk, title="Renamed"), 3),
        change(lena, path, a_plan(desk), 3),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert lena.get(path).json()["version"] == 3
    assert kinds(desk.database) == ["round.made", "round.opened", "round.closed"]


def test_a_step_without_a_version_or_from_an_old_one_is_refused(desk: Desk, lena: Client) -> None:
    path = make(lena, a_plan(desk)).headers["location"]
    change(lena, path, a_plan(desk, title="Renamed"), 1)
    for ask in ("open", "close"):
        assert lena.post(f"{path}/{ask}").status_code == 428
        assert move(lena, path, ask, 1).status_code == 412
    assert lena.put(path, json=a_plan(desk)).status_code == 428
    assert change(lena, path, a_plan(desk), 1).status_code == 412
    assert (lena.get(path).json()["title"], lena.get(path).json()["state"]) == ("Renamed", "planned")
    assert kinds(desk.database) == ["round.made", "round.changed"]


@pytest.mark.both_databases
def test_closing_leaves_out_what_is_not_submitted_and_nothing_changes_any_more(desk: Desk, lena: Client) -> None:
    path = f"{PATH}/{desk.round_id}"
    done, waiting = submitted(desk), desk.an_audit()
    desk.answer(waiting)
    assert move(lena, path, "close", 2).status_code == 200
    report = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()
    assert (report["counted"], report["left_out"]) == (1, {"not-submitted": 1})
    asha = desk.browser(desk.cast.asha)
    version = {"If-Match": f'"{desk.find(waiting).audit.version}"'}
    reason = {"reason": "Look again."}
    new = {"round_id": str(desk.round_id), "case_file_id": str(desk.find(done).case_file.id)}
    for refused in (
        asha.post(f"/api/v1/audits/{waiting}/submit", headers=version),
        asha.put(f"/api/v1/audits/{waiting}/scores", json={"voice": {"answer": "inadequate"}}, headers=version),
        lena.post(f"/api/v1/audits/{waiting}/withdraw", json=reason, headers=version),
        lena.post(f"/api/v1/audits/{done}/return", json=reason, headers={"If-Match": '"3"'}),
        lena.post("/api/v1/audits", json={**new, "auditor_id": str(desk.cast.ben.id)}, headers=a_key()),
    ):
        assert refused.status_code == 409, refused.text
    assert lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json() == report


@pytest.mark.both_databases
def test_an_audit_submitted_while_its_round_closes_is_either_counted_or_refused(desk: Desk) -> None:
    waiting = [desk.an_audit() for _ in range(8)]
    for audit_id in waiting:
        desk.answer(audit_id)
    gate = threading.Barrier(len(waiting) + 1)
    outcomes: dict[uuid.UUID, int] = {}

    def submit(audit_id: uuid.UUID) -> None:
        client = client_for(desk.app, desk.cast.asha)
        gate.wait()
        outcomes[audit_id] = client.post(f"/api/v1/audits/{audit_id}/submit", headers={"If-Match": '"2"'}).status_code

    def close() -> None:
        client = client_for(desk.app, desk.cast.lena)
        gate.wait()
        outcomes[desk.round_id] = move(client, f"{PATH}/{desk.round_id}", "close", 2).status_code

    threads = [threading.Thread(target=submit, args=(audit_id,)) for audit_id in waiting]
    threads.append(threading.Thread(target=close))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.pop(desk.round_id) == 200
    assert set(outcomes.values()) <= {200, 409}
    with desk.database.reading() as session:
        stands = session.exec(select(Audit.id).where(col(Audit.state) == AuditState.SUBMITTED)).all()
        report = gap_report(session, round_ids=[desk.round_id], by=an_actor(desk.cast.lena))
    assert {audit_id for audit_id, status in outcomes.items() if status == 200} == set(stands)
    assert report.counted == len(stands)


@pytest.mark.both_databases
def test_of_many_who_close_a_round_one_does_and_it_is_stored_once(desk: Desk) -> None:
    submitted(desk)
    gate, statuses = threading.Barrier(5), []

    def close() -> None:
        client = client_for(desk.app, desk.cast.lena)
        gate.wait()
        statuses.append(move(client, f"{PATH}/{desk.round_id}", "close", 2).status_code)

    threads = [threading.Thread(target=close) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200, *[412] * 4]
    assert kinds(desk.database) == ["round.closed"]
    with desk.database.reading() as session:
        assert session.get_one(Round, (desk.cast.organisation.id, desk.round_id)).version == 3


def seen(client: Client, path: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{path}/progress").json()
    return found


def counts(progress: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    names = ("allocated", "not_started", "in_progress", "returned", "submitted", "overdue")
    return {each["name"]: tuple(each[name] for name in names) for each in progress["auditors"]}


@pytest.mark.both_databases
def test_progress_counts_each_audit_once_and_withdrawn_ones_apart(desk: Desk, lena: Client) -> None:
    path = f"{PATH}/{desk.round_id}"
    assert seen(lena, path) == {"allocated": 0, "submitted": 0, "overdue": 0, "withdrawn": 0, "auditors": []}
    submitted(desk)
    returned, gone = submitted(desk), submitted(desk)
    desk.give_back(returned, "Look again.")
    begun = desk.an_audit()
    desk.answer(begun, "good", "voice")
    desk.an_audit(desk.cast.ben)
    with desk.database.writing() as session:
        submissions.withdraw(session, audit_id=gone, reason="Twice.", version=3, by=an_actor(desk.cast.lena))
    progress = seen(lena, path)
    assert {name: progress[name] for name in ("allocated", "submitted", "overdue", "withdrawn")} == {
        "allocated": 4,
        "submitted": 1,
        "overdue": 0,
        "withdrawn": 1,
    }
    assert counts(progress) == {"Asha": (3, 0, 1, 1, 1, 0), "Ben": (1, 1, 0, 0, 0, 0)}


@pytest.mark.both_in_trials
def test_what_is_not_handed_in_is_overdue_from_the_day_after_and_only_while_the_round_is_open(
    desk: Desk, lena: Client
) -> None:
    late, today = desk.a_round(due_in_days=-1), desk.a_round(due_in_days=0)
    planned = desk.a_round(due_in_days=-1, opened=False)
    for round_id in (late, today, planned):
        desk.an_audit(round_id=round_id)
    submitted(desk, round_id=late)
    assert [seen(lena, f"{PATH}/{each}")["overdue"] for each in (late, today, planned)] == [1, 0, 0]
    assert counts(seen(lena, f"{PATH}/{late}")) == {"Asha": (2, 1, 0, 0, 1, 1)}
    move(lena, f"{PATH}/{late}", "close", 2)
    assert seen(lena, f"{PATH}/{late}")["overdue"] == 0


def pages(client: Client, **query: str) -> Iterator[list[str]]:
    """The titles on each page of the list, two to a page."""
    after: str | None = None
    while True:
        page = client.get(PATH, params={"limit": "2", **query, **({"after": after} if after else {})}).json()
        yield [item["title"] for item in page["items"]]
        after = page["after"]
        if after is None:
            return


@pytest.mark.both_databases
def test_rounds_are_listed_page_by_page_newest_first_and_by_state(desk: Desk, lena: Client) -> None:
    made = [make(lena, a_plan(desk, title=f"Round {number}")).headers["location"] for number in range(4)]
    for path in made[:2]:
        move(lena, path, "open", 1)
    move(lena, made[0], "close", 2)
    assert list(pages(lena)) == [["Round 3", "Round 2"], ["Round 1", "Round 0"], ["Spring round"]]
    assert list(pages(lena, state="planned")) == [["Round 3", "Round 2"]]
    assert list(pages(lena, state="open")) == [["Round 1", "Spring round"]]
    assert list(pages(lena, state=RoundState.CLOSED.value)) == [["Round 0"]]
    for query in ({"after": "2"}, {"limit": "0"}, {"limit": "101"}, {"state": "done"}):
        assert lena.get(PATH, params=query).status_code == 422, query


def test_everybody_who_audits_reads_rounds_and_only_leads_plan_them(desk: Desk) -> None:
    path = f"{PATH}/{desk.round_id}"

    def statuses(client: Client) -> list[int]:
        return [
            client.get(path).status_code,
            client.get(f"{path}/progress").status_code,
            make(client, a_plan(desk)).status_code,
            change(client, path, a_plan(desk), 2).status_code,
            move(client, path, "open", 2).status_code,
        ]

    def of(person: MadePerson) -> list[int]:
        return statuses(desk.browser(person))

    assert of(desk.cast.asha) == of(desk.cast.mo) == [200, 403, 403, 403, 403]
    assert of(desk.cast.ada) == [403] * 5
    program = program_for(desk.app, an_integration(desk.database, desk.cast.organisation))
    assert statuses(program) == [200, 403, 403, 403, 403]
    assert of(desk.cast.lena) == [200, 200, 201, 409, 409]


@pytest.mark.both_in_trials
def test_a_round_of_another_organisation_is_as_one_that_does_not_exist(desk: Desk, lena: Client) -> None:
    omar = desk.browser(desk.cast.omar)
    before = lena.get(f"{PATH}/{desk.round_id}").json()

    def refusals(round_id: object) -> list[dict[str, Any]]:
        path = f"{PATH}/{round_id}"
        answers = (
            omar.get(path),
            omar.get(f"{path}/progress"),
            change(omar, path, a_plan(desk), 2),
            move(omar, path, "open", 2),
            move(omar, path, "close", 2),
            omar.get(f"/api/v1/reports/gaps?round={round_id}"),
            omar.get(f"/api/v1/reports/gaps.csv?round={round_id}"),
        )
        names = ("type", "title", "status", "detail", "errors")
        return [{name: answer.json()[name] for name in names} for answer in answers]

    assert refusals(desk.round_id) == refusals(NOBODYS)
    assert {refusal["status"] for refusal in refusals(desk.round_id)} == {404}
    assert list(pages(omar)) == [[]]
    assert lena.get(f"{PATH}/{desk.round_id}").json() == before
    foreign = make(omar, a_plan(desk, follows_id=str(desk.round_id)))
    assert pointers(foreign) == ["/template_version", "/follows_id"]
