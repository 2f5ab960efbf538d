"""A prepared statement gives what SQLAlchemy would: the same rows, types, numbers of changes and errors."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, not_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from api.foundation.identity.actors import TOKENS_WITH_ROLES
from models import Person, Role, RoleGrant, Token, new_id
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.dialects import is_among
from models.storage.prepared import Prepared
from tests.factories import a_person, a_token_for, an_organisation

pytestmark = pytest.mark.both_databases

BY_NAME = select(table_of(Person)).where(col(Person.name) == bindparam("name"), col(Person.active))
WITH_ROLES = TOKENS_WITH_ROLES.where(col(Token.name) != bindparam("not_named"), col(Token.person_id).is_not(None))


def test_it_gives_the_rows_that_sqlalchemy_gives_with_their_names_and_types(database: Database) -> None:
    person = a_person(database, an_organisation(database), roles={Role.AUDITOR, Role.MODERATOR})
    a_token_for(database, person)
    prepared = Prepared(WITH_ROLES)
    with database.reading() as session:
        expected = session.connection().execute(WITH_ROLES, {"not_named": "x"}).all()
        # PostgreSQL's driver prepares what it is asked often.
        *_, found = (prepared.rows(session, {"not_named": "x"}) for _ in range(7))
    assert [tuple(row) for row in found] == [tuple(row) for row in expected]
    assert {row.role for row in found} == {Role.AUDITOR, Role.MODERATOR}
    assert (found[0].person_id, found[0].active) == (person.id, True)
    assert found[0].created_at.utcoffset() == timedelta()


def test_it_says_how_many_rows_it_changed_and_what_is_rolled_back_is_gone(database: Database) -> None:
    person = a_person(database, an_organisation(database), name="Asha")
    people = table_of(Person)
    rename = Prepared(update(people).where(people.c.id == bindparam("its_id")).values(name=bindparam("new_name")))
    by_name = Prepared(BY_NAME)
    with database.reading() as session:  # what it changes is rolled back
        assert rename.run(session, {"its_id": person.id, "new_name": "Bea"}) == 1
        assert rename.run(session, {"its_id": new_id(), "new_name": "Bea"}) == 0
        assert [row.id for row in by_name.rows(session, {"name": "Bea"})] == [person.id]
    with database.reading() as session:
        assert by_name.rows(session, {"name": "Bea"}) == ()
        assert [row.id for row in by_name.rows(session, {"name": "Asha"})] == [person.id]


def test_who_listens_to_the_statements_of_an_engine_hears_of_it(database: Database) -> None:
    person, prepared, statements = a_person(database, an_organisation(database), name="Asha"), Prepared(BY_NAME), []

    def note(*given: Any) -> None:
        statements.append(given[2])

    event.listen(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        assert [row[0] for row in prepared.rows(session, {"name": "Asha"})] == [person.organisation_id]
    event.remove(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        assert [row[0] for row in prepared.rows(session, {"name": "Asha"})] == [person.organisation_id]
    assert len(statements) == 1
    assert "FROM person" in statements[0]


AWKWARD = ["Asha", 'Bea "B"', "a\\b", "{a,b}", "", "NULL", "O’Neill, Ó", "\n'"]


@pytest.mark.parametrize("wanted", [[], ["Asha"], {"Asha", "nobody"}, AWKWARD], ids=["none", "one", "set", "awkward"])
def test_a_collection_of_texts_finds_exactly_those(database: Database, wanted: Collection[str]) -> None:
    home = an_organisation(database)
    people = table_of(Person)
    for name in [*AWKWARD, "Bea", "a,b"]:
        person = a_person(database, home)
        with database.writing() as session:
            session.execute(update(people).where(people.c.id == person.id).values(name=name))
    among = select(people.c.name).where(people.c.organisation_id == home.id, is_among(people.c.name, "names"))
    others = select(people.c.name).where(people.c.organisation_id == home.id, not_(is_among(people.c.name, "names")))
    expected, every = set(wanted) & {*AWKWARD}, {*AWKWARD, "Bea", "a,b", "Ada"}
    with database.reading() as session:
        for _ in range(7):  # PostgreSQL's driver prepares what it is asked often
            assert {row.name for row in Prepared(among).rows(session, {"names": wanted})} == expected
            assert set(session.execute(among, {"names": wanted}).scalars()) == expected
        assert {row.name for row in Prepared(others).rows(session, {"names": wanted})} == every - expected


def test_a_collection_of_identifiers_is_found_beside_a_fixed_list(database: Database) -> None:
    home = an_organisation(database)
    people = [a_person(database, home, roles={role}) for role in (Role.AUDITOR, Role.MODERATOR, Role.QUALITY_LEAD)]
    grants = (
        select(col(RoleGrant.person_id))
        .where(col(RoleGrant.organisation_id) == bindparam("own"))
        .where(is_among(col(RoleGrant.person_id), "people"), col(RoleGrant.role).in_([Role.AUDITOR, Role.MODERATOR]))
    )
    named = {"own": home.id, "people": [person.id for person in people[1:]] + [new_id() for _ in range(4_000)]}
    with database.reading() as session:
        assert [row.person_id for row in Prepared(grants).rows(session, named)] == [people[1].id]
        assert list(session.scalars(grants, named)) == [people[1].id]


def test_its_errors_are_those_of_sqlalchemy_without_values(database: Database) -> None:
    person = a_person(database, an_organisation(database), roles={Role.AUDITOR})
    grants = table_of(RoleGrant)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("organisation_id", "person_id", "role")}
    grant = Prepared(insert(grants).values(values))
    again = {"new_organisation_id": person.organisation_id, "new_person_id": person.id, "new_role": Role.AUDITOR}
    with database.writing() as session:
        grant.run(session, {**again, "new_role": Role.MODERATOR})
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        grant.run(session, again)
    assert person.id.hex not in str(refused.value).replace("-", "").partition("DETAIL")[0]
    with database.reading() as session:
        kept = session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person.id)).scalars()
        assert set(kept) == {Role.AUDITOR, Role.MODERATOR}
