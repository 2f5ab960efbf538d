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


def settled(said: Any, known: dict[str, str]) -> Any:
    """The same with identifiers, days and times that do not change from run to run, and long texts cut."""
    if isinstance(said, Mapping):
        return {
            key if not is_identifier(key) else settled(key, known): settled(value, known) for key, value in said.items()
        }
    if isinstance(said, list | tuple):
        return [settled(each, known) for each in said]
    if not isinstance(said, str):
        return said
    if is_identifier(said):
        return known.setdefault(said, f"01a20000-0000-7000-8000-{len(known) + 1:012d}")
    if _DAY.fullmatch(said):
        return known.setdefault(
            said, date(2026, 4, 1 + sum(_DAY.fullmatch(each) is not None for each in known)).isoformat()
        )
    return said if len(said) <= LONGEST_TEXT else f"{said[:60]}…"


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
