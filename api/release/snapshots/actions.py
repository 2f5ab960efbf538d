"""Snapshots: freezing a round's report for sharing, and saying that it may be compared across organisations."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, NotAllowed, NotFound
from api.foundation.text.names import check_label
from api.release.snapshots.queries import ReleasedReport, SnapshotData, collect_counts, mark_of_counted, read_released
from api.reports.breakdowns import SPLITS
from api.rounds import actions as rounds
from checklists.release.bounds import ContradictionError
from checklists.release.deduction import tighten_rule
from checklists.release.disclosure import (
    NEWLY_COUNTED,
    ROUNDING,
    SMALL_GAP,
    SMALLEST,
    ReleaseRule,
    ReleaseTable,
    may_follow_snapshot,
)
from checklists.release.shown import AsCounted, ShownCounts
from checklists.release.steps import OutOfStepsError
from models import RoundState, Snapshot, SnapshotAudit, new_id, now
from models.storage.bulk import insert_all

LONGEST_TITLE = 120
MOST_OF_A_ROUND = 12


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """The title for readers, and thresholds at or above the minimum."""

    title: str
    smallest: int = SMALLEST
    rounding: int = ROUNDING
    small_gap: int = SMALL_GAP


@dataclass(frozen=True, slots=True)
class PreparedSnapshot:
    """A computed snapshot, and the state of the round that it was computed from."""

    round_id: uuid.UUID
    title: str
    rule: ReleaseRule
    content: str = field(repr=False)
    as_counted: Mapping[uuid.UUID, AsCounted] = field(repr=False)
    round_version: int
    mark: str
    earlier: frozenset[uuid.UUID]


def make_snapshot(session: Session, *, round_id: uuid.UUID, snapshot: NewSnapshot, by: Actor) -> Snapshot:
    """Prepare a snapshot and store it, in one transaction."""
    return store_snapshot(session, prepare_snapshot(session, round_id=round_id, snapshot=snapshot, by=by), by=by)


def prepare_snapshot(session: Session, *, round_id: uuid.UUID, snapshot: NewSnapshot, by: Actor) -> PreparedSnapshot:
    """Work out what a round's report shows under the release rule. Only reads, for people who may read every audit.

    Where something about few children would follow from what is shown, stricter thresholds are taken, and the snapshot
    says which. Raises Invalid for a title or thresholds that cannot stand; Conflict while fewer than NEWLY_COUNTED
    audits have been counted since an earlier snapshot of the round (the difference of the two would be about few), and
    when it cannot be shown within a limit of steps that nothing about few follows.
    """
    _check_maker(by)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened: there is nothing to share yet.")
    asked = _rule(snapshot)
    made = _made_of(session, round_id, by)
    if len(made) >= MOST_OF_A_ROUND:
        raise Conflict(f"This round has {MOST_OF_A_ROUND} snapshots, and no round has more. Share the newest one.")
    earlier = _earlier(session, made, by)
    # Snapshots of a round can be held beside each other only if they show the same: those of an earlier version of the
    # service have no overall judgements, and then later ones have none either.
    has_overall = all(report.overall(report.lattice.groups[()]) is not None for report, _ in earlier)
    frozen = collect_counts(session, audit_round, with_overall=has_overall)
    counted = frozenset(frozen.as_counted)
    if len(counted) < asked.smallest:
        raise Conflict(
            f"A snapshot needs at least {asked.smallest} counted audits: fewer would be hidden altogether. "
            "Make it when more have been submitted."
        )
    for _, shown in earlier:
        if not may_follow_snapshot(counted, shown.audits):
            newly = len(counted - shown.audits)
            raise Conflict(
                f"{newly} audits have been counted since an earlier snapshot of this round. A new one is made after at "
                f"least {NEWLY_COUNTED}, because the difference between the two would tell of single children. "
                "Share the one that there is."
            )
    cells, rule = _safe(asked, frozen, [shown for _, shown in earlier])
    return PreparedSnapshot(
        round_id=round_id,
        title=snapshot.title.strip(),
        rule=rule,
        content=frozen.content(cells, rule),
        as_counted=frozen.as_counted,
        round_version=audit_round.version,
        mark=frozen.mark,
        earlier=frozenset(each.id for each in made),
    )


def store_snapshot(session: Session, prepared: PreparedSnapshot, *, by: Actor) -> Snapshot:
    """Keep what was prepared. Raises Moved, and keeps nothing, when the round, an audit that it counts or the snapshots
    made of it have changed since.
    """
    maker = _check_maker(by)
    audit_round = rounds.find_round(session, round_id=prepared.round_id, by=by, lock=True)
    if (
        audit_round.version != prepared.round_version
        or frozenset(each.id for each in _made_of(session, prepared.round_id, by)) != prepared.earlier
        or mark_of_counted(session, audit_round) != prepared.mark
    ):
        raise Moved
    made = Snapshot(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=prepared.round_id,
        title=prepared.title,
        made_at=now(),
        made_by_id=maker,
        smallest=prepared.rule.smallest,
        rounding=prepared.rule.rounding,
        small_gap=prepared.rule.small_gap,
        content=prepared.content,
    )
    session.add(made)
    session.flush()
    own = {"organisation_id": by.organisation_id, "snapshot_id": made.id}
    rows = [{**own, "audit_id": audit_id, **how._asdict()} for audit_id, how in sorted(prepared.as_counted.items())]
    insert_all(session, {SnapshotAudit: rows})
    events.record(session, "snapshot.made", made.id, by=by, details={"round": str(prepared.round_id)})
    return made


def _check_maker(by: Actor) -> uuid.UUID:
    check_may(by, Permission.WRITE_SNAPSHOTS)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who may read every audit decide what is shared of them.")
    return by.person_id


def _safe(asked: ReleaseRule, frozen: SnapshotData, earlier: Sequence[ShownCounts]) -> tuple[ReleaseTable, ReleaseRule]:
    try:
        safe = tighten_rule(
            asked,
            frozen.cells.under,
            frozenset(frozen.as_counted),
            as_counted=frozen.as_counted,
            earlier=earlier,
            several=frozenset(each.value for each in SPLITS if each.grouping.is_several),
        )
    except OutOfStepsError:
        raise Conflict(
            "To check what follows from this snapshot and the earlier ones together takes more than this service "
            "computes for one, so that it cannot be called safe. Try it with higher thresholds, which take less, or "
            "share the newest snapshot that there is."
        ) from None
    except ContradictionError:
        raise Conflict(
            "What the snapshots of this round show cannot all be true of the audits that they say they counted, so "
            "that a new one cannot be called safe. Tell whoever runs this service that its stored snapshots have been "
            "changed."
        ) from None
    if safe is None:
        raise Conflict(
            "From this snapshot, held beside the earlier ones, something about few children could be worked out. "
            "Make it when more audits have been counted."
        )
    return safe


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


def _rule(snapshot: NewSnapshot) -> ReleaseRule:
    faults = []
    if not snapshot.title.strip():
        faults.append(Fault("/title", "Give the snapshot a title."))
    else:
        faults += check_label("/title", snapshot.title, called="the snapshot", longest=LONGEST_TITLE)
    for name, floor in (("smallest", SMALLEST), ("rounding", ROUNDING), ("small_gap", SMALL_GAP)):
        if not floor <= getattr(snapshot, name) <= 100:
            faults.append(Fault(f"/{name}", f"This can be raised and never lowered: give {floor} to 100."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    try:
        return ReleaseRule(snapshot.smallest, snapshot.rounding, snapshot.small_gap)
    except ValueError:
        words = (
            "The three do not fit together: hide gap counts at least as large as the rounding, "
            "and hide groups under at least twice that."
        )
        raise Invalid.at("/smallest", words) from None


def _made_of(session: Session, round_id: uuid.UUID, by: Actor) -> Sequence[Snapshot]:
    return session.exec(
        select(Snapshot)
        .where(col(Snapshot.organisation_id) == by.organisation_id, col(Snapshot.round_id) == round_id)
        .order_by(col(Snapshot.made_at), col(Snapshot.id))
    ).all()


def _earlier(session: Session, made: Sequence[Snapshot], by: Actor) -> list[tuple[ReleasedReport, ShownCounts]]:
    """Earlier snapshots of the round, with the audits in each and how each audit counted."""
    audits: dict[uuid.UUID, dict[uuid.UUID, AsCounted | None]] = {snapshot.id: {} for snapshot in made}
    for snapshot_id, audit_id, bands, answers in session.execute(
        select(
            col(SnapshotAudit.snapshot_id),
            col(SnapshotAudit.audit_id),
            col(SnapshotAudit.bands),
            col(SnapshotAudit.answers),
        ).where(col(SnapshotAudit.organisation_id) == by.organisation_id, col(SnapshotAudit.snapshot_id).in_(audits))
    ):
        known = bands is not None and answers is not None
        audits[snapshot_id][audit_id] = AsCounted(bands, answers) if known else None
    reports = [(snapshot, read_released(session, snapshot)) for snapshot in made]
    return [
        (
            report,
            ShownCounts(
                report.lattice,
                report.rule,
                frozenset(audits[snapshot.id]),
                {audit: how for audit, how in audits[snapshot.id].items() if how is not None},
            ),
        )
        for snapshot, report in reports
    ]
