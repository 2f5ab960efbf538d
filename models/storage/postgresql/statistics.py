"""PostgreSQL's statistics of tables that have just grown.

PostgreSQL plans as if a table were nearly empty until its first ANALYZE, and its own upkeep looks at tables once a
minute. In the minute after a case list, or a thousand audits, a list page would read every row for each answer.
"""

from typing import Final

from sqlalchemy import Engine, text

# Fewer rows than this are read as quickly by any plan.
MOST_WITHOUT_STATISTICS: Final = 500

# A table that has doubled. Slower growth is left to PostgreSQL; a table that another role owns is too, because only its
# owner may analyse it.
_GROWN: Final = text("""
    SELECT grown.relname
    FROM pg_stat_user_tables AS grown JOIN pg_class AS stored ON stored.oid = grown.relid
    WHERE grown.schemaname = current_schema()
      AND grown.n_mod_since_analyze > :fewest + GREATEST(stored.reltuples, 0)
      AND pg_has_role(stored.relowner, 'USAGE')
    ORDER BY grown.relname
""")


def analyse_grown_tables(engine: Engine) -> list[str]:
    """On PostgreSQL, gather the statistics of each table that has doubled since they were gathered; the tables' names.

    Nothing waits for it: a table that is being analysed already, or changed in its structure, is left out.
    """
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        grown = list(connection.scalars(_GROWN, {"fewest": MOST_WITHOUT_STATISTICS}))
        for table in grown:
            connection.exec_driver_sql(f'ANALYZE (SKIP_LOCKED) "{table}"')
    return grown
