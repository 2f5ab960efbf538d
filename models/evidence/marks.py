"""Triggers that mark an audit as changed, in the transaction that changes it, so that the tallies of its round follow.

The database does it, so that every change marks the audit: by an action, of many rows at once, or by an operator.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from models.evidence.kept import words

# Columns of an audit that a tally reads. Its harms and what is beside it are written together with its state.
READ: Final = words(
    "round_id case_file_id reading sampling_weight mode state answers question_answers case_facts answer_sources"
    " overall_calculated overall_override agreed_answers agreed_overall team_id status age_band"
)
_NEW_ID: Final = "lower(hex(randomblob(16)))"


class Mark(NamedTuple):
    """A trigger: its name, its table and the statements that make it."""

    name: str
    table: str
    statements: tuple[str, ...]


def marks(dialect: str, prefix: str) -> Iterator[Mark]:
    """The triggers for this kind of database, each named with this prefix."""
    listed = ", ".join(READ)
    for change, row, event in (
        ("insert", "NEW", "INSERT"),
        ("update", "NEW", f"UPDATE OF {listed}"),
        ("delete", "OLD", "DELETE"),
    ):
        name = f"{prefix}audit_marked_{change}"
        insert = "INSERT INTO changed_audit (organisation_id, round_id, audit_id, id) VALUES"
        values = f"{row}.organisation_id, {row}.round_id, {row}.id"
        start = f'CREATE TRIGGER {name} AFTER {event} ON "audit" FOR EACH ROW'
        if dialect == "postgresql":
            function = (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" {insert} ({values}, gen_random_uuid()); RETURN NULL; END $$"
            )
            yield Mark(name, "audit", (function, f"{start} EXECUTE FUNCTION {name}()"))
        else:
            yield Mark(name, "audit", (f"{start} BEGIN {insert} ({values}, {_NEW_ID}); END",))
