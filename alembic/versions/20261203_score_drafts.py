"""Drafts of scores: what an auditor has typed for a theme and not saved yet.

Revision: score_drafts, after open_tallies

The running version neither knows nor needs the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "score_drafts"
down_revision = "open_tallies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_draft",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(60), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen", sa.String(40), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        _to("audit", "audit_id"),
        _to("person", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_score_draft")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("score_draft")


def _to(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{table}.organisation_id", f"{table}.id"],
        name=op.f(f"fk_score_draft_organisation_id_{column}"),
    )
