"""Samples that are drawn for joint audits, and the jobs that draw them.

Revision: joint_samples, after counting_audits

On SQLite the tables of samples and of jobs are rebuilt. The running version neither knows nor needs what is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "joint_samples"
down_revision = "counting_audits"
branch_labels = None
depends_on = None

JOBS = ("case-list", "sample", "allocation", "snapshot")
_ONE = "ck_sample_drawn_for_one_round"
_BELONGS = "fk_sample_organisation_id_joint_round_id"


def upgrade() -> None:
    with op.batch_alter_table("sample") as batch_op:
        batch_op.alter_column("round_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("joint_round_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f(_BELONGS), "joint_round", ["organisation_id", "joint_round_id"], ["organisation_id", "id"]
        )
        batch_op.create_check_constraint(op.f(_ONE), "(round_id IS NULL) <> (joint_round_id IS NULL)")
    op.create_index("ix_sample_joint_round", "sample", ["joint_round_id", "organisation_id"])
    _let_jobs_be(*JOBS, "joint-sample")


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind = 'joint-sample'")
    _let_jobs_be(*JOBS)
    for table in ("sampled_case", "sample_exclusion"):
        # The table is one of these two.
        op.execute(
            f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM sample WHERE sample.id = {table}.sample_id"
            f" AND sample.organisation_id = {table}.organisation_id AND sample.joint_round_id IS NOT NULL)"
        )
    op.execute("DELETE FROM sample WHERE joint_round_id IS NOT NULL")
    op.drop_index("ix_sample_joint_round", "sample")
    with op.batch_alter_table("sample") as batch_op:
        batch_op.drop_constraint(op.f(_ONE), type_="check")
        batch_op.drop_constraint(op.f(_BELONGS), type_="foreignkey")
        batch_op.drop_column("joint_round_id")
        batch_op.alter_column("round_id", existing_type=sa.Uuid(), nullable=False)


def _let_jobs_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("job") as batch_op:
        batch_op.drop_constraint(op.f("ck_job_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_job_kind"), f"kind IN ({words})")
