"""Findings of concerns and agreement keep their figures; words of actions can be redacted; due days are chosen."""

import uuid

import pytest
from sqlmodel import select

from api.concerns.actions import raise_concern
from api.foundation.local_time import local_date
from api.improvement.findings import Finding
from checklists.actions.action_states import ActionMove
from checklists.actions.working_days import after_working_days
from models import Action, ActionCause, ActionNote, Event, IdempotentRequest, now
from tests.desk import Desk
from tests.factories import a_key, an_actor
from tests.improvement.acting import a_plan, moved, planned, stored

SAYS = "See the child alone within the week."


def submitted(desk: Desk, number: int = 1) -> list[uuid.UUID]:
    made = []
    for _ in range(number):
        audit_id = desk.an_audit()
        desk.answer(audit_id, "inadequate", rationale="Nothing on file.")
        desk.submit(audit_id)
        made.append(audit_id)
    return made


@pytest.mark.both_in_trials
def test_an_action_from_a_pattern_of_concerns_keeps_the_figures_of_that_day(desk: Desk) -> None:
    audits = submitted(desk, 3)
    for audit_id, themes in zip(audits[:2], (["voice"], ["voice", "planning"]), strict=True):
        with desk.database.writing() as session:
            raise_concern(
                session,
                audit_id=audit_id,
                person_id=desk.cast.mo.id,
                words="The child may be at risk at home now.",
                themes=themes,
                hours=24,
                by=an_actor(desk.cast.lena),
            )
    plan = a_plan(None, cause=ActionCause.CONCERNS, round_id=desk.round_id, themes=("voice", "planning"), why="")
    action_id = planned(desk, plan)
    lena = desk.browser(desk.cast.lena)
    said = lena.get(f"/api/v1/actions/{action_id}").json()
    assert [(each["label"], each["value"]) for each in said["facts"]] == [
        ("Urgent concerns raised", "2"),
        ("Still open", "2"),
        ("Escalated, because nobody acknowledged them in time", "0"),
        ("Concerns about Voice of the child", "2"),
        ("Concerns about Planning", "1"),
    ]
    assert (said["audits"], said["counted_on"]) == (3, local_date(now()).isoformat())
    assert "Concerns about Planning" in lena.get(f"/actions/{action_id}").text
    moved(desk, action_id, ActionMove.AGREE)
    finding = Finding.read(stored(desk, action_id).finding)
    assert Finding.read(finding.write()) == finding
    assert finding.without_figures().facts == ()


def test_an_action_from_agreement_between_readers_keeps_the_figures_of_that_day(desk: Desk) -> None:
    submitted(desk, 2)
    plan = a_plan(None, cause=ActionCause.AGREEMENT, round_id=desk.round_id, themes=("voice",), why="")
    said = desk.browser(desk.cast.lena).get(f"/api/v1/actions/{planned(desk, plan)}").json()
    facts = {each["label"]: each["value"] for each in said["facts"]}
    assert facts["Cases read twice, blind"] == "0"
    assert facts["Audits with agreed answers"] == "0"
    assert facts["Representations upheld"] == "0"
    assert any(label.endswith("Voice of the child") for label in facts)


@pytest.mark.both_databases
def test_words_of_an_action_are_redacted_with_every_copy_also_when_it_is_closed(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    (audit_id,) = submitted(desk)
    sent = {"words": SAYS, "theme": "voice", "owner_post": "Team manager", "reason": "Nobody has seen the child."}
    made = lena.post(f"/api/v1/audits/{audit_id}/actions", json=sent, headers=a_key())
    action_id = uuid.UUID(made.json()["id"])
    for move in (ActionMove.FINISH, ActionMove.CONFIRM_IMPACT):
        moved(desk, action_id, move)
    path = f"/api/v1/actions/{action_id}/redactions"

    def redact(field: str, places: list[dict[str, int]] | None = None) -> int:
        version = stored(desk, action_id).version
        body = {"field": field, "places": places or [], "reason": "child-or-family"}
        return lena.post(path, json=body, headers={"If-Match": f'"{version}"'}).status_code

    assert redact("words", [{"start": 0, "end": 3}]) == 200
    assert stored(desk, action_id).words == "[redacted]" + SAYS[3:]
    done = stored(desk, action_id).done
    assert redact("done") == 200
    with desk.database.reading() as session:
        notes = [note.words for note in session.exec(select(ActionNote).where(ActionNote.action_id == action_id))]
        assert done not in notes
        assert "[redacted]" in notes
        kept = [bytes(each.body).decode() for each in session.exec(select(IdempotentRequest))]
        assert not [body for body in kept if SAYS in body]
        (first, *_) = session.exec(select(Event).where(Event.kind == "action.redacted"))
        assert done not in first.details
    assert redact("drop_reason") == 409
    assert redact("nonsense") == 404
    page = lena.get(f"/actions/{action_id}/redact").text
    assert "What was done" in page
    form = {
        "text": "impact",
        "how_much": "whole",
        "reason": "other-person",
        "version": str(stored(desk, action_id).version),
    }
    assert lena.post(f"/actions/{action_id}/redact", data=form).status_code == 303
    assert stored(desk, action_id).impact == "[redacted]"
    assert desk.browser(desk.cast.asha).get(f"/actions/{action_id}/redact").status_code == 403


@pytest.mark.both_in_trials
def test_an_organisation_chooses_when_child_level_actions_are_due(desk: Desk) -> None:
    lena, asha = desk.browser(desk.cast.lena), desk.browser(desk.cast.asha)
    assert asha.get("/api/v1/action-defaults").json() == {"child_days": 10}
    first = {"If-Match": '"0"'}
    assert asha.put("/api/v1/action-defaults", json={"child_days": 5}, headers=first).status_code == 403
    assert lena.put("/api/v1/action-defaults", json={"child_days": 0}, headers=first).status_code == 422
    assert lena.put("/api/v1/action-defaults", json={"child_days": 5}, headers=first).status_code == 200
    assert lena.put("/api/v1/action-defaults", json={"child_days": 6}, headers=first).status_code == 412
    assert 'value="5"' in lena.get("/actions/defaults").text
    assert lena.post("/actions/defaults", data={"child_days": "x", "version": "1"}).status_code == 422
    assert lena.post("/actions/defaults", data={"child_days": "7", "version": "1"}).status_code == 303
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    assert 'value="7"' in asha.get(f"/audits/{audit_id}/actions/new").text
    sent = {"words": SAYS, "theme": "voice", "owner_post": "Team manager"}
    made = asha.post(f"/api/v1/audits/{audit_id}/actions", json=sent, headers=a_key())
    desk.submit(audit_id)
    due_on = after_working_days(local_date(now()), 7)
    with desk.database.reading() as session:
        (action,) = session.exec(select(Action))
        assert (str(action.id), action.due_on) == (made.json()["id"], due_on)
    typed = {"words": SAYS, "owner_post": "Team manager", "due_days": "soon", "reason": "It is urgent now."}
    assert asha.post(f"/audits/{desk.an_audit()}/actions/new", data=typed).status_code == 422
