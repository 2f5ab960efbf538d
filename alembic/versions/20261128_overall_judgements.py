"""The overall judgement that is agreed with an audit's answers, and the moderator's own.

Revision: overall_judgements, after signed_weight

Audits that are agreed already get the judgement that their agreed answers give by their template's rule, or the
auditor's own where moderation changed no answer. It never changes once the audit is signed off; its reason may, because
words are taken out in any state. The running version does without all of it.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "overall_judgements"
down_revision = "signed_weight"
branch_labels = None
depends_on = None

REFUSAL = "signed-off answers never change"
BEFORE = (
    *("organisation_id", "id", "round_id", "case_file_id", "auditor_id"),
    *("reading", "mode", "submitted_at", "answers", "agreed_answers"),
    *("agreed_at", "overall_calculated", "overall_override", "signature", "signed_at"),
    *("signed_by_id", "team_id", "status", "age_band", "sampling_weight"),
)
FROZEN = (*BEFORE, "agreed_overall")
REOPENED = (
    "NEW.state = 'in-moderation' AND EXISTS (SELECT 1 FROM reopening"
    " WHERE reopening.organisation_id = OLD.organisation_id AND reopening.audit_id = OLD.id"
    " AND reopening.voided_signature = OLD.signature AND reopening.confirmed)"
)
CHECKS = {
    "agreed_overall": ("ck_audit_agreed_overall_with_answers", "agreed_answers <> '' OR agreed_overall = ''"),
    "agreed_overall_reason": (
        "ck_audit_agreed_overall_reason_for_one",
        "agreed_overall <> '' OR agreed_overall_reason = ''",
    ),
}
COLUMNS = {"agreed_overall": sa.String(length=40), "agreed_overall_reason": sa.Text()}
OF_MODERATION = {
    "overall": sa.String(length=40),
    "overall_reason": sa.Text(),
    "overall_calculated": sa.String(length=40),
}
EMPTY = sa.text("''")


def upgrade() -> None:
    for name, kind in OF_MODERATION.items():
        op.add_column("moderation", sa.Column(name, kind, nullable=False, server_default=EMPTY))
    for name, kind in COLUMNS.items():
        constraint, condition = CHECKS[name]
        if _is_sqlite():
            # With its check, so that the table, which has triggers, need not be made anew.
            text = "VARCHAR(40)" if name == "agreed_overall" else "TEXT"
            op.execute(
                f"ALTER TABLE audit ADD COLUMN {name} {text} DEFAULT '' NOT NULL"
                f" CONSTRAINT {constraint} CHECK ({condition})"
            )
        else:
            op.add_column("audit", sa.Column(name, kind, nullable=False, server_default=EMPTY))
            op.create_check_constraint(op.f(constraint), "audit", condition)
    _freeze(("organisation_id", "id"))
    _judge_agreed_audits()
    _freeze(FROZEN)


def downgrade() -> None:
    _freeze(BEFORE)
    for name in reversed(COLUMNS):
        if not _is_sqlite():
            op.drop_constraint(op.f(CHECKS[name][0]), "audit", type_="check")
        op.drop_column("audit", name)
    for name in OF_MODERATION:
        op.drop_column("moderation", name)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _judge_agreed_audits() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT audit.organisation_id, audit.id, audit.answers, audit.agreed_answers, audit.overall_calculated,"
            " audit.overall_override, template_version.document FROM audit"
            " JOIN round ON round.organisation_id = audit.organisation_id AND round.id = audit.round_id"
            " JOIN template_version ON template_version.organisation_id = round.organisation_id"
            " AND template_version.template_id = round.template_id AND template_version.number = round.template_version"
            " WHERE audit.agreed_answers <> ''"
        )
    ).all()
    contents: dict[str, Any] = {}
    rows = []
    for row in found:
        if row.document not in contents:
            contents[row.document] = json.loads(row.document)
        unchanged = row.answers == row.agreed_answers
        own = row.overall_override or row.overall_calculated
        judged = own if unchanged else _overall(contents[row.document], row.agreed_answers)
        if judged:
            rows.append({"organisation": row.organisation_id, "audit": row.id, "overall": judged})
    if rows:
        connection.execute(
            sa.text("UPDATE audit SET agreed_overall = :overall WHERE organisation_id = :organisation AND id = :audit"),
            rows,
        )


def _overall(content: dict[str, Any], line: str) -> str:
    """What encoded answers give: the rule as it was on the day of this migration."""
    ratings = [rating["key"] for rating in content["scale"]["ratings"]]
    standard = ratings.index(content["scale"]["standard"])
    below, not_evidenced = standard + 1, len(ratings)
    themes = [theme for domain in content["learning_domains"] for theme in domain["themes"]]
    positions, is_capped = [], False
    for theme, letter in zip(themes, line, strict=True):
        place = ord(letter) - ord("a")
        if place < len(ratings):
            positions.append(place)
            is_capped = is_capped or (theme.get("limiting", False) and place == len(ratings) - 1)
        elif place == not_evidenced and content.get("not_evidenced", "below-standard") == "below-standard":
            positions.append(below)
    if not positions:
        return ""
    middle = sorted(positions)[len(positions) // 2]
    return str(ratings[max(middle, below) if is_capped else middle])


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
