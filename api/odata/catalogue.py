"""Every table of the feed, and which of them a token may read."""

from typing import Final

from api.access.audits import may_read_every_audit
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed, NotFound
from api.odata.shapes import Table
from api.odata.tables.audited import ANSWERS, AUDITS
from api.odata.tables.cells import CELLS
from api.odata.tables.following import ACTIONS, CONCERNS
from api.odata.tables.planned import ROUNDS, TEAMS, THEMES

TABLES: Final[dict[str, Table]] = {
    table.name: table for table in (AUDITS, ANSWERS, THEMES, ROUNDS, TEAMS, ACTIONS, CONCERNS, CELLS)
}


def check_has_token(by: Actor) -> None:
    """Raise NotAllowed for anybody without a token of their own: the feed is for programs that act for a person."""
    check_may(by, Permission.READ_FEED)
    if by.token_id is None or by.person_id is None:
        raise NotAllowed("Only a token that you created for yourself reads the feed. Create one under Your account.")


def may_read(by: Actor, table: Table) -> bool:
    """Whether a token may read a table: records are for people who may read every audit, as they may now."""
    if not by.may(table.permission):
        return False
    return table.permission is not Permission.READ_FEED_RECORDS or may_read_every_audit(by.without_scopes)


def find_table(name: str, by: Actor) -> Table:
    """The table of this name. Raises NotFound, and NotAllowed where the token may not read it."""
    table = TABLES.get(name)
    if table is None:
        raise NotFound("table")
    if not may_read(by, table):
        raise NotAllowed(
            f"The table {name} needs a token with the scope {table.permission.value}, of a person who can read all "
            "audits."
        )
    return table
