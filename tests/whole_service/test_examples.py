"""The examples of the REST reference are the bodies that the permission matrix sends, so each is known to be accepted.

`CASEAUDIT_WRITE_EXAMPLES=1` before this test writes them anew.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from api.rest_reference.examples import FILE, bodies
from tests.whole_service.matrix import Stage, rules, usable
from tests.whole_service.minimal_requests import JSON

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST_TEXT: Final = 400
# What is random in every run, and what stands for it: pseudonyms, codes of sheets on paper, marks of proposals.
_PSEUDONYM: Final = re.compile(r"CF(?:-[0-9A-Z]{4}){4}")
_CODE: Final = re.compile(r"[0-9A-Z]{8}")
_CANONICAL: Final = re.compile(r"urn:uuid:[0-9a-f-]{36}(\|\d+)")
_MARK: Final = re.compile(r"[0-9a-f]{64}")
_ALWAYS: Final = {_CODE: "FT2KDS42", _MARK: "8dfa6f6b" * 8}
PSEUDONYMS: Final = (
    "CF-N8HP-T1ST-C9KP-R4FJ",
    "CF-C9JY-Q4QJ-P9DC-P7JS",
    "CF-R8FT-K9BK-X0KG-F6NG",
    "CF-K5PY-W7WT-V8RF-J0MJ",
)


def settled(said: Any, known: dict[str, str]) -> Any:
    """The same with identifiers, days and random texts that do not change from run to run, and long texts cut."""
    if isinstance(said, Mapping):
        return {
            key if not is_identifier(key) else settled(key, known): settled(value, known) for key, value in said.items()
        }
    if isinstance(said, list | tuple):
        return [settled(each, known) for each in said]
    return known.setdefault(said, instead_of(said, known)) if isinstance(said, str) else said


def instead_of(said: str, known: Mapping[str, str]) -> str:
    """What stands for a text of a body. `known`: what stood for the texts before."""
    if is_identifier(said):
        return f"01a20000-0000-7000-8000-{1 + sum(map(is_identifier, known)):012d}"
    if _DAY.fullmatch(said):
        return date(2026, 4, 1 + sum(_DAY.fullmatch(each) is not None for each in known)).isoformat()
    if canonical := _CANONICAL.fullmatch(said):
        return f"urn:uuid:01a20000-0000-7000-8000-000000000000{canonical[1]}"
    if _PSEUDONYM.fullmatch(said):
        return PSEUDONYMS[sum(_PSEUDONYM.fullmatch(each) is not None for each in known) % len(PSEUDONYMS)]
    always = next((words for pattern, words in _ALWAYS.items() if pattern.fullmatch(said)), said)
    return always if len(always) <= LONGEST_TEXT else f"{always[:30]}…"


def is_identifier(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def sent(stage: Stage, route: str) -> Any:
    _, thing = usable(stage, route)
    return json.loads(json.dumps(JSON[route](stage.home, thing), default=str))


def test_each_example_is_what_the_permission_matrix_sends(stage: Stage) -> None:
    wanted = {}
    for route in sorted(JSON.keys() & rules().keys()):
        try:
            wanted[route] = settled(sent(stage, route), {})
        except AssertionError:
            continue
    if os.environ.get("CASEAUDIT_WRITE_EXAMPLES"):
        FILE.write_text(json.dumps(wanted, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert bodies() == wanted
    assert len(wanted) > 100
