"""How many counted audits a person may know of: those that are not hidden from them, whatever anybody has submitted."""

import random
import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.case_files.actions import NewCaseFile, create_case_file
from api.release.snapshots.collecting import known_of_counted
from api.reports.tallies import is_counted
from checklists.audits.audit_states import SUBMITTED_STATES
from models import AgeBand, Audit, AuditState, CaseStatus, Round, now
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.thorough import many

CASES = 6
SEEDS = 25


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=with_cases) as made:
        yield made


def with_cases(desk: Desk) -> list[uuid.UUID]:
    new = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        return [create_case_file(session, case_file=new, by=lena).case_file.id for _ in range(CASES)]


def add_any_audits(session: Session, desk: Desk, chance: random.Random) -> None:
    """Add audits in any states, by anybody, of any reading, as far as the database accepts them."""
    people = [desk.cast.asha.id, desk.cast.ben.id, desk.cast.lena.id]
    for _ in range(10 * CASES):
        state = chance.choice(list(AuditState))
        made = Audit(
            organisation_id=desk.cast.organisation.id,
            round_id=desk.round_id,
            case_file_id=chance.choice(desk.filled),
            auditor_id=chance.choice(people),
            reading=chance.choice([1, 2]),
            state=state,
            return_reason="Look again." if state is AuditState.RETURNED else "",
        )
        if state in SUBMITTED_STATES:
            made.submitted_at, made.team_id, made.answers = now(), desk.team_id, "gggg"
            made.status, made.age_band = CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9
        if state in {AuditState.AGREED, AuditState.SIGNED_OFF}:
            made.agreed_answers, made.agreed_at = "gggg", now()
        if state is AuditState.SIGNED_OFF:
            made.signature, made.signed_at, made.signed_by_id = "0" * 64, now(), desk.cast.lena.id
        if state is AuditState.WITHDRAWN:
            made.withdrawn_at, made.withdrawal_reason = now(), "Not needed."
        with suppress(IntegrityError), session.begin_nested():
            session.add(made)


def own_beside_hidden(session: Session, desk: Desk, hidden: frozenset[uuid.UUID]) -> set[uuid.UUID]:
    """Asha's submitted readings of cases of which these are the readings hidden from her."""
    own, other = aliased(Audit), aliased(Audit)
    found = select(col(own.id)).where(
        col(own.auditor_id) == desk.cast.asha.id,
        col(own.state).in_(SUBMITTED_STATES),
        col(other.id).in_(hidden),
        col(other.case_file_id) == col(own.case_file_id),
    )
    return set(session.scalars(found))


@pytest.mark.both_databases
def test_nobody_has_submitted_a_reading_of_a_case_of_which_a_counted_reading_is_hidden_from_them(desk: Desk) -> None:
    hides = 0
    for seed in range(many(SEEDS, thorough=10 * SEEDS)):
        with desk.database.writing() as session:
            add_any_audits(session, desk, random.Random(seed))
            audit_round = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
            counted = frozenset(session.scalars(select(col(Audit.id)).where(is_counted())))
            known = known_of_counted(session, audit_round, counted, by=an_actor(desk.cast.asha))
            assert known <= counted
            assert not own_beside_hidden(session, desk, counted - known)
            hides += len(counted - known)
            session.rollback()
    assert hides
