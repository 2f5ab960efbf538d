"""Letting a crowd in on a server, watched, and telling what became of everybody."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.trials.crowds.people import Asked, Crowd
from tests.trials.crowds.watch import Watched, watching

# Every client ends by itself; this ends the process where it should not.
SECONDS_BEYOND = 120.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that was asked, and how the service lived meanwhile."""

    told: list[Asked]
    watched: Watched
    seconds: float

    def of(self, *kinds: str) -> list[Asked]:
        return [each for each in self.told if each.kind in kinds]

    def slowest(self, *kinds: str) -> float:
        return max((each.seconds for each in (self.of(*kinds) if kinds else self.told)), default=0.0)

    @property
    def not_answered(self) -> list[Asked]:
        """Those with no answer, or with one that is the service's fault and not 503."""
        return [each for each in self.told if not 200 <= each.status < 500 and each.status != 503]

    @property
    def badly_refused(self) -> list[str]:
        """What is missing in answers of 503."""
        return [each.said for each in self.told if each.status == 503 and each.said]

    def table(self, title: str) -> str:
        """One line a kind: how many of each status, and how long they waited."""
        lines = [title, f"  {'who':<10}{'asked':>7}{'median':>9}{'slowest':>9}  statuses"]
        for kind in sorted({each.kind for each in self.told}):
            asked = self.of(kind)
            took = sorted(each.seconds for each in asked)
            lines.append(
                f"  {kind:<10}{len(asked):>7}{took[len(took) // 2]:>8.2f}s{took[-1]:>8.2f}s  {statuses_of(asked)}"
            )
        lines.append(f"  {self.watched}")
        if self.not_answered:
            said = Counter(each.said for each in self.not_answered)
            lines.append(f"  not answered {len(self.not_answered)}: {said.most_common(3)}")
        return "\n".join(lines)


def statuses_of(asked: Sequence[Asked]) -> str:
    """How many had each status; 0 is no answer."""
    counted = Counter(each.status for each in asked)
    return ", ".join(f"{status or 'none'}: {count}" for status, count in sorted(counted.items()))


def gather(crowd: Crowd, *, limit_seconds: float) -> Gathered:
    """Run the crowd in a process of its own; RuntimeError when it has not ended after the limit."""
    command = [sys.executable, "-m", "tests.trials.crowds.people"]
    with watching(crowd.port) as watched:
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                input=json.dumps(asdict(crowd)).encode(),
                stdout=subprocess.PIPE,
                check=True,
                timeout=limit_seconds + SECONDS_BEYOND,
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the crowd did not end within {limit_seconds + SECONDS_BEYOND:.0f} s") from None
        seconds = time.monotonic() - began
    return Gathered([Asked(**each) for each in json.loads(done.stdout)], watched, seconds)
