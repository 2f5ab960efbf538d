"""A process of the service that loses PostgreSQL in the middle of its work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg


def lose_process_at_table(table: str, url: str, work: Callable[[], object]) -> object:
    """Do work whose process waits for this table, and end its connection there; what the work returns or raises."""
    waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    with psycopg.connect(url) as other, ThreadPoolExecutor(1) as thread:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        doing = thread.submit(work)
        while not (found := other.execute(waiting, [table]).fetchall()):
            assert not doing.done(), "it does not need the table"
        other.execute("SELECT pg_terminate_backend(%s)", found[0])
        other.rollback()
        return doing.result()
