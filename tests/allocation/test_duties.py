"""Nobody is given what the rules keep from them, by hand or by chance; exemptions carry a reason."""

import uuid
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from api.allocation.actions import Allocation, allocate, allocate_many
from api.allocation.exemptions.actions import end_exemption, exempt_person, exemptions_of
from api.audit_templates import actions as templates
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from api.foundation.text.free_text import KeepReason
from api.people import actions as people
from api.people.availability import actions as availability
from api.people.availability.actions import AbsencePeriod, Availability
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from checklists.privacy.references import reference_from
from checklists.templates.template_file import check_template
from models import AgeBand, Audit, CaseFile, CaseStatus, StoredCaseFile, Team, now
from models.storage.database import Database
from tests.desk import SMALL
from tests.factories import Cast, a_team, an_actor

WORKER = reference_from(b"w" * 10)


@pytest.fixture
def north(database: Database, cast: Cast) -> Team:
    return a_team(database, cast.organisation, "North")


@pytest.fixture
def plan(database: Database, cast: Cast) -> RoundPlan:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        made = templates.create_template(session, content=check_template(SMALL), by=lena)
        templates.publish_version(
            session, template_id=made.template.id, number=1, version=made.version.version, by=lena
        )
        today = now().date()
        return RoundPlan("Spring", made.template.id, 1, today, today, today + timedelta(days=14))


def a_round(session: Session, cast: Cast, plan: RoundPlan) -> uuid.UUID:
    return rounds.create_round(session, plan=plan, by=an_actor(cast.lena)).id


def a_case(session: Session, cast: Cast, north: Team, *, worker: str = "") -> CaseFile:
    new = NewCaseFile(north.id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    made = case_files.create_case_file(session, case_file=new, by=an_actor(cast.lena)).case_file
    stored = session.get_one(StoredCaseFile, (made.organisation_id, made.id))
    stored.worker = worker
    session.add(stored)
    session.flush()
    return made


def give(session: Session, cast: Cast, round_id: uuid.UUID, case: CaseFile) -> Audit:
    """Give a case to Asha by hand."""
    return allocate(session, round_id=round_id, allocation=Allocation(case.id, cast.asha.id), by=an_actor(cast.lena))


def set_duties(session: Session, cast: Cast, wanted: Availability) -> None:
    version = people.find_person(session, person_id=cast.asha.id, by=an_actor(cast.lena)).person.version
    availability.change_availability(
        session, person_id=cast.asha.id, availability=wanted, version=version, by=an_actor(cast.lena)
    )


def around(day: date) -> tuple[AbsencePeriod, ...]:
    return (AbsencePeriod(day - timedelta(days=1), day + timedelta(days=1)),)


@pytest.mark.fast
@pytest.mark.both_databases
def test_duties_come_back_as_they_were_given(database: Database, cast: Cast, north: Team) -> None:
    wanted = Availability((north.id,), WORKER, 4, around(date(2026, 12, 24)))
    with database.writing() as session:
        set_duties(session, cast, wanted)
        assert availability.availability_of(session, person_id=cast.asha.id, by=an_actor(cast.lena)) == (wanted, 2)
        set_duties(session, cast, Availability())
        assert availability.availability_of(session, person_id=cast.asha.id, by=an_actor(cast.lena)) == (
            Availability(),
            3,
        )


@pytest.mark.both_in_trials
def test_a_case_of_ones_own_team_is_not_given_by_hand(
    database: Database, cast: Cast, north: Team, plan: RoundPlan
) -> None:
    with database.writing() as session:
        round_id, case = a_round(session, cast, plan), a_case(session, cast, north)
        set_duties(session, cast, Availability((north.id,)))
        with pytest.raises(Invalid, match="Select another auditor"):
            give(session, cast, round_id, case)
        set_duties(session, cast, Availability())
        assert give(session, cast, round_id, case).auditor_id == cast.asha.id


def test_a_case_that_one_works_is_not_given_by_hand(
    database: Database, cast: Cast, north: Team, plan: RoundPlan
) -> None:
    with database.writing() as session:
        round_id, case = a_round(session, cast, plan), a_case(session, cast, north, worker=WORKER)
        set_duties(session, cast, Availability(worker=WORKER))
        with pytest.raises(Invalid):
            give(session, cast, round_id, case)


@pytest.mark.both_in_trials
def test_a_case_that_one_read_last_time_goes_to_somebody_else(
    database: Database, cast: Cast, north: Team, plan: RoundPlan
) -> None:
    with database.writing() as session:
        first, second = (a_round(session, cast, plan) for _ in range(2))
        case = a_case(session, cast, north)
        give(session, cast, first, case)
        with pytest.raises(Invalid):
            give(session, cast, second, case)
        by_ben = Allocation(case.id, cast.ben.id)
        allocate(session, round_id=second, allocation=by_ben, by=an_actor(cast.lena))
        third = a_round(session, cast, plan)
        assert give(session, cast, third, case).reading == 1


@pytest.mark.both_databases
def test_nobody_is_given_more_than_their_most_even_in_one_call(
    database: Database, cast: Cast, north: Team, plan: RoundPlan
) -> None:
    with database.writing() as session:
        round_id = a_round(session, cast, plan)
        set_duties(session, cast, Availability(most_audits=2))
        cases = [a_case(session, cast, north) for _ in range(3)]
        three = [Allocation(case.id, cast.asha.id) for case in cases]
        with pytest.raises(Invalid) as refused, session.begin_nested():
            allocate_many(session, round_id=round_id, allocations=three, by=an_actor(cast.lena))
        assert refused.value.faults[0].pointer == "/2/auditor_id"
        assert len(allocate_many(session, round_id=round_id, allocations=three[:2], by=an_actor(cast.lena))) == 2


@pytest.mark.parametrize("days", [0, 14])
def test_whoever_is_away_today_or_on_the_due_date_is_given_none(
    database: Database, cast: Cast, north: Team, plan: RoundPlan, days: int
) -> None:
    with database.writing() as session:
        round_id, case = a_round(session, cast, plan), a_case(session, cast, north)
        set_duties(session, cast, Availability(absences=around(now().date() + timedelta(days=days))))
        with pytest.raises(Invalid):
            give(session, cast, round_id, case)
        set_duties(session, cast, Availability(absences=around(now().date() + timedelta(days=40))))
        give(session, cast, round_id, case)


@pytest.mark.both_in_trials
def test_whoever_is_exempt_is_given_none_until_the_exemption_ends(
    database: Database, cast: Cast, north: Team, plan: RoundPlan
) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        round_id, case = a_round(session, cast, plan), a_case(session, cast, north)
        with pytest.raises(Invalid, match="why"):
            exempt_person(session, round_id=round_id, person_id=cast.asha.id, reason=" ", by=lena)
        exempt_person(session, round_id=round_id, person_id=cast.asha.id, reason="New in post.", by=lena)
        with pytest.raises(Invalid):
            give(session, cast, round_id, case)
        (told,) = exemptions_of(session, round_id=round_id, by=lena)
        assert (told[0].reason, told[1]) == ("New in post.", "Asha")
        end_exemption(session, round_id=round_id, person_id=cast.asha.id, by=lena)
        give(session, cast, round_id, case)
        with pytest.raises(NotFound):
            end_exemption(session, round_id=round_id, person_id=cast.asha.id, by=lena)


def test_a_reason_that_names_a_number_of_a_child_is_refused(database: Database, cast: Cast, plan: RoundPlan) -> None:
    with database.writing() as session:
        round_id = a_round(session, cast, plan)
        with pytest.raises(Invalid, match="NHS number"):
            exempt_person(
                session, round_id=round_id, person_id=cast.asha.id, reason="On 943 476 5919", by=an_actor(cast.lena)
            )


def test_a_reason_with_a_name_is_asked_about_and_stays_for_a_reason(
    database: Database, cast: Cast, plan: RoundPlan
) -> None:
    lena, reason = an_actor(cast.lena), "Covers for Mrs Okafor."
    with database.writing() as session:
        round_id = a_round(session, cast, plan)
        with pytest.raises(Invalid) as asked:
            exempt_person(session, round_id=round_id, person_id=cast.asha.id, reason=reason, by=lena)
        assert asked.value.faults[0].may_be_kept
        keep = KeepReason.WORKER
        exempt_person(session, round_id=round_id, person_id=cast.asha.id, reason=reason, keep_names=keep, by=lena)


def test_a_closed_round_keeps_its_exemptions(database: Database, cast: Cast, plan: RoundPlan) -> None:
    lena = an_actor(cast.lena)
    with database.writing() as session:
        round_id = a_round(session, cast, plan)
        exempt_person(session, round_id=round_id, person_id=cast.asha.id, reason="New in post.", by=lena)
        rounds.open_round(session, round_id=round_id, version=1, recorded_elsewhere=True, by=lena)
        closing.close_round(session, round_id=round_id, version=2, by=lena)
        with pytest.raises(Conflict):
            exempt_person(session, round_id=round_id, person_id=cast.ben.id, reason="Away.", by=lena)
        with pytest.raises(Conflict):
            end_exemption(session, round_id=round_id, person_id=cast.asha.id, by=lena)


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        (Availability(teams=(uuid.UUID(int=7),)), "/teams/0"),
        (Availability(worker="Mo Jones"), "/worker"),
        (Availability(most_audits=-1), "/most_audits"),
        (Availability(absences=(AbsencePeriod(date(2026, 2, 2), date(2026, 2, 1)),)), "/absences/0/last_day"),
    ],
)
def test_duties_that_cannot_be_are_refused_with_the_place(
    database: Database, cast: Cast, wanted: Availability, pointer: str
) -> None:
    with database.writing() as session, pytest.raises(Invalid) as refused:
        set_duties(session, cast, wanted)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_an_edit_of_old_duties_is_stale_and_auditors_edit_none(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        set_duties(session, cast, Availability(most_audits=3))
        with pytest.raises(Stale):
            availability.change_availability(
                session, person_id=cast.asha.id, availability=Availability(), version=1, by=an_actor(cast.lena)
            )
        with pytest.raises(NotAllowed):
            availability.change_availability(
                session, person_id=cast.asha.id, availability=Availability(), version=2, by=an_actor(cast.asha)
            )
        with pytest.raises(NotFound):
            availability.availability_of(session, person_id=cast.asha.id, by=an_actor(cast.omar))
