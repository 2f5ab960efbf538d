"""What came of a case, as a program reads it: a case read twice tells nothing before both readings are submitted."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.audits.submission import actions as submissions
from api.blind_reading import actions as double_readings
from api.foundation.permissions import RESULT_SCOPES, Permission
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from checklists.actions.action_states import ActionMove
from models import Event, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, an_actor, an_integration, client_for, program_for
from tests.improvement.acting import moved

SAYS = "See the child alone within the week."
NOTHING_TOLD = {"submitted_at": None, "agreed_at": None, "signed_at": None, "overall": None, "overall_label": None}


def a_program(desk: Desk, *scopes: Permission) -> Client:
    """A program with these scopes, by default both that read results."""
    return program_for(desk.app, an_integration(desk.database, desk.cast.organisation, scopes=scopes or RESULT_SCOPES))


def read(program: Client, query: str = "") -> list[dict[str, Any]]:
    answer = program.get(f"/api/v1/case-results{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def proposed(desk: Desk, audit_id: uuid.UUID, by: MadePerson | None = None) -> uuid.UUID:
    """An action for the child of an audit."""
    new = NewChildAction(SAYS, "voice", None, "Team manager", due_days=3)
    with desk.database.writing() as session:
        return child_level.propose_child_action(
            session, audit_id=audit_id, new=new, by=an_actor(by or desk.cast.asha)
        ).id


def read_again(desk: Desk, audit_id: uuid.UUID) -> uuid.UUID:
    """Give the case of an audit to Ben as its second reader."""
    case = desk.find(audit_id).audit.case_file_id
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        allocation = Allocation(case, desk.cast.ben.id, reading=2)
        return allocate(session, round_id=desk.round_id, allocation=allocation, by=lena).id


def withdraw(desk: Desk, audit_id: uuid.UUID) -> None:
    lena = an_actor(desk.cast.lena)
    version = desk.find(audit_id).audit.version
    with desk.database.writing() as session:
        submissions.withdraw(session, audit_id=audit_id, reason="Drawn twice.", version=version, by=lena)


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_submitted_audit_tells_its_judgement_and_its_actions_and_an_unsubmitted_one_its_state_alone(
    desk: Desk,
) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "inadequate", rationale="Seen on file.")
    proposed(desk, audit_id)
    moved(desk, proposed(desk, audit_id), ActionMove.DROP, by=desk.cast.asha)
    program = a_program(desk)
    (before,) = read(program)
    case = desk.find(audit_id).case_file
    assert (before["reference"], before["state"], before["actions"]) == (case.reference, "draft", [])
    assert before | NOTHING_TOLD == before
    desk.submit(audit_id)
    (after,) = read(program, f"?round={desk.round_id}")
    assert (after["state"], after["overall"], after["overall_label"]) == ("submitted", "inadequate", "Inadequate")
    (action,) = after["actions"]
    assert (action["words"], action["state"]) == (SAYS, "agreed")
    assert action["due_on"] > now().date().isoformat()
    assert read(program, f"?round={uuid.uuid4()}") == []
    desk.give_back(audit_id, "Look again at the plan.")
    (returned,) = read(program)
    assert returned["state"] == "returned"
    assert returned["actions"] == []
    assert returned | NOTHING_TOLD == returned


@pytest.mark.both_in_trials
def test_of_a_case_read_twice_a_program_learns_no_more_than_that_it_is_being_read(desk: Desk) -> None:
    """What it writes into the child's record could be read there by the second reader."""
    audit_id = desk.an_audit()
    desk.answer(audit_id, "inadequate", rationale="Seen on file.")
    proposed(desk, audit_id)
    program = a_program(desk)
    (alone,) = read(program)
    second = read_again(desk, audit_id)
    assert read(program) == [alone]
    desk.submit(audit_id)
    assert read(program) == [alone]
    desk.answer(second, "good", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    (unsettled,) = read(program)
    assert (unsettled["state"], unsettled["overall"], len(unsettled["actions"])) == ("submitted", None, 1)
    with desk.database.writing() as session:
        for theme in desk.template.theme_keys:
            found = double_readings.find_double_reading(session, audit_id=audit_id, by=an_actor(desk.cast.lena))
            assert found is not None
            double_readings.propose_answer(
                session,
                audit_id=audit_id,
                theme=theme,
                answer="good",
                reason="Both saw it on file.",
                version=0,
                by=an_actor(desk.cast.lena),
            )
    (settled,) = read(program)
    assert (settled["state"], settled["overall"]) == ("agreed", "good")
    assert settled["agreed_at"] is not None


@pytest.mark.both_in_trials
def test_a_closed_round_hides_nothing_and_a_withdrawn_audit_tells_that_it_was_withdrawn(desk: Desk) -> None:
    audit_id, other, again = desk.an_audit(), desk.an_audit(), desk.an_audit()
    desk.answer(audit_id)
    read_again(desk, audit_id)
    desk.submit(audit_id)
    withdraw(desk, other)
    withdraw(desk, again)
    case = desk.find(again).audit.case_file_id
    with desk.database.writing() as session:
        replaced = allocate(
            session,
            round_id=desk.round_id,
            allocation=Allocation(case, desk.cast.asha.id),
            by=an_actor(desk.cast.lena),
        ).id
    desk.close_round()
    states = {each["id"]: (each["state"], each["overall"]) for each in read(a_program(desk))}
    assert states == {
        str(audit_id): ("submitted", "good"),
        str(other): ("withdrawn", None),
        str(replaced): ("draft", None),
    }


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("2026-11-01T00:00:00", "Enter a date and time with a time zone, such as 2026-11-23T09:30:00Z"),
        ("0001-01-01T00:00:00+14:00", "Enter a date and time that is in the years 1 to 9999 in UTC"),
        ("9999-12-31T23:59:59-14:00", "Enter a date and time that is in the years 1 to 9999 in UTC"),
    ],
)
def test_a_moment_without_a_time_zone_or_that_no_year_holds_is_refused(desk: Desk, since: str, said: str) -> None:
    refused = a_program(desk).get("/api/v1/case-results", params={"since": since})
    assert refused.status_code == 422
    assert [fault["detail"] for fault in refused.json()["errors"]] == [said]


@pytest.mark.both_databases
def test_every_change_of_a_result_is_found_by_the_moment_from_which_on_it_is_asked(desk: Desk) -> None:
    audit_id, quiet = desk.an_audit(), desk.an_audit()
    program = a_program(desk)

    def changed_by(step: Callable[[], object]) -> bool:
        before = read(program)
        with desk.database.reading() as session:
            last = session.exec(select(Event.at).order_by(col(Event.number).desc())).first()
        assert last is not None
        since = (last + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
        assert read(program, f"?since={since}") == []
        step()
        differs = [each for each in read(program) if each not in before]
        found = read(program, f"?since={since}")
        assert differs == found, "what differs is what is found"
        assert str(quiet) not in {each["id"] for each in found}
        return bool(found)

    desk.answer(audit_id, "inadequate", rationale="Seen on file.")
    action_id = proposed(desk, audit_id)
    assert changed_by(lambda: desk.submit(audit_id))
    assert changed_by(lambda: moved(desk, action_id, ActionMove.START))
    assert changed_by(lambda: moved(desk, action_id, ActionMove.FINISH))
    assert changed_by(lambda: desk.give_back(audit_id, "Look again."))
    assert changed_by(lambda: withdraw(desk, audit_id))
    new = []
    assert changed_by(lambda: new.append(desk.an_audit()))
    # Opening an audit changes nothing of its result.
    lena = desk.browser(desk.cast.lena)
    assert not changed_by(lambda: lena.get(f"/audits/{new[0]}"))


@pytest.mark.both_in_trials
def test_results_are_paged_by_key(desk: Desk) -> None:
    made = [str(desk.an_audit()) for _ in range(5)]
    program, seen, after = a_program(desk), [], ""
    while after is not None:
        page = program.get(f"/api/v1/case-results?limit=2{after and f'&after={after}'}").json()
        seen += [each["id"] for each in page["items"]]
        after = page["after"]
    assert seen == made


@pytest.mark.both_in_trials
def test_only_a_program_reads_results_and_actions_only_with_their_own_scope(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    proposed(desk, audit_id)
    desk.submit(audit_id)
    (told,) = read(a_program(desk, Permission.READ_RESULTS))
    assert (told["overall"], told["actions"]) == ("good", None)
    for scope in (Permission.READ_RESULT_ACTIONS, Permission.READ_ROUNDS):
        assert a_program(desk, scope).get("/api/v1/case-results").status_code == 403
    for person in (desk.cast.lena, desk.cast.ada, desk.cast.mo, desk.cast.asha):
        assert client_for(desk.app, person).get("/api/v1/case-results").status_code == 403


@pytest.mark.both_databases
def test_that_a_program_read_results_is_in_the_trail_once_an_hour(desk: Desk) -> None:
    desk.an_audit()
    program = a_program(desk)
    read(program)
    read(program)
    with desk.database.reading() as session:
        (event,) = session.exec(select(Event).where(col(Event.kind) == "round.results-read")).all()
    assert (event.subject_id, event.person_id) == (desk.round_id, None)
    assert event.token_id is not None


def test_results_of_another_organisation_are_none(desk: Desk) -> None:
    desk.an_audit()
    elsewhere = an_integration(desk.database, desk.cast.elsewhere, scopes=RESULT_SCOPES)
    assert read(program_for(desk.app, elsewhere)) == []
