"""How many pages of the feed a token may read: enough for a refresh of half a million rows at once."""

from typing import Final

from api.foundation.http.limits import Limiter, spend
from api.foundation.permissions import Actor

PAGES_A_MINUTE: Final = 300
# In the memory of one process, as the limit of all requests is.
_LIMITER: Final = Limiter(rate=PAGES_A_MINUTE / 60, burst=PAGES_A_MINUTE)


def count_page(by: Actor) -> None:
    """Count a request of a token. Raises TooManyRequests, which says how long to wait."""
    spend(_LIMITER, str(by.token_id))
