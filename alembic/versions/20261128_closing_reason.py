"""What was unfinished when a round was closed, and why it was closed nevertheless.

Revision: closing_reason, after conclusions

The columns are added in place, and the running version does without them. What was unfinished when earlier rounds were
closed is not known: their columns stay empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "closing_reason"
down_revision = "conclusions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("unfinished", "closing_reason"):
        op.add_column("round", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("round") as batch_op:
        batch_op.drop_column("closing_reason")
        batch_op.drop_column("unfinished")
