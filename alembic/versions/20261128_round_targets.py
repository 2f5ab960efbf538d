"""A round may have no target yet, and may have a second one: the largest share at the lowest rating.

Revision: round_targets, after fact_tallies. Rounds keep the target that they have.
"""

import sqlalchemy as sa
from alembic import op

revision = "round_targets"
down_revision = "fact_tallies"
branch_labels = None
depends_on = None

_LOWEST = "ck_round_lowest_is_a_percentage"


def upgrade() -> None:
    with op.batch_alter_table("round") as table:
        table.alter_column("target_percent", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("lowest_percent", sa.Integer(), nullable=True))
        table.create_check_constraint(op.f(_LOWEST), "lowest_percent BETWEEN 0 AND 99")


def downgrade() -> None:
    op.execute("UPDATE round SET target_percent = 90 WHERE target_percent IS NULL")
    with op.batch_alter_table("round") as table:
        table.drop_constraint(op.f(_LOWEST), type_="check")
        table.drop_column("lowest_percent")
        table.alter_column("target_percent", existing_type=sa.Integer(), nullable=False)
