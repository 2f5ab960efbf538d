"""From which day on the file of a case is read, when that is earlier than the period that is judged.

Revision: read_from, after audit_case. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "read_from"
down_revision = "audit_case"
branch_labels = None
depends_on = None

CONSTRAINT = "ck_round_read_before_the_period"
CONDITION = "read_from IS NULL OR read_from <= period_from"


def upgrade() -> None:
    if _is_sqlite():
        # With its check, so that the table need not be made anew.
        op.execute(f"ALTER TABLE round ADD COLUMN read_from DATE CONSTRAINT {CONSTRAINT} CHECK ({CONDITION})")
        return
    op.add_column("round", sa.Column("read_from", sa.Date(), nullable=True))
    op.create_check_constraint(op.f(CONSTRAINT), "round", CONDITION)


def downgrade() -> None:
    if not _is_sqlite():
        op.drop_constraint(op.f(CONSTRAINT), "round", type_="check")
    op.drop_column("round", "read_from")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
