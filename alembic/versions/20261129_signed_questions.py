"""The answers to questions, the facts about the case and the sources of answers of a signed-off audit never change.

Revision: signed_questions, after own_places

Only guards are made: that of the table of audits anew, and those of the two tables of rows. The running version does
without them.
"""

from alembic import op

revision = "signed_questions"
down_revision = "own_places"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
BEFORE = (
    *("organisation_id", "id", "round_id", "case_file_id", "auditor_id"),
    *("reading", "mode", "submitted_at", "answers", "agreed_answers"),
    *("agreed_at", "overall_calculated", "overall_override", "signature", "signed_at"),
    *("signed_by_id", "team_id", "status", "age_band", "sampling_weight", "agreed_overall"),
)
FROZEN = (*BEFORE, "question_answers", "case_facts", "answer_sources")
PARTS = {
    "question_answer": "organisation_id, audit_id, question, answer",
    "audit_fact": "organisation_id, audit_id, fact, choice",
}
REOPENED = (
    "NEW.state = 'in-moderation' AND EXISTS (SELECT 1 FROM reopening"
    " WHERE reopening.organisation_id = OLD.organisation_id AND reopening.audit_id = OLD.id"
    " AND reopening.voided_signature = OLD.signature AND reopening.confirmed)"
)


def upgrade() -> None:
    _freeze(FROZEN)
    for table, columns in PARTS.items():
        _freeze_rows(table, columns)


def downgrade() -> None:
    for table in PARTS:
        for change in ("update", "delete", "insert"):
            where = "" if _is_sqlite() else f" ON {table}"
            op.execute(f"DROP TRIGGER {table}_is_signed_{change}{where}")
    _freeze(BEFORE)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _freeze_rows(table: str, columns: str) -> None:
    """Let the database refuse to change the rows of a signed audit, as it does its scores."""
    if _is_sqlite():
        for change, row in ((f"UPDATE OF {columns}", "OLD"), ("DELETE", "OLD"), ("INSERT", "NEW")):
            op.execute(
                f"CREATE TRIGGER {table}_is_signed_{change.split()[0].lower()} BEFORE {change} ON {table}"
                f" WHEN EXISTS (SELECT 1 FROM audit WHERE audit.organisation_id = {row}.organisation_id"
                f" AND audit.id = {row}.audit_id AND audit.state = 'signed-off')"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
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


def _freeze(columns: tuple[str, ...]) -> None:
    """Let the database refuse to change these columns of a signed audit, and no others."""
    if _is_sqlite():
        differs = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns)
        op.execute("DROP TRIGGER audit_is_signed_update")
        op.execute(
            "CREATE TRIGGER audit_is_signed_update BEFORE UPDATE ON audit WHEN OLD.state = 'signed-off' AND"
            f" CASE WHEN NEW.state = 'signed-off' THEN {differs} ELSE NOT ({REOPENED}) END"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    before, now = (f"({', '.join(f'{row}.{name}' for name in columns)})" for row in ("OLD", "NEW"))
    op.execute(f"""
CREATE OR REPLACE FUNCTION keep_signed_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' OR NOT (CASE WHEN NEW.state = 'signed-off' THEN {before} IS NOT DISTINCT FROM {now}
        ELSE {REOPENED} END)
    THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF;
    RETURN NEW;
END $$
""")
