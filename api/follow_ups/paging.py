"""Pages of a list of follow-ups, which is in the order of due dates."""

import uuid
from datetime import date

from api.follow_ups.queries import ListedFollowUp
from api.foundation.http.dependencies import PageQuery, decode_key, encode_key
from api.foundation.problems import Invalid


def place_of(page: PageQuery) -> tuple[date, uuid.UUID] | None:
    """The due date and audit of the last follow-up of the page before. Raises Invalid for a malformed key."""
    if page.after is None:
        return None
    due_on, identifier = decode_key(page.after, 2)
    try:
        return date.fromisoformat(due_on), uuid.UUID(identifier)
    except ValueError:
        raise Invalid.at("after", "The page key is not valid. Use the `after` value from the previous page.") from None


def key_of(found: ListedFollowUp) -> str:
    """The key of the page that follows this follow-up."""
    return encode_key(found.follow_up.due_on.isoformat(), str(found.audit.id))
