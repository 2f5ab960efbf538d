"""The index of a round's audits holds what its report counts, so that the audits themselves are not read.

Revision: counting_audits, after joint_notices
"""

from alembic import op

revision = "counting_audits"
down_revision = "joint_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("round_id", "state", "organisation_id", "team_id", "submitted_at", "id")


def downgrade() -> None:
    _index("round_id", "state", "organisation_id")


def _index(*columns: str) -> None:
    op.drop_index("ix_audit_round", "audit")
    op.create_index("ix_audit_round", "audit", columns)
