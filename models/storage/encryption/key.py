"""The key of an encrypted SQLite database."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Self

BYTES: Final = 32
_DIGITS: Final = re.compile(rf"[0-9a-f]{{{2 * BYTES}}}")


@dataclass(frozen=True, slots=True)
class DatabaseKey:
    """32 random bytes as hexadecimal digits. Raises ValueError for anything else. Its text does not show it."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _DIGITS.fullmatch(self.digits):
            raise ValueError(f"A database key has {2 * BYTES} hexadecimal digits.")

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_hex(BYTES))

    @property
    def literal(self) -> str:
        """The key as SQLCipher reads it: as it is, and not as a password from which it would slowly derive one."""
        return f"x'{self.digits}'"
