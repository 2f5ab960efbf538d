"""Access that waits may be confirmed by the operator on the host, who is no person.

Revision: access_on_the_host, after action_defaults

Only the small table of access requests is rebuilt, on SQLite; the running version writes nothing that this refuses.
"""

from alembic import op

revision = "access_on_the_host"
down_revision = "action_defaults"
branch_labels = None
depends_on = None

_BEFORE = "ck_access_request_decided_by_somebody"
_NOW = "ck_access_request_decided_at_a_time"


def upgrade() -> None:
    with op.batch_alter_table("access_request") as table:
        table.drop_constraint(op.f(_BEFORE), type_="check")
        table.create_check_constraint(op.f(_NOW), "decided_at IS NOT NULL OR decided_by_id IS NULL")


def downgrade() -> None:
    # Nobody else can be named: the person whom it was for.
    op.execute(
        "UPDATE access_request SET decided_by_id = person_id WHERE decided_at IS NOT NULL AND decided_by_id IS NULL"
    )
    with op.batch_alter_table("access_request") as table:
        table.drop_constraint(op.f(_NOW), type_="check")
        table.create_check_constraint(op.f(_BEFORE), "(decided_at IS NULL) = (decided_by_id IS NULL)")
