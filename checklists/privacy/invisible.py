"""Invisible characters in a text: copying from documents leaves them between letters and digits."""

import re
from typing import Final

# Soft hyphens, spaces without width, marks of direction and joiners.
INVISIBLE: Final = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_ANY: Final = re.compile(f"[{INVISIBLE}]")


def without_invisible(text: str) -> tuple[str, list[int]] | None:
    """The text without its invisible characters, and the place in it of each that stays; None when it has none."""
    if text.isascii() or _ANY.search(text) is None:
        return None
    places = [at for at, each in enumerate(text) if _ANY.match(each) is None]
    return "".join(text[at] for at in places), places
