"""The cases of a joint audit are drawn by the draw that rounds use: anybody can check it, and it leaves others out."""

import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from api.foundation.jobs.doing import run_next_job
from api.foundation.problems import Moved
from api.joint_rounds.planning import actions as planning
from api.joint_rounds.planning.actions import MOST_CASES
from api.joint_rounds.samples import actions as samples
from api.joint_rounds.samples.long_work import DrawJointSample
from api.sampling.frames import FrameRules, SamplePlan
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import verify
from models import Sample
from tests.client import Client
from tests.desk import Desk
from tests.erasure.full_case import another_lead, erase
from tests.factories import a_key, an_actor
from tests.guards_aside import guards_aside
from tests.joint_rounds.joining import LISTED, Partnership, a_case_list, a_partnership, plan_of
from tests.page_forms import SeenPage


@pytest.fixture
def made(desk: Desk) -> Partnership:
    return a_partnership(desk, names=("Social care", "Police"))


def a_planned_one(made: Partnership, title: str = "Neglect, spring") -> str:
    with made.desk.database.writing() as session:
        lead = an_actor(made.desk.cast.lena)
        return str(planning.create_joint_round(session, plan=plan_of(made, title=title), by=lead).id)


def body(list_id: uuid.UUID, **changes: Any) -> dict[str, Any]:
    return {"case_list_id": str(list_id), "size": 6, "strata": ["status"], "seed": "spring7"} | changes


def cases_of(lena: Client, joint_round_id: str) -> list[str]:
    return [each["reference"] for each in lena.get(f"/api/v1/joint-rounds/{joint_round_id}").json()["cases"]]


@pytest.mark.both_databases
def test_a_lead_draws_the_cases_and_anybody_can_draw_them_again(desk: Desk, lena: Client, made: Partnership) -> None:
    list_id, one, other = a_case_list(desk), a_planned_one(made), a_planned_one(made, "Neglect again")
    path = f"/api/v1/joint-rounds/{one}/samples"
    preview = lena.post(f"{path}/plan", json=body(list_id)).json()
    assert [(each["label"], each["frame"], each["size"]) for each in preview["strata"]] == [
        ("Child in need", 10, 2),
        ("Child protection plan", 20, 4),
    ]
    assert cases_of(lena, one) == []
    key = a_key()
    drawn = lena.post(path, json=body(list_id), headers=key)
    assert drawn.status_code == 201, drawn.text
    assert lena.post(path, json=body(list_id), headers=key).json() == drawn.json()
    shown = drawn.json()
    assert (shown["joint_round_id"], shown["round_id"], shown["seed"]) == (one, None, "spring7")
    in_order = [each["reference"] for each in shown["cases"]]
    assert cases_of(lena, one) == in_order
    assert lena.get(drawn.headers["Location"]).json() == shown
    assert [each["id"] for each in lena.get(path).json()["items"]] == [shown["id"]]
    again = lena.get(f"/api/v1/samples/{shown['id']}/redraw").json()
    assert again == {"frame_is_the_same": True, "cases_are_the_same": True, "erased": 0}
    # The same plan and seed for another joint audit draw the same cases, but for those that are in this one.
    later = lena.post(f"/api/v1/joint-rounds/{other}/samples/plan", json=body(list_id)).json()
    assert later["left_out"] == {"audited-lately": 6}
    with_all = body(list_id, rules={"months_since_audit": 0})
    same = lena.post(f"/api/v1/joint-rounds/{other}/samples", json=with_all, headers=a_key()).json()
    assert [each["reference"] for each in same["cases"]] == in_order
    # A second draw for the same joint audit adds others.
    more = lena.post(path, json=body(list_id, rules={"months_since_audit": 0}), headers=a_key()).json()
    assert more["left_out"] == {"in-this-round": 6}
    assert len(set(cases_of(lena, one))) == 12


def test_what_was_drawn_and_what_was_taken_out_stay_to_be_seen(desk: Desk, lena: Client, made: Partnership) -> None:
    list_id, one = a_case_list(desk), a_planned_one(made)
    drawn = lena.post(f"/api/v1/joint-rounds/{one}/samples", json=body(list_id), headers=a_key()).json()
    kept = cases_of(lena, one)[1:]
    version = lena.get(f"/api/v1/joint-rounds/{one}").json()["version"]
    changed = lena.put(
        f"/api/v1/joint-rounds/{one}/cases", json={"references": kept}, headers={"If-Match": f'"{version}"'}
    )
    assert changed.status_code == 200, changed.text
    page = SeenPage(lena.get(f"/samples/{drawn['id']}"))
    said = Counter({words: page.words.count(words) for words in ("Taken out of the joint audit", "In the joint audit")})
    assert said == {"Taken out of the joint audit": 1, "In the joint audit": 5}
    assert f"/joint-rounds/{one}" in page.links
    replaced = lena.post(
        f"/samples/{drawn['id']}/cases/{drawn['cases'][0]['case_file_id']}/replace",
        data={"reason": "The family moved away.", "version": "1"},
    )
    assert "Change its cases on the page of the joint audit" in SeenPage(replaced).words
    assert lena.get(f"/api/v1/samples/{drawn['id']}/cases.csv").text.count("\n") == 7
    assert f"/samples/{drawn['id']}" in SeenPage(lena.get(f"/joint-rounds/{one}")).links


def test_a_draw_is_refused_beyond_the_most_cases_and_once_the_joint_audit_is_open(
    desk: Desk, lena: Client, made: Partnership
) -> None:
    list_id, one = a_case_list(desk, MOST_CASES + 10), a_planned_one(made)
    path = f"/api/v1/joint-rounds/{one}/samples"
    refused = lena.post(path, json=body(list_id, size=MOST_CASES + 1), headers=a_key())
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == "/size"
    assert fault["detail"] == f"A joint audit has {MOST_CASES} cases at most. Draw {MOST_CASES} or fewer."
    assert lena.post(path, json=body(list_id), headers=a_key()).status_code == 201
    refused = lena.post(path, json=body(list_id, size=MOST_CASES - 5), headers=a_key())
    assert "Draw 54 or fewer." in refused.text
    version = lena.get(f"/api/v1/joint-rounds/{one}").json()["version"]
    opened = lena.post(f"/api/v1/joint-rounds/{one}/open", headers={"If-Match": f'"{version}"'})
    assert opened.status_code == 200, opened.text
    assert lena.post(path, json=body(list_id), headers=a_key()).status_code == 409
    assert lena.get(f"/joint-rounds/{one}/samples/new").status_code == 409
    assert desk.browser(desk.cast.asha).post(path, json=body(list_id), headers=a_key()).status_code == 403
    assert desk.browser(made.people["Police"]).get(path).status_code == 403


@pytest.mark.both_databases
def test_a_joint_audit_that_changes_between_the_draw_and_its_storing_is_drawn_again(
    desk: Desk, made: Partnership
) -> None:
    list_id, one, lead = a_case_list(desk), uuid.UUID(a_planned_one(made)), an_actor(desk.cast.lena)
    plan = SamplePlan(list_id, size=6, rules=FrameRules())
    with desk.database.reading() as session:
        prepared = samples.prepare_joint_sample(session, joint_round_id=one, plan=plan, seed="one", by=lead)
    with desk.database.writing() as session:
        planning.set_cases(
            session,
            joint_round_id=one,
            references=[prepared.planned.drawn.selected[0].reference],
            version=prepared.planned.drawn_for.version,
            by=lead,
        )
    with desk.database.writing() as session, pytest.raises(Moved, match="The joint audit has changed"):
        samples.store_joint_sample(session, prepared, joint_round_id=one, by=lead)


def test_the_page_previews_keeps_what_was_typed_and_draws(desk: Desk, lena: Client, made: Partnership) -> None:
    list_id, one = a_case_list(desk), a_planned_one(made)
    path = f"/joint-rounds/{one}/samples/new"
    assert path in SeenPage(lena.get(f"/joint-rounds/{one}")).links
    typed = {"case_list": str(list_id), "size": "31", "strata": "status", "seed": "spring7", "key": uuid.uuid4().hex}
    refused = SeenPage(lena.post(path, data=typed))
    assert "The sampling frame has 30 cases. Enter 30 or fewer." in refused.words
    assert refused.form("/samples/new")["size"] == "31"
    preview = SeenPage(lena.post(path, data={**typed, "size": "6"}))
    assert "No sample has been drawn yet. 6 cases will be drawn" in preview.words
    assert "Precision" not in preview.words
    drawn = lena.post(path, data={**preview.form("/samples/new"), "draw": "yes"})
    assert drawn.status_code == 303
    assert drawn.headers["Location"].startswith(f"/joint-rounds/{one}")
    assert len(cases_of(lena, one)) == 6


def test_a_long_draw_is_a_job_that_adds_the_cases(
    desk: Desk, lena: Client, made: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DrawJointSample, "most_at_once", LISTED - 1)
    list_id, one = a_case_list(desk), a_planned_one(made)
    headers = {**a_key(), "Prefer": "respond-async"}
    asked = lena.post(f"/api/v1/joint-rounds/{one}/samples", json=body(list_id), headers=headers)
    assert (asked.status_code, asked.json()["kind"]) == (202, "joint-sample")
    assert run_next_job(desk.database, desk.app.state.settings)
    page = SeenPage(lena.get(f"/jobs/{asked.json()['id']}"))
    assert "Draw sample of a joint audit" in page.words
    assert "/joint-rounds" in page.links
    assert len(cases_of(lena, one)) == 6


@pytest.mark.both_databases
def test_an_erased_case_leaves_the_sample_which_says_so_and_all_is_as_events_say(
    desk: Desk, lena: Client, made: Partnership, tmp_path: Path
) -> None:
    list_id, one = a_case_list(desk), a_planned_one(made)
    drawn = lena.post(f"/api/v1/joint-rounds/{one}/samples", json=body(list_id), headers=a_key()).json()
    another_lead(desk)
    erase(desk, uuid.UUID(drawn["cases"][0]["case_file_id"]))
    assert len(cases_of(lena, one)) == 5
    assert len(lena.get(f"/api/v1/samples/{drawn['id']}").json()["cases"]) == 5
    again = lena.get(f"/api/v1/samples/{drawn['id']}/redraw").json()
    assert (again["erased"], again["cases_are_the_same"]) == (1, False)
    signer = CheckpointSigner(Ed25519PrivateKey.generate(), tmp_path / "checkpoints")
    assert not any(found.differences for found in verify(desk.database, signer))
    # Behind the service's back the sample cannot be given to another joint audit unseen.
    other = a_planned_one(made, "Another")
    moving = update(Sample).values(joint_round_id=uuid.UUID(other))
    with desk.database.engine.execution_options(writes=True).connect() as connection:
        with guards_aside(connection, of=["sample"]):
            connection.execute(moving)
        connection.commit()
    assert any(found.differences for found in verify(desk.database, signer))
