"""The register of auditors and moderators: when each was trained.

Revision: training, after audit_programme

The running version neither knows nor needs the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "training"
down_revision = "audit_programme"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        _of_person("person_id"),
        _of_person("recorded_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_training")),
    )


def downgrade() -> None:
    op.drop_table("training")


def _of_person(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        ["person.organisation_id", "person.id"],
        name=op.f(f"fk_training_organisation_id_{column}"),
    )
