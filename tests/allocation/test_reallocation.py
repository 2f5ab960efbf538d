"""People who leave: their open work is shown before and after, nothing waits for them, and audits go to others."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlmodel import col, select

from api.access.people import Hindrance, hindrance_of
from api.allocation.reallocation import actions as reallocation
from api.allocation.reallocation.actions import ReallocationRequest
from api.calibration import actions as calibration
from api.calibration.actions import NewExercise
from api.concerns import actions as concerns
from api.concerns.queries import waiting_for
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid
from api.moderation import actions as moderation
from api.people.availability import actions as availability
from api.people.availability.actions import Availability
from models import Audit, AuditState, Event, Role, now
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.page_forms import SeenPage
from tests.rounds.test_closing import a_second_reading, deactivate, nothing_moderated, submitted


@pytest.fixture
def rae(desk: Desk) -> MadePerson:
    return a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR})


def audit(desk: Desk, audit_id: uuid.UUID) -> Audit:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id))


def reallocate(desk: Desk, person: MadePerson, by: MadePerson | None = None, **asked: object) -> object:
    with desk.database.writing() as session:
        return reallocation.reallocate(
            session,
            round_id=desk.round_id,
            asked=ReallocationRequest(person.id, **asked),  # type: ignore[arg-type]
            by=an_actor(by or desk.cast.lena),
        )


def takes_role_away(desk: Desk, person: MadePerson, roles: list[str]) -> None:
    ada = desk.browser(desk.cast.ada)
    version = ada.get(f"/api/v1/people/{person.id}").headers["etag"]
    sent = {"name": person.name, "roles": roles, "active": True}
    assert ada.put(f"/api/v1/people/{person.id}", json=sent, headers={"If-Match": version}).status_code == 200


@pytest.mark.both_databases
def test_audits_of_somebody_who_left_go_on_with_their_answers(desk: Desk, lena: Client) -> None:
    begun = desk.an_audit(desk.cast.ben, reference="CF-7777")
    desk.answer(begun, "good", "voice", rationale="Seen alone.", by=desk.cast.ben)
    deactivate(desk, desk.cast.ben)
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}"))
    assert "Ben can no longer sign in" in page.words
    path = f"/rounds/{desk.round_id}/reallocate?auditor={desk.cast.ben.id}"
    assert path in page.links
    form = SeenPage(lena.get(path)).form("/reallocate")
    assert form["audits"] == str(begun)
    sent = lena.post(
        f"/rounds/{desk.round_id}/reallocate", data={**form, "way": "answers", "to": str(desk.cast.asha.id)}
    )
    assert sent.status_code == 303, sent.text
    assert audit(desk, begun).auditor_id == desk.cast.asha.id
    assert desk.stored(begun) == {"voice": ("good", "Seen alone.", "", "")}
    asha = desk.browser(desk.cast.asha)
    assert str(begun) in asha.get("/audits").text
    assert "1 audit allocated to you in Spring round" in SeenPage(asha.get("/notices")).words
    assert "can no longer sign in" not in SeenPage(lena.get(f"/rounds/{desk.round_id}")).words
    with desk.database.reading() as session:
        event = session.exec(select(Event).where(col(Event.kind) == "audit.reallocated")).one()
    assert json.loads(event.details)["from"] == str(desk.cast.ben.id)
    assert "Reallocated to Asha by Lena" in lena.get(f"/audits/{begun}/history").text


@pytest.mark.both_databases
def test_audits_begin_afresh_and_those_so_far_are_withdrawn_with_the_reason(desk: Desk, lena: Client) -> None:
    begun = desk.an_audit(desk.cast.ben)
    desk.answer(begun, "good", "voice", by=desk.cast.ben)
    deactivate(desk, desk.cast.ben)
    path = f"/api/v1/rounds/{desk.round_id}/reallocate"
    asked = {"auditor_id": str(desk.cast.ben.id), "afresh": True}
    refused = lena.post(path, json=asked, headers=a_key())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/reason")
    key = a_key()
    first, again = (lena.post(path, json={**asked, "reason": "They have left."}, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    (done,) = first.json()["reallocated"]
    assert (done["replaces"], done["auditor_id"]) == (str(begun), str(desk.cast.asha.id))
    old, new = audit(desk, begun), audit(desk, uuid.UUID(done["audit_id"]))
    assert (old.state, old.withdrawal_reason) == (AuditState.WITHDRAWN, "They have left.")
    assert (new.state, new.case_file_id, new.reading) == (AuditState.DRAFT, old.case_file_id, old.reading)
    assert desk.stored(new.id) == {}


def test_audits_are_spread_evenly_and_what_nobody_may_read_stays(desk: Desk, rae: MadePerson) -> None:
    for _ in range(4):
        desk.an_audit(desk.cast.ben)
    desk.an_audit(desk.cast.asha)
    deactivate(desk, desk.cast.ben)
    done = reallocate(desk, desk.cast.ben)
    given = [each.auditor_id for each in done.moved]  # type: ignore[attr-defined]
    # Asha has one already, and ends with as many as Rae or one more.
    assert sorted([given.count(desk.cast.asha.id) + 1, given.count(rae.id)]) == [2, 3]
    left = desk.an_audit(rae)
    deactivate(desk, rae)
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        _, version = availability.availability_of(session, person_id=desk.cast.asha.id, by=lena)
        own = Availability(teams=(desk.team_id,))
        availability.change_availability(
            session, person_id=desk.cast.asha.id, availability=own, version=version, by=lena
        )
    with pytest.raises(Conflict, match="belongs to the team that works this case"):
        reallocate(desk, rae)
    with pytest.raises(Invalid, match="belongs to the team that works this case"):
        reallocate(desk, rae, to=desk.cast.asha.id)
    assert audit(desk, left).auditor_id == rae.id


def test_nobody_is_given_a_case_that_they_read_or_moderated_or_whose_other_reading_they_looked_at(
    desk: Desk, rae: MadePerson
) -> None:
    nothing_moderated(desk)
    first = submitted(desk, rae)
    second = a_second_reading(desk, first)
    deactivate(desk, desk.cast.ben)
    with pytest.raises(Invalid, match="already reads this case"):
        reallocate(desk, desk.cast.ben, to=rae.id)
    moderator = a_person(desk.database, desk.cast.organisation, name="Una", roles={Role.AUDITOR, Role.MODERATOR})
    viewer = a_person(desk.database, desk.cast.organisation, name="Vic", roles={Role.AUDITOR, Role.MODERATOR})
    with desk.database.writing() as session:
        version = desk.find(first).audit.version
        moderation.start_moderation(session, audit_id=first, version=version, by=an_actor(moderator))
    assert desk.browser(viewer).get(f"/audits/{first}").status_code == 200
    for person in (moderator, viewer):
        with pytest.raises(Invalid, match="seen or moderated"):
            reallocate(desk, desk.cast.ben, to=person.id)
    reallocate(desk, desk.cast.ben, to=desk.cast.asha.id)
    assert audit(desk, second).auditor_id == desk.cast.asha.id


def test_a_lead_who_reads_the_case_neither_sees_nor_reallocates_its_other_reading(desk: Desk) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Lee", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    first = desk.an_audit(reader)
    second = a_second_reading(desk, first)
    deactivate(desk, desk.cast.ben)
    browser = desk.browser(reader)
    assert "Ben" not in SeenPage(browser.get(f"/rounds/{desk.round_id}")).words
    assert (
        "has no audits in this round"
        in browser.get(f"/rounds/{desk.round_id}/reallocate?auditor={desk.cast.ben.id}").text
    )
    with pytest.raises(Invalid, match="Select unfinished audits"):
        reallocate(desk, desk.cast.ben, by=reader, audits=(second,))
    listed = browser.get(f"/api/v1/rounds/{desk.round_id}/auditors-with-open-audits").json()["items"]
    assert [each["name"] for each in listed] == []


@pytest.mark.both_in_trials
@pytest.mark.parametrize("leaves", ["organisation", "role"])
def test_nothing_is_returned_to_somebody_who_cannot_act_and_reallocating_returns_it(
    desk: Desk, lena: Client, leaves: str
) -> None:
    audit_id = submitted(desk, desk.cast.ben)
    if leaves == "organisation":
        deactivate(desk, desk.cast.ben)
        words = "can no longer sign in"
    else:
        takes_role_away(desk, desk.cast.ben, ["moderator"])
        words = "is no longer an auditor"
    version = desk.find(audit_id).audit.version
    for answer in (
        lena.get(f"/audits/{audit_id}/return"),
        lena.post(f"/audits/{audit_id}/return", data={"version": version, "reason": "Look again."}),
        lena.post(
            f"/api/v1/audits/{audit_id}/return",
            json={"reason": "Look again."},
            headers={"If-Match": f'"{version}"'},
        ),
    ):
        assert answer.status_code == 409
        assert words in answer.text
        assert "reallocate" in answer.text
    links = SeenPage(lena.get(f"/audits/{audit_id}")).links
    assert f"/audits/{audit_id}/return" not in links
    assert f"/rounds/{desk.round_id}/reallocate?auditor={desk.cast.ben.id}&audit={audit_id}" in links
    with pytest.raises(Invalid, match="Enter what the new auditor should review"):
        reallocate(desk, desk.cast.ben, audits=(audit_id,), to=desk.cast.asha.id)
    reallocate(desk, desk.cast.ben, audits=(audit_id,), to=desk.cast.asha.id, reason="The impact is missing.")
    moved = audit(desk, audit_id)
    assert (moved.state, moved.return_reason) == (AuditState.RETURNED, "The impact is missing.")
    assert "The impact is missing." in desk.browser(desk.cast.asha).get(f"/audits/{audit_id}").text


def test_a_submitted_audit_stays_with_an_auditor_who_can_still_act(desk: Desk, lena: Client) -> None:
    audit_id = submitted(desk, desk.cast.ben)
    with pytest.raises(Invalid, match="Select unfinished audits"):
        reallocate(desk, desk.cast.ben, audits=(audit_id,), to=desk.cast.asha.id, reason="Away.")
    assert not any("/reallocate" in link for link in SeenPage(lena.get(f"/audits/{audit_id}")).links)


@pytest.mark.both_in_trials
def test_an_administrator_sees_counts_and_rounds_before_and_after_and_nothing_of_a_case(desk: Desk) -> None:
    desk.an_audit(desk.cast.ben, reference="CF-7777")
    ada = desk.browser(desk.cast.ada)
    page = ada.get(f"/people/{desk.cast.ben.id}")
    assert "1 audit to finish, Spring round" in SeenPage(page).words
    form = {**SeenPage(page).form(f"/people/{desk.cast.ben.id}"), "roles": "auditor", "active": "no"}
    asked = ada.post(f"/people/{desk.cast.ben.id}", data=form)
    seen = SeenPage(asked)
    assert asked.status_code == 200
    assert "Deactivate Ben?" in seen.words
    assert "A quality lead must reallocate these audits before they" in seen.words
    with desk.database.reading() as session:
        own = desk.cast.organisation.id
        assert hindrance_of(session, desk.cast.ben.id, Permission.SCORE_AUDITS, organisation_id=own) is None
    sent = ada.post(f"/people/{desk.cast.ben.id}", data=seen.form(f"/people/{desk.cast.ben.id}"))
    assert sent.status_code == 303
    with desk.database.reading() as session:
        found = hindrance_of(session, desk.cast.ben.id, Permission.SCORE_AUDITS, organisation_id=own)
        assert found is Hindrance.CANNOT_SIGN_IN
    after = ada.get(f"/people/{desk.cast.ben.id}")
    assert "1 audit to finish, Spring round" in SeenPage(after).words
    over_rest = ada.get(f"/api/v1/people/{desk.cast.ben.id}/open-work")
    assert [(each["kind"], each["number"], each["round"]) for each in over_rest.json()["items"]] == [
        ("audits", 1, "Spring round")
    ]
    for answer in (page, asked, after, over_rest):
        assert "CF-7777" not in answer.text


def test_a_role_that_no_open_work_needs_is_taken_away_at_once(desk: Desk) -> None:
    both = a_person(desk.database, desk.cast.organisation, name="Bo", roles={Role.AUDITOR, Role.MODERATOR})
    desk.an_audit(both)
    ada = desk.browser(desk.cast.ada)
    form = {"version": "1", "name": "Bo", "active": "yes"}
    assert ada.post(f"/people/{both.id}", data={**form, "roles": "auditor"}).status_code == 303
    asked = ada.post(f"/people/{both.id}", data={**form, "version": "2", "roles": "moderator"})
    assert "Change the roles of Bo?" in asked.text


def test_every_kind_of_open_work_is_shown(desk: Desk) -> None:
    everything = a_person(desk.database, desk.cast.organisation, name="Bo", roles={Role.AUDITOR, Role.MODERATOR})
    nothing_moderated(desk)
    first = submitted(desk, everything)
    second = a_second_reading(desk, first)
    desk.answer(second, "inadequate", rationale="As the record has it.", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    desk.an_audit(everything)
    held, of_concern = submitted(desk), desk.an_audit()
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = desk.find(held).audit.version
        moderation.start_moderation(session, audit_id=held, version=version, by=an_actor(everything))
        raise_concern_with(session, of_concern, everything, by=desk.cast.asha)
        new = NewExercise("Practice", desk.template_id, 1, "A made-up case.", now().date() + timedelta(days=3))
        calibration.create_exercise(session, new=new, by=lena)
    ada = desk.browser(desk.cast.ada)
    found = ada.get(f"/api/v1/people/{everything.id}/open-work").json()["items"]
    assert {each["text"] for each in found} == {
        "1 audit to finish",
        "1 double reading to agree",
        "1 audit in moderation",
        "1 urgent concern to act on",
        "1 calibration exercise to answer",
    }


def raise_concern_with(session: object, audit_id: uuid.UUID, person: MadePerson, *, by: MadePerson) -> uuid.UUID:
    made = concerns.raise_concern(
        session,  # type: ignore[arg-type]
        audit_id=audit_id,
        person_id=person.id,
        words="The child may be at risk tonight.",
        hours=48,
        by=an_actor(by),
    )
    return made.id


@pytest.mark.both_in_trials
def test_a_concern_that_waits_for_somebody_who_left_reaches_the_leads_at_once(desk: Desk) -> None:
    audit_id = desk.an_audit()
    with desk.database.writing() as session:
        raise_concern_with(session, audit_id, desk.cast.mo, by=desk.cast.asha)
    assert concerns.escalate_overdue(desk.database, moment=now()) == 0
    deactivate(desk, desk.cast.mo)
    assert concerns.escalate_overdue(desk.database, moment=now()) == 1
    with desk.database.reading() as session:
        assert len(waiting_for(session, an_actor(desk.cast.lena)).to_acknowledge) == 1


def test_a_concern_acknowledged_by_somebody_who_left_is_shown_to_the_leads(desk: Desk, lena: Client) -> None:
    audit_id, mo = desk.an_audit(), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        concern_id = raise_concern_with(session, audit_id, desk.cast.mo, by=desk.cast.asha)
        concerns.acknowledge(session, concern_id=concern_id, by=mo)
    assert "acknowledged by someone who can no longer act" not in lena.get("/rounds").text
    reader = a_person(desk.database, desk.cast.organisation, name="Lee", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    a_second_reading(desk, audit_id, reader)
    deactivate(desk, desk.cast.mo)
    assert "acknowledged by someone who can no longer act" in SeenPage(lena.get("/rounds")).words
    assert "acknowledged by someone" not in SeenPage(desk.browser(reader).get("/rounds")).words


def test_two_readers_are_told_when_one_of_them_cannot_settle_any_more(desk: Desk) -> None:
    nothing_moderated(desk)
    first = submitted(desk)
    second = a_second_reading(desk, first)
    desk.answer(second, "inadequate", rationale="As the record has it.", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    asha = desk.browser(desk.cast.asha)
    words = "Ben can no longer sign in: a moderator or quality lead who has not read this case must agree the answers."
    assert words not in SeenPage(asha.get(f"/audits/{first}/pair")).words
    deactivate(desk, desk.cast.ben)
    assert words in SeenPage(asha.get(f"/audits/{first}/pair")).words


def test_an_exercise_says_who_can_no_longer_take_part(desk: Desk, lena: Client) -> None:
    with desk.database.writing() as session:
        new = NewExercise("Practice", desk.template_id, 1, "A made-up case.", now().date() + timedelta(days=3))
        made = calibration.create_exercise(session, new=new, by=an_actor(desk.cast.lena)).id
    deactivate(desk, desk.cast.ben)
    assert "Ben: can no longer sign in" in SeenPage(lena.get(f"/calibration/{made}")).words


def test_what_a_reader_who_left_proposed_cannot_be_confirmed_by_their_successor(desk: Desk, rae: MadePerson) -> None:
    from api.blind_reading import actions as pairs

    nothing_moderated(desk)
    first = submitted(desk)
    second = a_second_reading(desk, first)
    desk.answer(second, "inadequate", rationale="As the record has it.", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    asked = {"audit_id": second, "theme": "voice", "answer": "inadequate", "reason": "The record says so."}
    with desk.database.writing() as session:
        pairs.propose_answer(session, **asked, version=0, by=an_actor(desk.cast.ben))  # type: ignore[arg-type]
    deactivate(desk, desk.cast.ben)
    reallocate(desk, desk.cast.ben, to=rae.id, reason="They have left.")
    desk.submit(second, by=rae)
    with (
        desk.database.writing() as session,
        pytest.raises(Conflict, match="No answer has been proposed for this theme yet"),
    ):
        pairs.confirm_answer(session, audit_id=second, theme="voice", version=1, by=an_actor(rae))


def test_a_closed_round_reallocates_nothing(desk: Desk, lena: Client) -> None:
    desk.an_audit(desk.cast.ben)
    desk.close_round()
    with pytest.raises(Conflict, match="closed"):
        reallocate(desk, desk.cast.ben, to=desk.cast.asha.id)
    assert lena.get(f"/rounds/{desk.round_id}/reallocate").status_code == 409


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong_beside_its_field(desk: Desk, lena: Client) -> None:
    audit_id = desk.an_audit(desk.cast.ben)
    typed = {
        "key": "a-key-of-this-form",
        "auditor": str(desk.cast.ben.id),
        "audits": str(audit_id),
        "way": "afresh",
        "to": str(desk.cast.asha.id),
        "reason": "Mr Example Person is away.",
    }
    refused = lena.post(f"/rounds/{desk.round_id}/reallocate", data=typed)
    assert refused.status_code == 422
    form = SeenPage(refused).form("/reallocate")
    assert (form["reason"], form["way"], form["audits"]) == (typed["reason"], "afresh", str(audit_id))
    assert 'id="reason-error"' in refused.text
    nothing = lena.post(f"/rounds/{desk.round_id}/reallocate", data={**typed, "audits": "", "way": ""})
    assert "Select at least one audit" in nothing.text
    assert "Select whether to keep the answers so far" in nothing.text


def with_a_hundred_audits(desk: Desk) -> None:
    """Ben leaves a hundred audits, and thirty may have them."""
    for number in range(30):
        a_person(desk.database, desk.cast.organisation, name=f"Auditor {chr(65 + number % 26)}", roles={Role.AUDITOR})
    for _ in range(100):
        desk.an_audit(desk.cast.ben)
    deactivate(desk, desk.cast.ben)


@pytest.mark.both_databases
@pytest.mark.parametrize("afresh", [False, True])
def test_a_hundred_audits_are_spread_among_many_in_one_short_transaction(database_url: str, *, afresh: bool) -> None:
    with a_desk(database_url, fill=with_a_hundred_audits) as desk:
        check_that_a_hundred_are_spread(desk, afresh=afresh)


def check_that_a_hundred_are_spread(desk: Desk, *, afresh: bool) -> None:
    lena = an_actor(desk.cast.lena)
    asked = ReallocationRequest(desk.cast.ben.id, afresh=afresh, reason="They have left.")
    with desk.database.reading() as session:
        prepared = reallocation.prepare_reallocation(session, round_id=desk.round_id, asked=asked, by=lena)
    with desk.database.writing() as session:
        done = reallocation.store_reallocation(session, prepared, by=lena)
    assert len(done.moved) == 100
