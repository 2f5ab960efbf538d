"""Pages of a worklist, which is in the order of due dates."""

import uuid
from datetime import date

from api.foundation.http.dependencies import PageQuery, decode_key, encode_key
from api.foundation.problems import Invalid
from api.improvement.queries import FoundAction


def place_of(page: PageQuery) -> tuple[date, uuid.UUID] | None:
    """The due date and identifier of the last action of the page before. Raises Invalid for a malformed key."""
    if page.after is None:
        return None
    due_on, identifier = decode_key(page.after, 2)
    try:
        return date.fromisoformat(due_on), uuid.UUID(identifier)
    except ValueError:
        raise Invalid.at("after", "The page key is not valid. Use the `after` value from the previous page.") from None


def key_of(found: FoundAction) -> str:
    """The key of the page that follows this action."""
    return encode_key(found.action.due_on.isoformat(), str(found.action.id))
