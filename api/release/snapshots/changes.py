"""What changed, for sharing: only what is certain, from snapshots alone, and nothing about actions for single children.

A theme's share in a snapshot has two ends between which the true share certainly is. So the true difference between
two snapshots is certainly between the difference of their nearest and of their furthest ends.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session, col, select

from api.documents.document import points
from api.release.snapshots.queries import ReleasedReport, read_released
from api.release.snapshots.sentences import about
from checklists.release.certain import CertainGap
from models import Round, Snapshot


@dataclass(frozen=True, slots=True)
class ReleasedChange:
    """One theme in two snapshots. The true difference, now less then in parts of 1, is within `between`."""

    label: str
    before: CertainGap
    now: CertainGap
    between: tuple[Fraction, Fraction]

    @property
    def is_certain(self) -> bool:
        """Whether the share of the audited cases certainly rose, or certainly fell."""
        return self.between[0] > 0 or self.between[1] < 0

    @property
    def in_words(self) -> str:
        """The two released shares, and by how much the true one certainly rose or fell."""
        least, most = sorted(map(abs, self.between))
        verb = "rose" if self.between[0] > 0 else "fell"
        return (
            f"the share that met the standard {verb} from {about(self.before)} to {about(self.now)}, by "
            f"{points(least).text} to {points(most).text} percentage points"
        )


def released_change(session: Session, audit_round: Round, report: ReleasedReport) -> tuple[str, list[ReleasedChange]]:
    """The themes that the newest snapshot of the round before has too, and that round's title; none without one."""
    earlier = earlier_snapshot(session, audit_round)
    if earlier is None:
        return "", []
    before = read_released(session, earlier)
    return before.round_title, list(_changes(report, before))


def earlier_snapshot(session: Session, audit_round: Round) -> Snapshot | None:
    """The newest snapshot of the round that this one follows; None where there is none."""
    if audit_round.follows_id is None:
        return None
    return newest_snapshots(session, audit_round.organisation_id, [audit_round.follows_id]).get(audit_round.follows_id)


def newest_snapshots(session: Session, organisation_id: int, rounds: Sequence[uuid.UUID]) -> dict[uuid.UUID, Snapshot]:
    """The newest snapshot of each of these rounds that has one."""
    own = (col(Snapshot.organisation_id) == organisation_id, col(Snapshot.round_id).in_(rounds))
    found = session.exec(select(Snapshot).where(*own).order_by(col(Snapshot.made_at), col(Snapshot.id)))
    return {each.round_id: each for each in found}


def _changes(now: ReleasedReport, before: ReleasedReport) -> Iterator[ReleasedChange]:
    known = {gap.key: gap for gap in before.gaps(before.group({})[1])}
    for gap in now.gaps(now.group({})[1]):
        was = known.get(gap.key)
        if was is None or was.share_meeting is None or gap.share_meeting is None:
            continue
        between = (gap.between[0] - was.between[1], gap.between[1] - was.between[0])
        yield ReleasedChange(gap.label, was, gap, between)
