"""What an auditor concludes: what works well, what worries us, what needs to happen, and feedback.

Revision: conclusions, after overall_judgements. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "conclusions"
down_revision = "overall_judgements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conclusion",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("works_well", sa.Text(), nullable=False),
        sa.Column("worries", sa.Text(), nullable=False),
        sa.Column("needs_to_happen", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_conclusion_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_conclusion")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("conclusion")
