"""Runs mutants on several copies of the tree at once."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.mutants.mutant import ROOT, Fate, Mutant, Outcome

LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
LONGEST_SECONDS = 300.0  # after which the tests of one mutant are ended
Heard = Callable[[Mutant, Outcome], None]


class Copy:
    """A copy of the tree, and the process that runs tests in it."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT, folder, ignore=LEFT_BEHIND, symlinks=True)
        for shared in (".venv", "node_modules"):
            (folder / shared).symlink_to(ROOT / shared)
        # The copy comes first on the path, so that programs which tests start are mutants too.
        environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.server"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.terminate()
        self._server.wait()

    def run(self, tests: Sequence[str], database: str, seconds: float, *, file: str = "", source: str = "") -> Outcome:
        """Run the tests, of those on a database the ones on this, on the copy with one file changed."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        asked = {"tests": list(tests), "database": database, "seconds": seconds, "file": file, "source": source}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError("the process that runs the tests has ended")
        answer = json.loads(line)
        return Outcome(Fate(answer["fate"]), answer["seconds"], answer["detail"])


def run_mutants(groups: Sequence[Sequence[Mutant]], *, workers: int, until: float | None, heard: Heard) -> None:
    """Run the mutants, each group on one copy, none begun after `until` (monotonic), and tell what became of each."""
    turns, telling = iter(groups), threading.Lock()

    def work(copy: Copy) -> None:
        while True:
            with telling:
                group = next(turns, None)
            if group is None:
                return
            for mutant in group:
                if until is not None and time.monotonic() >= until:
                    return
                outcome = _outcome(mutant, copy)
                with telling:
                    heard(mutant, outcome)

    with _copies(workers) as copies:
        threads = [threading.Thread(target=work, args=(copy,), daemon=True) for copy in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@contextmanager
def _copies(number: int) -> Iterator[list[Copy]]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Copy(Path(folder) / str(place)) for place in range(number)]
        try:
            yield copies
        finally:
            for copy in copies:
                copy.__exit__()


def _outcome(mutant: Mutant, copy: Copy) -> Outcome:
    try:
        source = mutant.make_source()
        compile(source, mutant.file, "exec")
    except SyntaxError as error:
        return Outcome(Fate.ERROR, 0, f"the change is no Python: {error}")
    return copy.run(mutant.tests, mutant.database, LONGEST_SECONDS, file=mutant.file, source=source)
