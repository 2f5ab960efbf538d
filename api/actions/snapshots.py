"""Snapshots: freezing a round's report for sharing, and saying that it may be compared across organisations."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.actions import events, rounds
from api.actions.names import check_label
from api.permissions import Actor, Permission, check_may, may_read_every_audit
from api.problems import Conflict, Fault, Invalid, NotAllowed, NotFound
from api.reports.snapshots import freeze, released
from api.reports.tallies import Breakdown
from checklists.deduction import Shown, strict_enough
from checklists.disclosure import (
    NEWLY_COUNTED,
    ROUNDING,
    SMALL_GAP,
    SMALLEST,
    ReleaseRule,
    may_follow,
)
from models import RoundState, Snapshot, SnapshotAudit, new_id, now
from models.bulk import insert_all

LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """A title for those who will read it, and thresholds at or over the floor."""

    title: str
    smallest: int = SMALLEST
    rounding: int = ROUNDING
    small_gap: int = SMALL_GAP


def make(session: Session, *, round_id: uuid.UUID, snapshot: NewSnapshot, by: Actor) -> Snapshot:
    """Freeze a round's report under the release rule, for people who may read every audit behind it.

    Where something about few children would follow from what is shown, stricter thresholds are taken, and the snapshot
    says which. Raises Invalid for a title or thresholds that cannot stand, and Conflict while fewer than NEWLY_COUNTED
    audits have been counted since an earlier snapshot of the round: the difference of the two would be about few.
    """
    check_may(by, Permission.WRITE_SNAPSHOTS)
    if by.person_id is None or not may_read_every_audit(by):
        raise NotAllowed("Only people who may read every audit decide what is shared of them.")
    standing = rounds.find(session, round_id=round_id, by=by, lock=True)
    if standing.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened: there is nothing to share yet.")
    asked = _rule(snapshot)
    frozen = freeze(session, standing)
    if len(frozen.counted) < asked.smallest:
        raise Conflict(
            f"A snapshot needs at least {asked.smallest} counted audits: fewer would be hidden altogether. "
            "Make it when more have been submitted."
        )
    earlier = _earlier(session, round_id, by)
    for shown in earlier:
        if not may_follow(frozen.counted, shown.audits):
            newly = len(frozen.counted - shown.audits)
            raise Conflict(
                f"{newly} audits have been counted since an earlier snapshot of this round. A new one is made after at "
                f"least {NEWLY_COUNTED}, because the difference between the two would tell of single children. "
                "Share the one that there is."
            )
    several = frozenset({Breakdown.FORM_OF_HARM.value})
    safe = strict_enough(asked, frozen.cells, frozen.counted, earlier=earlier, several=several)
    if safe is None:
        raise Conflict(
            "From this snapshot, held beside the earlier ones, something about few children could be worked out. "
            "Make it when more audits have been counted."
        )
    cells, rule = safe
    made = Snapshot(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=round_id,
        title=snapshot.title.strip(),
        made_at=now(),
        made_by_id=by.person_id,
        smallest=rule.smallest,
        rounding=rule.rounding,
        small_gap=rule.small_gap,
        content=frozen.content(cells, rule),
    )
    session.add(made)
    session.flush()
    own = {"organisation_id": by.organisation_id, "snapshot_id": made.id}
    insert_all(session, {SnapshotAudit: [{**own, "audit_id": audit_id} for audit_id in sorted(frozen.counted)]})
    events.record(session, "snapshot.made", made.id, by=by, details={"round": str(round_id)})
    return made


def publish(session: Session, *, snapshot_id: uuid.UUID, by: Actor) -> Snapshot:
    """Let a snapshot stand in comparisons across organisations. Publishing it twice changes nothing."""
    check_may(by, Permission.WRITE_SNAPSHOTS)
    snapshot = find(session, snapshot_id=snapshot_id, by=by)
    if snapshot.published_at is None:
        snapshot.published_at = now()
        session.add(snapshot)
        session.flush()
        events.record(session, "snapshot.published", snapshot.id, by=by)
    return snapshot


def find(session: Session, *, snapshot_id: uuid.UUID, by: Actor) -> Snapshot:
    """The snapshot. Raises NotFound."""
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


def _earlier(session: Session, round_id: uuid.UUID, by: Actor) -> list[Shown]:
    """What has been shown of the round already, and of which audits."""
    made = session.exec(
        select(Snapshot).where(col(Snapshot.organisation_id) == by.organisation_id, col(Snapshot.round_id) == round_id)
    ).all()
    audits: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for snapshot_id, audit_id in session.execute(
        select(col(SnapshotAudit.snapshot_id), col(SnapshotAudit.audit_id)).where(
            col(SnapshotAudit.organisation_id) == by.organisation_id,
            col(SnapshotAudit.snapshot_id).in_([snapshot.id for snapshot in made]),
        )
    ):
        audits[snapshot_id].add(audit_id)
    reports = [(snapshot, released(session, snapshot)) for snapshot in made]
    return [Shown(report.lattice, report.rule, frozenset(audits[snapshot.id])) for snapshot, report in reports]
