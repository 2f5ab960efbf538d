"""Case lists are stored in pieces, which nobody sees before the last: views of case files, teams and case lists.

Revision: case_list_pieces, after outbox

A later migration that makes one of these tables anew drops its view first, and makes it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "case_list_pieces"
down_revision = "outbox"
branch_labels = None
depends_on = None

STATUSES = ("early-help", "child-in-need", "child-protection-plan", "child-looked-after", "care-leaver", "closed")
AGE_BANDS = ("unborn", "under-1", "1-to-4", "5-to-9", "10-to-15", "16-to-17", "18-and-over", "not-known")
CATEGORIES = (
    "neglect",
    "physical-abuse",
    "sexual-abuse",
    "emotional-abuse",
    "multiple",
    "abuse-or-neglect",
    "childs-disability",
    "parental-illness-or-disability",
    "family-in-acute-stress",
    "family-dysfunction",
    "socially-unacceptable-behaviour",
    "low-income",
    "absent-parenting",
    "other-than-need",
    "not-stated",
)
STATES = ("storing", "given-up", "settling", "settled")
# The index of what is under way is found by its own words; hardly ever is there any.
HIDDEN = "SELECT id FROM case_list WHERE state <> 'settled' AND state IN ('storing', 'given-up')"
SETTLING = "SELECT id FROM case_list WHERE state <> 'settled' AND state = 'settling'"
PLAIN = ("reference", "team_id", "status", "age_band", "worker", "key_id", "version")
MAY_BE_EMPTY = ("category", "started_in", "closed_in")
CASE_FILE_COLUMNS = ", ".join(
    (
        "f.organisation_id",
        "f.id",
        *(f"coalesce(c.{name}, f.{name}) AS {name}" for name in PLAIN),
        *(f"CASE WHEN c.version IS NULL THEN f.{name} ELSE c.{name} END AS {name}" for name in MAY_BE_EMPTY),
        "f.created_at",
    )
)
SHOWN_CASE_FILES = (
    f"SELECT {CASE_FILE_COLUMNS} FROM case_file AS f {{joined}}"
    f" WHERE f.brought_by IS NULL OR f.brought_by NOT IN ({HIDDEN})"
)
JOINED = {
    "sqlite": "LEFT JOIN case_file_change AS c ON c.organisation_id = f.organisation_id AND c.case_file_id = f.id"
    f" AND c.case_list_id IN ({SETTLING})",
    # The limit keeps each case file looking its change up: PostgreSQL plans for the empty table that this mostly is,
    # and would go through all changes of a long list for each case file.
    "postgresql": "LEFT JOIN LATERAL (SELECT * FROM case_file_change WHERE organisation_id = f.organisation_id"
    f" AND case_file_id = f.id AND case_list_id = ANY (ARRAY({SETTLING})) LIMIT 1) AS c ON true",
}
OTHER_VIEWS = {
    "shown_team": "SELECT organisation_id, id, name, active, version, created_at FROM team"
    f" WHERE brought_by IS NULL OR brought_by NOT IN ({HIDDEN})",
    "shown_case_list": "SELECT organisation_id, id, listed_on, source, key_id, cases, made, digest, taken_at"
    " FROM case_list WHERE state IN ('settling', 'settled')",
}
INDEXES = {
    "ix_case_list_entry_case_file": ("case_list_entry", "case_file_id"),
    "ix_sample_exclusion_case_file": ("sample_exclusion", "case_file_id"),
    "ix_sampled_case_stands_for": ("sampled_case", "stands_for_id"),
    "ix_audit_case_file": ("audit", "case_file_id"),
}


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    listed = ", ".join(f"'{word}'" for word in STATES)
    op.execute(
        "ALTER TABLE case_list ADD COLUMN state VARCHAR(40) DEFAULT 'settled' NOT NULL"
        f" CONSTRAINT ck_case_list_state CHECK (state IN ({listed}))"
    )
    op.execute(
        "ALTER TABLE case_list ADD COLUMN stored INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_case_list_stored_counts_up CHECK (stored >= 0 AND stored <= cases)"
    )
    under_way = sa.text("state <> 'settled'")
    op.create_index(
        "uq_case_list_one_under_way",
        "case_list",
        ["organisation_id"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    for table in ("case_file", "team"):
        op.add_column(table, sa.Column("brought_by", sa.Uuid(), nullable=True))
    op.create_table(
        "case_file_change",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("case_list_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("status", _words("status", STATUSES), nullable=False),
        sa.Column("age_band", _words("age_band", AGE_BANDS), nullable=False),
        sa.Column("category", _words("category", CATEGORIES), nullable=True),
        sa.Column("worker", sa.String(length=32), server_default=sa.text("''"), nullable=False),
        sa.Column("started_in", sa.Date(), nullable=True),
        sa.Column("closed_in", sa.Date(), nullable=True),
        sa.Column("key_id", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", f"{table}_id"],
                [f"{table}.organisation_id", f"{table}.id"],
                name=op.f(f"fk_case_file_change_organisation_id_{table}_id"),
            )
            for table in ("case_file", "case_list", "team")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "case_file_id", name=op.f("pk_case_file_change")),
    )
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column, "organisation_id"])
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        # A table of no pages would be gone through, and not looked up in, by plans that outlive its emptiness.
        op.execute("ALTER TABLE case_file_change SET (vacuum_truncate = false)")
    op.execute(f"CREATE VIEW shown_case_file AS {SHOWN_CASE_FILES.format(joined=JOINED[dialect])}")
    for name, said in OTHER_VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {said}")


def downgrade() -> None:
    """Refused while a list is under way: its parts would be seen."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM case_list WHERE state <> 'settled'")).first():
        raise RuntimeError("a case list is being taken in: let the service finish it, or give it up, first")
    for name in ("shown_case_file", *OTHER_VIEWS):
        op.execute(f"DROP VIEW {name}")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_table("case_file_change")
    for table in ("case_file", "team"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN brought_by")
    op.drop_index("uq_case_list_one_under_way", table_name="case_list")
    for column in ("stored", "state"):
        op.execute(f"ALTER TABLE case_list DROP COLUMN {column}")
