"""One outbox for all e-mails, in place of a time of sending in each thing that they tell of.

Revision: outbox, after calibration
"""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "outbox"
down_revision = "how_audits_counted"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
TIME = sa.DateTime(timezone=True)
OUTBOX = sa.table(
    "outbox_message",
    sa.column("organisation_id", sa.Integer()),
    sa.column("id", sa.Uuid()),
    sa.column("about", sa.String()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("person_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("attempts", sa.Integer()),
    sa.column("made_at", TIME),
    sa.column("due_at", TIME),
    sa.column("settled_at", TIME),
)
NOTICE = sa.table(
    "concern_notice",
    *(sa.column(name, sa.Uuid()) for name in ("concern_id", "person_id")),
    sa.column("organisation_id", sa.Integer()),
    *(sa.column(name, TIME) for name in ("made_at", "sent_at")),
)
REMINDER = sa.table(
    "reminder",
    *(sa.column(name, sa.Uuid()) for name in ("round_id", "person_id")),
    sa.column("organisation_id", sa.Integer()),
    sa.column("kind", sa.String()),
    sa.column("sent_at", TIME),
)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", _words("about", "concern", "due-soon", "overdue"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", _words("state", "waiting", "sending", "sent", "parked", "given-up"), nullable=False),
        sa.Column("why_parked", _words("why_parked", "address", "refused", "not-taken"), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state <> 'parked' OR why_parked IS NOT NULL", name=op.f("ck_outbox_message_parked_says_why")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_outbox_message_organisation_id_person_id"),
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "about",
            "subject_id",
            "person_id",
            name=op.f("uq_outbox_message_organisation_id_about_subject_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_outbox_message")),
    )
    op.create_index("ix_outbox_message_state", "outbox_message", ["state", "organisation_id", "due_at"])
    _take_over()
    op.drop_table("reminder")
    with op.batch_alter_table("concern_notice") as batch_op:
        batch_op.drop_index("ix_concern_notice_sent")
        batch_op.drop_column("sent_at")


def _take_over() -> None:
    connection = op.get_bind()
    found = [
        *(
            {"about": "concern", "subject_id": row.concern_id, "made_at": row.made_at, **_rest(row)}
            for row in connection.execute(sa.select(NOTICE))
        ),
        *(
            {"about": row.kind, "subject_id": row.round_id, "made_at": row.sent_at, **_rest(row)}
            for row in connection.execute(sa.select(REMINDER))
        ),
    ]
    for start in range(0, len(found), ROWS_AT_ONCE):
        connection.execute(sa.insert(OUTBOX), found[start : start + ROWS_AT_ONCE])


def _rest(row: Any) -> dict[str, object]:
    return {
        "organisation_id": row.organisation_id,
        "id": uuid.uuid4(),
        "person_id": row.person_id,
        "state": "waiting" if row.sent_at is None else "sent",
        "attempts": 0 if row.sent_at is None else 1,
        "due_at": row.sent_at or row.made_at,
        "settled_at": row.sent_at,
    }


def downgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "due-soon", "overdue"), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", f"{table}_id"],
                [f"{table}.organisation_id", f"{table}.id"],
                name=op.f(f"fk_reminder_organisation_id_{table}_id"),
            )
            for table in ("person", "round")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "person_id", "kind", name=op.f("pk_reminder")),
    )
    with op.batch_alter_table("concern_notice") as batch_op:
        batch_op.add_column(sa.Column("sent_at", TIME, nullable=True))
        batch_op.create_index("ix_concern_notice_sent", ["sent_at"])
    op.execute(
        "INSERT INTO reminder (organisation_id, round_id, person_id, kind, sent_at)"
        " SELECT organisation_id, subject_id, person_id, about, settled_at FROM outbox_message"
        " WHERE about <> 'concern' AND state = 'sent'"
    )
    op.execute(
        "UPDATE concern_notice SET sent_at = (SELECT settled_at FROM outbox_message AS m WHERE"
        " m.organisation_id = concern_notice.organisation_id AND m.subject_id = concern_notice.concern_id"
        " AND m.person_id = concern_notice.person_id AND m.about = 'concern' AND m.state = 'sent')"
    )
    op.drop_table("outbox_message")
