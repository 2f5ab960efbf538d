"""Characteristics of cases, such as sex or ethnic group, that an organisation's own reports are compared by.

Revision: characteristics, after recommendations. The running version does without them.

The view of case files is made anew, since it names its columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "characteristics"
down_revision = "recommendations"
branch_labels = None
depends_on = None

TABLES = ("case_file", "case_file_change")
HIDDEN = "SELECT id FROM case_list WHERE state <> 'settled' AND state IN ('storing', 'given-up')"
SETTLING = "SELECT id FROM case_list WHERE state <> 'settled' AND state = 'settling'"
PLAIN = ("reference", "team_id", "status", "age_band", "worker", "key_id", "version")
MAY_BE_EMPTY = ("category", "started_in", "closed_in", "re_referral")
JOINED = {
    "sqlite": "LEFT JOIN case_file_change AS c ON c.organisation_id = f.organisation_id AND c.case_file_id = f.id"
    f" AND c.case_list_id IN ({SETTLING})",
    # The limit keeps each case file looking its change up: PostgreSQL plans for the empty table that this mostly is.
    "postgresql": "LEFT JOIN LATERAL (SELECT * FROM case_file_change WHERE organisation_id = f.organisation_id"
    f" AND case_file_id = f.id AND case_list_id = ANY (ARRAY({SETTLING})) LIMIT 1) AS c ON true",
}


def upgrade() -> None:
    op.create_table(
        "characteristic",
        sa.Column("organisation_id", sa.Integer(), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key <> '' AND title <> ''", name=op.f("ck_characteristic_characteristic_has_a_title")),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_characteristic")),
    )
    op.execute("DROP VIEW shown_case_file")
    for table in TABLES:
        op.add_column(table, sa.Column("characteristics", sa.Text(), server_default="", nullable=False))
    _make_view((*PLAIN, "characteristics"))


def downgrade() -> None:
    op.execute("DROP VIEW shown_case_file")
    for table in TABLES:
        op.drop_column(table, "characteristics")
    _make_view(PLAIN)
    op.drop_table("characteristic")


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
