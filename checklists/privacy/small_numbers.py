"""Small numbers of children or cases in a text that is to be shared, such as "of the 3 children, 2 had no plan"."""

import re
from typing import Final, NamedTuple

_NUMBER: Final = (
    r"(?<![\w.,:/£$%+-])(?:[0-9]|no|none|zero|one|two|three|four|five|six|seven|eight|nine|both|neither|single|pair)"
    r"(?![\w%]|[.,:/-]\d|\s?(?:%|per\s?cent|percent))"
)
_WHO: Final = (
    r"(?:child|children|boy|boys|girl|girls|baby|babies|infants?|toddlers?|teenagers?|young\s+(?:person|people)|sibling|"
    r"siblings|brothers?|sisters?|twins?|families|family|mothers?|fathers?|parents?|carers?|cases?|audits?|files?)"
)
_WORDS_BETWEEN: Final = r"(?:[^\w.!?\n]+\w[\w'’-]*){0,5}?[^\w.!?\n]+"
_NEAR: Final = re.compile(rf"{_NUMBER}{_WORDS_BETWEEN}\b{_WHO}\b|\b{_WHO}\b{_WORDS_BETWEEN}{_NUMBER}", re.IGNORECASE)


class Found(NamedTuple):
    """Where a small number is near a word for children or cases."""

    start: int
    end: int


def find_small_numbers(words: str) -> list[Found]:
    """Each place where a number under 10 stands within a few words of one for children, families, cases or audits."""
    return [Found(match.start(), match.end()) for match in _NEAR.finditer(words)]
