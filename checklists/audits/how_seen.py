"""How somebody came to see an audit of another person."""

from enum import StrEnum


class HowSeen(StrEnum):
    """How somebody came to see an audit that was not theirs."""

    OPENED = "opened"
    RECORDED = "recorded"
    MODERATED = "moderated"
    COMMENTED = "commented"
    SETTLED = "settled"
    ASKED = "asked"
    WROTE = "wrote"
    BOTH_IN = "both-in"
    LISTED = "listed"
    EXPORTED = "exported"
    RELEASED = "released"
