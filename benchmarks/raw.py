"""The same rows inserted into the same tables by the bare drivers, in each one's best form: an upper limit."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

import psycopg
from sqlmodel import SQLModel

from models import Audit, AuditHarm, CaseFileHarm, Event, IdempotentRequest, Score, StoredCaseFile, new_id, now
from models.storage.bulk import one_statement, table_of
from models.storage.database import Database
from models.storage.sqlite_engine import connect
from tests.live import Ground

# Of events that no chain includes: far beyond the numbers that the service gives.
_numbers = count(1_000_000_000)
Row = Mapping[str, Any]
Rows = Mapping[type[SQLModel], Sequence[Row]]


def rows_of(ground: Ground, body: Mapping[str, Any], key: str, *, plain: bool) -> Rows:
    """The rows that the service writes for this request. `plain` for SQLite, which has no types for them."""

    def identifier(value: uuid.UUID | str) -> str:
        made = uuid.UUID(str(value))
        return made.hex if plain else str(made)

    at = now().strftime("%Y-%m-%d %H:%M:%S.%f") if plain else now().isoformat()
    case_id, audit_id, own = identifier(new_id()), identifier(new_id()), {"organisation_id": ground.organisation_id}
    case = body["case_file"]
    bands = {"team_id": identifier(case["team_id"]), "status": case["status"], "age_band": case["age_band"]}
    asker = {"person_id": None, "token_id": identifier(ground.lead.id)}
    made = {"audit_id": audit_id, "case_file_id": case_id, "reference": f"CF-{key}", "reading": 1, "overall": "good"}
    return {
        IdempotentRequest: [
            {
                **own,
                "asker_id": asker["token_id"],
                "key": key,
                "fingerprint": "0" * 64,
                "status": 201,
                "etag": "",
                "location": f"/api/v1/audits/{audit_id}",
                "created_at": at,
                "body": json.dumps(made).encode() if plain else "\\x" + json.dumps(made).encode().hex(),
            }
        ],
        StoredCaseFile: [{**own, "id": case_id, "reference": f"CF-{key}", **bands, "version": 1, "created_at": at}],
        CaseFileHarm: [{**own, "case_file_id": case_id, "form_of_harm": harm} for harm in case["forms_of_harm"]],
        Event: [
            {
                **own,
                "number": next(_numbers),
                "at": at,
                "kind": kind,
                "subject_id": subject,
                **asker,
                "details": json.dumps(details),
                "hash": "0" * 64,
            }
            for kind, subject, details in (
                ("case-file.made", case_id, {}),
                ("audit.recorded", audit_id, {"auditor": body["auditor_id"]}),
            )
        ],
        Audit: [
            {
                **own,
                "id": audit_id,
                "round_id": identifier(body["round_id"]),
                "case_file_id": case_id,
                "reading": 1,
                "sampling_weight": None,
                "auditor_id": identifier(body["auditor_id"]),
                "mode": "records-only",
                "state": "submitted",
                "version": 1,
                "created_at": at,
                "submitted_at": at,
                "withdrawal_reason": "",
                "return_reason": "",
                "answers": "abcdef"[: len(body["scores"])].ljust(len(body["scores"]), "a"),
                "overall_calculated": "good",
                "overall_override": "",
                "override_reason": "",
                **bands,
            }
        ],
        AuditHarm: [{**own, "audit_id": audit_id, "form_of_harm": harm} for harm in case["forms_of_harm"]],
        Score: [{**own, "audit_id": audit_id, **score, "version": 1} for score in body["scores"]],
    }


def together(all_rows: Iterable[Rows]) -> Rows:
    """The rows of many audits as one list a table."""
    listed = list(all_rows)
    return {model: list(chain.from_iterable(rows[model] for rows in listed)) for model in listed[0]}


def per_second_on_sqlite(database: Database, transactions: Sequence[Rows]) -> float:
    """How many of these transactions a second one connection makes, synced as the service syncs."""
    connection = connect(str(database.engine.url.database), database.key)
    statements = [
        [(_sqlite_insert(model, tuple(rows[0])), [tuple(row.values()) for row in rows]) for model, rows in all_rows]
        for all_rows in ([(model, rows) for model, rows in each.items() if rows] for each in transactions)
    ]
    started = time.perf_counter()
    for transaction in statements:
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in transaction:
            connection.executemany(statement, values)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return len(transactions) / seconds


def _sqlite_insert(model: type[SQLModel], columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table_of(model).name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def per_second_on_postgresql(url: str, transactions: Sequence[Rows], *, connections: int) -> float:
    """How many of these transactions a second this many connections make, each one prepared statement."""
    calls = []
    for rows in transactions:
        written = {model: of_model for model, of_model in rows.items() if of_model}
        statement = one_statement(tuple((model, tuple(of_model[0])) for model, of_model in written.items()))
        calls.append((statement, tuple(json.dumps(of_model) for of_model in written.values())))
    waiting, together = iter(calls), threading.Barrier(connections + 1)

    def write() -> None:
        # The statement says `$1`, as the service sends it.
        with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
            connection.execute("SELECT 1")
            together.wait()
            for statement, values in waiting:
                connection.execute(statement, values)

    threads = [threading.Thread(target=write) for _ in range(connections)]
    for thread in threads:
        thread.start()
    together.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(transactions) / (time.perf_counter() - started)


Raw = Callable[[Sequence[Rows], int], float]


def rows_in_seconds(database: Database, rows: int) -> float:
    """How many seconds the bare driver takes for this many short rows of a table of their own, in one transaction."""
    listed = [(f"reference-{number}", "child-in-need", "5-to-9", number) for number in range(rows)]
    engine = database.engine
    if database.is_sqlite:
        connection = connect(str(engine.url.database), database.key)
        connection.execute("CREATE TABLE IF NOT EXISTS bare (reference TEXT, status TEXT, age TEXT, number INTEGER)")
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bare VALUES (?, ?, ?, ?)", listed)
        connection.execute("ROLLBACK")
        connection.execute("DROP TABLE bare")
        connection.close()
        return time.perf_counter() - started
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as plain:
        started = time.perf_counter()
        plain.execute("CREATE TEMPORARY TABLE bare (reference TEXT, status TEXT, age TEXT, number INTEGER)")
        with plain.cursor().copy("COPY bare FROM STDIN") as copy:
            for row in listed:
                copy.write_row(row)
        plain.rollback()
    return time.perf_counter() - started
