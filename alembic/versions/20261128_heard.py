"""The conversation with the worker, and the views of the family.

Revision: heard, after answer_sources. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "heard"
down_revision = "answer_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("took_part", sa.String(length=120), nullable=False),
        sa.Column("obstacles", sa.Text(), nullable=False),
        sa.Column("obstacle_words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(held_on IS NULL) = (took_part = '')", name=op.f("ck_conversation_held_with_somebody")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_conversation_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_conversation")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "family_view",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("no_view", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(how = '') = (no_view <> '')", name=op.f("ck_family_view_view_or_reason")),
        sa.CheckConstraint("how <> '' OR (answers = '' AND words = '')", name=op.f("ck_family_view_words_of_a_view")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_family_view_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "who", name=op.f("pk_family_view")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("family_view")
    op.drop_table("conversation")
