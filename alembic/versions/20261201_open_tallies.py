"""The tallies of open rounds, kept up to date; every audit of an open round is marked, and counted after the start.

Revision: open_tallies, after key_holder. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "open_tallies"
down_revision = "key_holder"
branch_labels = None
depends_on = None

_NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}


def upgrade() -> None:
    op.create_table(
        "open_tally",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("breakdown", sa.String(length=80), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_open_tally_organisation_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "breakdown", name=op.f("pk_open_tally")),
    )
    op.create_table(
        "counted_audit",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "audit_id", name=op.f("pk_counted_audit")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changed_audit",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "audit_id", "id", name=op.f("pk_changed_audit")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO changed_audit (organisation_id, round_id, audit_id, id)"
        f" SELECT organisation_id, round_id, id, {_NEW_ID[op.get_bind().dialect.name]} FROM audit"
        " WHERE EXISTS (SELECT 1 FROM round WHERE round.organisation_id = audit.organisation_id"
        " AND round.id = audit.round_id AND round.state <> 'closed')"
    )


def downgrade() -> None:
    op.drop_table("changed_audit")
    op.drop_table("counted_audit")
    op.drop_table("open_tally")
