"""A long list is found in a body without a model of it: every item, in pieces that are small, and nothing else."""

import io
import json
import random
from typing import Any

import pytest

from api.foundation.http.json_bodies import splitting
from api.foundation.http.json_bodies.bounds import DEEPEST, TooDeep, TooManyValues
from api.foundation.http.json_bodies.splitting import LARGEST_ITEM, LARGEST_PIECE, Refused, split
from tests.foundation.test_json_bounds import a_value

MOST = 100_000


def read(content: bytes, long_list: str = "") -> tuple[list[Any] | None, dict[str, Any], str]:
    """The list, the other fields and the last line: what the server makes of the lines."""
    listed: list[Any] | None = None
    fields: dict[str, Any] = {}
    lines = list(split(io.BytesIO(content), long_list, MOST))
    for line in lines:
        what, *told = line.split()
        if what == "list":
            listed = []
        elif what == "items":
            part = content[int(told[0]) : int(told[1])]
            items = json.loads(b"[" + part + b"]")
            assert len(items) == int(told[2])
            assert len(part) <= LARGEST_PIECE or len(items) == 1
            assert listed is not None
            listed += items
        elif what == "field":
            fields |= json.loads(b"{" + content[int(told[0]) : int(told[1])] + b"}")
    return listed, fields, lines[-1]


def how_it_ends(content: bytes, long_list: str = "") -> str:
    try:
        return read(content, long_list)[2]
    except Refused as refused:
        return str(refused)
    except (TooDeep, RecursionError):
        return "deep"
    except TooManyValues:
        return "many"


@pytest.mark.parametrize("chunk", [1, 2, 5, 31, 1_000, 1_000_000])
def test_every_item_is_found_wherever_the_body_is_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_CHUNK", chunk)
    chance = random.Random(chunk)
    for _ in range(60):
        items = [chance.choice([a_value(chance, 3), 12_345, -0.5e-7, True, None]) for _ in range(chance.randrange(9))]
        indent = chance.choice([None, 1])
        text = json.dumps(items, ensure_ascii=chance.random() < 0.5, indent=indent)
        assert read(f"\r\n{text} \t".encode()) == (items, {}, "whole")
        others = {"first": 1, "é": [1, {"cases": 2}], "a": {}}
        text = json.dumps({**others, "cases": items, "last": a_value(chance, 2)}, indent=indent)
        listed, fields, ended = read(text.encode(), "cases")
        assert (listed, ended) == (items, "whole")
        assert {**fields, "cases": items} == json.loads(text)


def test_what_is_no_json_is_refused_as_the_reader_of_the_framework_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_CHUNK", 7)
    chance = random.Random(3)
    tried = 0
    while tried < 300:
        content = bytearray(json.dumps([a_value(chance, 3), {"b": [1.5, "x"]}, 12]).encode())
        for _ in range(chance.randrange(1, 3)):
            content[chance.randrange(len(content))] = chance.choice(b'"[]{},: 1e.-tn\\')
        try:
            expected = json.loads(bytes(content))
        except ValueError:
            expected = None
        if content.lstrip()[:1] == b"[":
            tried += 1
            assert how_it_ends(bytes(content)) == ("whole" if expected is not None else "not-json"), content


@pytest.mark.parametrize(
    ("content", "long_list", "ended"),
    [
        (b"", "", "not-json"),
        (b"   ", "", "not-json"),
        (b"[1", "", "not-json"),
        (b"[1,]", "", "not-json"),
        (b"[1] [2]", "", "not-json"),
        (b'{"a":1,}', "cases", "not-json"),
        (b"{1:1}", "cases", "not-json"),
        (b'{"cases":[1],"cases":[2]}', "cases", "list-twice"),
        (b'{"cases":[1],"c\\u0061ses":[2]}', "cases", "list-twice"),
        (b'{"cases":7}', "cases", "whole"),
        (b"{}", "cases", "whole"),
        (b'{"a":1}', "", "other object"),
        (b'"text"', "", "other text"),
        (b"7", "cases", 'other "int"'),
        (b"[1]", "cases", "other list"),
        (b'["' + b"x" * LARGEST_ITEM + b'"]', "", "large-item"),
        (b'["' + b"x" * (3 * LARGEST_ITEM) + b'"]', "", "large-item"),
        (b'[1,"' + b"x" * (3 * LARGEST_ITEM), "", "large-item"),
        (b'["' + b"x" * (LARGEST_ITEM // 2), "", "not-json"),
        (b'{"a":"' + b"x" * LARGEST_ITEM + b'"}', "cases", "large-item"),
        (b'{"a":"' + b'x","a":"' * 400_000 + b'"}', "cases", "many-values-in-an-item"),
        (b"[[" + b"1," * 20_000 + b"1]]", "", "many-values-in-an-item"),
        (b"[" + b"0," * MOST + b"0]", "", "long-list"),
        (b"[[" + b"[" * DEEPEST, "", "deep"),
        (b"[" * 3_000_000, "", "deep"),
        (b'{"cases":' * 300_000, "cases", "deep"),
        (b"[" + (b"[" + b"1," * 15_000 + b"1],") * 140 + b"1]", "", "many"),
        ("[1]".encode("utf-16"), "", "not-utf-8"),
    ],
)
def test_how_a_body_ends(content: bytes, long_list: str, ended: str) -> None:
    assert how_it_ends(content, long_list) == ended


def test_signs_within_a_text_are_no_values() -> None:
    content = json.dumps(["," * 30_000 + "[" * 30_000]).encode()
    assert how_it_ends(content) == "whole"


def test_space_between_items_swells_no_piece() -> None:
    content = b"[1," + b" " * (3 * LARGEST_ITEM) + b"2" + b"\n" * (2 * LARGEST_ITEM) + b"]"
    assert read(content)[0] == [1, 2]
