"""Checkpoints are numbered over all organisations.

Revision: evidence, after altered_copies

Only a column and its index are added: those that were signed before have no number.
"""

import sqlalchemy as sa
from alembic import op

revision = "evidence"
down_revision = "altered_copies"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("checkpoint", sa.Column("serial", NUMBER, nullable=True))
    op.create_index("uq_checkpoint_serial", "checkpoint", ["serial"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_checkpoint_serial", table_name="checkpoint")
    op.drop_column("checkpoint", "serial")
