"""Tags that a person took off case files, so that case lists do not give them again.

Revision: removed_tags, after re_referrals. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "removed_tags"
down_revision = "re_referrals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed_tag",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("form_of_harm", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_removed_tag_organisation_id_case_file_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "case_file_id", "form_of_harm", name=op.f("pk_removed_tag")),
    )


def downgrade() -> None:
    op.drop_table("removed_tag")
