"""Where PostgreSQL separates organisations, a standby does too: each report read there names its organisation.

The primary is used as through PgBouncer, where the next transaction of a connection is another organisation's.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import Session

from api.app import every_route
from api.foundation.http.dependencies import Allow, Needs
from api.moving.copying import copy_everything
from api.reports.exports import actions as exports
from models.storage import row_security
from models.storage.database import Database, open_database
from models.storage.postgresql.standby import Standby
from tests.conftest import DatabaseKind
from tests.postgres import SUPERUSER, Cluster
from tests.standby import replicated
from tests.trials.several_machines.pgbouncer import pgbouncer
from tests.whole_service.conftest import SetStage
from tests.whole_service.forgetting import OF_ROWS, answers_with_words_of_another, forget_organisations, separate
from tests.whole_service.matrix import RouteRule, Stage, a_stage, is_feed

ROLE = "separated"
# Reports that have words of another organisation, where nothing separates them.
TELLING = {"GET /reports/gaps", "GET /reports/agreement"}
# Statements that read no row of an organisation.
OF_THE_SERVER = ("pg_is_in_recovery", "relrowsecurity", "set_config('timezone'")


class Noted:
    """What is asked on a server in transactions that named no organisation before."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        self.unnamed: list[str] = []
        event.listen(engine, "begin", self._begins)
        event.listen(engine, "before_cursor_execute", self._asks)

    def _begins(self, connection: Connection) -> None:
        connection.info["named"] = False

    def _asks(self, connection: Connection, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if "set_config" in statement and row_security.SETTING in str(parameters):
            connection.info["named"] = True
        elif not any(word in statement for word in OF_THE_SERVER):
            self.statements += 1
            if not connection.info.get("named"):
                self.unnamed.append(statement)


class Separated(NamedTuple):
    address: str
    copy: Cluster
    owner: Database
    stage: Stage
    standby: Standby
    noted: Noted


def for_the_role(cluster: Cluster) -> str:
    return cluster.url("councils").replace(f"//{SUPERUSER}@", f"//{ROLE}@")


@pytest.fixture(scope="module", params=["as through PgBouncer", pytest.param("PgBouncer", marks=pytest.mark.trial)])
def separated(request: pytest.FixtureRequest, set_stage: Callable[[DatabaseKind], SetStage]) -> Iterator[Separated]:
    url, councils = set_stage("sqlite")
    with replicated() as (primary, copy), ExitStack() as used:
        here = open_database(url)
        copy_everything(here, primary.create("councils"))
        here.close()
        owner = open_database(primary.url("councils"))
        used.callback(owner.close)
        separate(owner, ROLE)
        standby = Standby(for_the_role(copy))
        used.callback(standby.engine.dispose)
        noted = Noted(standby.engine)
        address = for_the_role(primary)
        if request.param == "PgBouncer":
            folder = primary.folder / "pgbouncer"
            folder.mkdir()
            address = used.enter_context(pgbouncer(primary, folder, "councils", role=ROLE, pool_size=2))
        stage = used.enter_context(a_stage(address, councils, standby=standby, through_pgbouncer=True))
        for engine in (stage.rehearsal.engine, standby.engine):
            forget_organisations(engine, OF_ROWS)
        yield Separated(address, copy, owner, stage, standby, noted)


def asked_in_part(stage: Stage) -> Callable[[RouteRule], int]:
    """Of what may be read from a standby the whole feed, the reports that show most, and a third of the others."""
    heavy = {
        f"{method} {route.path}"
        for route in iter_route_contexts(every_route(stage.app))
        if isinstance(route.original_route, APIRoute) and _is_heavy(route.dependant)
        for method in route.methods or ()
    }
    return lambda rule: 1 if is_feed(rule.route) or rule.route in TELLING else 3 * (rule.route in heavy)


def _is_heavy(dependant: Dependant) -> bool:
    calls = [dependant.call, *(needed.call for needed in dependant.dependencies)]
    return any(isinstance(call, Allow) and call.needs is Needs.HEAVY_READING for call in calls)


def test_reports_of_a_standby_see_their_organisation_alone_with_every_condition_on_it_forgotten(
    separated: Separated, record_property: Callable[[str, object], None]
) -> None:
    one_in = asked_in_part(separated.stage)
    asked, telling = answers_with_words_of_another(separated.stage, one_in=one_in)
    statements = separated.noted.statements
    assert telling == []
    assert separated.noted.unnamed == []
    assert statements > asked > 5
    with separated.owner.engine.begin() as connection:
        row_security.switch_off(connection)
    try:
        _, told_without = answers_with_words_of_another(separated.stage, one_in=one_in)
    finally:
        with separated.owner.engine.begin() as connection:
            row_security.switch_on(connection)
    assert len(told_without) > 1
    record_property(
        "figure",
        f"Row-level security on a standby, conditions forgotten: {asked} answers by {statements} statements there,"
        f" 0 with a word of another organisation; {len(told_without)} without it",
    )


def test_an_export_is_read_from_a_standby_by_transactions_that_name_its_organisation(separated: Separated) -> None:
    database = open_database(separated.address, through_pgbouncer=True, standby_url=separated.standby.url)
    assert database._standby is not None
    noted, on_primary = Noted(database._standby.engine), Noted(database.engine)
    claimed = exports.claim_export(database)
    assert claimed is not None
    on_primary.unnamed.clear()
    exports.write_export(database, claimed)
    database.close()
    assert noted.statements > 0
    assert noted.unnamed == []
    assert [asked for asked in on_primary.unnamed if "FROM audit" in asked] == []


def test_a_standby_whose_role_sees_every_organisation_is_not_read(separated: Separated) -> None:
    def is_standby(session: Session) -> bool:
        return bool(session.scalar(text("SELECT pg_is_in_recovery()")))

    for standby, is_read in ((separated.standby.url, True), (separated.copy.url("councils"), False)):
        database = open_database(separated.address, through_pgbouncer=True, standby_url=standby)
        with database.reading() as session:
            problem = database.problem_of_standby(session)
        with database.reading() as session:
            assert database.read_report(session, 1, is_standby) is is_read
        assert problem == ("" if is_read else "Its role sees the rows of every organisation.")
        database.close()
