"""The index of actions by due date has all their days, from which a period is counted.

Revision: days_of_actions, after erasure
"""

from alembic import op

revision = "days_of_actions"
down_revision = "erasure"
branch_labels = None
depends_on = None

INDEX = "ix_action_due"
BEFORE = ["kind", "due_on", "id", "organisation_id"]
NOW = [*BEFORE, "state", "first_due_on", "created_at", "done_at", "closed_at", "audit_id"]


def upgrade() -> None:
    op.drop_index(INDEX, "action")
    op.create_index(INDEX, "action", NOW)


def downgrade() -> None:
    op.drop_index(INDEX, "action")
    op.create_index(INDEX, "action", BEFORE)
