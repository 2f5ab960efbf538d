"""Notices of joint rounds, which reminders of them were given, and lines of a programme that plan them.

Revision: joint_notices, after joint_rounds

Of what there was, only the small tables of notices and of programmes are rebuilt, on SQLite. The running version
neither knows nor needs what is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "joint_notices"
down_revision = "joint_rounds"
branch_labels = None
depends_on = None

NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
    *("access-waits", "access-asked", "access-made"),
    *("action-given", "action-due-soon", "action-overdue", "action-escalated"),
    *("representation-made", "representation-answered"),
    *("round-planned", "round-not-planned", "exemption-waits"),
    *("lowest-found", "lowest-to-notify", "follow-up-given", "follow-up-due"),
)
OF_JOINT_ROUNDS = (
    *("joint-planned", "joint-allocated", "joint-due-soon", "joint-overdue"),
    *("joint-given-back", "joint-returned", "joint-panel-open"),
)
_OF_LINES = "ck_programme_line_agencies_of_a_multi_agency_line"
_MADE = "ck_programme_round_made_has_a_round"


def upgrade() -> None:
    kinds = sa.Enum(
        *("due-soon", "overdue"),
        native_enum=False,
        create_constraint=True,
        length=40,
        name=op.f("ck_joint_reminder_kind"),
    )
    op.create_table(
        "joint_reminder",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("joint_round_id", sa.Uuid(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "joint_round_id"],
            ["joint_round.organisation_id", "joint_round.id"],
            name=op.f("fk_joint_reminder_organisation_id_joint_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "joint_round_id", "kind", name=op.f("pk_joint_reminder")),
        sqlite_with_rowid=False,
    )
    _let_notices_be(*NOTICES, *OF_JOINT_ROUNDS)
    op.add_column("programme_line", sa.Column("agencies", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("programme_line") as batch_op:
        batch_op.alter_column("agencies", server_default=None, existing_type=sa.Text(), existing_nullable=False)
        batch_op.create_check_constraint(op.f(_OF_LINES), "agencies = '' OR kind = 'multi-agency'")
    with op.batch_alter_table("programme_round") as batch_op:
        batch_op.add_column(sa.Column("joint_round_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_programme_round_organisation_id_joint_round_id"),
            "joint_round",
            ["organisation_id", "joint_round_id"],
            ["organisation_id", "id"],
        )
        batch_op.drop_constraint(op.f(_MADE), type_="check")
        batch_op.create_check_constraint(
            op.f(_MADE), "state <> 'made' OR (round_id IS NULL) <> (joint_round_id IS NULL)"
        )


def downgrade() -> None:
    # Without joint rounds such a row would say that there is a round which nobody can find.
    op.execute("DELETE FROM programme_round WHERE joint_round_id IS NOT NULL")
    with op.batch_alter_table("programme_round") as batch_op:
        batch_op.drop_constraint(op.f(_MADE), type_="check")
        batch_op.drop_constraint(op.f("fk_programme_round_organisation_id_joint_round_id"), type_="foreignkey")
        batch_op.drop_column("joint_round_id")
        batch_op.create_check_constraint(op.f(_MADE), "state <> 'made' OR round_id IS NOT NULL")
    with op.batch_alter_table("programme_line") as batch_op:
        batch_op.drop_constraint(op.f(_OF_LINES), type_="check")
        batch_op.drop_column("agencies")
    words = ", ".join(f"'{kind}'" for kind in OF_JOINT_ROUNDS)
    op.execute(f"DELETE FROM notice WHERE kind IN ({words})")
    _let_notices_be(*NOTICES)
    op.drop_table("joint_reminder")


def _let_notices_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_kind"), f"kind IN ({words})")
