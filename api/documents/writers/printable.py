"""Text that every kind of file can hold."""

import re
from typing import Final

# Control characters that XML 1.0 cannot hold or advises against, and halves of surrogate pairs.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What a spreadsheet takes for the beginning of a formula, full-width forms too.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What may come between a separator and a formula: spaces, which are dropped, and quotes, which are read as quoting.
_SPACES: Final = " \x00\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# A formula after a sign at which a spreadsheet may divide a text in spite of its quotes,
# because they are not read as quotes in the middle of what it takes for a cell. The comma is not among them: a file is
# divided at commas, and there the quotes hold.
_FORMULA_INSIDE: Final = re.compile(f'([;|\t\r\n][{_SPACES}"]*+)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])')

_FORMULA_FIRST: Final = re.compile(f"[{_SPACES}]*+({'|'.join(map(re.escape, FORMULA_STARTS))})")


def printable(text: str) -> str:
    """Replace characters that some kind of file cannot hold by U+FFFD, so that all files have the same text."""
    return _UNPRINTABLE.sub("\ufffd", text)


def plain_cell(value: str | int) -> str | int:
    """CSV text in which no spreadsheet finds a formula, whatever separator it reads; other values are unchanged.

    An apostrophe is put before what would begin one.
    """
    if not isinstance(value, str):
        return value
    safe = _FORMULA_INSIDE.sub(r"\1'", value)
    return f"'{safe}" if _FORMULA_FIRST.match(safe) else safe


def not_markup(text: str) -> str:
    """The text as XlsxWriter may hold it in a cell: it takes a text between these two tags for its markup.

    A space at the end makes it a text.
    """
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
