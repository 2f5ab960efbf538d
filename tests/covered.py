"""How much of the code that guards people its own rooms' tests run, in lines and branches: `make coverage`.

Ends with 1 if it is less than all of it, if a test fails, or if a part is left out without a reason beside it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
# The name that requirements give to a package, the code that it is here, and the tests that are to run all of it.
PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": (
        "api/access",
        "api/foundation/http/security.py",
        "api/foundation/identity",
        "api/foundation/permissions.py",
        "api/people/access",
        "api/people/second_factor",
        "api/people/sessions",
        "api/people/sign_in",
        "api/people/single_sign_on",
        "api/people/tokens",
    ),
    "sdc": ("api/release/snapshots", "checklists/privacy/small_numbers.py", "checklists/release"),
    "audit_log": (
        "api/foundation/events.py",
        "api/trail",
        "checklists/chain.py",
        "checklists/event_codes.py",
        "models/storage/trail.py",
    ),
    "signoff": (
        "api/moderation",
        "checklists/audits/audit_states.py",
        "checklists/audits/moderation.py",
        "checklists/audits/signature.py",
    ),
}
TESTS: Final = (
    "tests/access",
    "tests/blind_reading",
    "tests/checklists/audits",
    "tests/checklists/privacy/test_small_numbers.py",
    "tests/checklists/release",
    "tests/checklists/test_chain.py",
    "tests/checklists/test_event_codes.py",
    "tests/concerns",
    "tests/disclosure",
    "tests/erasure",
    "tests/improvement/test_what_changed.py",
    "tests/joint_rounds",
    "tests/moderation",
    "tests/people",
    "tests/re_audits",
    "tests/release",
    "tests/trail",
    "tests/whole_service/test_evidence.py",
    "tests/whole_service/test_permission_matrix.py",
    "tests/whole_service/test_security.py",
    "tests/whole_service/test_seen_is_recorded.py",
    "tests/whole_service/test_time_travel.py",
)
_LEFT_OUT: Final = re.compile(r"#\s*pragma:\s*no (?:cover|branch)(?:\s*-\s*(?P<reason>\S.*))?")


@dataclass(frozen=True, slots=True)
class Share:
    """What of a file, or of several, was run."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    @classmethod
    def of_file(cls, measured: Mapping[str, Any]) -> "Share":
        """From what `coverage json` says of one file."""
        of = measured["summary"]
        return cls(of["num_statements"], of["covered_lines"], of["num_branches"], of["covered_branches"])

    def __add__(self, other: "Share") -> "Share":
        return Share(
            self.lines + other.lines,
            self.lines_run + other.lines_run,
            self.branches + other.branches,
            self.branches_run + other.branches_run,
        )

    @property
    def is_whole(self) -> bool:
        return (self.lines, self.branches) == (self.lines_run, self.branches_run)

    def __str__(self) -> str:
        """Never rounded up to a whole."""
        counted, run = self.lines + self.branches, self.lines_run + self.branches_run
        percent = 100 if self.is_whole else min(99.99, 100 * run / counted)
        lines, branches = (f"{self.lines_run:,}/{self.lines:,}", f"{self.branches_run:,}/{self.branches:,}")
        return f"{percent:6.2f}%  lines {lines:>11}  branches {branches:>11}"


@dataclass(frozen=True, slots=True)
class Missing:
    """The lines and branches of one file that no test ran."""

    file: str
    lines: tuple[int, ...]
    branches: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        lines = [str(line) for line in self.lines]
        # A branch from a line that was not run is said by that line. A negative number leaves the function.
        branches = [f"{start}->{max(to, 0) or 'end'}" for start, to in self.branches if start not in self.lines]
        return f"{self.file}: {' '.join(lines + branches)}"


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="covered-") as folder:
        failed = _run_tests(options.tests, folder)
        measured = _measured(Path(folder))
    whole = True
    for name, code in PACKAGES.items():
        files = {file: each for file, each in measured.items() if _is_of(file, code)}
        share = sum((Share.of_file(each) for each in files.values()), Share())
        whole = whole and share.is_whole and bool(files)
        print(f"{name:<10}{share}  in {len(files)} files")
        for missing in _missing(files):
            print(f"  {missing}")
    left_out = list(places_left_out())
    print(f"Left out with a reason: {sum(bool(reason) for _, reason in left_out)} places")
    for place, reason in left_out:
        print(f"  {place}: {reason or 'NO REASON GIVEN'}")
    if failed:
        print("A test failed.")
    return int(failed or not whole or any(not reason for _, reason in left_out))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.covered", description=__doc__)
    parser.add_argument(
        "tests", nargs="*", default=TESTS, help="files or folders of tests, instead of all of the rooms"
    )
    return parser.parse_args()


def _run_tests(tests: Sequence[str], folder: str) -> bool:
    """Run them on two cores, with what they start, and keep in `folder` what was run. Whether a test failed."""
    words = ["-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    environment = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "data"), "COVERAGE_CORE": "ctrace"}
    ran = subprocess.run(
        [sys.executable, "-m", "coverage", "run", "-m", "pytest", *words, *tests],
        cwd=ROOT,
        env=environment,
        check=False,
    )
    for command in (["combine", "--quiet"], ["json", "--quiet", "-o", str(Path(folder) / "measured.json")]):
        subprocess.run([sys.executable, "-m", "coverage", *command], cwd=ROOT, env=environment, check=True)
    return ran.returncode != 0


def _measured(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads((folder / "measured.json").read_text("utf-8"))["files"]
    return files


def _is_of(file: str, code: Sequence[str]) -> bool:
    return any(file == each or file.startswith(f"{each}/") for each in code)


def _missing(files: Mapping[str, Any]) -> Iterator[Missing]:
    for file, each in sorted(files.items()):
        if each["missing_lines"] or each["missing_branches"]:
            yield Missing(file, tuple(each["missing_lines"]), tuple((a, b) for a, b in each["missing_branches"]))


def places_left_out() -> Iterator[tuple[str, str]]:
    """Where the code asks not to be measured, and the reason that stands beside it."""
    for code in sorted(each for package in PACKAGES.values() for each in package):
        for path in sorted((ROOT / code).rglob("*.py")) if (ROOT / code).is_dir() else [ROOT / code]:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if found := _LEFT_OUT.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}", found["reason"] or ""


if __name__ == "__main__":
    sys.exit(main())
