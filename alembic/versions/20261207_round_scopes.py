"""The themes that a round asks about, where it asks about some of its template's themes only.

Revision: round_scopes, after removed_tags. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "round_scopes"
down_revision = "removed_tags"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("round", sa.Column("scope", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("round") as table:
        table.drop_column("scope")
