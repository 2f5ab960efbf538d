"""Pages of a list that is in the order of time."""

import uuid
from datetime import datetime

from api.foundation.http.dependencies import PageQuery, encode_key
from api.foundation.local_time import read_moment
from api.notices.queries import ShownNotice


def place_of(page: PageQuery) -> tuple[datetime, uuid.UUID] | None:
    """The time and identifier of the last notice of the page before. Raises Invalid for a malformed key."""
    return page.after_values(read_moment, uuid.UUID)


def key_of(found: ShownNotice) -> str:
    """The key of the page that follows this notice."""
    return encode_key(found.notice.made_at.isoformat(), str(found.notice.id))
