"""Notices, the e-mails that say there are some, and the answers that an urgent concern is about.

Revision: notices, after closing_reason

Only the small table of e-mails is rebuilt, on SQLite; the running version neither knows nor needs any of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "notices"
down_revision = "closing_reason"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
MAIL = ("concern", "due-soon", "overdue")
KINDS = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.Column("mailed_at", TIME, nullable=True),
        sa.CheckConstraint("number >= 0", name=op.f("ck_notice_number_counts_up")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_notice_organisation_id_person_id"),
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "person_id",
            "kind",
            "subject_id",
            name=op.f("uq_notice_organisation_id_person_id_kind_subject_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_person", "notice", ["person_id", "organisation_id", "id"])
    op.add_column("person", sa.Column("notice_mail", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("urgent_concern", sa.Column("themes", sa.Text(), nullable=False, server_default=sa.text("''")))
    _let_mail_be_about(*MAIL, "notice")


def downgrade() -> None:
    op.execute("DELETE FROM outbox_message WHERE about = 'notice'")
    _let_mail_be_about(*MAIL)
    op.drop_column("urgent_concern", "themes")
    op.drop_column("person", "notice_mail")
    op.drop_table("notice")


def _let_mail_be_about(*subjects: str) -> None:
    words = ", ".join(f"'{subject}'" for subject in subjects)
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_about"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_about"), f"about IN ({words})")
