"""An index of the days of actions, from which a period is counted.

Revision: days_of_actions, after representation_notices
"""

from alembic import op

revision = "days_of_actions"
down_revision = "representation_notices"
branch_labels = None
depends_on = None

INDEX = "ix_action_days"
COLUMNS = [
    *("kind", "state", "due_on", "first_due_on", "created_at", "done_at", "closed_at"),
    *("audit_id", "id", "organisation_id"),
]


def upgrade() -> None:
    op.create_index(INDEX, "action", COLUMNS)


def downgrade() -> None:
    op.drop_index(INDEX, "action")
