"""What an organisation chooses for its actions: the working days until a child-level action is due.

Revision: action_defaults, after feedback

The running version neither knows nor needs the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "action_defaults"
down_revision = "feedback"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "action_defaults",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("child_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("child_days BETWEEN 1 AND 250", name=op.f("ck_action_defaults_days_are_some")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_action_defaults_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_action_defaults")),
    )


def downgrade() -> None:
    op.drop_table("action_defaults")
