"""Attempts to enter a password: counted before the password is checked, and slowed when there are many.

Delays slow an attacker and not the account under attack: attempts are counted for one account from one place, from one
place whatever the account, and, with a much higher limit, for one account from anywhere. A browser from which the
person has signed in before is recognised by a cookie, and counted separately.

A delay grows with the number of attempts and ends by itself: nobody is locked out. Places and accounts are stored as
hashes under a key in a file outside the database.
"""

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b, sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, delete, or_, select, update
from sqlmodel import Session, col

from api.foundation.identity.secrets import new_secret
from api.foundation.key_files import derived_key_at
from api.foundation.problems import TooManyAttempts
from api.foundation.settings import Settings
from api.people.second_factor.passkeys import NOWHERE, Site
from checklists.plurals import plural
from models import SignInCount, now
from models.clock import AHEAD, earliest
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.dialects import insert_new, insert_or_lock

FORGOTTEN_AFTER: Final = timedelta(hours=1)  # the count halves for each such period without an attempt
KEPT: Final = timedelta(days=1)
KNOWN_FOR: Final = timedelta(days=180)
MOST_FORGOTTEN_AT_ONCE: Final = 1000
LONGEST_ADDRESS: Final = 254  # of an email (RFC 5321); no address is longer


@dataclass(frozen=True, slots=True)
class Limit:
    """This many attempts are free; after that each waits, and the wait doubles with every `step` attempts."""

    free: int
    first: float
    step: int
    longest: float

    def delay(self, attempts: int) -> float:
        """The seconds that must pass after the last attempt, given the number of attempts."""
        if attempts < self.free:
            return 0.0
        return min(self.longest, self.first * 2.0 ** min(30, (attempts - self.free) // self.step))


ONE_PLACE_ONE_ACCOUNT: Final = Limit(free=10, first=30, step=1, longest=900)
ONE_PLACE: Final = Limit(free=50, first=5, step=10, longest=120)
ONE_ACCOUNT: Final = Limit(free=200, first=5, step=20, longest=60)


@dataclass(frozen=True, slots=True)
class Count:
    """What an attempt counts towards: an irreversible hash, and its limit."""

    key_hash: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt comes from: a network place and, if there is one, the cookie of a known browser.

    `site`: the address of the service as the browser knows it. `browser`: what the browser is, in words.
    """

    key: bytes
    place: str
    known: str = ""
    site: Site = NOWHERE
    browser: str = ""

    @classmethod
    def of(
        cls, settings: Settings, *, address: str | None, known: str = "", site: Site = NOWHERE, browser: str = ""
    ) -> "Caller":
        """The caller at this network address. Raises Unavailable when the key of the trail can be neither read nor
        created.
        """
        return cls(key_of(settings.trail_key_path), network_place(address), known, site, browser)

    def counts(self, email: str) -> tuple[Count, ...]:
        """The counts of an attempt with this email address, whether or not it is in use."""
        account = _account(email)
        if self.is_known_browser_of(email):
            return (Count(self._hash("browser", self.known, account), ONE_PLACE_ONE_ACCOUNT),)
        return (
            Count(self._hash("both", self.place, account), ONE_PLACE_ONE_ACCOUNT),
            Count(self._hash("place", self.place), ONE_PLACE),
            Count(self._hash("account", account), ONE_ACCOUNT),
        )

    def counts_of_provider(self) -> tuple[Count, ...]:
        """The count of answers of a provider of single sign-on that come from this place."""
        return (Count(self._hash("provider", self.place), ONE_PLACE),)

    def is_known_browser_of(self, email: str) -> bool:
        """Whether the person with this email address has signed in from this browser recently."""
        day, _, rest = self.known[:200].partition(".")
        secret, _, mark = rest.partition(".")
        try:
            age = now().date() - date.fromisoformat(day)
        except ValueError:
            return False
        right = hmac.compare_digest(mark.encode(), self._mark(day, secret, email).encode())
        return right and timedelta(days=-1) <= age <= KNOWN_FOR

    def known_browser_cookie(self, email: str) -> str:
        """The cookie by which this browser is recognised as that of the person with this email address."""
        day, secret = now().date().isoformat(), new_secret()
        return f"{day}.{secret}.{self._mark(day, secret, email)}"

    def _mark(self, day: str, secret: str, email: str) -> str:
        return self._hash("known", day, secret, _account(email))

    def _hash(self, *parts: str) -> str:
        # Each part with its length, so that no two lists of parts give the same text.
        said = "".join(f"{len(part)}:{part}" for part in parts)
        return blake2b(said.encode("utf-8", "replace"), key=self.key, digest_size=32).hexdigest()


def _account(email: str) -> str:
    return email.strip().lower()[: LONGEST_ADDRESS + 1]


def network_place(address: str | None) -> str:
    """The place that a network address counts as: for IPv6 its /64, which is what one subscriber has."""
    try:
        found: IPv4Address | IPv6Address = ip_address((address or "").partition("%")[0])
    except ValueError:
        return (address or "")[:100]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Network((found, 64), strict=False))
    return str(found)


def own_attempts(kind: str, secret: str) -> tuple[Count, ...]:
    """The count of attempts by a person already identified by a session or a link."""
    return (Count(sha256(f"{kind}:{secret}".encode()).hexdigest(), ONE_PLACE_ONE_ACCOUNT),)


def count_attempt(database: Database, counts: Sequence[Count]) -> None:
    """Count an attempt before it is tried, so that simultaneous ones are counted too.

    Raises TooManyAttempts, which says when to try again; a refused attempt is not counted.
    """
    limits = {count.key_hash: count.limit for count in counts}
    moment = now()
    with database.writing() as session:
        stored = _locked_counts(session, sorted(limits), moment)
        wait = math.ceil(max(_wait(limits[key_hash], attempts, at, moment) for key_hash, attempts, at in stored))
        if wait:
            raise TooManyAttempts(f"Wait {_in_words(wait)} and try again.", headers={"Retry-After": str(wait)})
        session.connection().execute(
            _SET,
            [
                {"its_key": key_hash, "attempts": _left(attempts, at, moment) + 1, "at": moment}
                for key_hash, attempts, at in stored
            ],
        )


def record_failure(session: Session, counts: Sequence[Count]) -> None:
    """The attempt has failed: the wait for the next one begins now."""
    session.execute(update(SignInCount).where(col(SignInCount.key_hash) == counts[0].key_hash).values(at=now()))


def imitate_record(session: Session) -> None:
    """Do as much work as recording a failed sign-in, when there is no account to record it for.

    Inserts a row, like an event; it is deleted with the counts.
    """
    connection = session.connection()
    row = {"key_hash": sha256(new_secret().encode()).hexdigest(), "attempts": 0, "at": now()}
    connection.execute(insert_new(connection.dialect.name, _COUNTS), row)


def record_success(session: Session, counts: Sequence[Count]) -> None:
    """The attempt succeeded: reset its own count, and do not count it for its place or its account.

    Only the first count is reset: an attacker who tries many people from one place must not reset it by signing in.
    """
    for count in sorted(counts, key=lambda each: each.key_hash):
        this = col(SignInCount.key_hash) == count.key_hash
        if count is counts[0]:
            session.execute(delete(SignInCount).where(this))
        else:
            session.execute(
                update(SignInCount)
                .where(this, col(SignInCount.attempts) > 0)
                .values(attempts=col(SignInCount.attempts) - 1)
            )


def delete_old_counts(database: Database) -> None:
    """Delete the counts without an attempt for longer than KEPT, some at a time; background work."""
    old = or_(col(SignInCount.at) < earliest() - KEPT, col(SignInCount.at) > now() + KEPT)
    while True:
        with database.reading() as session:
            found = session.scalars(select(col(SignInCount.key_hash)).where(old).limit(MOST_FORGOTTEN_AT_ONCE)).all()
        if not found:
            return
        with database.writing() as session:
            session.execute(delete(SignInCount).where(col(SignInCount.key_hash).in_(found), old))


_COUNTS = table_of(SignInCount)
_SET = update(_COUNTS).where(_COUNTS.c.key_hash == bindparam("its_key"))


def _locked_counts(session: Session, keys: Sequence[str], moment: datetime) -> Sequence[tuple[str, int, datetime]]:
    """The counts, created if necessary, and locked until this transaction ends."""
    # Always locked in the order of their keys, so that there is no deadlock.
    connection = session.connection()
    locking = insert_or_lock(connection.dialect.name, _COUNTS)
    rows = [connection.execute(locking, {"key_hash": key, "attempts": 0, "at": moment}).one() for key in keys]
    return [(row.key_hash, row.attempts, row.at) for row in rows]


def _left(attempts: int, at: datetime, moment: datetime) -> int:
    return attempts >> min(60, max(0, (moment - at) // FORGOTTEN_AFTER))


def _wait(limit: Limit, attempts: int, at: datetime, moment: datetime) -> float:
    passed, delay = moment - at, limit.delay(_left(attempts, at, moment))
    if passed < -AHEAD:
        return 0.0  # the clock was set back: nobody waits that long
    return max(0.0, delay - passed.total_seconds()) if delay else 0.0


def _in_words(seconds: int) -> str:
    if seconds > 90:
        return f"{-(-seconds // 60)} minutes"
    return plural(seconds, "second")


def key_of(path: Path) -> bytes:
    """The key for counting attempts, derived from the one that signs the trail. Raises Unavailable."""
    return derived_key_at(path, b"attempts to sign in")
