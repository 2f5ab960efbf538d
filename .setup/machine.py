"""Ensures that the machine has what the tests need beyond Python packages: a PostgreSQL server and Chromium.

Where Debian's packages can be installed without a password, it installs what is missing; elsewhere it says what to
install, and the tests do not start: an incomplete check would be misleading. Any Chromium does, but the headless shell,
which not every distribution has, saves a tenth of the whole run.
"""

import os
import shutil
import subprocess
import sys

from tests.browser import HEADLESS_SHELL, find_chromium
from tests.postgres import find_server_programs

NEEDED = {
    "a PostgreSQL server, 13 or newer": (find_server_programs, ["postgresql"]),
    # Without any font Chromium draws no letters, and pages are checked as they look.
    "Chromium": (find_chromium, ["chromium", "fonts-liberation"]),
}
QUICKER = [HEADLESS_SHELL, "fonts-liberation"]


def missing() -> dict[str, list[str]]:
    """What is not on this machine, and the Debian packages that bring it."""
    absent = {}
    for thing, (find, packages) in NEEDED.items():
        try:
            find()
        except FileNotFoundError:
            absent[thing] = packages
    return absent


def apt_get() -> list[str] | None:
    """The command that installs Debian's packages without asking, or None where there is none."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    sudo = shutil.which("sudo")
    if not sudo:
        return None
    may = subprocess.run([sudo, "--non-interactive", "true"], check=False, capture_output=True)
    return [sudo, "--non-interactive", "apt-get"] if may.returncode == 0 else None


def install(command: list[str], packages: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(
            [*command, *words],
            check=False,
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def main() -> int:
    command = apt_get()
    if command and not shutil.which(HEADLESS_SHELL):
        print(f"Installing {HEADLESS_SHELL}, with which the tests are quicker", flush=True)
        install(command, QUICKER)
    absent = missing()
    if absent and command:
        packages = [package for wanted in absent.values() for package in wanted]
        print(f"Installing {', '.join(packages)}, which the tests need", flush=True)
        install(command, packages)
        absent = missing()
    for thing, packages in absent.items():
        names = " ".join(packages)
        print(f"The tests need {thing}, not found (Debian: apt-get install {names}).", file=sys.stderr)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
