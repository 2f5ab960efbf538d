"""A longer period applies at once; a shorter one when a second person has confirmed it, and not within a month."""

from datetime import date

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from api.foundation.local_time import day_in_words
from api.retention.actions import decide, set_period
from checklists.retention import RetentionKind
from models import RetentionChange
from models.storage.bulk import table_of
from tests.client import Client
from tests.desk import Desk
from tests.erasure.full_case import another_lead
from tests.factories import a_token_for, an_actor, program_for
from tests.page_forms import SeenPage


def ask(client: Client, months: int, *, kind: str = "audits", key: str = "one") -> tuple[int, dict[str, object]]:
    answer = client.post("/api/v1/retention", json={"kind": kind, "months": months}, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def months_of(client: Client, kind: str = "audits") -> tuple[int, int | None]:
    found = client.get("/api/v1/retention").json()["periods"]
    return next((each["months"], each["shorter_months"]) for each in found if each["kind"] == kind)


@pytest.mark.both_in_trials
def test_a_longer_period_is_set_by_one_person(desk: Desk, lena: Client) -> None:
    assert months_of(lena) == (36, None)
    status, made = ask(lena, 84)
    assert (status, made["confirmed"]) == (201, True)
    assert months_of(lena) == (84, None)
    assert desk.events().count("retention.lengthened") == 1


@pytest.mark.both_in_trials
def test_a_shorter_period_needs_another_person_and_then_a_month(desk: Desk, lena: Client) -> None:
    status, made = ask(lena, 12)
    assert (status, made["confirmed"]) == (201, False)
    assert months_of(lena) == (36, None)
    again, refused = ask(lena, 6, key="two")
    assert again == 409
    assert "waiting for a second person" in str(refused["detail"])
    path = f"/api/v1/retention/{made['id']}/decision"
    own = lena.post(path, json={"confirmed": True}, headers={"Idempotency-Key": "three"})
    assert own.status_code == 403
    assert "You asked for this period" in own.text
    mo = desk.browser(desk.cast.mo)
    done = mo.post(path, json={"confirmed": True}, headers={"Idempotency-Key": "four"})
    assert (done.status_code, done.json()["confirmed"]) == (200, True)
    assert months_of(lena) == (36, 12)
    assert mo.post(path, json={"confirmed": False}, headers={"Idempotency-Key": "five"}).status_code == 409
    # The old period again, within the month: the shorter one is stopped.
    assert ask(lena, 36, key="six")[0] == 201
    assert months_of(lena) == (36, None)


def test_what_is_declined_changes_nothing_and_can_be_asked_again(desk: Desk, lena: Client) -> None:
    with desk.database.writing() as session:
        asked = set_period(session, kind=RetentionKind.EMAILS, months=1, by=an_actor(desk.cast.lena)).id
    ola = an_actor(another_lead(desk))
    with desk.database.writing() as session:
        decide(session, change_id=asked, confirmed=False, by=ola)
    assert months_of(lena, "emails") == (3, None)
    assert ask(lena, 1, kind="emails")[0] == 201


def test_what_applies_already_is_refused(lena: Client) -> None:
    status, refused = ask(lena, 36)
    assert status == 409
    assert "for this long already" in str(refused["detail"])


@pytest.mark.parametrize("months", [0, 1_201])
def test_a_period_that_is_not_possible_is_refused(lena: Client, months: int) -> None:
    assert ask(lena, months)[0] == 422
    page = lena.post("/retention", data={"kind": "audits", "months": str(months)})
    assert page.status_code == 422
    assert "must be a whole number from 1 to 1,200" in page.text


def test_only_leads_set_a_period_and_no_program_does(desk: Desk) -> None:
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.ada):
        assert ask(desk.browser(person), 84)[0] == 403
    program = program_for(desk.app, a_token_for(desk.database, desk.cast.lena))
    status, refused = ask(program, 84)
    assert status == 403
    assert "Sign in to do it yourself" in str(refused["detail"])


def test_another_organisation_neither_sees_nor_decides(desk: Desk, lena: Client) -> None:
    _, made = ask(lena, 12)
    omar = desk.browser(desk.cast.omar)
    path = f"/api/v1/retention/{made['id']}/decision"
    assert omar.post(path, json={"confirmed": True}, headers={"Idempotency-Key": "one"}).status_code in {403, 404}
    assert str(made["id"]) not in omar.get("/api/v1/retention").text


def test_from_the_request_to_the_confirmation_by_pages(desk: Desk, lena: Client) -> None:
    fields = SeenPage(lena.get("/retention")).form("/retention")
    nothing = lena.post("/retention", data=fields)
    assert nothing.status_code == 422
    assert "Select a kind of record" in nothing.text
    assert lena.post("/retention", data={**fields, "kind": "audits", "months": "24"}).status_code == 303
    assert "another quality lead or a moderator must decide" in lena.get("/retention").text
    mo = desk.browser(desk.cast.mo)
    assert "1 shorter retention period to confirm" in mo.get("/").text
    page = mo.get("/retention").text
    assert "2 years" in page
    assert "Change a period" not in page
    (change,) = mo.get("/api/v1/retention").json()["changes"]
    assert mo.post(f"/retention/{change['id']}", data={}).status_code == 422
    assert mo.post(f"/retention/{change['id']}", data={"decision": "confirm"}).status_code == 303
    assert "3 years; from " in mo.get("/retention").text
    assert "shorter retention period" not in mo.get("/").text


def test_the_page_shows_what_goes_when(desk: Desk, lena: Client) -> None:
    audit_id = desk.an_audit(reference="KX3-1122-WV5")
    desk.answer(audit_id)
    desk.submit(audit_id)
    desk.close_round()
    assert "No audits or case files will be deleted by" in lena.get("/retention").text
    ask(lena, 1)
    (change,) = lena.get("/api/v1/retention").json()["changes"]
    mo = desk.browser(desk.cast.mo)
    mo.post(f"/retention/{change['id']}", data={"decision": "confirm"})
    (going,) = lena.get("/api/v1/retention").json()["going"]
    assert (going["kind"], going["round"], going["number"], going["kept"]) == ("audits", "Spring round", 1, 0)
    assert f"The audits of this round will be deleted on {day_in_words(date.fromisoformat(str(going['day'])))}" in (
        lena.get(f"/rounds/{desk.round_id}").text
    )
    page = lena.get("/retention").text
    assert "Audits of Spring round" in page
    assert "KX3-1122-WV5" not in page


@pytest.mark.both_databases
def test_a_change_cannot_be_altered_afterwards(desk: Desk, lena: Client) -> None:
    ask(lena, 84)
    changes = table_of(RetentionChange)
    for statement in (update(changes).values(months=1), delete(changes)):
        with (
            pytest.raises(DBAPIError, match="never changes"),
            desk.database.engine.execution_options(writes=True).begin() as connection,
        ):
            connection.execute(statement)
    with desk.database.reading() as session:
        assert session.exec(select(RetentionChange.months)).all() == [84]
