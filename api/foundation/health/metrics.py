"""What Prometheus reads: requests, queues, checks, backups and memory. No label names a person or a case.

The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Each process counts its own.
"""

import shutil
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from api.foundation.health.readiness import Check
from api.foundation.hooks import Hook
from api.foundation.settings import Settings
from api.foundation.systems.limits import most_memory
from models.storage.slots import Load

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Seconds within which requests are answered: upper ends of the buckets.
BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STARTED: Final = time.time()
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]


class RequestCounts:
    """How many requests this process answered, and how long that took. Counted on the event loop alone."""

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._within = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request by the template of its route, never by its path."""
        self._answered[method, route, status] += 1
        self._within[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def families(self) -> Iterator["Family"]:
        """Requests by method, route and status, and a histogram of their seconds."""
        answered = sorted(self._answered.items())
        yield Family(
            "caseaudit_requests_total",
            "counter",
            "Requests answered.",
            [
                ("", {"method": method, "route": route, "status": str(status)}, number)
                for (method, route, status), number in answered
            ],
        )
        within, samples = 0, list[Sample]()
        for end, number in zip((*map(str, BUCKETS), "+Inf"), self._within, strict=True):
            within += number
            samples.append(("_bucket", {"le": end}, within))
        samples += [("_sum", {}, self._seconds), ("_count", {}, within)]
        yield Family("caseaudit_request_seconds", "histogram", "Seconds until requests were answered.", samples)


class Family:
    """Samples of one name, with what they mean."""

    def __init__(self, name: str, kind: str, meaning: str, samples: Sequence[Sample]) -> None:
        self.name, self.kind, self.meaning, self.samples = name, kind, meaning, samples

    def lines(self) -> Iterator[str]:
        """The family in the text format."""
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} {self.kind}"
        for ending, labels, value in self.samples:
            said = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
            yield f"{self.name}{ending}{f'{{{said}}}' if said else ''} {value:g}"


# Further measurements of the service, which only look at memory and return at once.
METRICS: Final = Hook[Callable[[Settings], Family | None]]("measurements for Prometheus")


def text_of(families: Iterable[Family]) -> str:
    """What a scrape is answered."""
    return "".join(f"{line}\n" for family in families for line in family.lines())


def families_of(
    settings: Settings, requests: RequestCounts, loads: Iterable[Load], checks: Sequence[Check], *, leads: bool
) -> Iterator[Family]:
    """Everything that is measured."""
    yield gauge("caseaudit_info", "The version that runs.", [("", {"version": version("caseaudit")}, 1)])
    yield gauge("caseaudit_start_time_seconds", "When this process started.", [("", {}, _STARTED)])
    yield from requests.families()
    busy = list(loads)
    for name, meaning, values in (
        ("held", "Slots in use.", [each.held for each in busy]),
        ("all", "Slots there are.", [each.number for each in busy]),
        ("waiting", "Requests that wait for a slot.", [each.waiting for each in busy]),
    ):
        samples: list[Sample] = [("", {"kind": each.name}, value) for each, value in zip(busy, values, strict=True)]
        yield gauge(f"caseaudit_slots_{name}", meaning, samples)
    yield gauge(
        "caseaudit_check_ok", "Whether a check of readiness passes.", [("", {"check": c.name}, c.ok) for c in checks]
    )
    yield gauge(
        "caseaudit_check_warns", "Whether somebody should look.", [("", {"check": c.name}, c.warns) for c in checks]
    )
    yield gauge("caseaudit_leads", "Whether this process leads the background work.", [("", {}, leads)])
    yield from (found for measure in METRICS if (found := measure(settings)) is not None)
    folder = (settings.sqlite_path or Path.cwd() / "x").parent
    yield gauge("caseaudit_disk_free_bytes", "Room beside the database.", [("", {}, shutil.disk_usage(folder).free)])
    if (most := most_memory()) is not None:
        yield gauge("caseaudit_most_memory_bytes", "The most memory this process has had.", [("", {}, most)])


def gauge(name: str, meaning: str, samples: Sequence[Sample]) -> Family:
    """A family of values that go up and down."""
    return Family(name, "gauge", meaning, samples)


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
