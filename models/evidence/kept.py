"""The list of what must not change unseen, and by which events it may change.

Every record has parts. An event of a kind that may change a part carries a hash of it as it then is; verification holds
what is stored against the newest of them. A part is changed by few kinds, so that an event of another kind cannot cover
up what somebody altered behind the service's back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

SUBMITTED: Final = frozenset({"submitted", "in-moderation", "agreed", "signed-off"})


# Each exists once and is looked up with every hash, so they are compared by identity.
@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Columns of the rows of one table that belong to a record: those with its identifier in `key`."""

    table: str
    key: str
    columns: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a record, as `called` in a sentence, and the kinds of events that may change it.

    In a state that is not in `sealed_in`, such an event ends the part: it may change until the next one. In the states
    `required_in`, a record without such an event was made by nobody; `None` stands for every state.
    """

    name: str
    called: str
    rows: tuple[Rows, ...]
    sealed_by: frozenset[str]
    sealed_in: frozenset[str] | None = None
    required_in: frozenset[str] | None = frozenset()
    # Raised with each change of its columns: what was hashed in an older form cannot be compared.
    form: int = 1
    # Raised for a part whose hash early events did not carry: such an event without it is no fault.
    generation: int = 1
    # Without such an event, nothing of the part is stored.
    empty_at_first: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record: its table, the column of its identifier, and where an event names it.

    `named_in`: an entry of the event's details; without one, the event's subject. `number`: a second column of the key,
    and of that name in the details. After an event of `gone_by` the record is no longer stored.
    """

    name: str
    called: str
    table: str
    key: str
    parts: tuple[Part, ...]
    named_in: str = ""
    number: str = ""
    state: str = ""
    gone_by: frozenset[str] = frozenset()

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset().union(self.gone_by, *(part.sealed_by for part in self.parts))


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def kinds(text: str, of: str) -> frozenset[str]:
    """The kinds of events `of.word` for each of these words."""
    return frozenset(f"{of}.{word}" for word in text.split())


@cache
def records() -> tuple[Record, ...]:
    """Every kind of record that is kept."""
    # Not at the top: the lists are written with the classes of this module.
    from models.evidence.kept_audits import AUDIT_RECORDS
    from models.evidence.kept_erasures import ERASURE_RECORDS
    from models.evidence.kept_improvement import IMPROVEMENT_RECORDS
    from models.evidence.kept_joint import JOINT_RECORDS
    from models.evidence.kept_others import OTHER_RECORDS

    return (*AUDIT_RECORDS, *OTHER_RECORDS, *IMPROVEMENT_RECORDS, *JOINT_RECORDS, *ERASURE_RECORDS)


@cache
def parts_by_kind() -> dict[str, tuple[tuple[Record, tuple[Part, ...]], ...]]:
    """For each kind of event, the parts that it may change."""
    found: dict[str, list[tuple[Record, tuple[Part, ...]]]] = {}
    for record in records():
        for kind in record.kinds:
            parts = tuple(part for part in record.parts if kind in part.sealed_by)
            found.setdefault(kind, []).append((record, parts))
    return {kind: tuple(each) for kind, each in found.items()}


def covered_columns() -> Iterator[tuple[str, str]]:
    """Every column, with its table, that a part covers, the keys of its rows among them."""
    for record in records():
        yield record.table, record.key
        if record.number:
            yield record.table, record.number
        for part in record.parts:
            for rows in part.rows:
                yield rows.table, "organisation_id"
                yield from ((rows.table, name) for name in (rows.key, *rows.columns))
