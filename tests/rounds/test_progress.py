"""What lists of rounds count is what the page of each round counts, for every person."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.allocation.actions import Allocation, allocate
from api.audits import actions as audits
from api.audits.submission import actions as submissions
from api.rounds.progress import RoundCounts, counts_of_rounds, progress_of
from api.rounds.queries import list_rounds
from models import Round, now
from tests.desk import Desk
from tests.factories import an_actor


def read_twice(desk: Desk) -> None:
    """A case that Asha and Ben read: neither knows of the other's audit until both are submitted."""
    first = desk.find(desk.an_audit()).audit
    with desk.database.writing() as session:
        second = Allocation(first.case_file_id, desk.cast.ben.id, reading=2)
        allocate(session, round_id=desk.round_id, allocation=second, by=an_actor(desk.cast.lena))


def withdraw(desk: Desk) -> None:
    audit_id, lena = desk.an_audit(), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = audits.find_audit(session, audit_id=audit_id, by=lena).audit.version
        submissions.withdraw(session, audit_id=audit_id, reason="Not in scope.", version=version, by=lena)


@pytest.mark.both_databases
def test_the_counts_of_many_rounds_are_those_of_each(desk: Desk) -> None:
    desk.answer(submitted := desk.an_audit())
    desk.submit(submitted)
    desk.an_audit(desk.cast.ben)
    read_twice(desk)
    withdraw(desk)
    with desk.database.writing() as session:
        session.execute(
            update(Round).values(due_on=now().date() - timedelta(days=3)).where(col(Round.id) == desk.round_id)
        )
    seen = {}
    with desk.database.reading() as session:
        for person in (desk.cast.lena, desk.cast.asha, desk.cast.ben):
            actor = an_actor(person)
            rounds = list_rounds(session, by=actor, limit=10)
            counted = counts_of_rounds(session, rounds, by=actor)
            for audit_round in rounds:
                one = progress_of(session, audit_round, by=actor)
                assert counted[audit_round.id] == RoundCounts(one.allocated, one.submitted, one.overdue), person.name
            seen[person.name] = counted[desk.round_id]
    assert seen == {"Lena": RoundCounts(4, 1, 3), "Asha": RoundCounts(3, 1, 2), "Ben": RoundCounts(3, 1, 2)}
