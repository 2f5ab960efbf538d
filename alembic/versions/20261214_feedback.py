"""Feedback on audited cases: sheets, links for practitioners, and representations of teams.

Revision: feedback, after case_counts

The running version neither knows nor needs the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "feedback"
down_revision = "case_counts"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feedback_sheet",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("works_well", sa.Text(), nullable=False),
        sa.Column("think_about", sa.Text(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("shared_at", TIME, nullable=True),
        sa.Column("shared_by_id", sa.Uuid(), nullable=True),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column("reflected_at", TIME, nullable=True),
        sa.Column("typed_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("feedback_sheet", "works_well <> '' OR think_about <> ''", "sheet_says_something"),
        _check("feedback_sheet", "shared_at IS NULL OR shared_by_id IS NOT NULL", "shared_by_somebody"),
        _check("feedback_sheet", "(reflected_at IS NULL) = (reflection = '')", "reflected_in_words"),
        _belongs("feedback_sheet", "audit", "audit_id"),
        _belongs("feedback_sheet", "person", "given_by_id"),
        _belongs("feedback_sheet", "person", "shared_by_id"),
        _belongs("feedback_sheet", "person", "typed_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_feedback_sheet")),
    )
    op.create_index("ix_feedback_sheet_audit", "feedback_sheet", ["audit_id", "organisation_id"], unique=True)
    op.create_index("ix_feedback_sheet_code", "feedback_sheet", ["code", "organisation_id"], unique=True)
    op.create_table(
        "feedback_link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        _check("feedback_link", "expires_at > made_at", "expires_after_it_is_made"),
        _belongs("feedback_link", "feedback_sheet", "sheet_id"),
        _belongs("feedback_link", "person", "made_by_id"),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_feedback_link")),
    )
    op.create_index("ix_feedback_link_sheet", "feedback_link", ["sheet_id", "organisation_id"])
    op.create_table(
        "representation",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        _check("representation", "theme <> '' AND words <> ''", "disagrees_with_reasons"),
        _check("representation", "decided_at IS NULL OR decided_by_id IS NOT NULL", "decided_by_somebody"),
        _check("representation", "(decided_at IS NULL) = (upheld IS NULL)", "decided_one_way"),
        _check("representation", "(decided_at IS NULL) = (decision = '')", "decided_with_reasons"),
        _check("representation", "made_by_id <> decided_by_id", "decided_by_another"),
        _belongs("representation", "audit", "audit_id"),
        _belongs("representation", "person", "made_by_id"),
        _belongs("representation", "person", "decided_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_representation")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("representation", "feedback_link", "feedback_sheet"):
        op.drop_table(table)


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _belongs(table: str, to: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )
