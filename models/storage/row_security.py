"""Row-level security of PostgreSQL: a request's transaction sees and writes the rows of one organisation only.

The owner of the tables switches it on. Then each transaction that works for a person or a program names its
organisation (`Database.narrow`), and the database hides all other rows, whatever a query asks for. A transaction that
names none sees every organisation: signing in, background work, backups, migrations and commands.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

# Before, a view is always read with the rights of its owner, and so sees every row where that is a superuser.
OLDEST_SERVER: Final = 15
SETTING: Final = "caseaudit.organisation"
POLICY: Final = "own_organisation"
# The table whose state says whether it is on.
_SIGN: Final = "audit"
_TABLES: Final = text(
    "SELECT c.relname, a.attname, c.relrowsecurity AND c.relforcerowsecurity AND p.polname IS NOT NULL"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped"
    " AND a.attname = CASE c.relname WHEN 'organisation' THEN 'id' ELSE 'organisation_id' END"
    " LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'own_organisation'"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname"
)
_VIEWS: Final = text(
    "SELECT relname, coalesce(reloptions, '{}') @> '{security_invoker=true}' FROM pg_class"
    " WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace ORDER BY relname"
)
_NAMED: Final = f"nullif(current_setting('{SETTING}', true), '')"


class CannotSeparateError(Exception):
    """Rows cannot be separated by organisation; says why and what to do."""


def is_on(connection: Connection) -> bool:
    """Whether the database hides rows of other organisations; never on SQLite."""
    if connection.dialect.name != "postgresql":
        return False
    query = text("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(connection.execute(query, {"table": _SIGN}).scalar())


def is_bypassed(connection: Connection) -> bool:
    """Whether this role sees all rows although the database hides them."""
    active = text("SELECT row_security_active(to_regclass(:table))")
    return is_on(connection) and not connection.execute(active, {"table": _SIGN}).scalar()


def unprotected(connection: Connection) -> Sequence[str]:
    """The tables and views that would show rows of other organisations."""
    return [
        *(name for name, _, is_protected in connection.execute(_TABLES) if not is_protected),
        *(name for name, is_protected in connection.execute(_VIEWS) if not is_protected),
    ]


def switch_on(connection: Connection) -> None:
    """Protect every table and view that is not protected yet. For their owner. Raises CannotSeparateError."""
    _check_server(connection)
    missing = set(unprotected(connection))
    for table, column, _ in connection.execute(_TABLES).all():
        if table in missing:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
            connection.exec_driver_sql(f'DROP POLICY IF EXISTS {POLICY} ON "{table}"')
            connection.exec_driver_sql(
                f'CREATE POLICY {POLICY} ON "{table}" USING ({_NAMED} IS NULL OR {column} = {_NAMED}::integer)'
            )
    for view, _ in connection.execute(_VIEWS).all():
        if view in missing:
            connection.exec_driver_sql(f'ALTER VIEW "{view}" SET (security_invoker = true)')


def switch_off(connection: Connection) -> None:
    """Take the protection away again. For the owner of the tables. Raises CannotSeparateError."""
    _check_server(connection)
    for table, _, _ in connection.execute(_TABLES).all():
        connection.exec_driver_sql(f'DROP POLICY IF EXISTS {POLICY} ON "{table}"')
        connection.exec_driver_sql(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY')
    for view, _ in connection.execute(_VIEWS).all():
        connection.exec_driver_sql(f'ALTER VIEW "{view}" RESET (security_invoker)')


def _check_server(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        raise CannotSeparateError("A SQLite database holds one organisation, so there is nothing to separate.")
    version = connection.execute(text("SELECT current_setting('server_version_num')::integer")).scalar_one() // 10_000
    if version < OLDEST_SERVER:
        raise CannotSeparateError(f"This needs PostgreSQL {OLDEST_SERVER} or newer, and the server is {version}.")


def narrow(connection: Connection, organisation_id: int) -> None:
    """Until its transaction ends, the connection sees and writes rows of this organisation only."""
    query = text("SELECT set_config(:setting, :organisation, true)")
    connection.execute(query, {"setting": SETTING, "organisation": str(organisation_id)})
