"""Snapshots: freezing a round's report for sharing, and saying that it may be compared across organisations."""

import json
import secrets
import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.access.blindness import check_reads_no_longer
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, NotAllowed, NotFound, Unavailable
from api.foundation.text.names import check_title
from api.foundation.text.sensitive_terms import KEY_BYTES, key_of
from api.release.snapshots.collecting import collect_counts, known_of_counted, mark_of_counted
from api.release.snapshots.splits import characteristics_to_split_by
from api.rounds import actions as rounds
from checklists.plurals import plural
from checklists.release.altered_copy import EarlierCopy, InCopy, NoCopyError
from checklists.release.copied_counts import AsCounted, Copies, copy_parts
from checklists.release.counting import ReleasedRound
from checklists.release.disclosure import NEWLY_COUNTED, SMALLEST, may_follow_snapshot
from models import Round, RoundState, Snapshot, SnapshotAudit, new_id, now
from models.evidence.kept_others import SNAPSHOT
from models.evidence.sealing import ENTRY, content_at_hand
from models.storage.bulk import ReadyRows, insert_ready, make_ready

LONGEST_TITLE = 120
MOST_OF_A_ROUND = 12
# Kinds of events that come all day, and change no audit that has been submitted.
CHANGE_NO_COUNTED_AUDIT: Final = frozenset(
    {
        *("audit.questions-answered", "audit.score-cleared", "audit.scored", "case-file.made"),
        *("person.sign-in-failed", "person.signed-in", "person.signed-out"),
    }
)


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """The title for readers, and the smallest number shown, at or above the minimum.

    `characteristics`: keys of the ones to split it by; None for none, or as in earlier snapshots of the round.
    """

    title: str
    smallest: int = SMALLEST
    characteristics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PreparedSnapshot:
    """A computed snapshot, and the state of the round that it was computed from."""

    round_id: uuid.UUID
    title: str
    smallest: int
    within: int
    characteristics: tuple[str, ...]
    content: str = field(repr=False)
    round_version: int
    mark: str
    # The organisation's newest event before anything was read.
    newest_event: int
    earlier: frozenset[uuid.UUID]
    # The identifier that it will have, the rows of its audits, and the hash of these.
    id: uuid.UUID
    audits: ReadyRows = field(repr=False)
    content_of_audits: str


def _check_is_graded(session: Session, audit_round: Round) -> None:
    """Raise Conflict for a round whose template has no ratings: a snapshot releases shares of ratings."""
    content = audit_round.content(session)
    if content is not None and not content.graded:
        raise Conflict("The template of this round has no ratings, so a snapshot would have nothing to show.")


def make_snapshot(session: Session, *, round_id: uuid.UUID, snapshot: NewSnapshot, by: Actor) -> Snapshot:
    """Prepare a snapshot and store it, in one transaction."""
    return store_snapshot(session, prepare_snapshot(session, round_id=round_id, snapshot=snapshot, by=by), by=by)


def prepare_snapshot(
    session: Session, *, round_id: uuid.UUID, snapshot: NewSnapshot, by: Actor, copies: Copies = copy_parts
) -> PreparedSnapshot:
    """Work out what a round's report shows under the release rule. Only reads, for people who may read every audit.

    `copies`: computes the altered copy, here or in another process.

    Raises Invalid for a title or a threshold that cannot stand; Conflict while fewer than NEWLY_COUNTED audits have
    been counted since an earlier snapshot of the round (the difference of the two would be about few), beside a
    snapshot under the former rule, and where too much of what an earlier snapshot counted is gone or has changed.
    """
    _check_maker(by)
    newest_event = events.number_of_newest(session, by.organisation_id)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened, so there is nothing to share yet.")
    _check_is_graded(session, audit_round)
    check_reads_no_longer(session, by, round_id, what="make it")
    _check(snapshot)
    made = _made_of(session, round_id, by)
    newest = made[-1] if made else None
    split_by = characteristics_to_split_by(session, by.organisation_id, chosen=snapshot.characteristics, earlier=newest)
    _check_can_follow(made)
    earlier = _earlier(session, made, by)
    digests = {audit: how.bands for each in earlier for audit, how in each.audits.items()}
    frozen = collect_counts(session, audit_round, split_by, digests)
    # Only what the maker may know counts: otherwise, when the refusal ended, a reader would learn that the other
    # reading has come in. They never know of more audits than there are, so no snapshot is made too early.
    counted = known_of_counted(session, audit_round, frozenset(frozen.as_counted), by=by)
    _check_counts_enough(counted, snapshot, earlier)
    release = partial(frozen.release, key=_key_of_release(session, round_id, by), copies=copies)
    released = _released(release, snapshot.smallest, earlier)
    made_id = new_id()
    audits = _rows_of_audits(made_id, frozen.as_counted, released.copied, by)
    return PreparedSnapshot(
        id=made_id,
        audits=make_ready(session, {SnapshotAudit: audits}),
        content_of_audits=content_at_hand(
            SNAPSHOT, by.organisation_id, made_id, {"snapshot_audit": audits}, ["audits"]
        ),
        round_id=round_id,
        title=snapshot.title.strip(),
        smallest=released.rule.smallest,
        within=released.rule.within,
        characteristics=tuple(each.key for each in split_by),
        content=frozen.content(released),
        round_version=audit_round.version,
        mark=frozen.mark,
        newest_event=newest_event,
        earlier=frozenset(each.id for each in made),
    )


def _check_can_follow(made: Sequence[Snapshot]) -> None:
    """Raise Conflict if the round's snapshots leave no room for another, whatever it would count."""
    if len(made) >= MOST_OF_A_ROUND:
        raise Conflict(
            f"This round has {plural(MOST_OF_A_ROUND, 'snapshot')}, which is the maximum. Share the latest snapshot."
        )
    if (former := _newest_under_former_rule(made)) is not None:
        raise Conflict(
            "This round has a snapshot from an earlier version of this service, created under a different rule. "
            "Comparing a new snapshot with it could reveal information about individual people. Share the existing "
            f"snapshot “{former.title}”. The next round can have new snapshots."
        )


def _check_counts_enough(counted: frozenset[uuid.UUID], snapshot: NewSnapshot, earlier: Sequence[EarlierCopy]) -> None:
    if len(counted) < snapshot.smallest:
        raise Conflict(
            f"A snapshot needs at least {snapshot.smallest} counted audits, because smaller numbers would all be "
            "hidden. Create the snapshot when more audits have been submitted."
        )
    for each in earlier:
        if not may_follow_snapshot(counted, each.audits.keys()):
            # The number is not given: it would tell a reader of this round that another reading came in.
            raise Conflict(
                f"Too few audits have been counted since an earlier snapshot of this round. A new snapshot needs at "
                f"least {NEWLY_COUNTED}, because the difference between the 2 snapshots could reveal information about "
                "individual people. Share the existing snapshot."
            )


def _rows_of_audits(
    snapshot_id: uuid.UUID, as_counted: Mapping[uuid.UUID, AsCounted], copied: Mapping[uuid.UUID, str], by: Actor
) -> list[dict[str, Any]]:
    own = {"organisation_id": by.organisation_id, "snapshot_id": snapshot_id}
    return [
        {**own, "audit_id": audit_id, "bands": how.bands, "answers": how.answers, "copied": copied[audit_id]}
        for audit_id, how in sorted(as_counted.items(), key=lambda each: each[0].int)
    ]


def store_snapshot(session: Session, prepared: PreparedSnapshot, *, by: Actor) -> Snapshot:
    """Keep what was prepared. Raises Moved, and keeps nothing, when the round, an audit that it counts or the snapshots
    made of it have changed since.
    """
    maker = _check_maker(by)
    audit_round = rounds.find_round(session, round_id=prepared.round_id, by=by, lock=True)
    check_reads_no_longer(session, by, prepared.round_id, what="make it")
    if (
        audit_round.version != prepared.round_version
        or frozenset(each.id for each in _made_of(session, prepared.round_id, by)) != prepared.earlier
        or (_may_have_changed(session, prepared, by) and mark_of_counted(session, audit_round) != prepared.mark)
    ):
        raise Moved
    made = Snapshot(
        organisation_id=by.organisation_id,
        id=prepared.id,
        round_id=prepared.round_id,
        title=prepared.title,
        made_at=now(),
        made_by_id=maker,
        smallest=prepared.smallest,
        within=prepared.within,
        content=prepared.content,
    )
    session.add(made)
    session.flush()
    insert_ready(session, prepared.audits)
    details = {"round": str(prepared.round_id), ENTRY: prepared.content_of_audits}
    if prepared.characteristics:
        details["characteristics"] = " ".join(prepared.characteristics)
    events.record(session, "snapshot.made", made.id, by=by, details=details)
    return made


def _may_have_changed(session: Session, prepared: PreparedSnapshot, by: Actor) -> bool:
    """Whether a counted audit may have changed since it was read. Asked first, because reading all again would hold the
    writer.
    """
    newest = events.number_of_newest(session, by.organisation_id)
    return not events.has_only(
        session, by.organisation_id, CHANGE_NO_COUNTED_AUDIT, after=prepared.newest_event, up_to=newest
    )


def _check_maker(by: Actor) -> uuid.UUID:
    check_may(by, Permission.WRITE_SNAPSHOTS)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can create snapshots.")
    return by.person_id


def _released(release: Callable[..., ReleasedRound], smallest: int, earlier: Sequence[EarlierCopy]) -> ReleasedRound:
    try:
        return release(smallest=smallest, earlier=earlier)
    except NoCopyError:
        raise Conflict(
            "Too many audits counted in an earlier snapshot have been withdrawn or changed. Comparing the 2 snapshots "
            "could reveal information about individual people. Create the snapshot when more audits have been "
            "counted."
        ) from None


def _key_of_release(session: Session, round_id: uuid.UUID, by: Actor) -> bytes:
    """A key of our own for this round, derived from the organisation's: neither can be computed from the other.

    After a backup is restored, the same audits have the same altered copy as before. If the key is lost, new copies are
    drawn; those made before stay as they are. Nothing that was released becomes false.
    """
    try:
        key = key_of(session, by.organisation_id, make=True)
    except (Unavailable, OSError):
        key = secrets.token_bytes(KEY_BYTES)
    return blake2b(b"release " + round_id.bytes, key=key, digest_size=KEY_BYTES).digest()


def publish_snapshot(session: Session, *, snapshot_id: uuid.UUID, by: Actor) -> Snapshot:
    """Include a snapshot in comparisons across organisations. Publishing it twice changes nothing."""
    check_may(by, Permission.WRITE_SNAPSHOTS)
    snapshot = find_snapshot(session, snapshot_id=snapshot_id, by=by)
    if snapshot.published_at is None:
        snapshot.published_at = now()
        session.add(snapshot)
        session.flush()
        events.record(session, "snapshot.published", snapshot.id, by=by)
    return snapshot


def find_snapshot(session: Session, *, snapshot_id: uuid.UUID, by: Actor) -> Snapshot:
    """Find a snapshot. Raises NotFound."""
    check_may(by, Permission.READ_SNAPSHOTS)
    found = session.get(Snapshot, (by.organisation_id, snapshot_id))
    if found is None:
        raise NotFound("snapshot")
    return found


def newest_first(session: Session, *, limit: int, after: uuid.UUID | None = None, by: Actor) -> Sequence[Snapshot]:
    """At most `limit` snapshots of the organisation, those made before `after` if one is given."""
    check_may(by, Permission.READ_SNAPSHOTS)
    query = select(Snapshot).where(col(Snapshot.organisation_id) == by.organisation_id)
    if after is not None:
        query = query.where(col(Snapshot.id) < after)
    return session.exec(query.order_by(col(Snapshot.id).desc()).limit(limit)).all()


def _check(snapshot: NewSnapshot) -> None:
    faults = []
    faults += check_title("/title", snapshot.title.strip(), called="the snapshot", longest=LONGEST_TITLE)
    if not SMALLEST <= snapshot.smallest <= 100:
        faults.append(
            Fault("/smallest", f"Enter a number from {SMALLEST} to 100. You can raise this limit but not lower it.")
        )
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _made_of(session: Session, round_id: uuid.UUID, by: Actor) -> Sequence[Snapshot]:
    return session.exec(
        select(Snapshot)
        .where(col(Snapshot.organisation_id) == by.organisation_id, col(Snapshot.round_id) == round_id)
        .order_by(col(Snapshot.made_at), col(Snapshot.id))
    ).all()


def titles_of_characteristics(session: Session, *, round_id: uuid.UUID, by: Actor) -> tuple[str, ...] | None:
    """The characteristics that the round's snapshots are split by; None where it has no snapshot yet."""
    check_may(by, Permission.READ_SNAPSHOTS)
    made = _made_of(session, round_id, by)
    return tuple(json.loads(made[-1].content).get("characteristics", {}).values()) if made else None


def snapshot_under_former_rule(session: Session, *, round_id: uuid.UUID, by: Actor) -> Snapshot | None:
    """The newest snapshot of the round under the former rule, beside which no other is made; None where it has none."""
    return _newest_under_former_rule(_made_of(session, round_id, by))


def _newest_under_former_rule(made: Sequence[Snapshot]) -> Snapshot | None:
    return next((each for each in reversed(made) if each.within is None), None)


def _earlier(session: Session, made: Sequence[Snapshot], by: Actor) -> list[EarlierCopy]:
    """The altered copies behind earlier snapshots of the round, oldest first, and how each audit counted in them."""
    audits: dict[uuid.UUID, dict[Hashable, InCopy]] = {snapshot.id: {} for snapshot in made}
    for snapshot_id, audit_id, bands, answers, copied in session.execute(
        select_columns(
            col(SnapshotAudit.snapshot_id),
            col(SnapshotAudit.audit_id),
            col(SnapshotAudit.bands),
            col(SnapshotAudit.answers),
            col(SnapshotAudit.copied),
        ).where(col(SnapshotAudit.organisation_id) == by.organisation_id, col(SnapshotAudit.snapshot_id).in_(audits))
    ):
        audits[snapshot_id][audit_id] = InCopy(bands, answers, copied)
    return [EarlierCopy(snapshot.within or 0, audits[snapshot.id]) for snapshot in made]
