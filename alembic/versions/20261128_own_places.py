"""An organisation's own lines on where to look for a theme.

Revision: own_places, after round_targets. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "own_places"
down_revision = "round_targets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_place",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id"],
            ["template.organisation_id", "template.id"],
            name=op.f("fk_own_place_organisation_id_template_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "template_id", "theme", name=op.f("pk_own_place")),
    )


def downgrade() -> None:
    op.drop_table("own_place")
