"""The audit programme: its lines, what became of their planned rounds, and the notices of it.

Revision: audit_programme, after erasing_signed_audits

Of what there was, only the small table of notices is rebuilt, on SQLite. The running version neither knows nor needs
the tables, and no new word in that one.
"""

import sqlalchemy as sa
from alembic import op

revision = "audit_programme"
down_revision = "erasing_signed_audits"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
    *("access-waits", "access-asked", "access-made"),
    *("action-given", "action-due-soon", "action-overdue", "action-escalated"),
    *("representation-made", "representation-answered"),
)
OF_PROGRAMMES = ("round-planned", "round-not-planned", "exemption-waits")
KINDS = ("monthly", "thematic", "dip-sample", "closure", "observation", "supervision", "multi-agency")


def upgrade() -> None:
    op.create_table(
        "programme",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _check("programme", "first_day <= last_day", "programme_runs_forward"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_programme_organisation_id")),
        _belongs("programme", "person", "lead_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_programme")),
    )
    _make_lines()
    op.create_table(
        "programme_round",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        _words("programme_round", "state", "made", "passed-over", "exemption-asked", "exempt"),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        _check("programme_round", "expected >= 0", "expected_counts_up"),
        _check("programme_round", "state <> 'made' OR round_id IS NOT NULL", "made_has_a_round"),
        _check(
            "programme_round",
            "state NOT IN ('exemption-asked', 'exempt') OR (asked_by_id IS NOT NULL AND reason <> '')",
            "exemption_has_a_reason",
        ),
        _check("programme_round", "state <> 'exempt' OR decided_by_id IS NOT NULL", "exempt_by_somebody"),
        _check("programme_round", "decided_by_id IS NULL OR decided_by_id <> asked_by_id", "exempt_by_another"),
        _belongs("programme_round", "programme_line", "line_id"),
        _belongs("programme_round", "round", "round_id"),
        _belongs("programme_round", "person", "asked_by_id"),
        _belongs("programme_round", "person", "decided_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "line_id", "starts_on", name=op.f("pk_programme_round")),
    )
    _let_notices_be(*NOTICES, *OF_PROGRAMMES)


def _make_lines() -> None:
    op.create_table(
        "programme_line",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=90), nullable=False),
        _words("programme_line", "kind", *KINDS),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        _words("programme_line", "cadence", "monthly", "quarterly", "once"),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("days_to_finish", sa.Integer(), nullable=False),
        sa.Column("months_judged", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("double_percent", sa.Integer(), nullable=False),
        sa.Column("only_teams", sa.Text(), nullable=False),
        sa.Column("auditors", sa.Text(), nullable=False),
        sa.Column("each_auditor", sa.Integer(), nullable=True),
        sa.Column("target_percent", sa.Integer(), nullable=True),
        sa.Column("lowest_percent", sa.Integer(), nullable=True),
        _words("programme_line", "state", "active", "paused", "ended"),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _check("programme_line", "size BETWEEN 1 AND 1000", "size_is_some"),
        _check("programme_line", "days_to_finish BETWEEN 1 AND 120", "days_are_some"),
        _check("programme_line", "months_judged BETWEEN 1 AND 24", "months_are_some"),
        _check("programme_line", "double_percent BETWEEN 0 AND 100", "double_is_a_percentage"),
        _check("programme_line", "each_auditor BETWEEN 1 AND 100", "each_auditor_has_some"),
        _check("programme_line", "target_percent BETWEEN 1 AND 100", "target_is_a_percentage"),
        _check("programme_line", "lowest_percent BETWEEN 0 AND 99", "lowest_is_a_percentage"),
        _belongs("programme_line", "programme", "programme_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "template_id", "template_version"],
            ["template_version.organisation_id", "template_version.template_id", "template_version.number"],
            name="fk_programme_line_template_version",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_programme_line")),
    )


def downgrade() -> None:
    words = ", ".join(f"'{kind}'" for kind in OF_PROGRAMMES)
    op.execute(f"DELETE FROM notice WHERE kind IN ({words})")
    _let_notices_be(*NOTICES)
    for table in ("programme_round", "programme_line", "programme"):
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


def _let_notices_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_kind"), f"kind IN ({words})")
