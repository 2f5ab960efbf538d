"""How much anybody may ask for at once: a bucket for each of them, which refills as time runs.

In the memory of one process, so it costs no trip to the database. The time is one that only runs forward: moving the
clock neither locks anybody out nor lets them in.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

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
