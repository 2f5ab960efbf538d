"""Examples of bodies, which the tests send to the service."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")


def bodies() -> dict[str, Any]:
    """A body for each operation that takes JSON, by method and path, such as `POST /api/v1/rounds`."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found
