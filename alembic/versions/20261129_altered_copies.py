"""Snapshots counted from an altered copy: how far their numbers may be from the truth, and the copy of each audit.

Revision: altered_copies, after signed_questions

The columns are added in place, and the running version does without them: its snapshots have neither.
"""

from alembic import op

revision = "altered_copies"
down_revision = "signed_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE snapshot ADD COLUMN within INTEGER CONSTRAINT ck_snapshot_within_two_or_more CHECK (within >= 2)"
    )
    op.execute(
        "ALTER TABLE snapshot_audit ADD COLUMN copied TEXT"
        " CONSTRAINT ck_snapshot_audit_copies_what_it_says CHECK (copied IS NULL OR answers IS NOT NULL)"
    )


def downgrade() -> None:
    with op.batch_alter_table("snapshot_audit") as batch_op:
        batch_op.drop_constraint(op.f("ck_snapshot_audit_copies_what_it_says"), type_="check")
        batch_op.drop_column("copied")
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.drop_constraint(op.f("ck_snapshot_within_two_or_more"), type_="check")
        batch_op.drop_column("within")
