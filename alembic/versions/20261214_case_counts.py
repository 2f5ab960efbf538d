"""How often a child was referred, missing or moved, as case lists say it: in case lists and case files.

Revision: case_counts, after replaced_cases. The running version does without it.

The view of case files is made anew, since it names its columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "case_counts"
down_revision = "replaced_cases"
branch_labels = None
depends_on = None

TABLES = ("case_file", "case_file_change", "case_list_entry")
HIDDEN = "SELECT id FROM case_list WHERE state <> 'settled' AND state IN ('storing', 'given-up')"
SETTLING = "SELECT id FROM case_list WHERE state <> 'settled' AND state = 'settling'"
PLAIN = ("reference", "team_id", "status", "age_band", "worker", "characteristics", "key_id", "version")
MAY_BE_EMPTY = ("category", "started_in", "closed_in", "re_referral")
JOINED = {
    "sqlite": "LEFT JOIN case_file_change AS c ON c.organisation_id = f.organisation_id AND c.case_file_id = f.id"
    f" AND c.case_list_id IN ({SETTLING})",
    # The limit keeps each case file looking its change up: PostgreSQL plans for the empty table that this mostly is.
    "postgresql": "LEFT JOIN LATERAL (SELECT * FROM case_file_change WHERE organisation_id = f.organisation_id"
    f" AND case_file_id = f.id AND case_list_id = ANY (ARRAY({SETTLING})) LIMIT 1) AS c ON true",
}


def upgrade() -> None:
    op.execute("DROP VIEW shown_case_file")
    for table in TABLES:
        op.add_column(table, sa.Column("counts", sa.String(80), nullable=False, server_default=""))
    _make_view((*PLAIN, "counts"))


def downgrade() -> None:
    op.execute("DROP VIEW shown_case_file")
    for table in TABLES:
        op.drop_column(table, "counts")
    _make_view(PLAIN)


def _make_view(plain: tuple[str, ...]) -> None:
    columns = ", ".join(
        (
            "f.organisation_id",
            "f.id",
            *(f"coalesce(c.{name}, f.{name}) AS {name}" for name in plain),
            *(f"CASE WHEN c.version IS NULL THEN f.{name} ELSE c.{name} END AS {name}" for name in MAY_BE_EMPTY),
            "f.created_at",
        )
    )
    joined = JOINED[op.get_bind().dialect.name]
    op.execute(
        f"CREATE VIEW shown_case_file AS SELECT {columns} FROM case_file AS f {joined}"
        f" WHERE f.brought_by IS NULL OR f.brought_by NOT IN ({HIDDEN})"
    )
