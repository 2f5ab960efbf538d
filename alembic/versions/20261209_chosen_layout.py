"""Whether a person chose the layout of the scoring form; otherwise it follows from the template.

Revision: chosen_layout, after practice_actions. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "chosen_layout"
down_revision = "practice_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("chose_layout", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("person", "chose_layout")
