"""Agencies, joint rounds in which several of them answer for the same cases, and the role of people who answer.

Revision: joint_rounds, after follow_ups

Of what there was, only the small tables of roles are rebuilt, on SQLite; the running version knows no new word in them.
"""

import sqlalchemy as sa
from alembic import op

revision = "joint_rounds"
down_revision = "follow_ups"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROLES = ("auditor", "moderator", "quality-lead", "administrator", "action-owner")


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _check("agency", "name <> ''", "agency_has_a_name"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_agency_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_agency")),
        sa.UniqueConstraint("name", "organisation_id", name=op.f("uq_agency_name_organisation_id")),
    )
    op.create_table(
        "agency_member",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        _belongs("agency_member", "agency", "agency_id"),
        _belongs("agency_member", "person", "person_id"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_agency_member")),
    )
    op.create_index("ix_agency_member_agency", "agency_member", ["agency_id", "organisation_id"])
    op.create_table(
        "agency_theme",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _belongs("agency_theme", "agency", "agency_id"),
        _belongs("agency_theme", "template", "template_id"),
        sa.PrimaryKeyConstraint("organisation_id", "template_id", "agency_id", "theme", name=op.f("pk_agency_theme")),
    )
    op.create_table(
        "joint_round",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _words("joint_round", "state", "planned", "open", "closed"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=False),
        _check("joint_round", "(state = 'closed') = (closed_at IS NOT NULL)", "closed_has_a_time"),
        _check("joint_round", "(state = 'planned') = (opened_at IS NULL)", "opened_has_a_time"),
        _check("joint_round", "period_from <= period_to", "period_runs_forward"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id", "template_version"],
            ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
            name="fk_joint_round_template_version",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_joint_round_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_joint_round")),
    )
    op.create_table(
        "joint_case",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("joint_round_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        _words("joint_case", "state", "collecting", "panel", "finished"),
        sa.Column("panel_on", sa.Date(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("practitioners_on", sa.Date(), nullable=True),
        sa.Column("practitioners_words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("joint_case", "state <> 'finished' OR (panel_on IS NOT NULL AND words <> '')", "finished_has_words"),
        _belongs("joint_case", "case_file", "case_file_id"),
        _belongs("joint_case", "joint_round", "joint_round_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_joint_case")),
        sa.UniqueConstraint(
            "joint_round_id",
            "case_file_id",
            "organisation_id",
            name=op.f("uq_joint_case_joint_round_id_case_file_id_organisation_id"),
        ),
    )
    op.create_index("ix_joint_case_case_file", "joint_case", ["case_file_id", "organisation_id"])
    op.create_table(
        "joint_question",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("joint_round_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _belongs("joint_question", "agency", "agency_id"),
        _belongs("joint_question", "joint_round", "joint_round_id"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "joint_round_id", "agency_id", "theme", name=op.f("pk_joint_question")
        ),
    )
    op.create_table(
        "joint_finding",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("joint_case_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("development", sa.Text(), nullable=False),
        sa.Column("recommendations", sa.Text(), nullable=False),
        _belongs("joint_finding", "joint_case", "joint_case_id"),
        sa.PrimaryKeyConstraint("organisation_id", "joint_case_id", "theme", name=op.f("pk_joint_finding")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "joint_part",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("joint_case_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("auditor_id", sa.Uuid(), nullable=True),
        _words("joint_part", "state", "draft", "submitted", "not-returned"),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", TIME, nullable=True),
        sa.Column("took_part", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("joint_part", "(state = 'submitted') = (submitted_at IS NOT NULL)", "submitted_has_a_time"),
        _check("joint_part", "state <> 'submitted' OR auditor_id IS NOT NULL", "submitted_by_somebody"),
        _belongs("joint_part", "agency", "agency_id"),
        _belongs("joint_part", "person", "auditor_id"),
        _belongs("joint_part", "joint_case", "joint_case_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_joint_part")),
        sa.UniqueConstraint(
            "joint_case_id",
            "agency_id",
            "organisation_id",
            name=op.f("uq_joint_part_joint_case_id_agency_id_organisation_id"),
        ),
    )
    op.create_index("ix_joint_part_auditor", "joint_part", ["auditor_id", "organisation_id"])
    op.create_table(
        "chronology_entry",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("joint_part_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        _words(
            "chronology_entry",
            "kind",
            "contact",
            "referral",
            "visit",
            "assessment",
            "meeting",
            "incident",
            "health",
            "education",
            "other",
        ),
        sa.Column("words", sa.Text(), nullable=False),
        _check("chronology_entry", "words <> ''", "entry_has_words"),
        _belongs("chronology_entry", "joint_part", "joint_part_id"),
        sa.PrimaryKeyConstraint("organisation_id", "joint_part_id", "place", name=op.f("pk_chronology_entry")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "joint_answer",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("joint_part_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _check("joint_answer", "answer <> ''", "answer_is_given"),
        _belongs("joint_answer", "joint_part", "joint_part_id"),
        sa.PrimaryKeyConstraint("organisation_id", "joint_part_id", "theme", name=op.f("pk_joint_answer")),
        sqlite_with_rowid=False,
    )
    for table in ("role_grant", "group_role"):
        _let_roles_be(table, *ROLES, "agency-auditor")


def downgrade() -> None:
    for table in ("role_grant", "group_role"):
        op.execute(f"DELETE FROM {table} WHERE role = 'agency-auditor'")
        _let_roles_be(table, *ROLES)
    for table in (
        *("joint_answer", "chronology_entry", "joint_part", "joint_finding", "joint_question", "joint_case"),
        *("joint_round", "agency_theme", "agency_member", "agency"),
    ):
        op.drop_table(table)


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _belongs(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{other}.organisation_id", f"{other}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )


def _words(table: str, column: str, *words: str) -> sa.Column[str]:
    kinds = sa.Enum(*words, native_enum=False, create_constraint=True, length=40, name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, kinds, nullable=False)


def _let_roles_be(table: str, *roles: str) -> None:
    words = ", ".join(f"'{role}'" for role in roles)
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_role"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_role"), f"role IN ({words})")
