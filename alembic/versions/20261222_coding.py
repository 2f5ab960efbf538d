"""Coding what auditors wrote: codes of a round, the passages that have them, who has finished, and findings.

Revision: coding, after retention

The running version neither knows nor needs the tables.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "coding"
down_revision = "retention"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "passage_code",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("carried_from_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("passage_code", "name <> ''", "code_has_a_name"),
        _of_organisation("passage_code"),
        _belongs("passage_code", "round", "round_id"),
        _belongs("passage_code", "passage_code", "carried_from_id"),
        _belongs("passage_code", "person", "created_by_id"),
        _key("passage_code", ["organisation_id", "id"]),
        sa.UniqueConstraint(
            "round_id", "organisation_id", "name", name=op.f("uq_passage_code_round_id_organisation_id_name")
        ),
    )
    op.create_table(
        "coded_passage",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("coder_id", sa.Uuid(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("given_blind", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        _check("coded_passage", "part <> ''", "of_a_part"),
        _check("coded_passage", "given OR given_blind", "given_now_or_blind"),
        _belongs("coded_passage", "audit", "audit_id"),
        _belongs("coded_passage", "passage_code", "code_id"),
        _belongs("coded_passage", "person", "coder_id"),
        _key("coded_passage", ["organisation_id", "audit_id", "theme", "part", "code_id", "coder_id"]),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_coded_passage_code", "coded_passage", ["code_id", "organisation_id"])
    op.create_table(
        "finished_coding",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("coder_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        _belongs("finished_coding", "round", "round_id"),
        _belongs("finished_coding", "person", "coder_id"),
        _key("finished_coding", ["organisation_id", "round_id", "theme", "coder_id"]),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "written_finding",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("written_finding", "words <> ''", "finding_has_words"),
        _of_organisation("written_finding"),
        _belongs("written_finding", "round", "round_id"),
        _belongs("written_finding", "passage_code", "code_id"),
        _belongs("written_finding", "person", "created_by_id"),
        _key("written_finding", ["organisation_id", "id"]),
    )
    op.create_index("ix_written_finding_round", "written_finding", ["round_id", "organisation_id"])


def downgrade() -> None:
    for table in ("written_finding", "finished_coding", "coded_passage", "passage_code"):
        op.drop_table(table)


def _check(table: str, rule: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id"))


def _belongs(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{other}.organisation_id", f"{other}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )


def _key(table: str, columns: Sequence[str]) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
