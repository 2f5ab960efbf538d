"""Where answers come from, and the same as it was submitted.

Revision: answer_sources, after sample_filters. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "answer_sources"
down_revision = "sample_filters"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("score", sa.Column("sources", sa.String(length=80), nullable=False, server_default=EMPTY))
    op.add_column("audit", sa.Column("answer_sources", sa.Text(), nullable=False, server_default=EMPTY))


def downgrade() -> None:
    op.drop_column("audit", "answer_sources")
    op.drop_column("score", "sources")
