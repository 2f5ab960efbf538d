"""Tables of snapshots, briefings and exports, and the sampling weight of an audit.

Revision: reports_that_leave, after first_tables

The new column is added in place: no table is rebuilt or locked for long, and the running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "reports_that_leave"
down_revision = "first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snapshot",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("smallest", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.Integer(), nullable=False),
        sa.Column("small_gap", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "smallest >= 10 AND rounding >= 5 AND small_gap >= 5", name=op.f("ck_snapshot_thresholds_only_raised")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "made_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_snapshot_organisation_id_made_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_snapshot_organisation_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_snapshot_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_snapshot")),
    )
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.create_index("ix_snapshot_made", ["organisation_id", "made_at"], unique=False)

    op.create_table(
        "briefing",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "snapshot_id"],
            ["snapshot.organisation_id", "snapshot.id"],
            name=op.f("fk_briefing_organisation_id_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_briefing_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_briefing")),
    )
    with op.batch_alter_table("briefing", schema=None) as batch_op:
        batch_op.create_index("ix_briefing_made", ["organisation_id", "made_at"], unique=False)

    op.create_table(
        "snapshot_audit",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_snapshot_audit_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "snapshot_id"],
            ["snapshot.organisation_id", "snapshot.id"],
            name=op.f("fk_snapshot_audit_organisation_id_snapshot_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "snapshot_id", "audit_id", name=op.f("pk_snapshot_audit")),
    )
    op.create_table(
        "export",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "writing",
                "ready",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("audits", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'ready') = (finished_at IS NOT NULL)", name=op.f("ck_export_ready_has_a_time")),
        sa.CheckConstraint("written >= 0 AND audits >= 0", name=op.f("ck_export_counts_up")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_export_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_export_organisation_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_export_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_export")),
    )
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.create_index("ix_export_state", ["state", "beat_at"], unique=False)

    op.create_table(
        "export_file",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "export_id"],
            ["export.organisation_id", "export.id"],
            name=op.f("fk_export_file_organisation_id_export_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "export_id", name=op.f("pk_export_file")),
    )
    op.execute(
        "ALTER TABLE audit ADD COLUMN sampling_weight FLOAT"
        " CONSTRAINT ck_audit_weight_is_positive CHECK (sampling_weight > 0)"
    )


def downgrade() -> None:
    with op.batch_alter_table("audit") as batch_op:
        batch_op.drop_constraint(op.f("ck_audit_weight_is_positive"), type_="check")
        batch_op.drop_column("sampling_weight")
    op.drop_table("export_file")
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.drop_index("ix_export_state")

    op.drop_table("export")

    op.drop_table("snapshot_audit")
    with op.batch_alter_table("briefing", schema=None) as batch_op:
        batch_op.drop_index("ix_briefing_made")

    op.drop_table("briefing")
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshot_made")

    op.drop_table("snapshot")
