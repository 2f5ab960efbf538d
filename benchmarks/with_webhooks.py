"""`caseaudit serve` in a network where one host of webhooks is a receiver on this machine, and the other is away."""

import os
import ssl
from functools import cache

from api import cli
from api.webhooks import sending
from tests.webhooks.receiving import HOSTS, Receiver

PORT, AUTHORITY = "BENCHMARK_RECEIVER_PORT", "BENCHMARK_RECEIVER_AUTHORITY"


def receiver_of(port: int) -> Receiver:
    """A receiver on this port as the service reaches it."""
    return Receiver(port=port, away={HOSTS[1]})


def main() -> None:
    trusted = ssl.create_default_context(cafile=os.environ[AUTHORITY])
    reached = receiver_of(int(os.environ[PORT])).network(trusted=trusted)
    sending.network = cache(lambda: reached)
    cli.main()
