"""Collect the counts for a snapshot: what must not be shown to anybody before disclosure control."""

import hashlib
import json
import uuid
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import hidden_readings
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from api.release.snapshots.said_beside import letters_beside
from api.release.snapshots.splits import as_before, groups_of_cases, split_name
from api.reports.breakdowns import SPLITS
from api.reports.tallies import ExclusionReason, counted_answers, counted_overall, exclusion_reason, is_counted
from checklists.audits.scoring import meets_overall, overall_choices
from checklists.characteristics import Characteristic
from checklists.release.altered_copy import EarlierCopy
from checklists.release.copied_counts import AsCounted, Copies, copy_parts
from checklists.release.counting import ReleasedRound, as_counted, release_round
from checklists.release.disclosure import SMALLEST, Record
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round
from models.storage.driver import identifier, plain_id

ROUGHLY: Final = 5
# The groups that an audit is in, by split.
Bands = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """A round's counted audits before disclosure control. Must not be shown to anybody."""

    audit_round: Round
    template: TemplateContent
    records: Mapping[uuid.UUID, Record]
    as_counted: Mapping[uuid.UUID, AsCounted]
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[ExclusionReason, int]
    mark: str
    # As in `ReleasedReport`.
    characteristics: Mapping[str, str] = field(default_factory=dict)

    def release(
        self, *, key: bytes, smallest: int, earlier: Sequence[EarlierCopy], copies: Copies = copy_parts
    ) -> ReleasedRound:
        """What a snapshot may show. Raises NoCopyError."""
        return release_round(
            self.template,
            self.records,
            self.as_counted,
            {name: list(values) for name, values in self.labels.items()},
            key=key,
            smallest=smallest,
            earlier=earlier,
            with_overall=True,
            copies=copies,
        )

    def content(self, released: ReleasedRound) -> str:
        """What a snapshot stores: released cells, and the words for them."""
        audit_round = self.audit_round
        return json.dumps(
            {
                "round": audit_round.title,
                "period": [audit_round.period_from.isoformat(), audit_round.period_to.isoformat()],
                "target_percent": audit_round.target_percent,
                "minimum": audit_round.minimum_applicable,
                "template": [str(audit_round.template_id), audit_round.template_version],
                "scope": audit_round.scope,
                "labels": self.labels,
                "characteristics": self.characteristics,
                "groups": [
                    [list(filters), group.audits, [[theme.applicable, theme.below] for theme in group.themes]]
                    for filters, group in released.table.groups.items()
                ],
                "domains": {key: [domain.applicable, domain.below] for key, domain in released.domains.items()},
                "left_out": {why.value: _roughly(self.left_out.get(why, 0)) for why in ExclusionReason},
                "beside": [[each.column.kind, each.column.key, each.counts] for each in released.beside],
            },
            separators=(",", ":"),
        )


def _roughly(number: int) -> int | None:
    """A number of audits that are left out, to the nearest 5; None for few and for none."""
    return None if number < SMALLEST else (2 * number + ROUGHLY) // (2 * ROUGHLY) * ROUGHLY


def collect_counts(
    session: Session,
    audit_round: Round,
    characteristics: Sequence[Characteristic] = (),
    digests: Mapping[Hashable, str] | None = None,
) -> SnapshotData:
    """The round's counted audits with their bands and overall judgements. Raises NotFound.

    `characteristics`: their groups are bands too: as on the case files now or, for an audit that an earlier snapshot of
    the round counted, as they were then. `digests`: of the bands of those audits in the newest such snapshot.
    """
    template = audit_round.content(session)
    if template is None:
        raise NotFound("template version")
    of_round = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    columns = (
        plain_id(col(Audit.id)),
        col(Audit.version),
        counted_answers(),
        counted_overall(),
        *(each.grouping.together for each in SPLITS),
    )
    found = session.execute(select(*columns).where(*of_round, is_counted(Audit)))
    # Which letters the copy changes depends on the order. A restored database may return another order, and two
    # different copies of the same audits could reveal what one copy does not.
    rows = sorted(found, key=itemgetter(0))
    audits = [identifier(row[0]) for row in rows]
    groups = dict(zip(audits, _groups(rows), strict=True))
    if characteristics:
        for audit_id, bands in groups_of_cases(session, audit_round, characteristics):
            now = {**groups[audit_id], **bands}
            before = (digests or {}).get(audit_id)
            groups[audit_id] = now if before is None else as_before(now, before, characteristics)
    meets = {"": None, **{overall: meets_overall(template, overall) for overall in overall_choices(template)}}
    records = {
        audit_id: Record(row[2], of_this_audit, meets[row[3]])
        for row, (audit_id, of_this_audit) in zip(rows, groups.items(), strict=True)
    }
    mark = _mark(rows)
    rows.clear()  # they take as much memory as all that follows
    # Every value that a snapshot may be filtered by, present or not: what is absent must look like what is few.
    labels = {each.value: each.grouping.labels(session, audit_round.organisation_id, template) for each in SPLITS}
    labels |= {split_name(each): each.labels for each in characteristics}
    reason = exclusion_reason()
    left_out = session.execute(select(reason, func.count()).where(*of_round, ~is_counted(Audit)).group_by(reason))
    return SnapshotData(
        audit_round,
        template,
        records,
        as_counted(template, records, with_overall=True, beside=letters_beside(session, audit_round, template)),
        labels,
        {ExclusionReason(why): number for why, number in left_out},
        mark,
        {split_name(each): each.title for each in characteristics},
    )


def _groups(rows: Sequence[Any]) -> Iterator[Bands]:
    """The groups that each audit is in, from the last columns. Audits in the same groups share them, as most do."""
    shared: dict[tuple[Any, ...], Bands] = {}
    for row in rows:
        plain = row[-len(SPLITS) :]
        if plain not in shared:
            shared[plain] = {each.value: each.grouping.keys_of(own) for each, own in zip(SPLITS, plain, strict=True)}
        yield shared[plain]


def mark_of_counted(session: Session, audit_round: Round) -> str:
    """The round's `SnapshotData.mark` now: another one when a counted audit came, went or changed."""
    return _mark(
        session.execute(
            select(plain_id(col(Audit.id)), col(Audit.version)).where(
                col(Audit.organisation_id) == audit_round.organisation_id,
                col(Audit.round_id) == audit_round.id,
                is_counted(Audit),
            )
        ).all()
    )


def _mark(rows: Sequence[Any]) -> str:
    """A mark of audits and their versions, which are the first two columns: whatever their order."""
    return hashlib.sha256("".join(sorted([f"{row[0]} {row[1]} " for row in rows])).encode()).hexdigest()


def known_of_counted(
    session: Session, audit_round: Round, counted: frozenset[uuid.UUID], *, by: Actor
) -> frozenset[uuid.UUID]:
    """The counted audits of a round that a person may know of: all but the readings that are hidden from them.

    A counted reading is hidden only from a person whose own reading of that case is not submitted. Nobody has two
    readings of a case in a round, so they have no submitted one to count in its place.
    """
    return counted.difference(hidden_readings(session, audit_round, by.person_id))
