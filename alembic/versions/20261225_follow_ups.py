"""Follow-ups of audits at the lowest rating: the rule of a round, the follow-ups, their outcomes, and their notices.

Revision: follow_ups, after single_sign_on

Of what there was, only the small table of notices is rebuilt, on SQLite. The running version neither knows nor needs
the tables, and no new word in that one.
"""

import sqlalchemy as sa
from alembic import op

revision = "follow_ups"
down_revision = "single_sign_on"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
    *("access-waits", "access-asked", "access-made"),
    *("action-given", "action-due-soon", "action-overdue", "action-escalated"),
    *("representation-made", "representation-answered"),
    *("round-planned", "round-not-planned", "exemption-waits"),
)
OF_FOLLOW_UPS = ("lowest-found", "lowest-to-notify", "follow-up-given", "follow-up-due")


def upgrade() -> None:
    op.create_table(
        "follow_up_rule",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("overall", sa.Boolean(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contact_post", sa.String(length=120), nullable=False),
        sa.Column("notify_within", sa.Integer(), nullable=False),
        sa.Column("moderator_role", sa.String(length=40), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("follow_up_rule", "(contact_id IS NULL) = (contact_post <> '')", "one_contact"),
        _check("follow_up_rule", "notify_within BETWEEN 1 AND 20", "notify_within_days"),
        _check("follow_up_rule", "weeks BETWEEN 1 AND 52", "follows_within_weeks"),
        _check("follow_up_rule", "moderator_role IN ('', 'moderator', 'quality-lead')", "role_that_moderates"),
        _belongs("follow_up_rule", "round", "round_id"),
        _belongs("follow_up_rule", "person", "contact_id"),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", name=op.f("pk_follow_up_rule")),
    )
    op.create_table(
        "follow_up",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        _words("follow_up", "state", "waiting", "allocated", "done", "not-needed"),
        sa.Column("of_overall", sa.Boolean(), nullable=False),
        sa.Column("of_themes", sa.Text(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contact_post", sa.String(length=120), nullable=False),
        sa.Column("notify_by", sa.Date(), nullable=False),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=True),
        sa.Column("noticed_at", TIME, nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("follow_up", "of_overall OR of_themes <> ''", "something_is_at_the_lowest"),
        _check("follow_up", "(contact_id IS NULL) = (contact_post <> '')", "one_contact"),
        _check("follow_up", "state NOT IN ('allocated', 'done') OR reader_id IS NOT NULL", "somebody_reads"),
        _check("follow_up", "state NOT IN ('allocated', 'done') OR themes <> ''", "is_about_themes"),
        _check("follow_up", "(state = 'done') = (done_on IS NOT NULL)", "done_has_a_day"),
        _belongs("follow_up", "audit", "audit_id"),
        _belongs("follow_up", "person", "contact_id"),
        _belongs("follow_up", "person", "reader_id"),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_follow_up")),
    )
    op.create_index("ix_follow_up_due", "follow_up", ["due_on", "audit_id", "organisation_id", "state"])
    op.create_index("ix_follow_up_reader", "follow_up", ["reader_id", "organisation_id"])
    op.create_index("ix_follow_up_contact", "follow_up", ["contact_id", "organisation_id"])
    op.create_table(
        "follow_up_theme",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        _words("follow_up_theme", "outcome", "corrected", "partly", "not"),
        sa.Column("words", sa.Text(), nullable=False),
        _check("follow_up_theme", "theme <> '' AND words <> ''", "theme_has_words"),
        _belongs("follow_up_theme", "audit", "audit_id"),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_follow_up_theme")),
        sqlite_with_rowid=False,
    )
    _let_notices_be(*NOTICES, *OF_FOLLOW_UPS)


def downgrade() -> None:
    words = ", ".join(f"'{kind}'" for kind in OF_FOLLOW_UPS)
    op.execute(f"DELETE FROM notice WHERE kind IN ({words})")
    _let_notices_be(*NOTICES)
    for table in ("follow_up_theme", "follow_up", "follow_up_rule"):
        op.drop_table(table)


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _belongs(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{other}.organisation_id", f"{other}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )


def _words(table: str, column: str, *words: str) -> sa.Column[str]:
    kinds = sa.Enum(*words, native_enum=False, create_constraint=True, length=40, name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, kinds, nullable=False)


def _let_notices_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_kind"), f"kind IN ({words})")
