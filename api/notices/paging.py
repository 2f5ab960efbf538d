"""Pages of a list that is in the order of time."""

import uuid
from datetime import datetime

from api.foundation.http.dependencies import PageQuery, decode_key, encode_key
from api.foundation.problems import Invalid
from api.notices.queries import ShownNotice


def place_of(page: PageQuery) -> tuple[datetime, uuid.UUID] | None:
    """The time and identifier of the last notice of the page before. Raises Invalid for a malformed key."""
    if page.after is None:
        return None
    made_at, identifier = decode_key(page.after, 2)
    try:
        return datetime.fromisoformat(made_at), uuid.UUID(identifier)
    except ValueError:
        raise Invalid.at("after", "The page key is not valid. Use the `after` value from the previous page.") from None


def key_of(found: ShownNotice) -> str:
    """The key of the page that follows this notice."""
    return encode_key(found.notice.made_at.isoformat(), str(found.notice.id))
