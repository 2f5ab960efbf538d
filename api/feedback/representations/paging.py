"""The key of a page of representations: the audit and the theme."""

import uuid

from api.feedback.representations.queries import WaitingRepresentation
from api.foundation.http.dependencies import PageQuery, encode_key


def key_of(item: WaitingRepresentation) -> str:
    """The key of the page that begins after this representation."""
    return encode_key(str(item.audit.id), item.shown.representation.theme)


def place_of(page: PageQuery) -> tuple[uuid.UUID, str] | None:
    """The audit and theme after which a page begins. Raises Invalid for a malformed key."""
    return page.after_values(uuid.UUID, str)
