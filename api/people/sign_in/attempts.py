"""Attempts to give a password: counted before the password is looked at, and slowed when there are many.

A stranger slows himself, and not whom he tries: what is counted is attempts for one account from one place, attempts
from one place whatever the account, and, with a much higher limit, attempts for one account from wherever. A browser
that its person has signed in from before is known by a cookie, and counted by itself alone.

A delay grows with the number of attempts and ends by itself: nobody is locked out. Places and accounts are stored as
hashes under a key that lies in a file outside the database.
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
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from api.foundation.identity.secrets import new_secret
from api.foundation.key_files import key_at
from api.foundation.problems import TooManyAttempts, Unavailable
from api.foundation.settings import Settings
from models import SignInCount, now
from models.bulk import table_of
from models.clock import AHEAD, earliest
from models.database import Database

FORGOTTEN_AFTER: Final = timedelta(hours=1)  # half of the attempts, with each such time without one
KEPT: Final = timedelta(days=1)
KNOWN_FOR: Final = timedelta(days=180)
MOST_FORGOTTEN_AT_ONCE: Final = 1000
LONGEST_ADDRESS: Final = 254  # of an e-mail (RFC 5321); nobody has a longer one


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts are free; after that each waits, and the wait doubles with every `step` attempts."""

    free: int
    first: float
    step: int
    longest: float

    def delay(self, attempts: int) -> float:
        """The seconds that must pass after the last attempt, when there were so many."""
        if attempts < self.free:
            return 0.0
        return min(self.longest, self.first * 2.0 ** min(30, (attempts - self.free) // self.step))


ONE_PLACE_ONE_ACCOUNT: Final = Limit(free=10, first=30, step=1, longest=900)
ONE_PLACE: Final = Limit(free=50, first=5, step=10, longest=120)
ONE_ACCOUNT: Final = Limit(free=200, first=5, step=20, longest=60)


@dataclass(frozen=True, slots=True)
class Count:
    """What an attempt counts towards: a hash that nobody can turn back, and the limit that goes with it."""

    key_hash: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt comes from: a place in the network and, if there is one, the cookie of a known browser."""

    key: bytes
    place: str
    known: str = ""

    @classmethod
    def of(cls, settings: Settings, *, address: str | None, known: str = "") -> "Caller":
        """Of a request from this address. Raises Unavailable when the key of the trail can be neither read nor made."""
        return cls(_key_of(settings.trail_key_path), network_place(address), known)

    def counts(self, email: str) -> tuple[Count, ...]:
        """What an attempt with this e-mail address counts towards, whether or not anybody has it."""
        account = _account(email)
        if self.knows(email):
            return (Count(self._hash("browser", self.known, account), ONE_PLACE_ONE_ACCOUNT),)
        return (
            Count(self._hash("both", self.place, account), ONE_PLACE_ONE_ACCOUNT),
            Count(self._hash("place", self.place), ONE_PLACE),
            Count(self._hash("account", account), ONE_ACCOUNT),
        )

    def knows(self, email: str) -> bool:
        """Whether whoever has this e-mail address has signed in from this browser lately."""
        day, _, rest = self.known[:200].partition(".")
        secret, _, mark = rest.partition(".")
        try:
            age = now().date() - date.fromisoformat(day)
        except ValueError:
            return False
        right = hmac.compare_digest(mark.encode(), self._mark(day, secret, email).encode())
        return right and timedelta(days=-1) <= age <= KNOWN_FOR

    def acquaint(self, email: str) -> str:
        """The cookie by which this browser will be known as that of whoever has this e-mail address."""
        day, secret = now().date().isoformat(), new_secret()
        return f"{day}.{secret}.{self._mark(day, secret, email)}"

    def _mark(self, day: str, secret: str, email: str) -> str:
        return self._hash("known", day, secret, _account(email))

    def _hash(self, *parts: str) -> str:
        # Each part by its length too, so that no two lists of parts make the same text.
        said = "".join(f"{len(part)}:{part}" for part in parts)
        return blake2b(said.encode("utf-8", "replace"), key=self.key, digest_size=32).hexdigest()


def _account(email: str) -> str:
    return email.strip().lower()[: LONGEST_ADDRESS + 1]


def network_place(address: str | None) -> str:
    """The place that an address of the network is counted as: of IPv6 the /64, which is what one subscriber has."""
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
    """What attempts of somebody count towards who has shown already that they may try, by a session or a link."""
    return (Count(sha256(f"{kind}:{secret}".encode()).hexdigest(), ONE_PLACE_ONE_ACCOUNT),)


def count_attempt(database: Database, counts: Sequence[Count]) -> None:
    """Count an attempt before it is tried, so that many at the same moment are counted too.

    Raises TooManyAttempts, which says when to try again; what is refused is not counted.
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
    """Do as much as it takes to record that somebody failed to sign in, for whom there is nobody to record it of.

    A new row, as an event is; it is forgotten with the counts.
    """
    connection = session.connection()
    row = {"key_hash": sha256(new_secret().encode()).hexdigest(), "attempts": 0, "at": now()}
    connection.execute(_ADD[connection.dialect.name], row)


def record_success(session: Session, counts: Sequence[Count]) -> None:
    """The attempt was right: forget those before it, and count it neither for its place nor for its account.

    Only the first count is forgotten: whoever tries many people from one place must not begin anew by signing in.
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
    """Delete the counts that have had no attempt for longer than KEPT, a part at a time; for the background."""
    old = or_(col(SignInCount.at) < earliest() - KEPT, col(SignInCount.at) > now() + KEPT)
    while True:
        with database.reading() as session:
            found = session.scalars(select(col(SignInCount.key_hash)).where(old).limit(MOST_FORGOTTEN_AT_ONCE)).all()
        if not found:
            return
        with database.writing() as session:
            session.execute(delete(SignInCount).where(col(SignInCount.key_hash).in_(found), old))


_COUNTS = table_of(SignInCount)
_ADD = {
    dialect: insert(_COUNTS).on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_SET = update(_COUNTS).where(_COUNTS.c.key_hash == bindparam("its_key"))


def _locked_counts(session: Session, keys: Sequence[str], moment: datetime) -> Sequence[tuple[str, int, datetime]]:
    """The counts as they stand, made if need be, which nobody else changes until this transaction ends."""
    # Everybody takes them in the order of their keys, so that no two wait for each other.
    connection = session.connection()
    connection.execute(_ADD[connection.dialect.name], [{"key_hash": key, "attempts": 0, "at": moment} for key in keys])
    rows = session.execute(
        select(col(SignInCount.key_hash), col(SignInCount.attempts), col(SignInCount.at))
        .where(col(SignInCount.key_hash).in_(keys))
        .order_by(col(SignInCount.key_hash))
        .with_for_update()
    )
    return [(row.key_hash, row.attempts, row.at) for row in rows]


def _left(attempts: int, at: datetime, moment: datetime) -> int:
    return attempts >> min(60, max(0, (moment - at) // FORGOTTEN_AFTER))


def _wait(limit: Limit, attempts: int, at: datetime, moment: datetime) -> float:
    passed, delay = moment - at, limit.delay(_left(attempts, at, moment))
    if passed < -AHEAD:
        return 0.0  # the clock was put back: nobody waits for as long as that
    return max(0.0, delay - passed.total_seconds()) if delay else 0.0


def _in_words(seconds: int) -> str:
    if seconds > 90:
        return f"{-(-seconds // 60)} minutes"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


_keys: Final[dict[Path, bytes]] = {}


def _key_of(path: Path) -> bytes:
    """A key of our own, made of the one that signs the trail: of each neither can be found by the other."""
    if path not in _keys:
        try:
            private = key_at(path).private_bytes_raw()
        except (OSError, ValueError):
            raise Unavailable("The key of the trail is not known here. Tell whoever runs the service.") from None
        _keys[path] = blake2b(b"attempts to sign in", key=private, digest_size=32).digest()
    return _keys[path]
