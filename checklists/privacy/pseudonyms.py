"""Pseudonyms: references made of an identifier with a key, the same every time, and useless without the key."""

import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from checklists.privacy.references import reference_from

# Part of every label below: a key of another method has another id and makes other pseudonyms.
METHOD: Final = "1"
SECRET_BYTES: Final = 32
CHILD_PREFIX: Final = "CF"
WORKER_PREFIX: Final = "WK"

_LONGEST_IDENTIFIER: Final = 40
_LONGEST_NAME: Final = 200
_KEY_LABEL: Final = f"caseaudit/{METHOD}/key"
_CHILD_LABEL: Final = f"caseaudit/{METHOD}/child/"
_WORKER_LABEL: Final = f"caseaudit/{METHOD}/worker/"
# What a workbook makes of a long number: digits are lost, and two children may look like one.
_SHORTENED_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?E[+-][0-9]+|[+-]?[0-9]+[.,][0-9]+E[0-9]+")
_NUMBER_WITH_A_POINT: Final = re.compile(r"[0-9]+\.0+")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


@dataclass(frozen=True, slots=True)
class Key:
    """The key of pseudonyms. ValueError for a secret that is not 32 bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise ValueError(f"a key has {SECRET_BYTES} secret bytes")

    @property
    def id(self) -> str:
        """Eight characters that name the key, and reveal nothing of it."""
        return _keyed(self, _KEY_LABEL).hex()[:8]


def normalised(identifier: str) -> str:
    """An identifier in one form, however it was typed: NFKC, in capitals, without white space or invisible characters.

    Leading zeros stay. ValueError, in words that do not repeat it, for one that is empty, longer than 40 characters, or
    a number that a workbook has shortened.
    """
    seen = "".join(each for each in _capitals(identifier) if unicodedata.category(each) not in _UNSEEN)
    plain = _capitals(seen)
    if not plain:
        raise ValueError("The child's identifier is empty.")
    if len(plain) > _LONGEST_IDENTIFIER:
        raise ValueError(f"The child's identifier is longer than {_LONGEST_IDENTIFIER} characters.")
    if _SHORTENED_NUMBER.fullmatch(plain) or _NUMBER_WITH_A_POINT.fullmatch(plain):
        raise ValueError(
            "The child's identifier was changed into a different number by a spreadsheet. Export "
            "the identifier as text."
        )
    return plain


def normalised_name(name: str) -> str:
    """A worker's name in capitals, with single spaces. ValueError for an empty one, or over 200 characters."""
    spaced = "".join(" " if each.isspace() else each for each in _capitals(name))
    seen = "".join(each for each in spaced if each == " " or unicodedata.category(each) not in _UNSEEN)
    plain = _capitals(" ".join(seen.split()))
    if not plain:
        raise ValueError("The practitioner's name is empty.")
    if len(plain) > _LONGEST_NAME:
        raise ValueError(f"The practitioner's name is longer than {_LONGEST_NAME} characters.")
    return plain


def child_reference(key: Key, child: str) -> str:
    """The reference of a child: HMAC-SHA256 of the normalised identifier. Raises as `normalised` does."""
    return reference_from(_keyed(key, _CHILD_LABEL + normalised(child)), prefix=CHILD_PREFIX)


def worker_pseudonym(key: Key, worker: str) -> str:
    """The pseudonym of a worker: HMAC-SHA256 of the normalised name. Raises as `normalised_name` does."""
    return reference_from(_keyed(key, _WORKER_LABEL + normalised_name(worker)), prefix=WORKER_PREFIX)


def _capitals(text: str) -> str:
    # Capitals may decompose where lower-case letters did not, so both are done twice.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return text


def _keyed(key: Key, message: str) -> bytes:
    return hmac.digest(key.secret, message.encode(), sha256)
