"""Who has seen which audits, who has listed the answers of a round, and which readings were blind when submitted.

Revision: has_seen, after altered_copies

What the trail says of reading so far is taken over; that a reading was blind cannot be known afterwards, and is not
recorded. The running version neither knows nor needs any of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "has_seen"
down_revision = "evidence"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
HOW = (
    *("opened", "recorded", "moderated", "commented", "settled", "asked"),
    *("wrote", "both-in", "listed", "exported", "released"),
)
OPENED = (
    *("audit.read", "audit.recorded", "audit.taken-into-moderation", "audit.moderated", "audit.accepted"),
    *("audit.commented", "audit.returned", "audit.signed-off", "concern.read"),
)
LISTED = ("round.answers-read", "round.conclusions-read")


def upgrade() -> None:
    op.create_table(
        "has_seen",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        _how(),
        sa.Column("wrote", sa.Boolean(), nullable=False),
        _to("audit", "audit_id", "has_seen"),
        _to("person", "person_id", "has_seen"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "round_id", "case_file_id", "person_id", "audit_id", name=op.f("pk_has_seen")
        ),
    )
    op.create_index("ix_has_seen_audit", "has_seen", ["audit_id", "organisation_id"])
    op.create_table(
        "has_listed",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        _how(),
        _to("round", "round_id", "has_listed"),
        _to("person", "person_id", "has_listed"),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "person_id", name=op.f("pk_has_listed")),
    )
    op.create_table(
        "blind_record",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("taints", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT (blind AND taints)", name=op.f("ck_blind_record_tainted_is_not_blind")),
        _to("audit", "audit_id", "blind_record"),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name=op.f("pk_blind_record")),
    )
    _take_over()


def downgrade() -> None:
    op.drop_table("blind_record")
    op.drop_table("has_listed")
    op.drop_table("has_seen")


def _take_over() -> None:
    wrote = "MAX(CASE WHEN event.kind = 'audit.recorded' THEN 1 ELSE 0 END) = 1"
    op.execute(
        "INSERT INTO has_seen (organisation_id, round_id, case_file_id, person_id, audit_id, first_seen_at, how, wrote)"
        " SELECT audit.organisation_id, audit.round_id, audit.case_file_id, event.person_id, audit.id,"
        f" MIN(event.at), 'opened', {wrote} FROM event"
        " JOIN audit ON audit.organisation_id = event.organisation_id AND audit.id = event.subject_id"
        " JOIN person ON person.organisation_id = event.organisation_id AND person.id = event.person_id"
        f" WHERE event.kind IN ({_listed(OPENED)}) AND event.person_id <> audit.auditor_id"
        " GROUP BY audit.organisation_id, audit.round_id, audit.case_file_id, event.person_id, audit.id"
    )
    op.execute(
        "INSERT INTO has_listed (organisation_id, round_id, person_id, first_seen_at, how)"
        " SELECT round.organisation_id, round.id, event.person_id, MIN(event.at), 'listed' FROM event"
        " JOIN round ON round.organisation_id = event.organisation_id AND round.id = event.subject_id"
        " JOIN person ON person.organisation_id = event.organisation_id AND person.id = event.person_id"
        f" WHERE event.kind IN ({_listed(LISTED)})"
        " GROUP BY round.organisation_id, round.id, event.person_id"
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _how() -> sa.Column[str]:
    how = sa.Enum(*HOW, name="how", native_enum=False, create_constraint=True, length=40)
    return sa.Column("how", how, nullable=False)


def _to(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{table}.organisation_id", f"{table}.id"],
        name=op.f(f"fk_{of}_organisation_id_{column}"),
    )
