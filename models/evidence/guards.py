"""The guards of the database: triggers that refuse to change what is frozen, made anew with every migration.

SQLite loses the triggers of a table that a migration rebuilds, and a migration may change what is frozen: so they are
dropped before the migrations, and made after the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from models.evidence.erasing import IN_PROGRESS, let_go
from models.evidence.frozen import FROZEN, Frozen, columns_of
from models.evidence.marks import marks
from models.evidence.stored_guards import PREFIX, stored_triggers

REFUSAL: Final = "this never changes once it is submitted, agreed, published, released or closed"
# The guards that migrations make: of the trail, and of what is signed.
OLDER: Final = {
    "sqlite": (
        *("event_refuses_update", "event_refuses_delete", "checkpoint_refuses_update", "checkpoint_refuses_delete"),
        *("trail_refuses_delete", "trail_only_grows", "audit_is_signed_update"),
    ),
    "postgresql": ("event_is_kept", "checkpoint_is_kept", "trail_is_kept", "trail_only_grows"),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """A trigger: its name, its table, and the statements that make it."""

    name: str
    table: str
    statements: tuple[str, ...]


def guards(dialect: str) -> Iterator[Guard]:
    """Every guard of the list for this kind of database, and the triggers that mark changed audits."""
    yield from (Guard(*mark) for mark in marks(dialect, PREFIX))
    make = _on_postgresql if dialect == "postgresql" else _on_sqlite
    for place, frozen in enumerate(FROZEN, start=1):
        changes = [("UPDATE", bool(frozen.columns)), ("DELETE", frozen.delete), ("INSERT", frozen.insert)]
        for change, is_refused in changes:
            if is_refused:
                yield make(f"{PREFIX}{frozen.table}_{place}_{change.lower()}", frozen, change)
    if dialect == "postgresql":
        for table in sorted({frozen.table for frozen in FROZEN if frozen.delete}):
            name = f"{PREFIX}{table}_truncate"
            yield Guard(
                name,
                table,
                (
                    (
                        f'CREATE TRIGGER {name} BEFORE TRUNCATE ON "{table}"'
                        " FOR EACH STATEMENT EXECUTE FUNCTION kept_refuse()"
                    ),
                ),
            )


def make_guards(connection: Connection) -> None:
    """Make every guard."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION kept_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    for guard in guards(connection.dialect.name):
        for statement in guard.statements:
            connection.exec_driver_sql(statement)


def drop_guards(connection: Connection) -> None:
    """Drop every guard that `make_guards` made, by whatever version of the list."""
    for name, table, _ in stored_triggers(connection):
        if name.startswith(PREFIX):
            where = f' ON "{table}"' if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {name}{where}")


def missing_guards(connection: Connection) -> list[str]:
    """The guards that somebody dropped, disabled or changed."""
    dialect = connection.dialect.name
    stored = {name: statement for name, _, statement in stored_triggers(connection)}
    wanted = [*OLDER[dialect], *(guard.name for guard in guards(dialect))]
    missing = [name for name in wanted if name not in stored]
    if dialect == "sqlite":
        missing += [
            guard.name
            for guard in guards(dialect)
            if guard.name in stored and stored[guard.name] != guard.statements[-1]
        ]
    return missing


def _condition(frozen: Frozen, change: str) -> str:
    """The condition on the row itself, or on the row that owns it."""
    row = "NEW" if change == "INSERT" else "OLD"
    if frozen.part_of is None:
        # A deletion has no new row.
        return frozen.when if change == "UPDATE" or "NEW." not in frozen.when else "false"
    table, key, column = frozen.part_of
    return (  # every name is of the list
        f'EXISTS (SELECT 1 FROM "{table}" AS owner WHERE owner.organisation_id = {row}.organisation_id'  # noqa: S608
        f" AND owner.{key} = {row}.{column} AND {frozen.when})"
    )


def _unless_erased(frozen: Frozen, change: str) -> str:
    """The condition that a row is not just being erased with its case; empty where it never is."""
    column = let_go(frozen.table, change)
    if not column:
        return ""
    return (  # every name is of the models
        f'NOT EXISTS (SELECT 1 FROM "{IN_PROGRESS}" AS erased WHERE'  # noqa: S608
        f' erased.organisation_id = OLD.organisation_id AND erased.id = OLD."{column}")'
    )


def _on_sqlite(name: str, frozen: Frozen, change: str) -> Guard:
    conditions = [each for each in (_condition(frozen, change), _unless_erased(frozen, change)) if each]
    if change == "UPDATE":
        differs = " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in columns_of(frozen))
        conditions.insert(0, f"({differs})")
    when = f" WHEN {' AND '.join(conditions)}" if conditions else ""
    return Guard(
        name,
        frozen.table,
        (
            (
                f'CREATE TRIGGER {name} BEFORE {change} ON "{frozen.table}"{when}'
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            ),
        ),
    )


def _on_postgresql(name: str, frozen: Frozen, change: str) -> Guard:
    differs = ""
    if change == "UPDATE":
        rows = ", ".join(f'NEW."{column}"' for column in columns_of(frozen))
        differs = f"(ROW({rows}) IS DISTINCT FROM ROW({rows.replace('NEW.', 'OLD.')}))"
    start = f'CREATE TRIGGER {name} BEFORE {change} ON "{frozen.table}" FOR EACH ROW'
    condition, unless = _condition(frozen, change), _unless_erased(frozen, change)
    if frozen.part_of is None and not unless:
        when = " AND ".join(filter(None, (differs, f"({condition})" if condition else "")))
        return Guard(
            name, frozen.table, (f"{start}{f' WHEN ({when})' if when else ''} EXECUTE FUNCTION kept_refuse()",)
        )
    # A condition on another table has to be asked in a function.
    asked = " AND ".join(f"({each})" for each in (condition, unless) if each)
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {asked} THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF;"
        f" RETURN {'OLD' if change == 'DELETE' else 'NEW'}; END $$"
    )
    return Guard(
        name,
        frozen.table,
        (function, f"{start}{f' WHEN {differs}' if differs else ''} EXECUTE FUNCTION {name}()"),
    )
