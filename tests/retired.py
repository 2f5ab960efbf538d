"""Phrases that are not written any more, each with what to write instead."""

import re
from collections.abc import Mapping


class RetiredPhrases:
    """All of them are looked for at once: nearly every text has none."""

    def __init__(self, instead: Mapping[str, str]) -> None:
        self._each = {re.compile(rf"\b({phrase})\b", re.IGNORECASE): better for phrase, better in instead.items()}
        # Of small letters alone this is much quicker.
        self._any = re.compile(rf"\b(?:{'|'.join(instead)})\b")

    def found_in(self, text: str) -> list[str]:
        """Each that is in a text, with what to write instead."""
        if not self._any.search(text.lower()):
            return []
        found = ((phrase.search(text), better) for phrase, better in self._each.items())
        return [f"{match[0]!r}: write {better!r}" for match, better in found if match]
