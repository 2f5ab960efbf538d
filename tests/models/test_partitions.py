"""Tables of organisations can be divided by organisation, by PostgreSQL itself or by Citus: docs/scale.md says how."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import NotSupportedError

from models.storage.database import open_database

# A key or a name that is looked up before it is known whose it is, or that must be the only one of the whole service.
ONCE_IN_THE_SERVICE = {
    "checkpoint",
    "feedback_link",
    "passkey",
    "person",
    "provider_account",
    "sign_in_link",
    "token",
    "web_session",
}
OF_ORGANISATIONS = """
    SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'organisation_id'
"""


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_every_key_of_a_table_of_organisations_begins_with_its_organisation_but_for_a_few(database_url: str) -> None:
    database, refused = open_database(database_url), set()
    with database.engine.connect() as connection:
        tables = set(connection.execute(text(OF_ORGANISATIONS)).scalars())
        for table in tables:
            like = f'CREATE TABLE divided (LIKE "{table}" INCLUDING ALL) PARTITION BY HASH (organisation_id)'
            attempt = connection.begin_nested()
            try:
                connection.execute(text(like))
            except NotSupportedError:
                refused.add(table)
            attempt.rollback()
    database.close()
    assert {"audit", "score", "event"} < tables
    assert refused == ONCE_IN_THE_SERVICE
