"""The first tables.

Revision: first_tables, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failure_email_hash_at", ["email_hash", "at"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_event_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_event_subject", ["organisation_id", "subject_id"], unique=False)

    op.create_table(
        "idempotent_request",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=False),
        sa.Column("etag", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_idempotent_request_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "asker_id", "key", name=op.f("pk_idempotent_request")),
    )
    with op.batch_alter_table("idempotent_request", schema=None) as batch_op:
        batch_op.create_index("ix_idempotent_request_created_at", ["created_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "scoring_layout",
            sa.Enum(
                "theme", "learning-domain", name="scoring_layout", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_is_lower_case")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_person_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "team",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_team_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_team")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_team_organisation_id_name")),
    )
    op.create_table(
        "template",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_template_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_template")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_template_organisation_id_key")),
    )
    op.create_table(
        "case_file",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "early-help",
                "child-in-need",
                "child-protection-plan",
                "child-looked-after",
                "care-leaver",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "age_band",
            sa.Enum(
                "unborn",
                "under-1",
                "1-to-4",
                "5-to-9",
                "10-to-15",
                "16-to-17",
                "18-and-over",
                "not-known",
                name="age_band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["team.organisation_id", "team.id"],
            name=op.f("fk_case_file_organisation_id_team_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_case_file_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("reference", "organisation_id", name=op.f("uq_case_file_reference_organisation_id")),
    )
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.create_index("ix_case_file_team", ["team_id", "organisation_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "auditor",
                "moderator",
                "quality-lead",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_role_grant_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "role", name=op.f("pk_role_grant")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_sign_in_link_expires_after_it_is_made")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_sign_in_link_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_table(
        "template_version",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "published", "retired", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at IS NULL)", name=op.f("ck_template_version_published_has_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_template_version_retired_has_a_time")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_template_version_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id"],
            ["template.organisation_id", "template.id"],
            name=op.f("fk_template_version_organisation_id_template_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "template_id", "number", name=op.f("pk_template_version")),
    )
    op.create_table(
        "token",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_token_expires_after_it_is_made")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "created_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_token_organisation_id_created_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_token_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_token_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_token_secret_hash")),
    )
    op.create_table(
        "web_session",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_web_session_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_web_session")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_person", ["organisation_id", "person_id"], unique=False)

    op.create_table(
        "case_file_harm",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("form_of_harm", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_case_file_harm_organisation_id_case_file_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "case_file_id", "form_of_harm", name=op.f("pk_case_file_harm")),
    )
    op.create_table(
        "round",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("target_percent", sa.Integer(), nullable=False),
        sa.Column("minimum_applicable", sa.Integer(), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("planned", "open", "closed", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_round_closed_has_a_time")),
        sa.CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name=op.f("ck_round_opened_has_a_time")),
        sa.CheckConstraint("follows_id IS NULL OR follows_id <> id", name=op.f("ck_round_does_not_follow_itself")),
        sa.CheckConstraint("minimum_applicable BETWEEN 1 AND 1000", name=op.f("ck_round_minimum_is_positive")),
        sa.CheckConstraint("period_from <= period_to", name=op.f("ck_round_period_runs_forward")),
        sa.CheckConstraint("target_percent BETWEEN 1 AND 100", name=op.f("ck_round_target_is_a_percentage")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "follows_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_round_organisation_id_follows_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id", "template_version"],
            ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
            name="fk_round_template_version",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_round_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_round")),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index("ix_round_created", ["organisation_id", "created_at"], unique=False)

    op.create_table(
        "audit",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("auditor_id", sa.Uuid(), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "records-only",
                "with-practitioner",
                "with-family",
                "observation",
                "multi-agency",
                name="mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "returned",
                "submitted",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=False),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.Column("overall_calculated", sa.String(length=40), nullable=False),
        sa.Column("overall_override", sa.String(length=40), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "early-help",
                "child-in-need",
                "child-protection-plan",
                "child-looked-after",
                "care-leaver",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "age_band",
            sa.Enum(
                "unborn",
                "under-1",
                "1-to-4",
                "5-to-9",
                "10-to-15",
                "16-to-17",
                "18-and-over",
                "not-known",
                name="age_band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(overall_override = '') = (override_reason = '')", name=op.f("ck_audit_override_has_a_reason")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_audit_withdrawn_has_a_time")
        ),
        sa.CheckConstraint("state <> 'returned' OR return_reason <> ''", name=op.f("ck_audit_returned_has_a_reason")),
        sa.CheckConstraint(
            "state <> 'submitted' OR (submitted_at IS NOT NULL AND team_id IS NOT NULL"
            " AND status IS NOT NULL AND age_band IS NOT NULL AND answers <> '')",
            name=op.f("ck_audit_submitted_is_complete"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR withdrawal_reason <> ''", name=op.f("ck_audit_withdrawn_has_a_reason")
        ),
        sa.CheckConstraint("reading IN (1, 2)", name=op.f("ck_audit_first_or_second_reading")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "auditor_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_audit_organisation_id_auditor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_audit_organisation_id_case_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_audit_organisation_id_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["team.organisation_id", "team.id"],
            name=op.f("fk_audit_organisation_id_team_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_audit_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_auditor", ["auditor_id", "state", "organisation_id"], unique=False)
        batch_op.create_index("ix_audit_round", ["round_id", "state", "organisation_id"], unique=False)
        batch_op.create_index(
            "uq_audit_one_of_each_reading",
            ["organisation_id", "round_id", "case_file_id", "reading"],
            unique=True,
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )
        batch_op.create_index(
            "uq_audit_readings_by_different_people",
            ["organisation_id", "round_id", "case_file_id", "auditor_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )

    op.create_table(
        "round_tally",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("breakdown", sa.String(length=20), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_round_tally_organisation_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "breakdown", name=op.f("pk_round_tally")),
    )
    op.create_table(
        "audit_harm",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("form_of_harm", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_audit_harm_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "form_of_harm", name=op.f("pk_audit_harm")),
    )
    op.create_table(
        "score",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer <> ''", name=op.f("ck_score_has_an_answer")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_score_organisation_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_score")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("score")
    op.drop_table("audit_harm")
    op.drop_table("round_tally")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_audit_readings_by_different_people",
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )
        batch_op.drop_index(
            "uq_audit_one_of_each_reading",
            sqlite_where=sa.text("state <> 'withdrawn'"),
            postgresql_where=sa.text("state <> 'withdrawn'"),
        )
        batch_op.drop_index("ix_audit_round")
        batch_op.drop_index("ix_audit_auditor")

    op.drop_table("audit")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index("ix_round_created")

    op.drop_table("round")
    op.drop_table("case_file_harm")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_person")

    op.drop_table("web_session")
    op.drop_table("token")
    op.drop_table("template_version")
    op.drop_table("sign_in_link")
    op.drop_table("role_grant")
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.drop_index("ix_case_file_team")

    op.drop_table("case_file")
    op.drop_table("template")
    op.drop_table("team")
    op.drop_table("person")
    with op.batch_alter_table("idempotent_request", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotent_request_created_at")

    op.drop_table("idempotent_request")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_subject")
        batch_op.drop_index(batch_op.f("ix_event_organisation_id"))

    op.drop_table("event")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_failure_email_hash_at")

    op.drop_table("sign_in_failure")
    op.drop_table("organisation")
