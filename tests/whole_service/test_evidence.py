"""Whatever somebody changes in the database behind the service's back is refused by it or told by verification."""

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Enum,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

from api.foundation import events
from api.foundation.identity.showing import ShowingKinds
from api.foundation.permissions import Actor
from api.trail.verifying.contents import Coverage, Notes, differences
from api.trail.verifying.scratch import scratch
from api.trail.verifying.shown import Shown, not_recorded
from api.trail.verifying.verification import _events, sentence_of
from models import (
    Absence,
    AccessKind,
    AccessRequest,
    Audit,
    AuditFact,
    Consensus,
    FirstJudgement,
    Person,
    QuestionAnswer,
    StoredTeam,
    TeamMember,
)
from models.evidence.content import Key, stored_contents
from models.evidence.frozen import FROZEN, Frozen, columns_of, frozen_columns
from models.evidence.guards import missing_guards
from models.evidence.kept import Part, Record, Rows, covered_columns, records
from models.evidence.not_covered import NOT_COVERED_COLUMNS, NOT_COVERED_TABLES
from models.storage.bulk import table_of
from models.storage.database import Database, open_database
from tests.conftest import DatabaseKind, fresh_database
from tests.guards_aside import guards_aside
from tests.thorough import part_of
from tests.whole_service.conftest import SetStage
from tests.whole_service.council import Council

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "trail.md"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the stage, with the organisation whose rows are changed, and what verification says of it before."""

    database: Database
    own: int
    said: frozenset[str]


@pytest.fixture(scope="module")
def stored(
    request: pytest.FixtureRequest,
    database_kind: DatabaseKind,
    set_stage: Callable[[DatabaseKind], SetStage],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copy]:
    url, (council, _) = set_stage(database_kind)
    with fresh_database(request, database_kind, tmp_path_factory.mktemp("evidence"), like=url) as copy:
        database = open_database(copy)
        _add_what_the_stage_lacks(database, council)
        own = council.organisation.id
        with database.engine.connect() as connection:
            said = told(connection, own)
        yield Copy(database, own, frozenset(said))
        database.close()


def _add_what_the_stage_lacks(database: Database, council: Council) -> None:
    """Rows of kinds that no record of the stage has, with an event of the kind that tells of them."""
    own = council.organisation.id
    person, other = (council.people[name].id for name in ("moderator", "quality-lead"))
    with database.writing() as session, guards_aside(session.connection()):
        session.flush()
        audit_id = _some(session, Audit, own, state="submitted")
        of_audit: dict[str, Any] = {"organisation_id": own, "audit_id": audit_id}
        session.add(AuditFact(**of_audit, fact="a-fact", choice="one"))
        session.add(FirstJudgement(**of_audit, overall="good"))
        session.add(QuestionAnswer(**of_audit, question="a-question", answer="yes", version=1))
        answers = {"first_answer": "good", "second_answer": "outstanding", "answer": "good", "reason": "As agreed."}
        settled: dict[str, Any] = {**answers, "proposed_by_id": person, "settled_by_id": other}
        session.add(Consensus(**of_audit, theme="a-theme", **settled))
        day = date(2026, 1, 5)
        session.add(Absence(organisation_id=own, person_id=person, first_day=day, last_day=day))
        session.add(TeamMember(organisation_id=own, person_id=person, team_id=_some(session, StoredTeam, own)))
        made_by = [(audit_id, "audit.recorded"), (audit_id, "audit.consensus-settled")]
        made_by += [(person, "person.duties-changed")]
        asked = AccessRequest(organisation_id=own, person_id=person, kind=AccessKind.LINK, asked_by_id=other)
        session.add(asked)
        made_by += [(person, "person.access-waits")]
        people = session.scalars(select(table_of(Person).c.id).where(table_of(Person).c.organisation_id == own))
        made_by += [(each, "person.password-changed") for each in people]
        events.record_many(session, [events.row(kind, subject, by=Actor(own)) for subject, kind in made_by])


def _some(session: Session, model: type[SQLModel], own: int, **values: str) -> uuid.UUID:
    table = table_of(model)
    query = select(table.c.id).where(table.c.organisation_id == own)
    conditions = [table.c[name] == each for name, each in values.items()]
    found: uuid.UUID = session.execute(query.where(*conditions).limit(1)).scalar_one()
    return found


def told(connection: Connection, own: int) -> list[str]:
    """What verification says of the records as this transaction has left them."""
    with scratch() as notes:
        of_records = Notes(notes)
        shown = Shown(notes, of_records, ShowingKinds.registered())
        for _ in shown.noting(of_records.noting(_events(connection, own))):
            pass
        found = differences(connection, of_records, own, Coverage())
        return [sentence_of(each) for each in (*found, *not_recorded(connection, shown, own))]


def told_anew(connection: Connection, stored: Copy) -> list[str]:
    """What verification says now and did not say of the copy before."""
    return [sentence for sentence in told(connection, stored.own) if sentence not in stored.said]


@pytest.mark.both_databases
def test_nothing_that_the_service_did_is_told_as_tampering(stored: Copy) -> None:
    """But what the tests themselves wrote into the database, which no event made."""
    assert not [each for each in stored.said if "no event records" not in each]
    with stored.database.engine.connect() as connection:
        assert missing_guards(connection) == []
        assert told_anew(connection, stored) == [], "what is asked again is told otherwise"


# Covered by the `where` of a part: whether somebody wrote an audit.
WHERE = {("has_seen", "wrote")}


def test_every_column_is_covered_or_frozen_or_named_with_its_reason() -> None:
    covered = {*covered_columns()} | WHERE
    columns = {(table.name, column.name) for table in SQLModel.metadata.tables.values() for column in table.columns}
    named = {each for each in columns if each[0] in NOT_COVERED_TABLES} | {*NOT_COVERED_COLUMNS}
    assert columns - covered - named - {*frozen_columns()} == set()
    assert named & covered == set(), "covered and said not to be"
    assert covered - columns == set()
    assert {*NOT_COVERED_COLUMNS} - columns == set()


def test_the_documentation_names_everything_that_is_not_covered() -> None:
    said = DOCUMENT.read_text("utf-8")
    for table, reason in NOT_COVERED_TABLES.items():
        assert f"| `{table}` | {reason} |" in said
    for (table, column), reason in NOT_COVERED_COLUMNS.items():
        if reason != "counts changes":
            assert f"| `{table}.{column}` | {reason} |" in said


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a row that a part covers, and which is as its event says."""

    record: Record
    part: Part
    rows: Rows
    key: Key
    column: str

    @property
    def name(self) -> str:
        return f"{self.rows.table}.{self.column}"


def places(connection: Connection, own: int) -> list[Place]:
    """One place for each column that is covered, in a record that is whole."""
    found: dict[tuple[str, str, str, str], Place] = {}
    with scratch() as connection_of_notes:
        notes = Notes(connection_of_notes)
        for _ in notes.noting(_events(connection, own)):
            pass
        rows = connection_of_notes.execute("SELECT record, id, number, part, value FROM note").fetchall()
    by_name = {record.name: record for record in records()}
    for name, identifier, number, part_name, value in rows:
        record, key = by_name[name], Key(identifier, number)
        part = next(each for each in record.parts if each.name == part_name)
        stored = stored_contents(connection, record, [part], own, [key]).get(key)
        if stored is None or stored.hashes[part.name] != value:
            continue
        for of_table in part.rows:
            if not _row(connection, own, record, of_table, key):
                continue
            for column in of_table.columns:
                place = Place(record, part, of_table, key, column)
                found.setdefault((name, part_name, of_table.table, column), place)
    return list(found.values())


def _row(connection: Connection, own: int, record: Record, rows: Rows, key: Key) -> Any:
    table = SQLModel.metadata.tables[rows.table]
    query = select(table).where(table.c.organisation_id == own, table.c[rows.key] == uuid.UUID(key.id))
    if record.number:
        query = query.where(table.c[record.number] == key.number)
    if rows.where:
        query = query.where(text(rows.where))
    return connection.execute(query.limit(1)).mappings().first()


def another(column: Column[Any], value: Any) -> Any:
    """A value that is not the one stored."""
    kind = datetime if isinstance(getattr(column.type, "impl", None), DateTime) else column.type.python_type
    if isinstance(column.type, Enum):
        return next(each for each in column.type.enums if each != getattr(value, "value", value))
    if kind is uuid.UUID:
        return uuid.uuid4()
    if kind in {bool, int, float}:
        return kind(not value) if kind is bool else (value or 0) + 1
    if issubclass(kind, date):
        return (value or (datetime(2026, 1, 1, tzinfo=UTC) if kind is datetime else date(2026, 1, 1))) + timedelta(1)
    longest = getattr(column.type, "length", None)
    if longest is not None and len(value or "") >= longest:
        return f"{value[:-1]}{'y' if value.endswith('x') else 'x'}"
    return f"{value or ''}x"


def alter(connection: Connection, own: int, place: Place) -> None:
    """Change the column in one row, whatever the constraints of the table say."""
    row = _row(connection, own, place.record, place.rows, place.key)
    _alter_row(connection, SQLModel.metadata.tables[place.rows.table], place.column, row)


def _alter_row(connection: Connection, table: Any, name: str, row: Any) -> None:
    column = table.c[name]
    value = another(column, row[name])
    if isinstance(column.type, Enum):
        connection.exec_driver_sql(*_plainly(connection, table.name, name, value, row, table))
        return
    statement = table.update().where(*(table.c[each.name] == row[each.name] for each in table.primary_key))
    connection.execute(statement.values({name: value}))


def _plainly(
    connection: Connection, name: str, column: str, value: str, row: Any, table: Any
) -> tuple[str, tuple[Any, ...]]:
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    keys = [each.name for each in table.primary_key]
    where = " AND ".join(f"{each} = {mark}" for each in keys)
    values = [row[each] for each in keys]
    if mark == "?":
        values = [each.hex if isinstance(each, uuid.UUID) else getattr(each, "value", each) for each in values]
    return f"UPDATE {name} SET {column} = {mark} WHERE {where}", (value, *values)


def test_every_covered_column_is_refused_or_told_when_somebody_alters_it(
    stored: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    """An eighth of them, others each day; `make trials` alters them all."""
    engine = stored.database.engine.execution_options(writes=True)
    with engine.connect() as connection:
        found = places(connection, stored.own)
        connection.rollback()
    wanted = {
        (record.name, part.name, rows.table, column)
        for record in records()
        for part in record.parts
        for rows in part.rows
        for column in rows.columns
    }
    here = {(each.record.name, each.part.name, each.rows.table, each.column) for each in found}
    assert wanted - here == set(), "no row of the stage has it"
    refused, unnoticed = set(), []
    tried = part_of(found, one_in=8, of="covered columns")
    for place in tried:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            try:
                alter(connection, stored.own, place)
            except DBAPIError as error:
                if "never change" in str(error):
                    refused.add(place.name)
            connection.rollback()
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            with guards_aside(connection, of=[place.rows.table]):
                alter(connection, stored.own, place)
                if not told_anew(connection, stored):
                    unnoticed.append(place.name)
            connection.rollback()
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
    with capsys.disabled():
        names = {place.name for place in tried}
        print(
            f"\n{len(tried)} of {len(found)} places in {len(names)} columns altered by SQL: {len(refused)} columns"
            f" refused by the database; with its guards put aside {len(tried) - len(unnoticed)} places told,"
            f" {len(unnoticed)} unnoticed"
        )
    assert unnoticed == []


@pytest.mark.both_databases
def test_every_frozen_column_is_refused_when_somebody_alters_it(stored: Copy) -> None:
    """Those that no part covers."""
    engine = stored.database.engine.execution_options(writes=True)
    for name, column in sorted({*frozen_columns()} - {*covered_columns()} - {*NOT_COVERED_COLUMNS}):
        with engine.connect() as connection:
            _defer(connection)
            table = SQLModel.metadata.tables[name]
            row = (
                connection.execute(select(table).where(table.c.organisation_id == stored.own).limit(1)).mappings().one()
            )
            with pytest.raises(DBAPIError, match="never change"):
                _alter_row(connection, table, column, row)
            connection.rollback()


# Of these entries the stage has no row for which their condition holds.
NOT_ON_STAGE = {"blind_record", "consensus", "exemption", "follow_up_rule", "moderation_rule", "reopening", "snapshot"}


@pytest.mark.both_databases
def test_every_guard_refuses_what_it_is_for(stored: Copy) -> None:
    """Each column of each entry of the list, and deletion, in a row of which the entry speaks."""
    engine = stored.database.engine.execution_options(writes=True)
    lacking, allowed = [], []
    for frozen in FROZEN:
        with engine.connect() as connection:
            row = _row_of(connection, frozen, stored.own)
        if row is None:
            lacking.append(frozen.table)
            continue
        table = SQLModel.metadata.tables[frozen.table]
        itself = [table.c[each.name] == row[each.name] for each in table.primary_key]
        changes: dict[str, Callable[[Connection], object]] = {
            column: partial(_alter_frozen, frozen=frozen, column=column, row=row)
            for column in (columns_of(frozen) if frozen.columns else ())
        }
        if frozen.delete:
            changes["deleted"] = partial(Connection.execute, statement=table.delete().where(*itself))
        for name, change in changes.items():
            with engine.connect() as connection:
                _defer(connection)
                try:
                    change(connection)
                except DBAPIError as error:
                    if "never change" in str(error):
                        continue
                allowed.append(f"{frozen.table}.{name} when {frozen.when}")
                connection.rollback()
    assert allowed == []
    assert set(lacking) <= NOT_ON_STAGE


def _row_of(connection: Connection, frozen: Frozen, own: int) -> Any:
    """A row for which the condition of an entry holds."""
    held = frozen.when.partition(" AND NEW.")[0]
    source, condition = f'"{frozen.table}" AS old', held.replace("OLD.", "old.")
    if frozen.part_of is not None:
        table, key, column = frozen.part_of
        joined = f"owner.organisation_id = old.organisation_id AND owner.{key} = old.{column}"
        source += f' JOIN "{table}" AS owner ON {joined}'
    name = "id" if frozen.table == "organisation" else "organisation_id"
    columns = SQLModel.metadata.tables[frozen.table].columns
    listed = ", ".join(f'old."{column.name}"' for column in columns)
    also = f" AND {condition}" if condition else ""
    query = f"SELECT {listed} FROM {source} WHERE old.{name} = :own{also} LIMIT 1"
    return connection.execute(text(query).columns(*columns), {"own": own}).mappings().first()


def _alter_frozen(connection: Connection, *, frozen: Frozen, column: str, row: Any) -> None:
    table = SQLModel.metadata.tables[frozen.table]
    wanted = re.search(rf"NEW\.{column} = '([\w-]+)'", frozen.when)
    if wanted is None:
        _alter_row(connection, table, column, row)
    else:
        connection.exec_driver_sql(*_plainly(connection, table.name, column, wanted[1], row, table))


SUBMITTED = "IN (SELECT id FROM audit WHERE state = 'submitted' AND organisation_id = :own)"
AGREED = "IN (SELECT id FROM audit WHERE state = 'agreed' AND organisation_id = :own)"
SIGNED = "IN (SELECT id FROM audit WHERE state = 'signed-off' AND organisation_id = :own)"
COUNTED = "IN (SELECT id FROM audit WHERE state IN ('submitted', 'agreed', 'signed-off') AND organisation_id = :own)"
OF_CLOSED_ACTION = "state = 'impact-shown' AND organisation_id = :own"
# What somebody with write access to the database may want to change, and the statements that do it.
CHANGES: dict[str, tuple[str, ...]] = {
    "answers of a signed audit": (
        f"UPDATE score SET answer = 'outstanding' WHERE audit_id {SIGNED}",
        f"UPDATE audit SET answers = replace(answers, 'b', 'a') || 'x', signature = '{'a' * 64}' WHERE id {SIGNED}",
    ),
    "a signed audit deleted whole": (
        *(
            f"DELETE FROM {table} WHERE audit_id {SIGNED}"
            for table in (
                *("score", "audit_harm", "question_answer", "audit_fact", "conclusion", "audit_case", "conversation"),
                *(
                    "family_view",
                    "moderated_score",
                    "moderation",
                    "comment",
                    "reopening",
                    "urgent_concern",
                    "consensus",
                ),
                "snapshot_audit",
            )
        ),
        "DELETE FROM audit WHERE state = 'signed-off' AND organisation_id = :own",
    ),
    "the sampling weight of a signed audit": (f"UPDATE audit SET sampling_weight = 9 WHERE id {SIGNED}",),
    "the sampling weight of a submitted audit": (f"UPDATE audit SET sampling_weight = 9 WHERE id {SUBMITTED}",),
    "answers of a submitted audit": (f"UPDATE audit SET answers = answers || 'a' WHERE id {SUBMITTED}",),
    "answers of an agreed audit": (f"UPDATE audit SET agreed_answers = agreed_answers || 'a' WHERE id {AGREED}",),
    "an answer row of a submitted audit": (f"UPDATE score SET answer = 'other' WHERE audit_id {SUBMITTED}",),
    "an answer row deleted": (f"DELETE FROM score WHERE audit_id {SUBMITTED}",),
    "the agreed overall judgement": (f"UPDATE audit SET agreed_overall = 'outstanding!' WHERE id {AGREED}",),
    "the calculated overall judgement": (f"UPDATE audit SET overall_calculated = 'best' WHERE id {SUBMITTED}",),
    "the reason for another overall judgement": (f"UPDATE audit SET override_reason = 'other' WHERE id {SUBMITTED}",),
    "the answer to a question": (f"UPDATE question_answer SET answer = 'no!' WHERE audit_id {SUBMITTED}",),
    "the counted answers to questions": (f"UPDATE audit SET question_answers = 'x' WHERE id {SUBMITTED}",),
    "a fact about the case": (f"UPDATE audit_fact SET choice = 'two' WHERE audit_id {SUBMITTED}",),
    "the sources of answers": (f"UPDATE audit SET answer_sources = 'x' WHERE id {SUBMITTED}",),
    "the conversation": (f"UPDATE conversation SET obstacles = 'x' WHERE audit_id {COUNTED}",),
    "family views": (f"UPDATE family_view SET answers = 'x' WHERE audit_id {COUNTED}",),
    "a rationale": (f"UPDATE score SET rationale = 'x' WHERE audit_id {SUBMITTED}",),
    "the conclusion": (f"UPDATE conclusion SET worries = 'x' WHERE audit_id {COUNTED}",),
    "a form of harm": (f"UPDATE audit_harm SET form_of_harm = 'x' WHERE audit_id {COUNTED}",),
    "the band of an audited case": (f"UPDATE audit SET age_band = '5-9', team_id = NULL WHERE id {COUNTED}",),
    "a moderator's review": ("UPDATE moderated_score SET answer = 'x' WHERE organisation_id = :own",),
    "an audit that nobody submitted": (
        "UPDATE audit SET state = 'submitted' WHERE state = 'draft' AND organisation_id = :own",
    ),
    "a withdrawn audit counted again": (
        "UPDATE audit SET state = 'submitted' WHERE state = 'withdrawn' AND organisation_id = :own",
    ),
    "the content of a published template": (
        "UPDATE template_version SET document = document || ' ' WHERE state = 'published' AND organisation_id = :own",
    ),
    "the standard of a published template": (
        (
            "UPDATE template_version SET document = replace(document, 'standard', 'standart')"
            " WHERE state = 'published' AND organisation_id = :own"
        ),
    ),
    "the target of a closed round": (
        "UPDATE round SET target_percent = 11 WHERE state = 'closed' AND organisation_id = :own",
    ),
    "the tallies of a closed round": ("UPDATE round_tally SET counts = '{}' WHERE organisation_id = :own",),
    "a tally added": (
        (
            "INSERT INTO round_tally SELECT organisation_id, id, 'made-up', '{}' FROM round"
            " WHERE state = 'closed' AND organisation_id = :own"
        ),
    ),
    "a closed round opened": (
        "UPDATE round SET state = 'open', closed_at = NULL WHERE state = 'closed' AND organisation_id = :own",
    ),
    "the content of a snapshot": ("UPDATE snapshot SET content = content || ' ' WHERE organisation_id = :own",),
    "the thresholds of a snapshot": ("UPDATE snapshot SET within = within + 1 WHERE organisation_id = :own",),
    "the altered copy of a snapshot": (
        "UPDATE snapshot_audit SET copied = copied || 'a' WHERE organisation_id = :own",
    ),
    "a snapshot deleted": (
        "DELETE FROM briefing WHERE organisation_id = :own",
        "DELETE FROM snapshot_audit WHERE organisation_id = :own",
        "DELETE FROM snapshot WHERE organisation_id = :own",
    ),
    "an urgent concern": ("UPDATE urgent_concern SET words = 'all is well' WHERE organisation_id = :own",),
    "an urgent concern closed": (
        "UPDATE urgent_concern SET state = 'closed' WHERE state <> 'closed' AND organisation_id = :own",
    ),
    "an urgent concern deleted": (
        "DELETE FROM concern_notice WHERE organisation_id = :own",
        "DELETE FROM urgent_concern WHERE organisation_id = :own",
    ),
    "a role granted": (
        (
            "INSERT INTO role_grant SELECT organisation_id, id, 'administrator' FROM person"
            " WHERE organisation_id = :own AND id NOT IN"
            " (SELECT person_id FROM role_grant WHERE role = 'administrator')"
        ),
    ),
    "a password": ("UPDATE person SET password_hash = '$argon2id$x' WHERE organisation_id = :own",),
    "the scopes of a token": ("UPDATE token SET scopes = scopes || ' people:write' WHERE organisation_id = :own",),
    "the case of a sample": ("UPDATE sampled_case SET probability = 0.5 WHERE organisation_id = :own",),
    "a reading counted as blind": (
        f"UPDATE blind_record SET blind = NOT blind, taints = false WHERE audit_id {COUNTED}",
    ),
    "the record of a reading deleted": (f"DELETE FROM blind_record WHERE audit_id {COUNTED}",),
    "who opened an audit": ("DELETE FROM has_seen WHERE organisation_id = :own AND NOT wrote",),
    "who recorded an audit": ("UPDATE has_seen SET wrote = false WHERE organisation_id = :own AND wrote",),
    "who listed the answers of a round": ("DELETE FROM has_listed WHERE organisation_id = :own",),
    "access confirmed": (
        (
            "UPDATE access_request SET confirmed = true, decided_by_id = asked_by_id, decided_at = asked_at"
            " WHERE organisation_id = :own"
        ),
    ),
    "exemplary practice": (f"UPDATE theme_note SET exemplary = NOT exemplary WHERE audit_id {COUNTED}",),
    "a note on a theme": (f"UPDATE theme_note SET strengths = 'x' WHERE audit_id {COUNTED}",),
    "the first judgement": (f"UPDATE first_judgement SET overall = 'x' WHERE audit_id {SUBMITTED}",),
    "the minutes of an audit": (f"UPDATE conclusion SET minutes = 9 WHERE audit_id {COUNTED}",),
    "the scope of a closed round": ("UPDATE round SET scope = 'x' WHERE state = 'closed' AND organisation_id = :own",),
    "the impact of a closed action": (f"UPDATE action SET impact = 'x' WHERE {OF_CLOSED_ACTION}",),
    "a closed action at work again": (
        f"UPDATE action SET state = 'done', closed_at = NULL, closed_by_id = NULL WHERE {OF_CLOSED_ACTION}",
    ),
    "an action deleted": (
        f"DELETE FROM action_note WHERE action_id IN (SELECT id FROM action WHERE {OF_CLOSED_ACTION})",
        f"DELETE FROM action_step WHERE action_id IN (SELECT id FROM action WHERE {OF_CLOSED_ACTION})",
        f"DELETE FROM action_team WHERE action_id IN (SELECT id FROM action WHERE {OF_CLOSED_ACTION})",
        f"DELETE FROM action WHERE {OF_CLOSED_ACTION}",
    ),
    "the figures behind an action": (
        "UPDATE action SET finding = '' WHERE kind = 'practice' AND organisation_id = :own",
    ),
    "the due date of an action": ("UPDATE action SET due_on = '2031-01-01' WHERE organisation_id = :own",),
    "a note of an action": ("UPDATE action_note SET words = 'x' WHERE organisation_id = :own",),
    "a step of an action": ("UPDATE action_step SET done_on = '2026-01-01' WHERE organisation_id = :own",),
    "the answer to a recommendation": (
        "UPDATE recommendation SET answer = 'x' WHERE answered_on IS NOT NULL AND organisation_id = :own",
    ),
    "a settled answer of two readers": ("UPDATE consensus SET answer = 'x' WHERE organisation_id = :own",),
}
_outcomes: dict[str, tuple[bool, bool]] = {}


@pytest.mark.both_in_trials
@pytest.mark.parametrize("name", CHANGES)
def test_each_kind_of_change_is_told(stored: Copy, name: str) -> None:
    engine = stored.database.engine.execution_options(writes=True)
    values = {"own": stored.own}
    refused = False
    with engine.connect() as connection:
        try:
            _defer(connection)
            for statement in CHANGES[name]:
                connection.execute(text(statement), values)
        except DBAPIError as error:
            refused = "never change" in str(error)
        connection.rollback()
    with engine.connect() as connection:
        tables = _changed_by(CHANGES[name])
        _ignore_checks(connection, of=tables)
        with guards_aside(connection, of=tables):
            changed = 0
            for statement in CHANGES[name]:
                changed += connection.execute(text(statement), values).rowcount
            assert changed, "the stage has no such row"
            found = told_anew(connection, stored)
        connection.rollback()
        _ignore_checks(connection, on=False)
    kind = stored.database.engine.dialect.name
    _outcomes[f"{kind} {name}"] = (refused, bool(found))
    assert found, "nobody is told"


@pytest.mark.both_in_trials
def test_the_kinds_of_change_that_were_told_are_counted(stored: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    kind = stored.database.engine.dialect.name
    of_kind = [outcome for name, outcome in _outcomes.items() if name.startswith(kind)]
    with capsys.disabled():
        print(
            f"\n{kind}: {sum(told for _, told in of_kind)} of {len(of_kind)} kinds of change told with the guards put"
            f" aside; {sum(refused for refused, _ in of_kind)} refused by the guards"
        )


def _defer(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def _changed_by(statements: Iterable[str]) -> list[str]:
    """The tables that the statements change."""
    return [table for each in statements for table in re.findall(r"(?:UPDATE|DELETE FROM|INSERT INTO) (\w+)", each)]


def _ignore_checks(connection: Connection, *, on: bool = True, of: Collection[str] = ()) -> None:
    """As somebody could who changes these tables; on PostgreSQL by dropping their constraints in the transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA ignore_check_constraints = {'ON' if on else 'OFF'}")
        _defer(connection)
    elif on:
        query = (
            "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype = 'c'"
            " AND connamespace = current_schema()::regnamespace AND conrelid::regclass::text = ANY(%s)"
        )
        for name, table in connection.exec_driver_sql(query, (list(of),)).all():
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
