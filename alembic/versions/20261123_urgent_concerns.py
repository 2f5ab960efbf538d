"""Urgent concerns of audits, and who is to be told of them.

Revision: urgent_concerns, after moderation
"""

import sqlalchemy as sa
from alembic import op

revision = "urgent_concerns"
down_revision = "moderation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "urgent_concern",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by_id", sa.Uuid(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "raised",
                "acknowledged",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledgement", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "referred",
                "acted-on",
                "known",
                "no-risk",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_urgent_concern_concern_has_words")),
        sa.CheckConstraint("answer_by > asked_at", name=op.f("ck_urgent_concern_concern_leaves_time")),
        sa.CheckConstraint(
            "(state = 'raised') = (acknowledged_at IS NULL)", name=op.f("ck_urgent_concern_acknowledged_has_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_urgent_concern_closed_has_a_time")
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR (outcome IS NOT NULL AND done <> '')",
            name=op.f("ck_urgent_concern_closed_says_what_was_done"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_urgent_concern_organisation_id_audit_id"),
        ),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", column],
                ["person.organisation_id", "person.id"],
                name=op.f(f"fk_urgent_concern_organisation_id_{column}"),
            )
            for column in ("raised_by_id", "person_id", "acknowledged_by_id", "closed_by_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_urgent_concern")),
    )
    op.create_index("ix_urgent_concern_audit", "urgent_concern", ["audit_id", "state", "organisation_id"])
    op.create_index("ix_urgent_concern_state", "urgent_concern", ["state", "organisation_id"])
    op.create_table(
        "concern_notice",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "concern_id"],
            ["urgent_concern.organisation_id", "urgent_concern.id"],
            name=op.f("fk_concern_notice_organisation_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_concern_notice_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "concern_id", "person_id", name=op.f("pk_concern_notice")),
    )
    op.create_index("ix_concern_notice_sent", "concern_notice", ["sent_at"])


def downgrade() -> None:
    op.drop_table("concern_notice")
    op.drop_table("urgent_concern")
