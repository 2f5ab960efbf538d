"""Recommendations, reminders of actions, and the role of people who own actions.

Revision: recommendations, after chosen_layout

Only the small tables of actions, notices and roles are rebuilt, on SQLite; the running version knows no new word in
them.
"""

import sqlalchemy as sa
from alembic import op

revision = "recommendations"
down_revision = "chosen_layout"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
CAUSES = ("audit", "gap", "concerns", "agreement", "other")
REMINDERS = ("none", "due-soon", "overdue", "heads-of-service", "quality-leads")
ROLES = ("auditor", "moderator", "quality-lead", "administrator")
NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
    *("access-waits", "access-asked", "access-made"),
)
OF_ACTIONS = ("action-given", "action-due-soon", "action-overdue", "action-escalated")
SOURCES = ("rapid-review", "lcspr", "scr", "inspection", "briefing", "own")


def upgrade() -> None:
    op.create_table(
        "recommendation",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "source_kind",
            sa.Enum(*SOURCES, name="source_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_post", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("words <> ''", "recommendation_has_words"),
        _check("source <> ''", "recommendation_has_a_source"),
        _check("(owner_id IS NULL) = (owner_post <> '')", "one_owner"),
        _check("(answered_on IS NULL) = (answer = '')", "answered_says_how"),
        _check("(answered_on IS NULL) = (answered_by_id IS NULL)", "answered_by_somebody"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id", "template_version"],
            ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
            name="fk_recommendation_template_version",
        ),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", column],
                ["person.organisation_id", "person.id"],
                name=op.f(f"fk_recommendation_organisation_id_{column}"),
            )
            for column in ("owner_id", "created_by_id", "answered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_recommendation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_recommendation")),
    )
    with op.batch_alter_table("action") as batch_op:
        batch_op.add_column(sa.Column("recommendation_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("reminded", sa.String(length=40), nullable=False, server_default="none"))
        batch_op.create_foreign_key(
            op.f("fk_action_organisation_id_recommendation_id"),
            "recommendation",
            ["organisation_id", "recommendation_id"],
            ["organisation_id", "id"],
        )
        batch_op.create_check_constraint(op.f("ck_action_reminded"), f"reminded IN ({_listed(REMINDERS)})")
        batch_op.drop_constraint(op.f("ck_action_cause"), type_="check")
        batch_op.create_check_constraint(op.f("ck_action_cause"), f"cause IN ({_listed((*CAUSES, 'recommendation'))})")
    op.create_index("ix_action_recommendation", "action", ["recommendation_id", "organisation_id"])
    _let("notice", "kind", (*NOTICES, *OF_ACTIONS))
    _let("role_grant", "role", (*ROLES, "action-owner"))


def downgrade() -> None:
    op.execute(f"DELETE FROM notice WHERE kind IN ({_listed(OF_ACTIONS)})")
    op.execute("DELETE FROM role_grant WHERE role = 'action-owner'")
    op.execute("UPDATE action SET cause = 'other' WHERE cause = 'recommendation'")
    _let("notice", "kind", NOTICES)
    _let("role_grant", "role", ROLES)
    op.drop_index("ix_action_recommendation", "action")
    with op.batch_alter_table("action") as batch_op:
        batch_op.drop_constraint(op.f("ck_action_cause"), type_="check")
        batch_op.create_check_constraint(op.f("ck_action_cause"), f"cause IN ({_listed(CAUSES)})")
        batch_op.drop_constraint(op.f("ck_action_reminded"), type_="check")
        batch_op.drop_constraint(op.f("fk_action_organisation_id_recommendation_id"), type_="foreignkey")
        batch_op.drop_column("reminded")
        batch_op.drop_column("recommendation_id")
    op.drop_table("recommendation")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _let(table: str, column: str, words: tuple[str, ...]) -> None:
    """Let a column hold these words."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({_listed(words)})")


def _check(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_recommendation_{name}"))
