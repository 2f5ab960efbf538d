"""Verification: the trails, their checkpoints in both places, and stored records against what events say about them."""

import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from api.foundation.identity.showing import ShowingKinds
from api.foundation.key_files import event_key_of
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.contents import Coverage, Difference, Notes, differences
from api.trail.verifying.erased import erasures_in_words
from api.trail.verifying.event_codes import EventCodes
from api.trail.verifying.scratch import Scratch, scratch
from api.trail.verifying.shown import Shown, not_recorded
from api.trail.verifying.signed_lines import Marks, Wrong, faults_of_order, read_checkpoints
from checklists.chain import BadEvent, ChainedEvent, Head, first_bad
from checklists.plurals import plural
from models import now
from models.evidence.guards import missing_guards
from models.evidence.kept import records
from models.storage.database import Database
from models.storage.trail import hashed_columns

ROWS_AT_ONCE: Final = 5000
# The service signs at least every five minutes, and many events within seconds: what waits for longer is a fault, and
# so are many events unless all came just now, as from one list of complete audits.
LONGEST_UNSIGNED: Final = timedelta(minutes=15)
MOST_UNSIGNED: Final = 1_000
LONGEST_BURST: Final = timedelta(minutes=1)
# Further differences of an organisation are counted, not listed.
MOST_LISTED: Final = 100
ELSEWHERE: Final = (
    "Set CASEAUDIT_TRAIL_CHECKPOINTS_FILE to a file on another machine, or keep a copy elsewhere of the line that "
    "`caseaudit newest-checkpoint` prints."
)


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The result for one organisation. `wrong_checkpoints` and `faults`: what is wrong, in sentences.

    `differences`: what is stored otherwise than events say, the first MOST_LISTED of `different` in all.
    """

    organisation_id: int
    name: str
    events: int
    signed: int
    bad: BadEvent | None
    wrong_checkpoints: tuple[str, ...]
    faults: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    different: int = 0
    compared: int = 0
    from_before: int = 0
    # Events from before the service gave each a code.
    without_code: int = 0
    # The newest erasures of cases, in sentences: what they erased is rightly missing.
    erased: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.bad is None and not (self.wrong_checkpoints or self.faults or self.different)


@dataclass(frozen=True, slots=True)
class Verification:
    """The results by organisation, what is wrong with the service's checkpoints as a whole, and notes that are no
    faults.
    """

    trails: tuple[VerificationResult, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[VerificationResult]:
        return iter(self.trails)

    @property
    def is_whole(self) -> bool:
        return not self.faults and all(each.is_whole for each in self.trails)


def verify(
    database: Database,
    signer: CheckpointSigner,
    *,
    outside: Iterable[str] = (),
    organisation_id: int | None = None,
    showing: ShowingKinds | None = None,
) -> Verification:
    """Check every trail and every kept record, or one organisation's, as they were at one moment.

    `outside`: lines of checkpoints that somebody kept elsewhere. `showing`: kinds of events that show audits, where the
    rooms have not registered theirs. Memory does not grow with the trail. One gap remains: the newest events after the
    last checkpoint can be deleted, together with the head, without being detected.
    """
    with _at_one_moment(database) as connection, scratch() as notes:
        wrong = read_checkpoints(connection, notes, signer)
        heads = {own: Head(*end) for own, *end in connection.execute(text("SELECT * FROM trail"))}
        names: dict[int, str] = dict(connection.execute(text("SELECT id, name FROM organisation")).all())
        counts = text("SELECT organisation_id, count(*) FROM event GROUP BY organisation_id")
        counted: dict[int, int] = dict(connection.execute(counts).all())
        signed = {own for (own,) in notes.execute("SELECT DISTINCT organisation FROM signed")}
        context = _Context(wrong, event_key_of(signer.key), showing or ShowingKinds.registered())
        found = tuple(
            _of_organisation(connection, notes, own, names.get(own), heads.get(own), counted.get(own, 0), context)
            for own in sorted({*wrong, *signed, *heads, *names, *counted}, key=str)
            if organisation_id in {None, own}
        )
        faults = [
            *_faults_of_guards(connection),
            *_faults_of_places(signer, found),
            *faults_of_order(notes, signer, outside),
        ]
        return Verification(found, tuple(faults), tuple(_where(signer, database)))


@dataclass(frozen=True, slots=True)
class _Context:
    """What is the same for every organisation: wrong checkpoints, the key of codes, the kinds that show audits."""

    wrong_checkpoints: Wrong
    event_key: bytes
    showing: ShowingKinds


def _of_organisation(
    connection: Connection,
    notes: Scratch,
    own: int,
    name: str | None,
    head: Head | None,
    counted: int,
    context: _Context,
) -> VerificationResult:
    marks, of_records, coverage = Marks(notes, own), Notes(notes), Coverage()
    codes, shown = EventCodes(notes, context.event_key), Shown(notes, of_records, context.showing)
    with closing(_events(connection, own)) as events:
        noted = shown.noting(of_records.noting(codes.checking(events)))
        bad = first_bad(noted, head, marks, signed=marks.signed)
        for _ in noted:
            pass  # also after the first bad event: the others are compared all the same
    listed: list[Difference] = []
    different = 0
    found = differences(connection, of_records, own, coverage)
    for difference in chain(found, not_recorded(connection, shown, own)):
        different += 1
        if len(listed) < MOST_LISTED:
            listed.append(difference)
    return VerificationResult(
        own,
        name or "A deleted organisation",
        counted,
        marks.signed,
        bad,
        (*context.wrong_checkpoints.get(own, ()), *dict.fromkeys(marks.wrong)),
        (*_faults(connection, own, name, counted, marks.signed), *codes.faults),
        tuple(listed),
        different,
        coverage.compared,
        coverage.from_before,
        codes.without,
        tuple(erasures_in_words(connection, own)),
    )


def _faults(connection: Connection, own: int, name: str | None, counted: int, signed: int) -> Iterator[str]:
    if name is None:
        yield "The organisation was deleted from the database, but its trail or checkpoints were not."
    if not counted:
        yield "There are no events. Every organisation has at least 1, so somebody deleted its trail."
    unsigned = counted - signed
    if unsigned <= 0:
        return
    query = text("SELECT min(at), max(at) FROM event WHERE organisation_id = :own AND number > :signed")
    oldest, newest = connection.execute(query, {"own": own, "signed": signed}).one()
    if oldest is None:
        return
    is_burst = _moment(newest) - _moment(oldest) <= LONGEST_BURST
    if now() - _moment(oldest) > LONGEST_UNSIGNED or (unsigned > MOST_UNSIGNED and not is_burst):
        yield (
            f"{unsigned:,} events after event {signed:,} have not been signed. Events are signed within minutes. Check "
            "that the service is running and can write to the second checkpoints file."
        )


def _moment(at: str | datetime) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at).replace(tzinfo=UTC)


def _faults_of_places(signer: CheckpointSigner, found: Iterable[VerificationResult]) -> Iterator[str]:
    if not signer.place.exists() and any(each.signed or each.faults for each in found):
        yield (
            f"The second checkpoints file is missing from {signer.place}: somebody deleted it, or the disk is not "
            "mounted. Without it, checkpoints deleted from the database cannot be detected."
        )


def _faults_of_guards(connection: Connection) -> Iterator[str]:
    missing = missing_guards(connection)
    if missing:
        yield (
            f"{plural(len(missing), 'database guard is', 'database guards are')} missing or changed, including "
            f"{missing[0]}. To create them again, run `caseaudit migrate`."
        )


def _where(signer: CheckpointSigner, database: Database) -> Iterator[str]:
    yield f"The second checkpoints file is {signer.place}."
    file = database.engine.url.database if database.is_sqlite else None
    if file is not None and signer.is_beside(Path(file)):
        yield f"It is on the same disk as the database. Anyone who can write to that disk can change both. {ELSEWHERE}"
    elif file is None:
        yield f"If it is on the database server, anyone with access to that server can change both. {ELSEWHERE}"


@contextmanager
def _at_one_moment(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as at its first query, whatever is written meanwhile."""
    engine = database.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # A long trail takes longer than a page may.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection


def _events(connection: Connection, organisation_id: int) -> Generator[ChainedEvent, None, None]:
    query = f"SELECT {hashed_columns(connection)} FROM event WHERE organisation_id = :own ORDER BY number"  # noqa: S608
    # Never all of them in memory: a trail grows for years.
    few = {"yield_per": ROWS_AT_ONCE}
    with connection.execute(text(query), {"own": organisation_id}, execution_options=few) as rows:
        for own, number, *said in rows:
            # SQLite stores values of any type in a column.
            yield ChainedEvent(own, number if isinstance(number, int) else -1, *said)


def in_words(found: Verification) -> Iterator[str]:
    """The result, a sentence a line."""
    for trail in found:
        start = f"{trail.name} (organisation {trail.organisation_id}): {trail.events:,} events, "
        if trail.is_whole:
            yield start + f"unchanged; signed up to event {trail.signed:,}."
        else:
            yield start + "tampered with."
        if trail.bad is not None:
            yield f"  The first incorrect event is number {trail.bad.number:,}: {trail.bad.wrong}."
        yield from (f"  {sentence}" for sentence in (*trail.wrong_checkpoints, *trail.faults))
        yield from (f"  {sentence_of(each)}" for each in trail.differences)
        yield from (f"  {sentence}" for sentence in trail.erased)
        if trail.different > len(trail.differences):
            yield f"  And {trail.different - len(trail.differences):,} more."
        if trail.compared or trail.from_before:
            yield f"  {trail.compared:,} parts of records match their events."
        if trail.without_code:
            yield f"  Events 1 to {trail.without_code:,} were recorded before events had a code of the service."
        if trail.from_before:
            yield f"  Not checked: {trail.from_before:,} parts recorded before events contained hashes."
    yield from found.faults
    yield from found.notes


def sentence_of(difference: Difference) -> str:
    """What is wrong with a record, in a sentence for the person who looks into it."""
    record = next(each for each in records() if each.name == difference.record)
    number = f", version {difference.key.number}" if record.number else ""
    name = f"{record.called[:1].upper()}{record.called[1:]} {_spelt(difference.key.id)}{number}"
    between = " " if difference.wrong.startswith("is ") else ": "
    sentence = f"{name}{between}{difference.wrong}"
    if difference.event is None:
        return f"{sentence}."
    return f"{sentence} after event {difference.event:,} ({difference.kind}, {difference.at[:16]} UTC)."


def _spelt(identifier: str) -> str:
    try:
        return str(uuid.UUID(identifier))
    except ValueError:
        return identifier
