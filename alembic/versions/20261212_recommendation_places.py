"""Recommendations from documents keep the sentence that they come from, and its place.

Revision: recommendation_places, after characteristics. The running version does without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "recommendation_places"
down_revision = "characteristics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recommendation", sa.Column("sentence", sa.Text(), server_default="", nullable=False))
    op.add_column("recommendation", sa.Column("place", sa.String(200), server_default="", nullable=False))


def downgrade() -> None:
    for name in ("place", "sentence"):
        op.drop_column("recommendation", name)
