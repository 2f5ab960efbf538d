"""Names and identifiers that an organisation is warned of, as keyed hashes.

Revision: risky_terms, after trail
"""

import sqlalchemy as sa
from alembic import op

revision = "risky_terms"
down_revision = "trail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risky_term",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("first_hash", sa.String(length=32), nullable=False),
        sa.Column("whole_hash", sa.String(length=32), nullable=False),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("words BETWEEN 1 AND 8", name=op.f("ck_risky_term_has_a_word")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_risky_term_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_risky_term")),
        sa.UniqueConstraint("organisation_id", "whole_hash", name=op.f("uq_risky_term_organisation_id_whole_hash")),
    )


def downgrade() -> None:
    op.drop_table("risky_term")
