"""Whether an export names the auditors.

Revision: export_names, after notices

The column is added in place, and the running version does without it: what was exported before names nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "export_names"
down_revision = "notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export", sa.Column("has_names", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("export") as batch_op:
        batch_op.drop_column("has_names")
