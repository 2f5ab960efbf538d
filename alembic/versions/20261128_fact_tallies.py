"""The counts of closed rounds by the facts about the case: the name of a breakdown holds the key of a fact.

Revision: fact_tallies, after heard. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "fact_tallies"
down_revision = "heard"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("round_tally") as table:
        table.alter_column(
            "breakdown", existing_type=sa.String(length=20), type_=sa.String(length=80), existing_nullable=False
        )


def downgrade() -> None:
    op.execute("DELETE FROM round_tally WHERE breakdown LIKE 'fact:%'")
    with op.batch_alter_table("round_tally") as table:
        table.alter_column(
            "breakdown", existing_type=sa.String(length=80), type_=sa.String(length=20), existing_nullable=False
        )
