"""Where PostgreSQL separates organisations itself, a query that forgets its organisation tells nothing of another.

The service here has a role of its own that owns nothing, as docs/trail.md says; the owner has switched row-level
security on; and the condition on the organisation is taken out of every statement before it is sent.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from api.cli import _REFUSED_BY_POSTGRESQL
from models.every import METADATA
from models.storage import row_security
from models.storage.database import Database, open_database
from models.storage.migrating import migrate
from tests.conftest import DatabaseKind, fresh_database
from tests.whole_service.conftest import SetStage
from tests.whole_service.forgetting import answers_with_words_of_another, forget_organisations, separate
from tests.whole_service.matrix import Stage, a_stage

ROLE = f"separated_{uuid.uuid4().hex[:8]}"
SetStageOf = Callable[[DatabaseKind], SetStage]


@pytest.fixture(scope="module")
def owned(
    request: pytest.FixtureRequest, set_stage: SetStageOf, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The database of two councils, opened by its owner, with a role for the service that owns nothing."""
    url, _ = set_stage("postgresql")
    with fresh_database(request, "postgresql", tmp_path_factory.mktemp("separated"), like=url) as copy:
        owner = open_database(copy)
        separate(owner, ROLE)
        yield owner
        with owner.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {ROLE}"))
            connection.execute(text(f"DROP ROLE {ROLE}"))
        owner.close()


def address_for_the_role(owned: Database) -> str:
    return owned.engine.url.set(drivername="postgresql", username=ROLE).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def separated(owned: Database, set_stage: SetStageOf) -> Iterator[Stage]:
    with a_stage(address_for_the_role(owned), set_stage("postgresql")[1]) as made:
        yield made


def test_with_every_condition_on_the_organisation_forgotten_no_answer_has_a_word_of_another(
    separated: Stage, owned: Database, record_property: Callable[[str, object], None]
) -> None:
    forget_organisations(separated.rehearsal.engine)
    asked, telling = answers_with_words_of_another(separated)
    assert telling == []
    with owned.engine.begin() as connection:
        row_security.switch_off(connection)
    try:
        _, told_without = answers_with_words_of_another(separated)
    finally:
        with owned.engine.begin() as connection:
            row_security.switch_on(connection)
    assert len(told_without) > 1
    record_property(
        "figure",
        f"Row-level security, conditions forgotten: {asked} answers, 0 with a word of another organisation;"
        f" {len(told_without)} without it",
    )


def test_a_transaction_sees_and_writes_rows_of_its_organisation_alone(
    request: pytest.FixtureRequest, owned: Database, set_stage: SetStageOf
) -> None:
    home, elsewhere = (council.organisation.id for council in set_stage("postgresql")[1])
    service = open_database(address_for_the_role(owned))
    request.addfinalizer(service.close)
    tables = [table for table in METADATA.sorted_tables if "organisation_id" in table.columns]
    assert len(tables) > 100
    with owned.reading() as everything, service.reading() as session:
        service.narrow(session, home)
        for table in tables:
            counted = text(f'SELECT count(*) FROM "{table.name}" WHERE organisation_id = :organisation')
            of_home, of_other = (
                everything.execute(counted, {"organisation": each}).scalar_one() for each in (home, elsewhere)
            )
            assert session.execute(counted, {"organisation": home}).scalar_one() == of_home, table.name
            assert session.execute(counted, {"organisation": elsewhere}).scalar_one() == 0, (table.name, of_other)
        assert session.execute(text("SELECT id FROM organisation")).scalars().all() == [home]
    moved = text("UPDATE team SET organisation_id = :other WHERE organisation_id = :own")
    with service.reading() as session:
        service.narrow(session, home)
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.execute(moved, {"own": home, "other": elsewhere})
    # The next transaction of the same connection names its organisation anew, or sees all.
    with service.reading() as session:
        assert len(session.execute(text("SELECT id FROM organisation")).all()) == 2


def test_the_command_is_for_the_owner_while_nobody_uses_the_database(owned: Database, tmp_path: Path) -> None:
    owner = owned.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def run(address: str, *words: str) -> tuple[int, str]:
        called = [sys.executable, "-c", "from api.cli import main; main()", "separate-organisations", *words]
        environment = {**os.environ, "CASEAUDIT_DATABASE_URL": address}
        ended = subprocess.run(called, check=False, capture_output=True, text=True, env=environment)
        return ended.returncode, ended.stdout + ended.stderr

    assert run(owner) == (0, "Row-level security is on. Restart the service.\n")
    code, said = run(address_for_the_role(owned), "--off")
    assert (code, said) == (1, f"{_REFUSED_BY_POSTGRESQL['42501']}\n")
    with owned.engine.begin() as other:
        other.execute(text("LOCK TABLE audit IN ACCESS SHARE MODE"))
        code, said = run(owner, "--off")
    assert (code, said) == (1, f"{_REFUSED_BY_POSTGRESQL['55P03']}\n")
    with owned.engine.connect() as connection:
        assert row_security.unprotected(connection) == []
    migrate(of_one := f"sqlite:///{tmp_path}/one.sqlite3")
    code, said = run(of_one)
    assert (code, "one organisation" in said) == (1, True)


def test_every_table_is_protected_and_one_that_comes_later_is_too(owned: Database) -> None:
    # Of people who have not signed in yet, and of the database itself.
    shared = {"alembic_version", "sign_in_count", "spent_answer"}
    with owned.engine.connect() as connection:
        assert row_security.is_on(connection)
        assert row_security.unprotected(connection) == []
        query = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity AND relnamespace = :own")
        own = connection.execute(text("SELECT current_schema()::regnamespace::oid")).scalar_one()
        assert set(connection.execute(query, {"own": own}).scalars()) == shared
    address = make_url(owned.engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    migrate(address, "joint_notices")
    with owned.engine.begin() as connection:
        connection.execute(text("ALTER TABLE team NO FORCE ROW LEVEL SECURITY"))
        connection.execute(text("ALTER VIEW shown_team RESET (security_invoker)"))
        assert row_security.unprotected(connection) == ["team", "shown_team"]
    migrate(address)
    with owned.engine.connect() as connection:
        assert row_security.unprotected(connection) == []
