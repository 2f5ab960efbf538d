"""Answers to questions, facts about the case, both as they were submitted, and why an overall judgement lifts a cap.

Revision: questions, after export_names. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "questions"
down_revision = "export_names"
branch_labels = None
depends_on = None

_LINES = ("question_answers", "case_facts", "cap_reason")


def upgrade() -> None:
    for name, key, value in (("question_answer", "question", "answer"), ("audit_fact", "fact", "choice")):
        extra = [sa.Column("version", sa.Integer(), nullable=False)] if name == "question_answer" else []
        rule = "has_an_answer" if name == "question_answer" else "has_a_choice"
        op.create_table(
            name,
            sa.Column("organisation_id", sa.Integer(), nullable=False),
            sa.Column("audit_id", sa.Uuid(), nullable=False),
            sa.Column(key, sa.String(length=60), nullable=False),
            sa.Column(value, sa.String(length=60), nullable=False),
            *extra,
            sa.CheckConstraint(f"{value} <> ''", name=op.f(f"ck_{name}_{rule}")),
            sa.ForeignKeyConstraint(
                ["organisation_id", "audit_id"],
                ["audit.organisation_id", "audit.id"],
                name=op.f(f"fk_{name}_organisation_id_audit_id"),
            ),
            sa.PrimaryKeyConstraint("organisation_id", "audit_id", key, name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    for line in _LINES:
        op.add_column("audit", sa.Column(line, sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    for line in _LINES:
        op.drop_column("audit", line)
    op.drop_table("audit_fact")
    op.drop_table("question_answer")
