"""By what else a sample chose among the cases of its list: age band, category, what they involve, months open.

Revision: sample_filters, after read_from. The running version does without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "sample_filters"
down_revision = "read_from"
branch_labels = None
depends_on = None

LISTS = ("only_age_bands", "only_categories", "only_involving")
CONSTRAINT = "ck_sample_months_open_run_up"
CONDITION = "least_months_open <= most_months_open"


def upgrade() -> None:
    for name in LISTS:
        op.add_column("sample", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("sample", sa.Column("least_months_open", sa.Integer(), nullable=True))
    if _is_sqlite():
        # With its check, so that the table need not be made anew.
        op.execute(
            f"ALTER TABLE sample ADD COLUMN most_months_open INTEGER CONSTRAINT {CONSTRAINT} CHECK ({CONDITION})"
        )
        return
    op.add_column("sample", sa.Column("most_months_open", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f(CONSTRAINT), "sample", CONDITION)


def downgrade() -> None:
    # On SQLite the table may have been made anew since, with its check beside the columns.
    with op.batch_alter_table("sample") as batch_op:
        batch_op.drop_constraint(op.f(CONSTRAINT), type_="check")
    for name in ("most_months_open", "least_months_open", *LISTS):
        op.drop_column("sample", name)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
