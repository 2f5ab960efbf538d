"""Strengths and points for development of themes, marks of exemplary practice, and the minutes that an audit took.

Revision: theme_notes, after case_words

The marks and the minutes of a signed audit never change; texts do, because words are taken out in any state. The
running version does without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "theme_notes"
down_revision = "case_words"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
PARTS = {
    "theme_note": "organisation_id, audit_id, theme, exemplary, worker_agrees",
    "conclusion": "organisation_id, audit_id, minutes",
}
MINUTES = "ck_conclusion_minutes_are_some"
SOME = "minutes BETWEEN 1 AND 6000"


def upgrade() -> None:
    op.create_table(
        "theme_note",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("development", sa.Text(), nullable=False),
        sa.Column("exemplary", sa.Boolean(), nullable=False),
        sa.Column("worker_agrees", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "strengths <> '' OR development <> '' OR exemplary", name=op.f("ck_theme_note_says_something")
        ),
        sa.CheckConstraint("exemplary OR NOT worker_agrees", name=op.f("ck_theme_note_agreed_to_a_mark")),
        sa.CheckConstraint(
            "theme <> '' OR (strengths = '' AND development = '')", name=op.f("ck_theme_note_texts_of_a_theme")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_theme_note_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_theme_note")),
        sqlite_with_rowid=False,
    )
    if _is_sqlite():
        # With its check, so that the table need not be made anew.
        op.execute(f"ALTER TABLE conclusion ADD COLUMN minutes INTEGER CONSTRAINT {MINUTES} CHECK ({SOME})")
    else:
        op.add_column("conclusion", sa.Column("minutes", sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(MINUTES), "conclusion", SOME)
    for table, columns in PARTS.items():
        _freeze_rows(table, columns)


def downgrade() -> None:
    for table in PARTS:
        for change in ("update", "delete", "insert"):
            where = "" if _is_sqlite() else f" ON {table}"
            op.execute(f"DROP TRIGGER {table}_is_signed_{change}{where}")
    if not _is_sqlite():
        op.drop_constraint(op.f(MINUTES), "conclusion", type_="check")
    op.drop_column("conclusion", "minutes")
    op.drop_table("theme_note")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _freeze_rows(table: str, columns: str) -> None:
    """Let the database refuse to change these columns of the rows of a signed audit, and its rows."""
    if _is_sqlite():
        for change, row in ((f"UPDATE OF {columns}", "OLD"), ("DELETE", "OLD"), ("INSERT", "NEW")):
            op.execute(
                f"CREATE TRIGGER {table}_is_signed_{change.split()[0].lower()} BEFORE {change} ON {table}"
                f" WHEN EXISTS (SELECT 1 FROM audit WHERE audit.organisation_id = {row}.organisation_id"
                f" AND audit.id = {row}.audit_id AND audit.state = 'signed-off')"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    for change, rows in (("DELETE", "OLD"), ("INSERT", "NEW")):
        op.execute(
            f"CREATE TRIGGER {table}_is_signed_{change.lower()} AFTER {change} ON {table}"
            f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_what_is_signed()"
        )
    names = columns.split(", ")
    before, now = (f"({', '.join(f'{row}.{name}' for name in names)})" for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER {table}_is_signed_update BEFORE UPDATE OF {columns} ON {table} FOR EACH ROW"
        f" WHEN ({before} IS DISTINCT FROM {now}) EXECUTE FUNCTION keep_signed_row()"
    )
