"""Retention periods: what each organisation set for each kind of record, and who confirmed a shorter one.

Revision: retention, after training

The running version neither knows nor needs the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "retention"
down_revision = "training"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TABLE = "retention_change"
_WAITING = sa.text("decided_at IS NULL")


def upgrade() -> None:
    kinds = sa.Enum(
        *("audits", "case-files", "sign-ins", "emails"),
        name="kind",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        _check("months BETWEEN 1 AND 1200", "months_are_possible"),
        _check("NOT confirmed OR decided_at IS NOT NULL", "confirmed_is_decided"),
        _check("decided_by_id IS NULL OR decided_by_id <> asked_by_id", "decided_by_another"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{TABLE}_organisation_id")),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", column],
                ["person.organisation_id", "person.id"],
                name=op.f(f"fk_{TABLE}_organisation_id_{column}"),
            )
            for column in ("asked_by_id", "decided_by_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(
        "uq_retention_change_one_waiting",
        TABLE,
        ["organisation_id", "kind"],
        unique=True,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_table(TABLE)


def _check(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{TABLE}_{name}"))
