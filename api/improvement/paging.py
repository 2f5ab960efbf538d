"""Pages of a worklist, which is in the order of due dates."""

import uuid
from datetime import date

from api.foundation.http.dependencies import PageQuery, encode_key
from api.improvement.queries import FoundAction


def place_of(page: PageQuery) -> tuple[date, uuid.UUID] | None:
    """The due date and identifier of the last action of the page before. Raises Invalid for a malformed key."""
    return page.after_values(date.fromisoformat, uuid.UUID)


def key_of(found: FoundAction) -> str:
    """The key of the page that follows this action."""
    return encode_key(found.action.due_on.isoformat(), str(found.action.id))
