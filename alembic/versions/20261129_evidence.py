"""Checkpoints are numbered over all organisations, and verifications are kept.

Revision: evidence, after altered_copies

A column with its index and a table are added: checkpoints that were signed before have no number.
"""

import sqlalchemy as sa
from alembic import op

revision = "evidence"
down_revision = "theme_notes"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("checkpoint", sa.Column("serial", NUMBER, nullable=True))
    op.create_index("uq_checkpoint_serial", "checkpoint", ["serial"], unique=True)
    op.create_table(
        "verification",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (is_whole IS NULL)", name=op.f("ck_verification_finished_says_what_it_found")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "asked_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_verification_organisation_id_asked_by_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_verification_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_verification")),
    )
    op.create_index(
        "ix_verification_waiting", "verification", ["finished_at", "asked_at", "organisation_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("verification")
    op.drop_index("uq_checkpoint_serial", table_name="checkpoint")
    op.drop_column("checkpoint", "serial")
