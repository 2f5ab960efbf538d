"""A new edition of a document against the template that was made from the last: which theme is which."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

# Titles at least so alike are one theme with other words: "Seeing the child" and "Seeing children".
ALIKE: Final = 0.75
_NO_WORD: Final = re.compile(r"[\W_]+")


def same_entries(titles: Sequence[str], known: Mapping[str, str]) -> dict[int, str]:
    """Which known entry each title is, by its place: `known` has a title for each key, and each is at most one.

    Equal titles first, whatever their capitals and punctuation; then the most alike, from ALIKE on. Others are new.
    """
    found: dict[int, str] = {}
    left = {key: _plain(title) for key, title in known.items()}
    plain = [_plain(title) for title in titles]
    for place, title in enumerate(plain):
        key = next((key for key, other in left.items() if other == title), None)
        if key is not None:
            found[place] = key
            del left[key]
    alike = sorted(
        (
            (SequenceMatcher(None, other, title, autojunk=False).ratio(), -place, key)
            for place, title in enumerate(plain)
            if place not in found
            for key, other in left.items()
        ),
        reverse=True,
    )
    for ratio, place, key in alike:
        if ratio >= ALIKE and -place not in found and key in left:
            found[-place] = key
            del left[key]
    return found


def _plain(title: str) -> str:
    return _NO_WORD.sub(" ", title.casefold()).strip()
