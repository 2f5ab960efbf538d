"""How each audit counted when a snapshot was made of it.

Revision: how_audits_counted, after calibration

The columns are added in place, and the running version does without them. What earlier snapshots counted is not known
any more: their rows stay empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "how_audits_counted"
down_revision = "sign_in_and_time"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("snapshot_audit", sa.Column("bands", sa.String(length=16), nullable=True))
    op.execute(
        "ALTER TABLE snapshot_audit ADD COLUMN answers TEXT"
        " CONSTRAINT ck_snapshot_audit_says_all_or_nothing CHECK ((bands IS NULL) = (answers IS NULL))"
    )


def downgrade() -> None:
    with op.batch_alter_table("snapshot_audit") as batch_op:
        batch_op.drop_constraint(op.f("ck_snapshot_audit_says_all_or_nothing"), type_="check")
        batch_op.drop_column("answers")
        batch_op.drop_column("bands")
