"""Single sign-on: what an organisation decided, whose account at the provider is whose, and sessions that began there.

Revision: single_sign_on, after webhooks

Columns are added with a default, so that nothing is rebuilt; the running version neither knows nor needs them.
"""

import sqlalchemy as sa
from alembic import op

revision = "single_sign_on"
down_revision = "webhooks"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROLES = ("auditor", "moderator", "quality-lead", "administrator", "action-owner")


def upgrade() -> None:
    op.create_table(
        "single_sign_on",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("passwords", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _of_organisation("single_sign_on"),
        _of_person("single_sign_on", "changed_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_single_sign_on")),
    )
    op.create_table(
        "password_keeper",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        _of_person("password_keeper", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_password_keeper")),
    )
    op.create_table(
        "group_role",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("group_name", sa.String(length=200), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        _of_organisation("group_role"),
        sa.PrimaryKeyConstraint("organisation_id", "group_name", "role", name=op.f("pk_group_role")),
    )
    op.create_table(
        "provider_account",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        _of_person("provider_account", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_provider_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_provider_account_issuer_subject")),
    )
    op.create_table(
        "spent_answer",
        sa.Column("answer_hash", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("answer_hash", name=op.f("pk_spent_answer")),
    )
    op.create_index("ix_spent_answer_at", "spent_answer", ["at"])
    by_provider: sa.Column[bool] = sa.Column("by_provider", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("web_session", by_provider)
    session = sa.Column("provider_session", sa.String(length=64), nullable=False, server_default=sa.text("''"))
    op.add_column("web_session", session)


def downgrade() -> None:
    for column in ("provider_session", "by_provider"):
        op.drop_column("web_session", column)
    for table in ("spent_answer", "provider_account", "group_role", "password_keeper", "single_sign_on"):
        op.drop_table(table)


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id"))


def _of_person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        ["person.organisation_id", "person.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )
