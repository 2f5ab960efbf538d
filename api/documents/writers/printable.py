"""Text that every kind of file can hold."""

import re
from typing import Final

# Control characters that XML 1.0 cannot hold or advises against, and halves of surrogate pairs.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What a spreadsheet takes for the beginning of a formula, full-width forms too.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def printable(text: str) -> str:
    """Replace characters that some kind of file cannot hold by U+FFFD, so that all files have the same text."""
    return _UNPRINTABLE.sub("\ufffd", text)


def plain_cell(value: str | int) -> str | int:
    """Put an apostrophe before CSV text that a spreadsheet would run as a formula; other values are unchanged."""
    if isinstance(value, str) and value.replace("\x00", "").lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
