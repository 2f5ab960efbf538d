"""The texts of an organisation's help, accessibility, privacy and cookie pages.

Revision: information_pages, after score_drafts

The running version neither knows nor needs the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "information_pages"
down_revision = "score_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "information_page",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "written_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_information_page_organisation_id_written_by_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "page", "number", name=op.f("pk_information_page")),
    )


def downgrade() -> None:
    op.drop_table("information_page")
