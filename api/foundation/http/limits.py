"""How much anybody may ask for at once: a bucket for each of them, which refills as time runs.

In the memory of one process, so it costs no trip to the database. The time is one that only runs forward: moving the
clock neither locks anybody out nor lets them in.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

from api.foundation.problems import TooManyRequests
from api.foundation.settings import Settings

MOST_KEYS: Final = 20_000


class Limiter:
    """Lets each key spend `burst` at once and `rate` a second in the long run. May be asked by many threads.

    It remembers at most `most_keys`, those that asked last: whoever is forgotten begins with a full bucket.
    """

    def __init__(
        self,
        *,
        rate: float,
        burst: float,
        most_keys: int = MOST_KEYS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if rate <= 0 or burst <= 0 or most_keys < 1:
            raise ValueError("A limiter needs a rate, a burst and room for a key.")
        self.rate = rate
        self.burst = burst
        self._most_keys = most_keys
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # What is left in each bucket, and since when; the one that asked longest ago is first.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, *, cost: float = 1) -> float:
        """Take `cost` from the bucket of this key: 0 when it had that, else the seconds until it will.

        When it had not, nothing is taken. What costs more than a whole bucket holds is given for a full one.
        """
        cost = min(cost, self.burst)
        with self._lock:
            moment = self._monotonic()
            left, since = self._buckets.pop(key, (self.burst, moment))
            left = min(self.burst, left + max(0.0, moment - since) * self.rate)
            # Sums of many little parts miss a whole by a hair.
            enough = left + 1e-9 >= cost
            self._buckets[key] = (max(0.0, left - cost) if enough else left, moment)
            if len(self._buckets) > self._most_keys:
                self._buckets.popitem(last=False)
        return 0.0 if enough else (cost - left) / self.rate

    def __len__(self) -> int:
        return len(self._buckets)


class Limits:
    """How many requests a person, a program and a stranger's address may make; a quarter of a minute's at once."""

    def __init__(self, settings: Settings) -> None:
        self._known: Final = _of_a_minute(settings.requests_a_minute)
        self._strangers: Final = _of_a_minute(settings.strangers_requests_a_minute)

    def count(self, credential: str, address: str) -> None:
        """Count a request, by its credential or else by its address. Raises TooManyRequests."""
        _take(self._known if credential else self._strangers, credential or address)

    def count_stranger(self, address: str) -> None:
        """Count a request whose credential turned out to be nobody's. Raises TooManyRequests."""
        _take(self._strangers, address)


def _of_a_minute(requests: int) -> Limiter:
    return Limiter(rate=requests / 60, burst=requests / 4)


def _take(limiter: Limiter, key: str) -> None:
    seconds = ceil(limiter.take(key))
    if seconds:
        raise TooManyRequests(seconds)
