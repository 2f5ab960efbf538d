"""Links and roles with which somebody may read audits wait until a second person has confirmed them.

Revision: access_requests, after has_seen

Only the small table of notices is rebuilt, on SQLite; the running version neither knows nor needs any of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "access_requests"
down_revision = "has_seen"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOTICES = (
    *("allocated", "taken-away", "returned", "agreed", "signed-off"),
    *("reopening-asked", "reopening-refused", "reopened", "commented"),
    *("to-settle", "proposed", "settled", "to-sign-off", "concern"),
)
OF_PEOPLE = ("access-waits", "access-asked", "access-made")


def upgrade() -> None:
    kind = sa.Enum("invited", "link", "roles", name="kind", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "access_request",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_id IS NULL)", name=op.f("ck_access_request_decided_by_somebody")
        ),
        sa.CheckConstraint(
            "NOT confirmed OR decided_at IS NOT NULL", name=op.f("ck_access_request_confirmed_is_decided")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["organisation_id", column],
                ["person.organisation_id", "person.id"],
                name=op.f(f"fk_access_request_organisation_id_{column}"),
            )
            for column in ("person_id", "asked_by_id", "decided_by_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_access_request")),
    )
    op.create_index("ix_access_request_person", "access_request", ["person_id", "organisation_id"])
    op.add_column("sign_in_link", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sign_in_link", sa.Column("issued_by_id", sa.Uuid(), nullable=True))
    _let_notices_be(*NOTICES, *OF_PEOPLE)


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind IN ('access-waits', 'access-asked', 'access-made')")
    _let_notices_be(*NOTICES)
    # A link that waits must not work afterwards.
    op.execute("DELETE FROM sign_in_link WHERE waits")
    op.drop_column("sign_in_link", "issued_by_id")
    op.drop_column("sign_in_link", "waits")
    op.drop_table("access_request")


def _let_notices_be(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_kind"), f"kind IN ({words})")
