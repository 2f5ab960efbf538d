"""The overall judgement that an auditor chose before they saw what their answers give.

Revision: first_judgement, after altered_copies. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "first_judgement"
down_revision = "access_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_judgement",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("overall", sa.String(length=40), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("overall <> ''", name=op.f("ck_first_judgement_has_a_judgement")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_first_judgement_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_first_judgement")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("first_judgement")
