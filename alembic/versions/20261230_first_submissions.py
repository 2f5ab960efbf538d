"""The index of auditors has their audits in the order of submission.

Revision: first_submissions, after joint_samples

The running version neither knows nor needs what is new. On PostgreSQL audits cannot be written while it is made.
"""

from alembic import op

revision = "first_submissions"
down_revision = "joint_samples"
branch_labels = None
depends_on = None

_INDEX = "ix_audit_auditor"
_BEFORE = ["auditor_id", "state", "organisation_id"]


def upgrade() -> None:
    op.drop_index(_INDEX, "audit")
    op.create_index(_INDEX, "audit", [*_BEFORE, "submitted_at"])


def downgrade() -> None:
    op.drop_index(_INDEX, "audit")
    op.create_index(_INDEX, "audit", _BEFORE)
