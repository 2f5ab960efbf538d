"""A list that was looked at is kept by the service until it is taken in, and not by the browser.

Revision: case_list_drafts, after jobs
"""

import sqlalchemy as sa
from alembic import op

revision = "case_list_drafts"
down_revision = "jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_list_draft",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_case_list_draft_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_case_list_draft")),
    )
    op.create_index("ix_case_list_draft_made_at", "case_list_draft", ["made_at"])


def downgrade() -> None:
    op.drop_index("ix_case_list_draft_made_at", table_name="case_list_draft")
    op.drop_table("case_list_draft")
