"""The second factor: one-time codes, passkeys and recovery codes, which roles need one, and what a session proved.

Revision: second_factor, after coding

Columns are added with a default, so that nothing is rebuilt; the running version neither knows nor needs them.
"""

import sqlalchemy as sa
from alembic import op

revision = "second_factor"
down_revision = "coding"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "one_time_codes",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("confirmed_at", TIME, nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        _check("one_time_codes", "last_step >= 0", "steps_count_up"),
        _of_person("one_time_codes"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "passkey",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.Column("challenged_at", TIME, nullable=False),
        _check("passkey", "sign_count >= 0", "signatures_count_up"),
        _of_person("passkey"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_person", "passkey", ["person_id", "organisation_id"])
    op.create_table(
        "recovery_code",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        _of_person("recovery_code"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "second_factor_rule",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("roles", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_second_factor_rule_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_second_factor_rule")),
    )
    op.add_column("web_session", sa.Column("proved_at", TIME, nullable=True))
    needs: sa.Column[bool] = sa.Column("needs_second_factor", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("web_session", needs)
    browser = sa.Column("browser", sa.String(length=60), nullable=False, server_default=sa.text("''"))
    op.add_column("web_session", browser)


def downgrade() -> None:
    for column in ("browser", "needs_second_factor", "proved_at"):
        op.drop_column("web_session", column)
    for table in ("second_factor_rule", "recovery_code", "passkey", "one_time_codes"):
        op.drop_table(table)


def _check(table: str, condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", "person_id"],
        ["person.organisation_id", "person.id"],
        name=op.f(f"fk_{table}_organisation_id_person_id"),
    )
