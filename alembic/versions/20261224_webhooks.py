"""Webhooks: the endpoints of other systems, and the messages to each of them.

Revision: webhooks, after second_factor

The running version neither knows nor needs the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "webhooks"
down_revision = "second_factor"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = (
    *("round.opened", "round.closed", "audit.submitted", "audit.returned", "audit.agreed", "audit.signed"),
    *("concern.raised", "concern.escalated", "concern.closed", "snapshot.published"),
    *("action.created", "action.overdue", "action.closed", "import.finished", "webhook.test"),
)
WHY = (
    *("host-not-allowed", "name-not-found", "address-not-public", "no-connection", "certificate", "too-slow"),
    *("redirect", "status", "secret-not-readable", "switched-off"),
)


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("kinds", sa.String(length=500), nullable=False),
        _words("webhook_endpoint", "state", "on", "off", "gone", "deleted"),
        sa.Column("sealed_secret", sa.String(length=200), nullable=False),
        sa.Column("sealed_former", sa.String(length=200), nullable=False),
        sa.Column("former_until", TIME, nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        _check("webhook_endpoint", "kinds <> ''", "hears_of_something"),
        _check("webhook_endpoint", "former_until IS NULL OR sealed_former <> ''", "former_secret_is_there"),
        _check("webhook_endpoint", "failures >= 0", "failures_count_up"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_endpoint_organisation_id")
        ),
        _belongs("webhook_endpoint", "person", "created_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_message",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        _words("webhook_message", "kind", *KINDS),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", TIME, nullable=False),
        _words("webhook_message", "state", "waiting", "delivered", "parked"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", TIME, nullable=True),
        _words("webhook_message", "why", *WHY, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        _check(
            "webhook_message", "state NOT IN ('delivered', 'parked') OR settled_at IS NOT NULL", "settled_at_some_time"
        ),
        _check("webhook_message", "attempts >= 0", "attempts_count_up"),
        _belongs("webhook_message", "webhook_endpoint", "endpoint_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_webhook_message")),
        sa.UniqueConstraint(
            "endpoint_id",
            "organisation_id",
            "number",
            name=op.f("uq_webhook_message_endpoint_id_organisation_id_number"),
        ),
    )
    op.create_index(
        "ix_webhook_message_state", "webhook_message", ["endpoint_id", "organisation_id", "state", "number"]
    )


def downgrade() -> None:
    op.drop_table("webhook_message")
    op.drop_table("webhook_endpoint")


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _belongs(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{other}.organisation_id", f"{other}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )


def _words(table: str, column: str, *words: str, nullable: bool = False) -> sa.Column[str]:
    kinds = sa.Enum(*words, native_enum=False, create_constraint=True, length=40, name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, kinds, nullable=nullable)
