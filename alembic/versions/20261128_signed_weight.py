"""The sampling weight of a signed-off audit never changes: reports weight its answers by it.

Revision: signed_weight, after case_list_drafts

Only the guard of the table of audits is made anew; the running version does without it.
"""

from alembic import op

revision = "signed_weight"
down_revision = "case_list_drafts"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
BEFORE = (
    *("organisation_id", "id", "round_id", "case_file_id", "auditor_id"),
    *("reading", "mode", "submitted_at", "answers", "agreed_answers"),
    *("agreed_at", "overall_calculated", "overall_override", "signature", "signed_at"),
    *("signed_by_id", "team_id", "status", "age_band"),
)
FROZEN = (*BEFORE, "sampling_weight")
REOPENED = (
    "NEW.state = 'in-moderation' AND EXISTS (SELECT 1 FROM reopening"
    " WHERE reopening.organisation_id = OLD.organisation_id AND reopening.audit_id = OLD.id"
    " AND reopening.voided_signature = OLD.signature AND reopening.confirmed)"
)


def upgrade() -> None:
    _freeze(FROZEN)


def downgrade() -> None:
    _freeze(BEFORE)


def _freeze(columns: tuple[str, ...]) -> None:
    """Let the database refuse to change these columns of a signed audit, and no others."""
    if op.get_bind().dialect.name == "sqlite":
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
