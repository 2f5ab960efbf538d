"""Erasing cases: who asked and who confirmed, legal holds, and what is being erased.

Revision: erasure, after representation_notices

The running version neither knows nor needs the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "erasure"
down_revision = "representation_notices"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
_WAITING = sa.text("decided_at IS NULL")
_HELD = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        _reason("asked", "mistake", "not-needed", "ordered"),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Text(), nullable=False),
        _check("erasure", "decided_at IS NULL OR decided_by_id IS NOT NULL", "decided_by_somebody"),
        _check("erasure", "NOT confirmed OR decided_at IS NOT NULL", "confirmed_is_decided"),
        _check("erasure", "decided_by_id IS NULL OR decided_by_id <> asked_by_id", "decided_by_another"),
        _of_organisation("erasure"),
        _of_person("erasure", "asked_by_id"),
        _of_person("erasure", "decided_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_erasure")),
    )
    _only_one("uq_erasure_one_waiting", "erasure", _WAITING)
    op.create_table(
        "legal_hold",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        _reason("proceedings", "inquiry", "complaint"),
        sa.Column("placed_by_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", TIME, nullable=True),
        _check("legal_hold", "lifted_at IS NULL OR lifted_by_id IS NOT NULL", "lifted_by_somebody"),
        _check("legal_hold", "lifted_by_id IS NULL OR lifted_by_id <> placed_by_id", "lifted_by_another"),
        _of_organisation("legal_hold"),
        _of_person("legal_hold", "placed_by_id"),
        _of_person("legal_hold", "lifted_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_legal_hold")),
    )
    _only_one("uq_legal_hold_one_of_a_case", "legal_hold", _HELD)
    op.create_table(
        "being_erased",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _of_organisation("being_erased"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_being_erased")),
    )


def downgrade() -> None:
    for table in ("being_erased", "legal_hold", "erasure"):
        op.drop_table(table)


def _reason(*reasons: str) -> sa.Column[str]:
    kept = sa.Enum(*reasons, name="reason", native_enum=False, create_constraint=True, length=40)
    return sa.Column("reason", kept, nullable=False)


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id"))


def _of_person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        ["person.organisation_id", "person.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )


def _only_one(name: str, table: str, where: sa.TextClause) -> None:
    op.create_index(
        name, table, ["organisation_id", "case_file_id"], unique=True, sqlite_where=where, postgresql_where=where
    )
