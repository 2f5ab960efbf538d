"""Attempts to sign in are counted by place and account; what has run out is marked as over.

Revision: sign_in_and_time, after calibration

What is known of wrong passwords is not carried over: it is of minutes.
"""

import sqlalchemy as sa
from alembic import op

revision = "sign_in_and_time"
down_revision = "calibration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_count",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_sign_in_count_attempts_count_up")),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sign_in_count")),
    )
    op.create_index("ix_sign_in_count_at", "sign_in_count", ["at"], unique=False)
    op.drop_index("ix_sign_in_failure_email_hash_at", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    for table in ("token", "sign_in_link"):
        for column in ("ended_at", "early_until"):
            op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table in ("token", "sign_in_link"):
        for column in ("early_until", "ended_at"):
            op.drop_column(table, column)
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_email_hash_at", "sign_in_failure", ["email_hash", "at"], unique=False)
    op.drop_index("ix_sign_in_count_at", table_name="sign_in_count")
    op.drop_table("sign_in_count")
