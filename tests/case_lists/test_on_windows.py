"""The council's commands on Windows, as far as that can be shown here: without the modules of POSIX, and on a console
that can show little.
"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from api.case_lists.pseudonyms import key_file
from checklists.privacy.pseudonyms import Key
from tests.case_lists import exports
from tests.case_lists.exports import ON
from tests.other_systems.names import POSIX_ONLY

# What the council's commands import at most: the service itself stays away.
SERVICE = ("fastapi", "sqlmodel", "sqlalchemy", "uvicorn", "starlette", "alembic", "pydantic_settings")
# Runs in a new process, as on Windows: those modules are not there, and nobody asks a file who may read it.
AS_ON_WINDOWS = f"""
import sys
for name in {POSIX_ONLY!r}:
    sys.modules[name] = None
from api.cli import main
sys.argv = ["caseaudit", *sys.argv[1:]]
try:
    main()
finally:
    print("IMPORTED", *sorted(name for name in {SERVICE!r} if name in sys.modules), file=sys.stderr)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Case audits – spring (2026)"
    made.mkdir()
    key_file.create_key_file(made / "key.json", on=date(2026, 4, 1))
    (made / "annex a.xlsx").write_bytes(exports.annex_a(exports.made_children(40)))
    return made


def as_on_windows(folder: Path, *words: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS, *words],
        cwd=folder,
        env={"PYTHONIOENCODING": encoding, "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding=encoding,
        check=False,
    )


@pytest.mark.parametrize("command", [(), ("pseudonymise",), ("results",)])
def test_help_is_shown_without_the_service(folder: Path, command: tuple[str, ...]) -> None:
    done = as_on_windows(folder, *command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    assert done.stderr.split() == ["IMPORTED"]


def test_a_list_is_made_and_a_child_found_without_the_modules_of_posix(folder: Path) -> None:
    done = as_on_windows(folder, "key", "new", "another key.json")
    assert done.returncode == 0, done.stderr
    made = as_on_windows(folder, "pseudonymise", "annex a.xlsx", "--key", "key.json", "--on", f"{ON}")
    assert made.returncode == 0, made.stderr
    assert "40 cases written to" in made.stdout
    written = (folder / f"case-list-{ON}.csv").read_text()
    reference = written.split('"CF-')[1].split('"')[0]
    found = as_on_windows(folder, "whois", f"CF-{reference}", "annex a.xlsx", "--key", "key.json", "--on", f"{ON}")
    assert (found.returncode, "List" in found.stdout) == (0, True), found.stderr


def test_the_process_that_reads_an_export_needs_none_of_them_either() -> None:
    content = exports.annex_a(exports.made_children(40))
    job = {"bytes": len(content), "name": "a.xlsx", "choices": {}, "on": f"{ON}", "characteristics": []}
    job["keys"] = [Key(b"k" * 32).secret.hex()]
    # As the process itself does when it is run as a module.
    start = f"""
import sys
sys.modules.update(dict.fromkeys({POSIX_ONLY!r}))
from api.case_lists.readers import sandbox
sys.platform = "win32"
sandbox._set_limits()
sys.exit(sandbox._read_here(sys.stdin.buffer, sys.stdout.buffer))
"""
    done = subprocess.run(
        [sys.executable, "-c", start],
        input=json.dumps(job).encode() + b"\n" + content,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.count(b"CF-")) == (0, 40), done.stderr


def test_a_command_goes_on_on_a_console_that_shows_little(folder: Path) -> None:
    """Code page 850 has no typographer's quotes: they become question marks, and the command goes on."""
    made = as_on_windows(folder, "pseudonymise", "annex a.xlsx", "--key", "key.json", "--on", f"{ON}", encoding="cp850")
    assert made.returncode == 0, made.stderr
    assert "Team: ?Allocated Team?" in made.stdout
