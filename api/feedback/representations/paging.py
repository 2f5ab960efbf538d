"""The key of a page of representations: the audit and the theme."""

import uuid

from api.feedback.representations.queries import WaitingRepresentation
from api.foundation.http.dependencies import PageQuery, decode_key, encode_key
from api.foundation.problems import Invalid


def key_of(item: WaitingRepresentation) -> str:
    """The key of the page that begins after this representation."""
    return encode_key(str(item.audit.id), item.shown.representation.theme)


def place_of(page: PageQuery) -> tuple[uuid.UUID, str] | None:
    """The audit and theme after which a page begins. Raises Invalid for a malformed key."""
    if page.after is None:
        return None
    audit_id, theme = decode_key(page.after, 2)
    try:
        return uuid.UUID(audit_id), theme
    except ValueError:
        raise Invalid.at("after", "The page key is not valid. Use the `after` value from the previous page.") from None
