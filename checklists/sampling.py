"""Drawing a sample: by chance, repeatably, and with a known probability for every case."""

from enum import StrEnum
from typing import Final

METHOD: Final = "1"


class SizeRule(StrEnum):
    """How the size of a sample is shared out among the strata."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"
