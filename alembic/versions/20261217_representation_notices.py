"""Notices of representations: one waits for an answer, and one was answered.

Revision: representation_notices, after access_on_the_host

Only the small table of notices is rebuilt, on SQLite; the running version knows no new word in it.
"""

from alembic import op

revision = "representation_notices"
down_revision = "access_on_the_host"
branch_labels = None
depends_on = None

NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
    *("access-waits", "access-asked", "access-made"),
    *("action-given", "action-due-soon", "action-overdue", "action-escalated"),
)
OF_REPRESENTATIONS = ("representation-made", "representation-answered")


def upgrade() -> None:
    _let_notices_be(*NOTICES, *OF_REPRESENTATIONS)


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind IN ('representation-made', 'representation-answered')")
    _let_notices_be(*NOTICES)


def _let_notices_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_kind"), f"kind IN ({words})")
