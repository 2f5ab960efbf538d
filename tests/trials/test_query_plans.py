"""No request reads a whole table of audits, whoever asks and however many audits there are."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import event, text
from sqlmodel import SQLModel, col, select

from api.app import create_app
from api.foundation.http.security import cookie_name
from api.foundation.settings import Settings
from api.moderation.rules import LAST_OF_FIRST
from benchmarks.actions import REPORTS, WORKLISTS, fill_actions
from benchmarks.scores import an_auditor
from benchmarks.store import fill, keep_tallies, tidy_up
from models import Audit
from models.storage.database import Database
from tests.cast import ORIGIN
from tests.client import Client
from tests.factories import a_token_for, an_actor, signed_in
from tests.live import THEMES, Ground, a_complete_audit, a_ground, an_open_round

pytestmark = pytest.mark.trial

# So many in each of some rounds that no database takes reading all of them for the shortest way.
ROUNDS, AUDITS_EACH = 10, 2_000
# To read a table with fewer rows from the first to the last is often the shortest way.
LEAST_ROWS: Final = 5_000
# A line of a plan that reads all of a table, or all rows of the organisation.
_SCANS: Final = {
    "sqlite": re.compile(r"^(?:SCAN (\w+)|SEARCH (\w+) USING .*\(organisation_id=\?\))"),
    "postgresql": re.compile(r"Seq Scan on (\w+)"),
}


# What reads every audit of its organisation on PostgreSQL, and why that is so.
KNOWN: Final = {
    "home page of a lead": "It counts the audits that wait for moderation, and here nearly all of them do.",
}


@contextmanager
def statements_of(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that reads or changes rows while the block runs."""
    found: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, ___: object, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not many:
            found.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def scans(database: Database, statement: str, values: Any) -> set[str]:
    """The large tables of which the database reads every row for a statement."""
    kind = database.engine.dialect.name
    # SQLite names a table by its alias where it has one.
    aliases = {alias: table for table, alias in re.findall(r'(?:FROM|JOIN) "?(\w+)"? (?:AS )?(\w+)', statement)}
    aliases |= {"f": "case_file"}  # in the view of case files
    with database.reading() as session:
        explained = session.connection().exec_driver_sql(
            f"{'EXPLAIN QUERY PLAN' if kind == 'sqlite' else 'EXPLAIN'} {statement}", values
        )
        lines = [str(row[-1]).strip() for row in explained]
        # In the order of its key, a page of a list ends after its rows.
        is_a_page = "LIMIT" in statement and not any("TEMP B-TREE FOR ORDER BY" in line for line in lines)
        found = [_SCANS[kind].search(line) for line in lines if not (is_a_page and line.startswith("SEARCH"))]
        named = {next(filter(None, each.groups())) for each in found if each is not None}
        tables = {aliases.get(name, name) for name in named} & set(SQLModel.metadata.tables)
        return {
            table
            for table in tables
            if session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one() >= LEAST_ROWS
        }


@pytest.fixture
def ground(database: Database) -> Ground:
    """An organisation with many audits in several rounds, as a database that knows its numbers sees them."""
    made = a_ground(database)
    others = [an_open_round(database, made.template_id, made.lead) for _ in range(ROUNDS - 1)]
    fill(database, made, [made.round_id, *others], audits_each=AUDITS_EACH)
    keep_tallies(database, made, made.round_id)
    tidy_up(database)
    return made


def test_no_request_reads_every_row_of_a_large_table(database: Database, ground: Ground) -> None:
    auditor = an_auditor(database, ground)
    own_round = an_open_round(database, ground.template_id, ground.lead)
    fill(database, replace(ground, auditor=an_actor(auditor)), [own_round], audits_each=30, submitted=False)
    with database.reading() as session:
        draft = session.exec(select(Audit.id).where(col(Audit.round_id) == own_round).limit(1)).one()
    app = create_app(Settings(database_url=database.engine.url.render_as_string(hide_password=False)), database)
    name = cookie_name(Settings())
    found: dict[str, set[str]] = {}
    with Client(app, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        for called, method, path, options in _requests(database, ground, auditor, draft, name):
            with statements_of(database) as statements:
                answered = client.request(method, path, **options)
            assert answered.status_code in {200, 201, 303}, (called, answered.text[:300])
            assert statements, called
            for statement, values in statements:
                scanned = scans(database, statement, values)
                if scanned and not (called in KNOWN and statement.startswith("SELECT count(*)")):
                    found.setdefault(f"{called}: {statement}", set()).update(scanned)
    assert found == {}


def gone_through(database: Database, statement: str, values: Any) -> int:
    """How much a database goes through for a statement: SQLite's steps, or the rows that PostgreSQL scans."""
    with database.reading() as session:
        connection = session.connection()
        if not database.is_sqlite:
            explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
            return _scanned(explained.scalar_one()[0]["Plan"])
        steps = count()
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: next(steps) < 0, 1)
        try:
            connection.exec_driver_sql(statement, values).all()
        finally:
            driver.set_progress_handler(None, 0)
        return next(steps)


def _scanned(plan: dict[str, Any]) -> int:
    own = plan["Actual Rows"] * plan["Actual Loops"] if "Scan" in plan["Node Type"] else 0
    return int(own) + sum(_scanned(part) for part in plan.get("Plans", ()))


def test_an_auditors_first_audits_are_found_without_reading_the_others(database: Database, ground: Ground) -> None:
    with_few = an_auditor(database, ground)
    fill(database, replace(ground, auditor=an_actor(with_few)), [ground.round_id], audits_each=5)
    needed = []
    for auditor in (with_few.id, ground.auditor.person_id):
        asked = {"own": ground.organisation_id, "auditors": [auditor], "number": 3, "before": 2}
        with statements_of(database) as statements, database.reading() as session:
            session.connection().execute(LAST_OF_FIRST, asked).all()
        needed.append(gone_through(database, *statements[0]))
    few, many = needed
    assert many < 2 * few


# Statements that may read every action of the organisation, and why that is so.
OF_A_PERIOD: Final = (
    "first_due_on BETWEEN",  # the actions of a period have one of four days in it, and no index has four
    "count(*)",  # overdue actions are counted, and here they are many
)


def test_worklists_and_what_changed_read_no_more_with_ten_thousand_actions_and_a_thousand_rounds(
    database: Database,
) -> None:
    ground = a_ground(database)
    fill_actions(database, ground, rounds=1_000, actions=10_000)
    app = create_app(Settings(database_url=database.engine.url.render_as_string(hide_password=False)), database)
    cookie = f"{cookie_name(Settings())}={_lead_session(database, ground)}"
    paths = (*WORKLISTS.values(), REPORTS["what changed, page"])
    found: dict[str, set[str]] = {}
    with Client(app, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        for path in paths:
            assert client.get(path, headers={"Cookie": cookie}).status_code == 200, path  # rounds are remembered
            with statements_of(database) as statements:
                assert client.get(path, headers={"Cookie": cookie}).status_code == 200, path
            assert len(statements) < 40, path
            for statement, values in statements:
                scanned = scans(database, statement, values)
                if scanned and not any(words in statement for words in OF_A_PERIOD):
                    found.setdefault(f"{path}: {statement}", set()).update(scanned)
    assert found == {}


def _requests(
    database: Database, ground: Ground, auditor: Any, draft: uuid.UUID, cookie: str
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What people and programs ask for most, each with who asks."""
    lead, secret = _lead_session(database, ground), signed_in(database, auditor)
    as_auditor = {"headers": {"Cookie": f"{cookie}={secret}"}}
    as_lead = {"headers": {"Cookie": f"{cookie}={lead}"}}
    token = {"Authorization": f"Bearer {a_token_for(database, auditor).secret}"}
    program = {"Authorization": f"Bearer {ground.integration_token}", "Idempotency-Key": "once"}
    theme = f"/audits/{draft}/themes/{THEMES[0]}"
    yield "home page of an auditor", "GET", "/", as_auditor
    yield "My audits", "GET", "/audits", as_auditor
    yield "an audit", "GET", f"/audits/{draft}", as_auditor
    yield "a theme", "GET", theme, as_auditor
    score = {"answer": "good", "rationale": "The plan was clear."}
    saving = {"headers": {**token, "If-Match": '"1"'}, "json": score}
    yield "saving a score", "PUT", f"/api/v1/audits/{draft}/scores/{THEMES[1]}", saving
    complete = {"headers": program, "json": a_complete_audit(ground, Random(1))}
    yield "a complete audit", "POST", "/api/v1/complete-audits", complete
    yield "home page of a lead", "GET", "/", as_lead
    yield "a round", "GET", f"/rounds/{ground.round_id}", as_lead
    yield "the report of a round", "GET", f"/rounds/{ground.round_id}/report", as_lead
    reading = {"headers": {"Authorization": f"Bearer {ground.lead_token}"}}
    yield "the moderation queue", "GET", "/api/v1/moderation-queue", reading
    yield "a gap report", "GET", f"/api/v1/reports/gaps?round={ground.round_id}", reading
    yield "progress", "GET", "/api/v1/audit-statuses", {"headers": {"Authorization": program["Authorization"]}}


def _lead_session(database: Database, ground: Ground) -> str:
    from benchmarks.__main__ import signed_in as of_actor

    return of_actor(database, ground, ground.lead)
