"""Every case of a council is erased, one after the other: nothing of one is left, and nothing looks tampered."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from api.erasure.erasing import erase, prepare_erasure
from models import Sample, Snapshot, StoredCaseFile
from models.evidence.erasing import CASE, belongings
from models.storage.database import open_database
from tests.conftest import DatabaseKind, fresh_database
from tests.factories import an_actor
from tests.whole_service.conftest import SetStage
from tests.whole_service.test_evidence import told

# Of these the council has no row that belongs to a case.
WITHOUT_ROWS = {"question_answer", "audit_fact", "first_judgement", "case_file_change", "action_step", "action_team"}
# Actions for practice are about no case: they stay.
_OF_A_CHILD = "action_id IN (SELECT id FROM action WHERE audit_id IS NOT NULL)"
OF_A_CASE = {"action": "audit_id IS NOT NULL"} | dict.fromkeys(
    ("action_note", "action_step", "action_team"), _OF_A_CHILD
)


@pytest.mark.both_databases
def test_nothing_that_belonged_to_a_case_is_left_and_verification_finds_no_difference(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    set_stage: Callable[[DatabaseKind], SetStage],
    tmp_path: Path,
) -> None:
    url, (council, other) = set_stage(database_kind)
    own, theirs = council.organisation.id, other.organisation.id
    lead = an_actor(council.people["quality-lead"])
    with fresh_database(request, database_kind, tmp_path, like=url) as copy:
        database = open_database(copy)

        def rows_of(organisation_id: int) -> dict[str, int]:
            with database.reading() as session:
                counted = {
                    name: session.execute(
                        text(
                            f'SELECT count(*) FROM "{name}"'
                            f" WHERE organisation_id = :own AND {OF_A_CASE.get(name, 'true')}"
                        ),
                        {"own": organisation_id},
                    ).scalar_one()
                    for name in sorted({CASE, *(each.table for each in belongings())})
                }
            return {name: number for name, number in counted.items() if number}

        with database.engine.connect() as connection:
            before = set(told(connection, own))
        with database.reading() as session:
            cases = session.exec(select(StoredCaseFile.id).where(col(StoredCaseFile.organisation_id) == own)).all()
            kept = [session.exec(select(Sample.seed)).all(), session.exec(select(Snapshot.content)).all()]
        had, had_theirs = rows_of(own), rows_of(theirs)
        assert {CASE, *(each.table for each in belongings())} - had.keys() == WITHOUT_ROWS
        for case in cases:
            with database.reading() as session:
                prepared = prepare_erasure(session, case_file_id=case, by=lead)
            with database.writing() as session:
                erased = erase(session, prepared, erasure_id=uuid.uuid4(), by=lead)
            assert erased[CASE] == 1
        assert rows_of(own) == {}
        assert rows_of(theirs) == had_theirs
        with database.engine.connect() as connection:
            assert set(told(connection, own)) - before == set()
        with database.reading() as session:
            assert kept == [session.exec(select(Sample.seed)).all(), session.exec(select(Snapshot.content)).all()]
        database.close()
