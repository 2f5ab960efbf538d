"""Long work is a job, and exports can be cancelled.

Revision: jobs, after case_list_pieces
"""

import sqlalchemy as sa
from alembic import op

revision = "jobs"
down_revision = "case_list_pieces"
branch_labels = None
depends_on = None

STATES = ("waiting", "writing", "ready", "failed", "cancelled")
TIME = sa.DateTime(timezone=True)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "case-list", "sample", "allocation", "snapshot"), nullable=False),
        sa.Column("state", _words("state", "waiting", "working", "done", "failed", "cancelled"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("beat_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("made_id", sa.Uuid(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.CheckConstraint("person_id IS NOT NULL OR token_id IS NOT NULL", name=op.f("ck_job_asked_by_somebody")),
        sa.CheckConstraint("size >= 0 AND attempts >= 0", name=op.f("ck_job_counts_up")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
            name=op.f("ck_job_over_has_a_time"),
        ),
        sa.CheckConstraint("(state = 'done') = (made_id IS NOT NULL)", name=op.f("ck_job_done_made_something")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_job_organisation_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_job_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_job")),
    )
    _let_exports_be_in(*STATES)
    op.create_index("ix_job_state", "job", ["state", "made_at"])
    op.create_index("ix_job_person", "job", ["organisation_id", "person_id"])


def _let_exports_be_in(*states: str) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("export") as batch_op:
        batch_op.drop_constraint(op.f("ck_export_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_export_state"), f"state IN ({words})")


def downgrade() -> None:
    op.execute("UPDATE export SET state = 'failed' WHERE state = 'cancelled'")
    _let_exports_be_in(*STATES[:-1])
    op.drop_table("job")
