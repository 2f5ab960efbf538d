"""Rate limits: a token bucket for each credential or address, which refills over time.

In the memory of one process, so it needs no database query. Uses a monotonic clock: changing the system time neither
blocks nor frees anybody.
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
    """Lets each key spend `burst` at once and `rate` a second in the long run. Thread-safe.

    Remembers at most `most_keys`, the most recent ones: a key that is forgotten starts with a full bucket.
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
        # What is left in each bucket, and since when; the least recently used comes first.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, *, cost: float = 1) -> float:
        """Take `cost` from the bucket of this key: 0 when there was enough, else the seconds until there will be.

        When there was not, nothing is taken. A cost above a full bucket counts as a full one.
        """
        cost = min(cost, self.burst)
        with self._lock:
            moment = self._monotonic()
            left, since = self._buckets.pop(key, (self.burst, moment))
            left = min(self.burst, left + max(0.0, moment - since) * self.rate)
            # Sums of many small parts miss a whole number by rounding.
            enough = left + 1e-9 >= cost
            self._buckets[key] = (max(0.0, left - cost) if enough else left, moment)
            if len(self._buckets) > self._most_keys:
                self._buckets.popitem(last=False)
        return 0.0 if enough else (cost - left) / self.rate

    def __len__(self) -> int:
        return len(self._buckets)


class Limits:
    """How many requests a minute a person, a program and a stranger's address may make; a quarter of them at once."""

    def __init__(self, settings: Settings) -> None:
        self._known: Final = _of_a_minute(settings.requests_a_minute)
        self._strangers: Final = _of_a_minute(settings.strangers_requests_a_minute)

    def count(self, credential: str, address: str) -> None:
        """Count a request, by its credential or else by its address. Raises TooManyRequests."""
        spend(self._known if credential else self._strangers, credential or address)

    def count_stranger(self, address: str) -> None:
        """Count a request whose credential turned out not to be valid. Raises TooManyRequests."""
        spend(self._strangers, address)


def _of_a_minute(requests: int) -> Limiter:
    return Limiter(rate=requests / 60, burst=requests / 4)


def spend(limiter: Limiter, key: str) -> None:
    """Count a request by its key. Raises TooManyRequests, which says how long to wait."""
    seconds = ceil(limiter.take(key))
    if seconds:
        raise TooManyRequests(seconds)
