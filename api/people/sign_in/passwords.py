"""Passwords: which are good enough, and how they are stored."""

import threading
import unicodedata
from collections.abc import Iterable
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from api.foundation.problems import Invalid

SHORTEST: Final = 12
LONGEST: Final = 128
# zxcvbn scores guesses in powers of ten: 4 is its best score, for more than ten thousand million guesses.
_GOOD_SCORE: Final = 4
_LONGEST_JUDGED: Final = 72
# Signs that zxcvbn reads as letters, for example $ for s. It tries all combinations: with all twenty in one password it
# takes seconds, with six a tenth of a second. When there are more kinds, the rest are not read as letters.
_LETTERLIKE: Final = frozenset("4@8({[<369!1|70$5+%2")
_MOST_LETTERLIKE: Final = 6
# Letters and digits that a password needs besides words that an attacker knows already.
_FEWEST_BESIDES: Final = 7
_OF_THIS_SERVICE: Final = ("case audit", "caseaudit", "audit", "safeguarding", "children", "children's services")

# OWASP's parameters for argon2id (Password Storage): 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
# Each hash takes 19 MiB and a processor; excess requests wait, so that others keep both.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
# Unknown addresses are checked against this hash of "nobody's password", made with the same parameters, so that
# refusing them takes as long.
_NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCAxNg$U6OJUMWD6q7dnWeBwqXG73rSyaViIDgI2NrRTQPdVjA"


def _normal(password: str) -> bytes:
    """The same characters however a keyboard composes them (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def is_password(password: str, stored: str | None) -> bool:
    """Whether the hash is of this password. Takes as long when there is no hash, and is then False."""
    with _AT_ONCE:
        try:
            fits = _HASHER.verify(_normal(password[:LONGEST]), stored or _NOBODYS)
        except PwdlibError:
            return False
    return fits and bool(stored) and len(password) <= LONGEST


def check_password(password: str, *, about: Iterable[str] = ()) -> None:
    """Raise Invalid for a password that is too short, too long or easily guessed.

    `about` are the person's own words (name, address, organisation), which count as known to an attacker. How hard it
    is to guess is estimated by zxcvbn (Wheeler, USENIX Security 2016).
    """
    if len(password) < SHORTEST:
        raise Invalid.at("password", f"Password must be {SHORTEST} characters or more.")
    if len(password) > LONGEST:
        raise Invalid.at("password", f"Password must be {LONGEST} characters or fewer.")
    from zxcvbn import zxcvbn  # 14 MB of lists, needed only when somebody chooses a password

    known = [*_OF_THIS_SERVICE, *(part for words in about for part in _parts(words))]
    score = zxcvbn(_quick_to_judge(password[:_LONGEST_JUDGED]), user_inputs=known)["score"]
    if score < _GOOD_SCORE or _characters_besides(known, password) < _FEWEST_BESIDES:
        raise Invalid.at(
            "password",
            "Password is too easy to guess. Use 3 or more unrelated words, or a password that your browser suggests.",
        )


def _quick_to_judge(password: str) -> str:
    letterlike = list(dict.fromkeys(sign for sign in password if sign in _LETTERLIKE))
    return password.translate(dict.fromkeys(map(ord, letterlike[_MOST_LETTERLIKE:]), "~"))


def _characters_besides(known: Iterable[str], password: str) -> int:
    rest = password.casefold()
    for words in sorted({words.casefold() for words in known}, key=len, reverse=True):
        rest = rest.replace(words, "")
    return sum(sign.isalnum() for sign in rest)


def _parts(words: str) -> list[str]:
    """A text and each word in it: for an address, the parts between the signs."""
    separated = "".join(sign if sign.isalnum() else " " for sign in words)
    return [words, separated.replace(" ", ""), *(part for part in separated.split() if len(part) > 2)]
