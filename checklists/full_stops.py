"""Full stops of what a person is asked to correct: one rule, wherever it is said."""

import re
from typing import Final

# A mark that ends a sentence, with another sentence after it.
_BETWEEN_SENTENCES: Final = re.compile(r"[.?!]\s")
_ENDS: Final = (".", "?", "!", ":", "…")


def as_sentence(words: str) -> str:
    """Whole sentences, as a page or a program says them: the last one ends too."""
    return words if not words or words.endswith(_ENDS) else f"{words}."


def beside_field(words: str) -> str:
    """What is said beside a field: a single sentence without its full stop. Several are whole sentences."""
    if _BETWEEN_SENTENCES.search(words):
        return as_sentence(words)
    return words.removesuffix(".") if not words.endswith("..") else words
