"""Statuses, age bands and categories of cases may be those of a template, and not only of children's services.

Revision: case_words, after altered_copies

What is stored keeps its values. The database no longer knows which keys there are, and refuses only an empty one; the
actions compare them with the lists of the organisation. The running version writes what it did before.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "case_words"
down_revision = "altered_copies"
branch_labels = None
depends_on = None

COLUMNS = {
    "case_file": ("status", "age_band", "category"),
    "case_file_change": ("status", "age_band", "category"),
    "case_list_entry": ("status", "age_band", "category"),
    "audit": ("status", "age_band"),
}
STATUSES = ("early-help", "child-in-need", "child-protection-plan", "child-looked-after", "care-leaver", "closed")
AGE_BANDS = ("unborn", "under-1", "1-to-4", "5-to-9", "10-to-15", "16-to-17", "18-and-over", "not-known")
CATEGORIES = (
    *("neglect", "physical-abuse", "sexual-abuse", "emotional-abuse", "multiple", "abuse-or-neglect"),
    *("childs-disability", "parental-illness-or-disability", "family-in-acute-stress", "family-dysfunction"),
    *("socially-unacceptable-behaviour", "low-income", "absent-parenting", "other-than-need", "not-stated"),
)
KEYS = {"status": STATUSES, "age_band": AGE_BANDS, "category": CATEGORIES}


def upgrade() -> None:
    _check({column: f"{column} <> ''" for column in KEYS})


def downgrade() -> None:
    _check({column: f"{column} IN ({', '.join(repr(key) for key in keys)})" for column, keys in KEYS.items()})


def _check(conditions: dict[str, str]) -> None:
    """Let each column be checked by its new condition."""
    if op.get_bind().dialect.name == "sqlite":
        _check_in_sqlite(conditions)
        return
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
            op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, conditions[column])


def _check_in_sqlite(conditions: dict[str, str]) -> None:
    """The same without making the tables anew, which have triggers and views and may be large.

    What is stored on disk does not depend on a CHECK, so its text is changed, as SQLite's documentation of ALTER TABLE
    describes for constraints.
    """
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, columns in COLUMNS.items():
        named = {"name": table}
        told = connection.execute(sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name"), named)
        text = str(told.scalar_one())
        for column in columns:
            before = re.compile(rf"(CONSTRAINT \"?ck_{table}_{column}\"? CHECK )\(({column} (?:IN \([^()]*\)|<> ''))\)")
            text, found = before.subn(rf"\1({conditions[column]})", text)
            if found != 1:
                raise RuntimeError(f"the check of {table}.{column} was not found")
        connection.execute(
            sa.text("UPDATE sqlite_schema SET sql = :text WHERE type = 'table' AND name = :name"),
            {"text": text, **named},
        )
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
