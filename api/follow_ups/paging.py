"""Pages of a list of follow-ups, which is in the order of due dates."""

import uuid
from datetime import date

from api.follow_ups.queries import ListedFollowUp
from api.foundation.http.dependencies import PageQuery, encode_key


def place_of(page: PageQuery) -> tuple[date, uuid.UUID] | None:
    """The due date and audit of the last follow-up of the page before. Raises Invalid for a malformed key."""
    return page.after_values(date.fromisoformat, uuid.UUID)


def key_of(found: ListedFollowUp) -> str:
    """The key of the page that follows this follow-up."""
    return encode_key(found.follow_up.due_on.isoformat(), str(found.audit.id))
