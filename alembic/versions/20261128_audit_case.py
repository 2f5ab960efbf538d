"""The case of an audit as its auditor describes it.

Revision: audit_case, after questions. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "audit_case"
down_revision = "questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_case",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("synopsis", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_audit_case_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_audit_case")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("audit_case")
