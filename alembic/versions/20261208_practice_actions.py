"""Actions, with the teams that they are about, their steps and their notes.

Revision: practice_actions, after round_scopes

The running version neither knows nor needs the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "practice_actions"
down_revision = "round_scopes"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KINDS = ("child-level", "practice")
CAUSES = ("audit", "gap", "concerns", "agreement", "other")
STATES = ("proposed", "agreed", "in-progress", "done", "impact-shown", "no-impact", "not-pursued")
EVIDENCE = ("re-audit", "dip-sample", "feedback", "observation", "performance-figure")
CLOSED = "state IN ('impact-shown', 'no-impact', 'not-pursued')"
WITH_IMPACT = "state NOT IN ('impact-shown', 'no-impact')"


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("kind", KINDS), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("cause", _one_of("cause", CAUSES), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("audit_id", sa.Uuid(), nullable=True),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_post", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("due_moves", sa.Integer(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("measure_from", _one_of("measure_from", EVIDENCE), nullable=True),
        sa.Column("measure_by", sa.Date(), nullable=True),
        sa.Column("state", _one_of("state", STATES), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("impact_from", _one_of("impact_from", EVIDENCE), nullable=True),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("impact_on", sa.Date(), nullable=True),
        sa.Column("impact_round_id", sa.Uuid(), nullable=True),
        sa.Column("drop_reason", sa.Text(), nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("words <> ''", "action_has_words"),
        _check("(kind = 'practice') = (audit_id IS NULL)", "child_level_has_an_audit"),
        _check("(owner_id IS NULL) = (owner_post <> '')", "one_owner"),
        _check("due_moves >= 0", "due_moves_count_up"),
        _check(f"({CLOSED}) = (closed_at IS NOT NULL)", "closed_has_a_time"),
        _check("state NOT IN ('done', 'impact-shown', 'no-impact') OR done <> ''", "done_says_what_was_done"),
        _check(f"{WITH_IMPACT} OR (impact <> '' AND impact_on IS NOT NULL)", "impact_has_evidence"),
        _check(f"{WITH_IMPACT} OR owner_id IS NULL OR owner_id <> closed_by_id", "impact_is_confirmed_by_another"),
        _check("state <> 'not-pursued' OR drop_reason <> ''", "not_pursued_has_a_reason"),
        *(
            _belongs("action", table, column)
            for table, column in (
                ("round", "round_id"),
                ("audit", "audit_id"),
                ("action", "follows_id"),
                ("person", "owner_id"),
                ("person", "created_by_id"),
                ("person", "closed_by_id"),
                ("round", "impact_round_id"),
            )
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_action_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_due", "action", ["kind", "due_on", "id", "organisation_id"])
    op.create_index("ix_action_owner", "action", ["owner_id", "organisation_id"])
    op.create_index("ix_action_audit", "action", ["audit_id", "organisation_id"])
    op.create_index("ix_action_round", "action", ["round_id", "organisation_id"])
    op.create_table(
        "action_team",
        *_key_columns(),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        _belongs("action_team", "action", "action_id"),
        _belongs("action_team", "team", "team_id"),
        sa.PrimaryKeyConstraint("organisation_id", "action_id", "team_id", name=op.f("pk_action_team")),
    )
    op.create_index("ix_action_team_team", "action_team", ["team_id", "organisation_id"])
    op.create_table(
        "action_step",
        *_key_columns(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_action_step_numbered_from_one")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_action_step_step_has_words")),
        _belongs("action_step", "action", "action_id"),
        sa.PrimaryKeyConstraint("organisation_id", "action_id", "number", name=op.f("pk_action_step")),
    )
    op.create_table(
        "action_note",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due_from", sa.Date(), nullable=True),
        sa.Column("due_to", sa.Date(), nullable=True),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_action_note_note_has_words")),
        _belongs("action_note", "action", "action_id"),
        _belongs("action_note", "person", "written_by_id"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_action_note")),
    )
    op.create_index("ix_action_note_action", "action_note", ["action_id", "organisation_id"])


def downgrade() -> None:
    for table in ("action_note", "action_step", "action_team", "action"):
        op.drop_table(table)


def _key_columns() -> tuple[sa.Column[int], sa.Column[object]]:
    return sa.Column("organisation_id", sa.Integer(), nullable=False), sa.Column("action_id", sa.Uuid(), nullable=False)


def _one_of(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _check(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_action_{name}"))


def _belongs(table: str, to: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
    )
