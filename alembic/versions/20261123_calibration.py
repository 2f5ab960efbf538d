"""Calibration exercises: a practice case, who scores it, their answers, and what was agreed upon.

Revision: calibration, after urgent_concerns
"""

import sqlalchemy as sa
from alembic import op

revision = "calibration"
down_revision = "urgent_concerns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("token") as batch_op:  # room for the scopes that come with this
        batch_op.alter_column("scopes", type_=sa.String(length=2000), existing_type=sa.String(length=400))
    op.create_table(
        "calibration_exercise",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("practice_case", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_calibration_exercise_closed_has_a_time")
        ),
        sa.CheckConstraint("practice_case <> ''", name=op.f("ck_calibration_exercise_has_a_case")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id", "template_version"],
            ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
            name="fk_calibration_exercise_template_version",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_calibration_exercise_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_calibration_exercise")),
    )
    op.create_table(
        "calibration_agreement",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "answer <> '' AND words <> ''", name=op.f("ck_calibration_agreement_has_an_answer_and_words")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "exercise_id"],
            ["calibration_exercise.organisation_id", "calibration_exercise.id"],
            name=op.f("fk_calibration_agreement_organisation_id_exercise_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "exercise_id", "theme", name=op.f("pk_calibration_agreement")),
    )
    op.create_table(
        "calibration_reading",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "exercise_id"],
            ["calibration_exercise.organisation_id", "calibration_exercise.id"],
            name=op.f("fk_calibration_reading_organisation_id_exercise_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_calibration_reading_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "exercise_id", "person_id", name=op.f("pk_calibration_reading")),
    )
    op.create_table(
        "calibration_answer",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.CheckConstraint("answer <> ''", name=op.f("ck_calibration_answer_has_an_answer")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "exercise_id", "person_id"],
            ["calibration_reading.organisation_id", "calibration_reading.exercise_id", "calibration_reading.person_id"],
            name=op.f("fk_calibration_answer_organisation_id_exercise_id_person_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "exercise_id", "person_id", "theme", name=op.f("pk_calibration_answer")
        ),
    )


def downgrade() -> None:
    op.drop_table("calibration_answer")
    op.drop_table("calibration_reading")
    op.drop_table("calibration_agreement")
    op.drop_table("calibration_exercise")
    # The scopes of tokens stay as wide: those of a token with many would not fit.
