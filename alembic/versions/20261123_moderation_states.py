"""Audits have states for moderation and sign-off, and the answers that were agreed.

Revision: moderation_states, after risky_terms
"""

import sqlalchemy as sa
from alembic import op

revision = "moderation_states"
down_revision = "risky_terms"
branch_labels = None
depends_on = None

WORDS = ("draft", "returned", "submitted", "in-moderation", "agreed", "signed-off", "withdrawn")
BEFORE = ("draft", "returned", "submitted", "withdrawn")
COMPLETE = "submitted_at IS NOT NULL AND team_id IS NOT NULL AND status IS NOT NULL AND age_band IS NOT NULL"


def _one_of(words: tuple[str, ...]) -> str:
    return "state IN (" + ", ".join(f"'{word}'" for word in words) + ")"


def upgrade() -> None:
    with op.batch_alter_table("audit") as batch_op:
        batch_op.add_column(sa.Column("agreed_answers", sa.Text(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("signature", sa.String(length=64), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("signed_by_id", sa.Uuid(), nullable=True))
        batch_op.drop_constraint(op.f("ck_audit_state"), type_="check")
        batch_op.drop_constraint(op.f("ck_audit_submitted_is_complete"), type_="check")
        batch_op.create_check_constraint(op.f("ck_audit_state"), _one_of(WORDS))
        batch_op.create_check_constraint(
            op.f("ck_audit_handed_in_is_complete"),
            f"state NOT IN ('submitted', 'in-moderation', 'agreed', 'signed-off') OR ({COMPLETE} AND answers <> '')",
        )
        batch_op.create_check_constraint(
            op.f("ck_audit_agreed_has_answers"),
            "state NOT IN ('agreed', 'signed-off') OR (agreed_answers <> '' AND agreed_at IS NOT NULL)",
        )
        batch_op.create_check_constraint(
            op.f("ck_audit_agreed_answers_every_theme"), "length(agreed_answers) IN (0, length(answers))"
        )
        batch_op.create_check_constraint(
            op.f("ck_audit_signed_off_is_signed"),
            "(state = 'signed-off') = (signature <> '' AND signed_at IS NOT NULL AND signed_by_id IS NOT NULL)",
        )
        batch_op.create_foreign_key(
            op.f("fk_audit_organisation_id_signed_by_id"),
            "person",
            ["organisation_id", "signed_by_id"],
            ["organisation_id", "id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("audit") as batch_op:
        for name in (
            "signed_off_is_signed",
            "agreed_answers_every_theme",
            "agreed_has_answers",
            "handed_in_is_complete",
        ):
            batch_op.drop_constraint(op.f(f"ck_audit_{name}"), type_="check")
        batch_op.drop_constraint(op.f("ck_audit_state"), type_="check")
        batch_op.drop_constraint(op.f("fk_audit_organisation_id_signed_by_id"), type_="foreignkey")
        batch_op.create_check_constraint(op.f("ck_audit_state"), _one_of(BEFORE))
        batch_op.create_check_constraint(
            op.f("ck_audit_submitted_is_complete"), f"state <> 'submitted' OR ({COMPLETE} AND answers <> '')"
        )
        for name in ("signed_by_id", "signed_at", "signature", "agreed_at", "agreed_answers"):
            batch_op.drop_column(name)
