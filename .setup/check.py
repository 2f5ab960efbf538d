"""Runs every check of the project, all of them even when one fails, and lists the failed ones at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = (os.cpu_count() or 1) + 1
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy", ".", ".setup"],
    # A file stays with one process, which creates its shared fixtures once; tests/conftest.py orders them.
    # One process more than there are cores: for a third of their time they wait for servers and browsers.
    "tests": ["pytest", "-n", str(min(PROCESSES, 4)), "--dist", "loadfile", "--no-loadscope-reorder"],
}


def main() -> int:
    failed = []
    # What is compiled is kept: the tests start many processes, and each would compile the service anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, command in CHECKS.items():
        print(f"\n{name}: {' '.join(command)}", flush=True)
        started = time.monotonic()
        outcome = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False)
        print(f"{name}: {'failed' if outcome.returncode else 'passed'} in {time.monotonic() - started:.0f} s")
        if outcome.returncode:
            failed.append(name)
    print()
    print(f"Failed: {', '.join(failed)}" if failed else f"All passed: {', '.join(CHECKS)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
