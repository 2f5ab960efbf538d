"""What moderators say, comments, reopenings; signed-off answers are frozen by the database itself.

Revision: moderation, after consensus
"""

import sqlalchemy as sa
from alembic import op

revision = "moderation"
down_revision = "consensus"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
# What is signed, and what says of whom and what it is. Reasons are not: words may be redacted in any state.
FROZEN = (
    *("organisation_id", "id", "round_id", "case_file_id", "auditor_id"),
    *("reading", "mode", "submitted_at", "answers", "agreed_answers"),
    *("agreed_at", "overall_calculated", "overall_override", "signature", "signed_at"),
    *("signed_by_id", "team_id", "status", "age_band"),
)
# Of each table that belongs to an audit, the columns that must not change.
PARTS = {
    "score": "organisation_id, audit_id, theme, answer",
    "moderated_score": "organisation_id, audit_id, theme, answer, auditor_answer",
    "audit_harm": "organisation_id, audit_id, form_of_harm",
}
REOPENED = (
    "NEW.state = 'in-moderation' AND EXISTS (SELECT 1 FROM reopening"
    " WHERE reopening.organisation_id = OLD.organisation_id AND reopening.audit_id = OLD.id"
    " AND reopening.voided_signature = OLD.signature AND reopening.confirmed)"
)


def upgrade() -> None:
    op.create_table(
        "moderation_rule",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("share_percent", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Boolean(), nullable=False),
        sa.Column("first_audits", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_audits BETWEEN 0 AND 100", name=op.f("ck_moderation_rule_first_audits_count_up")),
        sa.CheckConstraint("share_percent BETWEEN 0 AND 100", name=op.f("ck_moderation_rule_share_is_a_percentage")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_moderation_rule_organisation_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", name=op.f("pk_moderation_rule")),
    )
    op.create_table(
        "comment",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("words <> ''", name=op.f("ck_comment_says_something")),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by_id IS NULL)", name=op.f("ck_comment_resolved_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_comment_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "author_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_comment_organisation_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "resolved_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_comment_organisation_id_resolved_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "thread_id"],
            ["comment.organisation_id", "comment.id"],
            name=op.f("fk_comment_organisation_id_thread_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_comment")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_audit", ["audit_id", "organisation_id"], unique=False)

    op.create_table(
        "moderated_score",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("auditor_answer", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("answer <> '' AND auditor_answer <> ''", name=op.f("ck_moderated_score_has_both_answers")),
        sa.CheckConstraint(
            "answer = auditor_answer OR reason <> ''", name=op.f("ck_moderated_score_change_has_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_moderated_score_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "moderator_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_moderated_score_organisation_id_moderator_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", "theme", name=op.f("pk_moderated_score")),
    )
    op.create_table(
        "moderation",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(moderator_id IS NULL) = (taken_at IS NULL)", name=op.f("ck_moderation_taken_by_somebody")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_moderation_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "moderator_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_moderation_organisation_id_moderator_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_moderation")),
    )
    op.create_table(
        "reopening",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("voided_signature", sa.String(length=64), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reopening_has_a_reason")),
        sa.CheckConstraint(
            "decided_at IS NULL OR decided_by_id IS NOT NULL", name=op.f("ck_reopening_decided_by_somebody")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (confirmed IS NULL)", name=op.f("ck_reopening_decided_one_way")),
        sa.CheckConstraint("asked_by_id <> decided_by_id", name=op.f("ck_reopening_decided_by_another")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "asked_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_reopening_organisation_id_asked_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "audit_id"],
            ["audit.organisation_id", "audit.id"],
            name=op.f("fk_reopening_organisation_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "decided_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_reopening_organisation_id_decided_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "signed_by_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_reopening_organisation_id_signed_by_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_reopening")),
    )
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.create_index("ix_reopening_audit", ["audit_id", "organisation_id"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        _freeze_on_sqlite()
    else:
        _freeze_on_postgresql()


def _freeze_on_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for table, columns in PARTS.items():
        for change, row in ((f"UPDATE OF {columns}", "OLD"), ("DELETE", "OLD"), ("INSERT", "NEW")):
            op.execute(
                f"CREATE TRIGGER {table}_is_signed_{change.split()[0].lower()} BEFORE {change} ON {table}"
                f" WHEN EXISTS (SELECT 1 FROM audit WHERE audit.organisation_id = {row}.organisation_id"
                f" AND audit.id = {row}.audit_id AND audit.state = 'signed-off') {refuse}"
            )
    differs = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FROZEN)
    op.execute(
        "CREATE TRIGGER audit_is_signed_update BEFORE UPDATE ON audit WHEN OLD.state = 'signed-off' AND"
        f" CASE WHEN NEW.state = 'signed-off' THEN {differs} ELSE NOT ({REOPENED}) END {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_is_signed_delete BEFORE DELETE ON audit WHEN OLD.state = 'signed-off' {refuse}")


def _freeze_on_postgresql() -> None:
    refuse = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'"
    op.execute(f"""
CREATE FUNCTION keep_what_is_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (
        SELECT 1 FROM audit JOIN changed
        ON audit.organisation_id = changed.organisation_id AND audit.id = changed.audit_id
        WHERE audit.state = 'signed-off'
    ) THEN {refuse}; END IF;
    RETURN NULL;
END $$
""")
    op.execute(f"""
CREATE FUNCTION keep_signed_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (
        SELECT 1 FROM audit
        WHERE organisation_id = OLD.organisation_id AND id = OLD.audit_id AND state = 'signed-off'
    ) THEN {refuse}; END IF;
    RETURN NEW;
END $$
""")
    # Once for a statement, not once for a row: 15 scores are written with every audit.
    for table, columns in PARTS.items():
        for change, rows in (("DELETE", "OLD"), ("INSERT", "NEW")):
            op.execute(
                f"CREATE TRIGGER {table}_is_signed_{change.lower()} AFTER {change} ON {table}"
                f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_what_is_signed()"
            )
        names = columns.split(", ")
        before, now = (f"({', '.join(f'{row}.{name}' for name in names)})" for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER {table}_is_signed_update BEFORE UPDATE OF {columns} ON {table} FOR EACH ROW"
            f" WHEN ({before} IS DISTINCT FROM {now}) EXECUTE FUNCTION keep_signed_row()"
        )
    before, now = (f"({', '.join(f'{row}.{name}' for name in FROZEN)})" for row in ("OLD", "NEW"))
    op.execute(f"""
CREATE FUNCTION keep_signed_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' OR NOT (CASE WHEN NEW.state = 'signed-off' THEN {before} IS NOT DISTINCT FROM {now}
        ELSE {REOPENED} END)
    THEN {refuse}; END IF;
    RETURN NEW;
END $$
""")
    op.execute(
        "CREATE TRIGGER audit_is_signed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW"
        " WHEN (OLD.state = 'signed-off') EXECUTE FUNCTION keep_signed_audit()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in (*PARTS, "audit"):
            for change in ("update", "delete", "insert"):
                op.execute(f"DROP TRIGGER IF EXISTS {table}_is_signed_{change}")
    else:
        op.execute("DROP FUNCTION keep_what_is_signed CASCADE")
        op.execute("DROP FUNCTION keep_signed_row CASCADE")
        op.execute("DROP FUNCTION keep_signed_audit CASCADE")
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.drop_index("ix_reopening_audit")

    op.drop_table("reopening")
    op.drop_table("moderation")
    op.drop_table("moderated_score")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_audit")

    op.drop_table("comment")
    op.drop_table("moderation_rule")
