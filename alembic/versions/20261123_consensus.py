"""What the two readers of a case agree upon, theme by theme.

Revision: consensus, after moderation_states
"""

import sqlalchemy as sa
from alembic import op

revision = "consensus"
down_revision = "moderation_states"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consensus",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("first_answer", sa.String(length=40), nullable=False),
        sa.Column("second_answer", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer <> ''", name=op.f("ck_consensus_consensus_has_an_answer")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_consensus_consensus_has_a_reason")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_consensus_consensus_counts_up")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_consensus_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "proposed_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_consensus_organisation_id_proposed_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "settled_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_consensus_organisation_id_settled_by_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_consensus")),
    )


def downgrade() -> None:
    op.drop_table("consensus")
