"""A signed audit can be erased with its case: whether its rows may be deleted is asked by the listed guards alone.

Revision: erasing_signed_audits, after days_of_actions

The listed guards (`models/evidence/frozen.py`) refuse the same deletions, except for what is just being erased. The
older triggers knew no exception, so a case with a signed audit could not be erased.
"""

from alembic import op

revision = "erasing_signed_audits"
down_revision = "days_of_actions"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
PARTS = ("score", "audit_harm", "moderated_score", "question_answer", "audit_fact", "theme_note", "conclusion")


def upgrade() -> None:
    if _is_sqlite():
        for table in (*PARTS, "audit"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_is_signed_delete")
        return
    for table in PARTS:
        op.execute(f"DROP TRIGGER IF EXISTS {table}_is_signed_delete ON {table}")
    _guard_audits("UPDATE")


def downgrade() -> None:
    if _is_sqlite():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table in PARTS:
            op.execute(
                f"CREATE TRIGGER {table}_is_signed_delete BEFORE DELETE ON {table}"
                " WHEN EXISTS (SELECT 1 FROM audit WHERE audit.organisation_id = OLD.organisation_id"
                f" AND audit.id = OLD.audit_id AND audit.state = 'signed-off') {refuse}"
            )
        op.execute(
            f"CREATE TRIGGER audit_is_signed_delete BEFORE DELETE ON audit WHEN OLD.state = 'signed-off' {refuse}"
        )
        return
    for table in PARTS:
        op.execute(
            f"CREATE TRIGGER {table}_is_signed_delete AFTER DELETE ON {table}"
            " REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_what_is_signed()"
        )
    _guard_audits("UPDATE OR DELETE")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _guard_audits(changes: str) -> None:
    op.execute("DROP TRIGGER audit_is_signed ON audit")
    op.execute(
        f"CREATE TRIGGER audit_is_signed BEFORE {changes} ON audit FOR EACH ROW"
        " WHEN (OLD.state = 'signed-off') EXECUTE FUNCTION keep_signed_audit()"
    )
