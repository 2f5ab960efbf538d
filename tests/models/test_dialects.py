"""Conditions that each of the two databases states in its own way are quick on both."""

from sqlmodel import col, select

from models import Person, new_id
from models.storage.database import Database
from models.storage.dialects import is_among
from tests.trials.test_query_plans import statements_of


def test_sqlite_looks_up_each_value_of_a_collection_in_an_index(database: Database) -> None:
    among = select(Person.name).where(col(Person.organisation_id) == 1, is_among(col(Person.id), "people"))
    with database.reading() as session:
        with statements_of(database) as statements:
            session.execute(among, {"people": [new_id()]})
        ((statement, values),) = statements
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        assert any("(organisation_id=? AND id=?)" in line[-1] for line in plan)
