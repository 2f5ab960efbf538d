"""Who finds a child's file from the reference of a case.

Revision: key_holder, after first_judgement. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "key_holder"
down_revision = "first_judgement"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_holder",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("post", sa.String(length=80), server_default=sa.text("''"), nullable=False),
        sa.Column("contact", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(person_id IS NULL) = (post <> '')", name=op.f("ck_key_holder_is_a_person_or_a_post")),
        sa.CheckConstraint("(post <> '') = (contact <> '')", name=op.f("ck_key_holder_post_has_a_contact")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_key_holder_organisation_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_key_holder_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_key_holder")),
    )


def downgrade() -> None:
    op.drop_table("key_holder")
