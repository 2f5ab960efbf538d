"""What an event says of rows that are about to be stored is what is hashed once they are."""

import uuid
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from models import AuditMode
from models.evidence.content import Key, hash_at_hand, hash_of, plain_of
from models.evidence.kept import Part, Record, Rows

IDENTIFIER = uuid.UUID(int=7)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ODD = (
    ("plain", "", None),
    ('quotes " and \\', "a line\nand \x7f", "é € \N{GRINNING FACE}"),
    ("],[", "]]", "\x00"),
    (NOON, NOON.date(), IDENTIFIER),
    (AuditMode.RECORDS_ONLY, True, False),
    (0, -3, 2.5),
    (b"\x01\xff", "1", 1),
)
ORDERS = (ODD, ODD[::-1], ODD[:1], ODD[1:3], ())


@pytest.mark.parametrize("columns", [("first", "second", "third"), ("second",), ("sampling_weight", "third")])
def test_rows_of_any_values_have_one_hash_whichever_way_they_come(columns: tuple[str, ...]) -> None:
    rows = Rows("thing", "id", columns)
    part = Part("all", "all of it", (rows, Rows("other", "id", ("one", "two"))), frozenset())
    record = Record("thing", "thing", "thing", "id", (part,))
    for values in ORDERS:
        found: list[dict[str, Any]] = [
            {"first": first, "second": second, "third": third, "sampling_weight": len(values)}
            for first, second, third in values
        ]
        at_hand = hash_at_hand(record, part, 3, IDENTIFIER, {"thing": found})
        stored = [[plain_of(column, row[column]) for column in columns] for row in found]
        assert at_hand == hash_of(record, part, 3, Key(IDENTIFIER.hex), [stored, []])


def test_the_canonical_form_is_what_it_always_was() -> None:
    """Events of years ago say hashes of it."""
    rows = Rows("thing", "id", ("sampling_weight", "day", "moment", "who", "text", "yes", "nothing"))
    part = Part("all", "all of it", (rows, Rows("score", "id", ("theme", "answer"))), frozenset(), form=2)
    record = Record("thing", "thing", "thing", "id", (part,))
    one = (2, date(2026, 3, 1), NOON, IDENTIFIER, 'é "quoted"', True, None)
    scores = [{"theme": "b", "answer": "good"}, {"theme": "a", "answer": "bad"}]
    found: dict[str, list[dict[str, Any]]] = {"thing": [dict(zip(rows.columns, one, strict=True))], "score": scores}
    said = (
        '["caseaudit-content/1","thing.all/2",3,"00000000000000000000000000000007",0,'
        '["thing",["sampling_weight","day","moment","who","text","yes","nothing"],'
        '[[2.0,"2026-03-01","2026-03-01 12:00:00.000000","00000000000000000000000000000007",'
        '"\\u00e9 \\"quoted\\"",1,null]]],'
        '["score",["theme","answer"],[["a","bad"],["b","good"]]]]'
    )
    assert hash_at_hand(record, part, 3, IDENTIFIER, found) == sha256(said.encode()).hexdigest()
