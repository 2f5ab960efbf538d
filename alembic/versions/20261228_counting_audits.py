"""The indexes of audits and of actions hold what is counted of them, so that the rows themselves are not read.

Revision: counting_audits, after joint_notices
"""

from alembic import op

revision = "counting_audits"
down_revision = "joint_notices"
branch_labels = None
depends_on = None

AUDITS = ["round_id", "state", "organisation_id"]
ACTIONS = [
    *("kind", "due_on", "id", "organisation_id", "state"),
    *("first_due_on", "created_at", "done_at", "closed_at", "audit_id"),
]


def upgrade() -> None:
    _index("ix_audit_round", "audit", [*AUDITS, "team_id", "submitted_at", "id"])
    _index("ix_action_due", "action", [*ACTIONS, "due_days"])


def downgrade() -> None:
    _index("ix_audit_round", "audit", AUDITS)
    _index("ix_action_due", "action", ACTIONS)


def _index(name: str, table: str, columns: list[str]) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns)
