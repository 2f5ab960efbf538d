"""JSON is bounded before anything is made of it, whatever it holds and however it comes in parts."""

import json
import random
from typing import Any

import pytest

from api.foundation.http.json_bodies import bounds
from api.foundation.http.json_bodies.bounds import Bounds, NotUtf8, TooDeep, TooManyValues, check_bounds

DEEP = bounds.DEEPEST


def nested(deep: int) -> bytes:
    return b'{"a":[' * (deep // 2) + b"[" * (deep % 2) + b"]" * (deep % 2) + b"]}" * (deep // 2)


@pytest.mark.parametrize(
    "content",
    [
        nested(DEEP),
        b"[" + b"1," * (bounds.MOST_VALUES - 3) + b"1]",
        json.dumps(["[{" * 50_000, "," * 100_000, '"' * 5_000 + "[" * 50, "\\" * 5_001 + "[" * 50]).encode(),
        json.dumps({"[" * 30: "\\", "{" * 30: '\\"' + "[" * 30}).encode(),
        b"",
        b"}]" * 100,
        b"\xef\xbb\xbf[]",
    ],
)
def test_what_is_within_bounds_passes(content: bytes) -> None:
    check_bounds(content)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (nested(DEEP + 1), TooDeep),
        (b"[" * 60_000, TooDeep),
        (b"[" * 1_000_000, TooDeep),
        (b"{" * 1_000_000, TooDeep),
        (b'["\\\\"' + b",[" * DEEP, TooDeep),
        (b"[" + b"1," * bounds.MOST_VALUES + b"1]", TooManyValues),
        (b"[" + b"[]," * bounds.MOST_VALUES + b"1]", TooManyValues),
        (b"[]" * bounds.MOST_VALUES, TooManyValues),
        (json.dumps([["x"] * 200] * 200).encode(), TooManyValues),
        (json.dumps([1]).encode("utf-16"), NotUtf8),
        (json.dumps([1]).encode("utf-16-le"), NotUtf8),
        (json.dumps([1]).encode("utf-32"), NotUtf8),
    ],
)
def test_what_is_beyond_them_is_refused(content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_bounds(content)


def a_value(chance: random.Random, deep: int) -> Any:
    if deep == 0 or chance.random() < 0.3:
        return chance.choice(["", '"', "\\", '\\"', "[{", "]}", ",", 1, None, "é\n\\\\"])
    if chance.random() < 0.5:
        return [a_value(chance, deep - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(["a", '"', "\\", "["]) * (each + 1): a_value(chance, deep - 1) for each in range(3)}


def depth_of(value: Any) -> int:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth_of, inside), default=0)
    return 0


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1_000])
def test_depth_is_found_wherever_the_parts_are_cut(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "STEP", step)
    chance = random.Random(step)
    for _ in range(150):
        value = a_value(chance, 6)
        content = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode()
        for deepest in (depth_of(value), depth_of(value) - 1):
            monkeypatch.setattr(bounds, "DEEPEST", deepest)
            try:
                Bounds().scan(content)
                found = True
            except TooDeep:
                found = False
            assert found == (deepest == depth_of(value)), content
