"""An interpreter as on Windows, for whole processes."""

import json
import sys
from pathlib import Path

import pytest

from tests.other_systems.names import IN_PART, POSIX_ONLY, missing_on_windows

HERE = Path(__file__).parent


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """An interpreter that runs our modules as on Windows: see as_on_windows.py."""
    made, names = tmp_path / "python.exe", tmp_path / "names.json"
    told = {
        "missing": {module: sorted(missing_on_windows(module)) for module in IN_PART},
        # The driver that encrypts has no wheel for Windows.
        "gone": [*POSIX_ONLY, "sqlcipher3"],
        "executable": str(made),
    }
    names.write_text(json.dumps(told), "utf-8")
    made.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -X utf8 "{HERE / "as_on_windows.py"}" "{names}" "$@"\n', "utf-8"
    )
    made.chmod(0o700)
    return made
