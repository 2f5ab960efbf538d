"""Administrators keep webhooks by pages and REST; a secret is shown once, and whatever is not asked for is refused."""

import json
import uuid
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select
from standardwebhooks.webhooks import Webhook

from api.webhooks.actions import MOST_ENDPOINTS
from api.webhooks.kinds import CHOICES
from api.webhooks.sending import send_due
from models import WebhookEndpoint, WebhookState
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, a_token_for, client_for, program_for
from tests.page_forms import SeenPage
from tests.service import service_on
from tests.webhooks.hooking import ADDRESS, OTHER, endpoint, it_happens, messages, settings_of, what_was_said
from tests.webhooks.receiving import Receiver, a_receiver

PATH = "/api/v1/webhooks"
WANTED = {"name": "Case system", "address": ADDRESS, "kinds": ["audit.submitted", "round.closed"]}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The service of the desk, with two hosts allowed."""
    return service_on(settings_of(desk), desk.database)


@pytest.fixture
def ada(app: FastAPI, desk: Desk) -> Client:
    return client_for(app, desk.cast.ada)


def made_by(client: Client, **other: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={**WANTED, **other}, headers=a_key())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def version(number: int) -> dict[str, str]:
    return {"If-Match": f'"{number}"'}


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_webhook_is_made_changed_switched_off_and_on_and_deleted_over_rest(desk: Desk, ada: Client) -> None:
    made = made_by(ada)
    path = f"{PATH}/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert {name: made[name] for name in WANTED} == {**WANTED, "kinds": ["round.closed", "audit.submitted"]}
    shown = ada.get(path)
    assert (shown.json(), shown.headers["etag"]) == ({k: v for k, v in made.items() if k != "secret"}, '"1"')
    assert ada.get(PATH).json() == {"items": [shown.json()]}
    changed = ada.put(path, json={**WANTED, "address": OTHER, "kinds": ["round.opened"]}, headers=version(1))
    assert (changed.json()["address"], changed.json()["kinds"], changed.json()["version"]) == (
        OTHER,
        ["round.opened"],
        2,
    )
    off = ada.post(f"{path}/switch-off", headers=version(2))
    assert off.json()["state"] == "off"
    assert ada.post(f"{path}/switch-off", headers=version(3)).status_code == 409
    assert ada.post(f"{path}/switch-on", headers=version(3)).json()["state"] == "on"
    assert [ada.delete(path, headers=version(number)).status_code for number in (3, 4)] == [412, 204]
    assert ada.get(path).status_code == 404
    kinds = ("made", "changed", "switched-off", "switched-on", "deleted")
    assert [kind for kind in desk.events() if kind.startswith("webhook.")] == [f"webhook.{kind}" for kind in kinds]


@pytest.mark.both_in_trials
def test_a_secret_is_shown_once_over_rest_and_on_the_page(desk: Desk, ada: Client) -> None:
    key = a_key()
    first, again = (ada.post(PATH, json=WANTED, headers=key) for _ in range(2))
    assert again.json() == {**first.json(), "secret": None}
    path = f"{PATH}/{first.json()['id']}"
    key = a_key()
    changed, repeated = (ada.post(f"{path}/secret", json={"overlap_hours": 48}, headers=key) for _ in range(2))
    assert repeated.json() == {**changed.json(), "secret": None}
    assert changed.json()["two_signatures_until"] is not None
    form = {**WANTED, "name": "By form", "key": "1"}
    shown, redirected = (ada.post("/webhooks/new", data=form) for _ in range(2))
    assert (shown.text.count("whsec_"), redirected.status_code) == (1, 303)
    form = {"overlap_hours": "0", "key": "2"}
    shown, redirected = (ada.post(f"{redirected.headers['location']}/secret", data=form) for _ in range(2))
    assert (shown.text.count("whsec_"), redirected.status_code) == (1, 303)
    everything = "".join(ada.get(each).text for each in (PATH, path, "/webhooks", redirected.headers["location"]))
    assert "whsec_" not in everything
    with desk.database.reading() as session:
        assert "whsec_" not in repr(session.exec(select(WebhookEndpoint)).all())
    assert "whsec_" not in json.dumps(ada.get("/api/v1/events").json())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "Ask Sam on 07700 900123"}, "name"),
        ({"address": "https://127.0.0.1/"}, "address"),
        ({"address": "http://hooks.example.org/"}, "address"),
        ({"address": "https://evil.example/"}, "address"),
        ({"kinds": ["webhook.test"]}, "kinds"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(
    ada: Client, wrong: dict[str, Any], field: str
) -> None:
    refused = ada.post(PATH, json={**WANTED, **wrong}, headers=a_key())
    assert refused.status_code == 422
    assert [each["pointer"].strip("/#") for each in refused.json()["errors"]] == [field]
    page = ada.post("/webhooks/new", data={**WANTED, **wrong, "key": "1"})
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    if field != "name":
        assert SeenPage(page).form("/webhooks/new")["name"] == "Case system"
    assert ada.get(PATH).json()["items"] == []


def test_an_address_is_refused_in_words_that_say_what_to_do(ada: Client) -> None:
    refused = ada.post(PATH, json={**WANTED, "address": "https://evil.example/"}, headers=a_key())
    words = "evil.example is not a host that the operator of this service allows. Ask them to add it."
    assert refused.json()["errors"][0]["detail"] == words


def test_without_a_host_webhooks_are_off_and_the_page_says_why(desk: Desk) -> None:
    client = client_for(service_on(settings_of(desk, ""), desk.database), desk.cast.ada)
    page = client.get("/webhooks").text
    assert "Webhooks are off" in page
    assert "/webhooks/new" not in page
    for refused in (
        client.get("/webhooks/new"),
        client.post(PATH, json=WANTED, headers=a_key()),
        client.post("/webhooks/new", data={**WANTED, "key": "1"}),
    ):
        assert refused.status_code == 409
        assert "CASEAUDIT_WEBHOOK_HOSTS" in refused.text


@pytest.mark.both_in_trials
def test_only_an_administrator_who_signed_in_makes_a_webhook(app: FastAPI, desk: Desk, ada: Client) -> None:
    for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena):
        for path in (PATH, "/webhooks"):
            assert client_for(app, person).get(path).status_code == 403
    program = program_for(app, a_token_for(desk.database, desk.cast.ada))
    assert program.post(PATH, json=WANTED, headers=a_key()).status_code == 403
    made = made_by(ada)
    assert program.post(f"{PATH}/{made['id']}/secret", json={}, headers=a_key()).status_code == 403
    assert program.get(f"{PATH}/{made['id']}").json()["name"] == "Case system"
    other = client_for(app, desk.cast.elsewhere.administrator)
    assert other.get(f"{PATH}/{made['id']}").status_code == 404
    assert other.post(f"{PATH}/{made['id']}/test").status_code == 404


def test_an_organisation_has_a_bounded_number_of_webhooks(ada: Client) -> None:
    for _ in range(MOST_ENDPOINTS):
        made_by(ada)
    refused = ada.post(PATH, json=WANTED, headers=a_key())
    assert (refused.status_code, str(MOST_ENDPOINTS) in refused.json()["detail"]) == (409, True)
    assert ada.post("/webhooks/new", data={**WANTED, "key": "1"}).status_code == 409


@pytest.mark.both_in_trials
def test_the_pages_do_what_rest_does_without_javascript(desk: Desk, ada: Client) -> None:
    form = SeenPage(ada.get("/webhooks/new")).form("/webhooks/new")
    shown = ada.post("/webhooks/new", data={**form, "name": "Case system", "address": ADDRESS, "kinds": list(CHOICES)})
    secret = SeenPage(shown)
    assert secret.words.startswith("Webhook created")
    path = next(link for link in secret.links if link.startswith("/webhooks/"))
    assert "Audit submitted" in ada.get(path).text
    change = SeenPage(ada.get(f"{path}/change")).form(f"{path}/change")
    assert (change["name"], change["address"], change["version"]) == ("Case system", ADDRESS, "1")
    new = {**change, "name": "Data warehouse", "kinds": "round.closed"}
    assert ada.post(f"{path}/change", data=new).headers["location"] == path
    # Somebody else has saved meanwhile: what was typed stays, and is saved the next time.
    stale = ada.post(f"{path}/change", data={**new, "name": "Third"})
    again = SeenPage(stale).form(f"{path}/change")
    assert (stale.status_code, again["name"], again["version"]) == (412, "Third", "2")
    off = SeenPage(ada.get(path)).form(f"{path}/switch-off")
    assert ada.post(f"{path}/switch-off", data={**off, "version": "1"}).status_code == 412
    assert ada.post(f"{path}/switch-off", data=off).status_code == 303
    assert "Switch on" in ada.get(path).text
    assert ada.post(f"{path}/test").status_code == 409
    on = SeenPage(ada.get(path)).form(f"{path}/switch-on")
    assert ada.post(f"{path}/switch-on", data=on).status_code == 303
    assert ada.post(f"{path}/secret", data={"overlap_hours": "169"}).status_code == 422
    assert ada.post(f"{path}/secret", data={"overlap_hours": "soon"}).status_code == 422
    gone = SeenPage(ada.get(f"{path}/delete")).form(f"{path}/delete")
    assert ada.post(f"{path}/delete", data=gone).headers["location"] == "/webhooks"
    assert "No webhook has been created yet" in ada.get("/webhooks").text


@pytest.mark.both_databases
def test_messages_are_shown_and_sent_again_over_rest_and_on_the_page(desk: Desk, ada: Client) -> None:
    made = made_by(ada)
    path = f"/webhooks/{made['id']}"
    assert ada.post(f"{PATH}/{made['id']}/test").status_code == 204
    assert ada.post(f"{path}/test").headers["location"] == f"{path}/messages"
    it_happens(desk, "audit.submitted", times=3)
    settings = settings_of(desk)
    with a_receiver() as receiver:
        assert send_due(desk.database, settings, receiver.network()) == 5
        listed = ada.get(f"{PATH}/{made['id']}/messages", params={"limit": 2}).json()
        rest = ada.get(f"{PATH}/{made['id']}/messages", params={"after": listed["after"]}).json()
        items = [*listed["items"], *rest["items"]]
        assert [each["kind"] for each in items] == [*["audit.submitted"] * 3, *["webhook.test"] * 2]
        assert {each["state"] for each in items} == {"delivered"}
        assert {each["status"] for each in items} == {204}
        assert ada.get(f"{PATH}/{made['id']}/messages", params={"state": "parked"}).json()["items"] == []
        page = ada.get(f"{path}/messages")
        assert page.text.count("Delivered") >= 5
        again = next(form.action for form in SeenPage(page).forms if form.action.endswith("/send-again"))
        assert ada.post(again).headers["location"] == f"{path}/messages"
        assert "The message is being sent again." in ada.get(f"{path}/messages").text
        assert ada.post(again).status_code == 409
        assert send_due(desk.database, settings, receiver.network()) == 1
        assert what_was_said(receiver.requests[-1:], Webhook(made["secret"])) == what_was_said(
            receiver.requests[4:5], Webhook(made["secret"])
        )
    assert ada.get(f"{PATH}/{made['id']}/messages", params={"after": "x"}).status_code == 422
    assert ada.post(f"{PATH}/{made['id']}/messages/{uuid.uuid4()}/send-again").status_code == 404
    assert ada.post(f"{PATH}/{made['id']}/send-parked-again").json() == {"number": 0}


def test_what_fails_is_shown_with_its_reason_and_when_it_is_tried_next(desk: Desk, ada: Client) -> None:
    made = made_by(ada)
    it_happens(desk, "audit.submitted")
    receiver = Receiver(is_up=False)
    send_due(desk.database, settings_of(desk), receiver.network())
    page = ada.get(f"/webhooks/{made['id']}").text
    assert "Failing" in page
    assert "Messages have not been delivered since" in page
    assert "No connection to the host" in ada.get(f"/webhooks/{made['id']}/messages").text
    assert ada.get(f"{PATH}/{made['id']}").json()["failing_since"] is not None
    # A new address is tried at once.
    ada.put(f"{PATH}/{made['id']}", json={**WANTED, "address": OTHER}, headers=version(1))
    assert endpoint(desk.database, uuid.UUID(made["id"])).failing_since is None
    with a_receiver() as other:
        assert send_due(desk.database, settings_of(desk), other.network()) == 1
    assert messages(desk.database)[0].state is WebhookState.DELIVERED
    assert "Failing" not in ada.get("/webhooks").text
