"""Databases of a given size: rows inserted by the bare drivers, rounds closed as the service closes them.

Foreign keys are not checked while these rows are inserted; the rows are generated to match.
"""

import random
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import insert
from sqlmodel import SQLModel

from api.reports.closing import tallies_to_store
from api.reports.keeping import remake
from checklists.reports.tallies import encode_answers
from checklists.templates.library import load_library_template
from models import (
    AgeBand,
    Audit,
    AuditHarm,
    CaseStatus,
    ChangedAudit,
    Round,
    RoundState,
    Score,
    StoredCaseFile,
    new_id,
    now,
)
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.sqlite_engine import connect
from tests.live import ANSWERS, HARMS, THEMES, Ground

# How often the service looks whether tables have grown (api/foundation/pages/feature.py).
STATISTICS_SECONDS = 5
TEMPLATE = load_library_template("scr-themes", 2)
COLUMNS: dict[type[SQLModel], str] = {
    StoredCaseFile: "organisation_id id reference team_id status age_band version created_at",
    Audit: "organisation_id id round_id case_file_id auditor_id reading mode state version created_at submitted_at"
    " withdrawal_reason return_reason answers overall_calculated overall_override override_reason"
    " team_id status age_band",
    AuditHarm: "organisation_id audit_id form_of_harm",
    Score: "organisation_id audit_id theme answer rationale impact evidence version",
}
Batch = dict[type[SQLModel], list[tuple[Any, ...]]]


def a_round(ground: Ground, state: RoundState) -> Round:
    """A round that is open or closed, not stored yet."""
    today, at = now().date(), now()
    return Round(
        organisation_id=ground.organisation_id,
        id=new_id(),
        title=f"A round, {state}",
        template_id=ground.template_id,
        template_version=1,
        period_from=today - timedelta(days=90),
        period_to=today,
        due_on=today,
        target_percent=90,
        state=state,
        opened_at=at,
        closed_at=at if state is RoundState.CLOSED else None,
    )


def fill_open_round(database: Database, ground: Ground, *, audits: int) -> uuid.UUID:
    """Create another open round with this many audits."""
    made = a_round(ground, RoundState.OPEN)
    with database.writing() as session:
        session.add(made)
        session.flush()
        made_id = made.id
    fill(database, ground, [made_id], audits_each=audits)
    return made_id


def fill_closed_rounds(
    database: Database, ground: Ground, *, rounds: int, audits_each: int, tidy: bool = True
) -> list[uuid.UUID]:
    """Create closed rounds with this many audits each; returns their identifiers. `tidy` as for `fill`."""
    made = [a_round(ground, RoundState.CLOSED) for _ in range(rounds)]
    with database.writing() as session:
        session.connection().execute(insert(table_of(Round)), [audit_round.model_dump() for audit_round in made])
    fill(database, ground, [audit_round.id for audit_round in made], audits_each=audits_each, tidy=tidy)
    for start in range(0, rounds, 50):
        with database.writing() as session:
            for audit_round in made[start : start + 50]:
                session.add_all(tallies_to_store(session, audit_round))
    return [audit_round.id for audit_round in made]


def keep_tallies(database: Database, ground: Ground, round_id: uuid.UUID) -> None:
    """Count a filled round as the service does in the background, and wait for it."""
    with database.reading() as session:
        audit_round = session.get_one(Round, (ground.organisation_id, round_id))
    remake(database, audit_round)


def fill(
    database: Database,
    ground: Ground,
    rounds: Sequence[uuid.UUID],
    *,
    audits_each: int,
    submitted: bool = True,
    tidy: bool = True,
) -> None:
    """Insert this many audits into each round, submitted or complete but for their submission.

    `tidy`: the database then gathers its statistics, and removes dead rows.
    """
    is_sqlite = database.engine.dialect.name == "sqlite"
    put = _put_into_sqlite if is_sqlite else _put_into_postgresql
    put(database, _batches(ground, rounds, audits_each, plain=is_sqlite, submitted=submitted))
    if tidy:
        tidy_up(database)


def tidy_up(database: Database) -> None:
    """Give the database, and a service that has it open, the statistics that they would gather themselves within
    seconds.
    """
    if database.is_sqlite:
        database.gather_statistics()
        time.sleep(STATISTICS_SECONDS + 1)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")


def _batches(
    ground: Ground, rounds: Sequence[uuid.UUID], audits_each: int, *, plain: bool, submitted: bool
) -> Iterator[Batch]:
    chance = random.Random(audits_each)
    at = now().strftime("%Y-%m-%d %H:%M:%S.%f") if plain else now().isoformat()

    def identifier(value: uuid.UUID | None) -> str:
        assert value is not None
        return value.hex if plain else str(value)

    own, team, auditor = ground.organisation_id, identifier(ground.team_id), identifier(ground.auditor.person_id)
    statuses, ages = [status.value for status in CaseStatus], [age.value for age in AgeBand]
    batch: Batch = {model: [] for model in COLUMNS}
    for round_id in rounds:
        for _ in range(audits_each):
            case, audit = identifier(new_id()), identifier(new_id())
            bands = (team, chance.choice(statuses), chance.choice(ages))
            batch[StoredCaseFile].append((own, case, f"CF-{audit[-24:]}", *bands, 1, at))
            state = "submitted" if submitted else "draft"
            reading = (own, audit, identifier(round_id), case, auditor, 1, "records-only", state)
            harm, answers = chance.choice(HARMS), chance.choices(ANSWERS, k=len(THEMES))
            line = encode_answers(TEMPLATE, dict(zip(THEMES, answers, strict=True)))
            if submitted:
                batch[AuditHarm].append((own, audit, harm))
            batch[Audit].append(
                (
                    *reading,
                    1,
                    at,
                    at if submitted else None,
                    "",
                    "",
                    *((line, "good") if submitted else ("", "")),
                    "",
                    "",
                    *(bands if submitted else (None, None, None)),
                )
            )
            batch[Score] += [
                (own, audit, theme, answer, "What was seen, and why.", "The plan was late.", "Entry 7.", 1)
                for theme, answer in zip(THEMES, answers, strict=True)
            ]
            if len(batch[Audit]) == 5_000:
                yield batch
                batch = {model: [] for model in COLUMNS}
    yield batch


def _put_into_sqlite(database: Database, batches: Iterator[Batch]) -> None:
    connection = connect(str(database.engine.url.database), database.key)
    connection.execute("PRAGMA foreign_keys = OFF")
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        for model, rows in batch.items():
            names = COLUMNS[model].split()
            holes = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table_of(model).name} ({', '.join(names)}) VALUES ({holes})"
            connection.executemany(statement, rows)
        connection.commit()
    connection.close()


def _put_into_postgresql(database: Database, batches: Iterator[Batch]) -> None:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for batch in batches:
            for model, rows in batch.items():
                names = ", ".join(COLUMNS[model].split())
                with connection.cursor().copy(f"COPY {table_of(model).name} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            _mark(connection, batch[Audit])


def _mark(connection: psycopg.Connection, audits: Sequence[tuple[Any, ...]]) -> None:
    """Mark the audits as changed, in place of the triggers that were removed: a tally counts what is marked."""
    names = COLUMNS[Audit].split()
    own, audit_round, audit = (names.index(name) for name in ("organisation_id", "round_id", "id"))
    columns = "organisation_id, round_id, audit_id, id"
    with connection.cursor().copy(f"COPY {table_of(ChangedAudit).name} ({columns}) FROM STDIN") as copy:
        for row in audits:
            copy.write_row((row[own], row[audit_round], row[audit], str(new_id())))
