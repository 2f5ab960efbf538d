"""Runs every check of the project, all of them even when one fails, and lists the failed ones at the end."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = (os.cpu_count() or 1) + 1
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    # A file stays with one process, which creates its shared fixtures once; tests/conftest.py orders them.
    # One process more than there are cores: for a third of their time they wait for servers and browsers.
    # Two more are no quicker.
    "tests": ["pytest", "-n", str(min(PROCESSES, 4)), "--dist", "loadfile", "--no-loadscope-reorder"],
    "types": ["mypy", ".", ".setup"],
}
# It takes one core for a minute, and the tests leave as much of both unused.
BESIDE_THE_OTHERS = "types"


def main() -> int:
    # What is compiled is kept: the tests start many processes, and each would compile the service anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    failed = []
    with ThreadPoolExecutor() as pool:
        types = pool.submit(check, BESIDE_THE_OTHERS, environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for name, command in CHECKS.items():
            print(f"\n{name}: {' '.join(command)}", flush=True)
            done, seconds = types.result() if name == BESIDE_THE_OTHERS else check(name, environment)
            print(done.stdout or "", end="")
            print(f"{name}: {'failed' if done.returncode else 'passed'} in {seconds:.0f} s", flush=True)
            if done.returncode:
                failed.append(name)
    print()
    print(f"Failed: {', '.join(failed)}" if failed else f"All passed: {', '.join(CHECKS)}")
    return 1 if failed else 0


def check(
    name: str, environment: Mapping[str, str], *, stdout: int | None = None, stderr: int | None = None
) -> tuple[subprocess.CompletedProcess[str], float]:
    """What became of a check, and after how many seconds; it says it here, unless that is caught."""
    started = time.monotonic()
    command = [sys.executable, "-m", *CHECKS[name]]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, text=True, stdout=stdout, stderr=stderr)
    return done, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
