"""Collect the counts for a snapshot, and read a stored snapshot back.

A snapshot stores released cells only, and every output of it is written from that content alone.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from api.foundation.problems import Fault, Invalid, NotFound
from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.origins import name_of_organisation
from api.reports.tallies import ExclusionReason, counted_answers, counted_overall, exclusion_reason, is_counted
from checklists.audits.scoring import meets_overall, overall_choices
from checklists.release.disclosure import (
    CellCounts,
    Filters,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    count_cells,
    release_count,
)
from checklists.release.shown import AsCounted, as_counted
from checklists.reports.gaps import Gap, Numbers, domain_gaps_of_numbers, theme_gaps_of_numbers
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round, Snapshot
from models.audits.template import published_content


@dataclass(frozen=True, slots=True)
class ReleasedReport:
    """A round's report as it may be shared. It holds no unrounded count, and none can be derived from it."""

    organisation: str
    round_title: str
    period_from: date
    period_to: date
    target: Fraction
    rule: ReleaseRule
    template: TemplateContent
    lattice: ReleaseTable
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[ExclusionReason, int | None]

    @property
    def splits(self) -> tuple[Breakdown, ...]:
        """The breakdowns that this snapshot was made with and that have a value."""
        return tuple(breakdown for breakdown in SPLITS if self.labels.get(breakdown.value))

    def group(self, filters: Mapping[str, Sequence[str]]) -> tuple[Filters, ReleasedGroup]:
        """The filters of a query and their cell. Raises Invalid, which says what is allowed."""
        wanted = tuple(
            (name, value)
            for name in sorted(filters, key=lambda each: list(self.labels).index(each) if each in self.labels else 99)
            for value in filters[name]
        )
        try:
            self.lattice.check(wanted)
        except ValueError as error:
            raise Invalid(str(error), faults=(Fault("", str(error)),)) from None
        return wanted, self.lattice.groups[wanted]

    def gaps(self, group: ReleasedGroup) -> tuple[Gap, ...]:
        """Each theme's gap computed from its rounded numbers; a hidden theme has none."""
        return theme_gaps_of_numbers(
            self.template,
            self._numbers(group),
            audits=group.audits or 0,
            target=self.target,
            minimum=self.rule.smallest,
        )

    def domains(self, group: ReleasedGroup) -> tuple[Gap, ...]:
        """Each learning domain's gap, from the rounded numbers of those of its themes that are shown."""
        return domain_gaps_of_numbers(
            self.template,
            self._numbers(group),
            audits=group.audits or 0,
            target=self.target,
            minimum=self.rule.smallest,
        )

    def themes(self, group: ReleasedGroup) -> dict[str, Released]:
        """What is shown of each of the template's themes."""
        return dict(zip(self.template.theme_keys, group.themes, strict=False))

    def overall(self, group: ReleasedGroup) -> Released | None:
        """What is shown of the overall judgements; None in a snapshot that was made without them."""
        own = len(self.template.theme_keys)
        return group.themes[own] if len(group.themes) > own else None

    def _numbers(self, group: ReleasedGroup) -> dict[str, Numbers]:
        """The rounded numbers of the themes that are shown."""
        return {
            key: Numbers(cell.applicable, cell.below)
            for key, cell in self.themes(group).items()
            if cell.applicable is not None and cell.below is not None
        }


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """A round's counted audits before disclosure control. Must not be shown to anybody."""

    audit_round: Round
    cells: CellCounts
    as_counted: Mapping[uuid.UUID, AsCounted]
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[ExclusionReason, int]
    mark: str

    def content(self, cells: ReleaseTable, rule: ReleaseRule) -> str:
        """What a snapshot stores: released cells, and the words for them."""
        audit_round = self.audit_round
        return json.dumps(
            {
                "round": audit_round.title,
                "period": [audit_round.period_from.isoformat(), audit_round.period_to.isoformat()],
                "target_percent": audit_round.target_percent,
                "template": [str(audit_round.template_id), audit_round.template_version],
                "labels": self.labels,
                "groups": [
                    [
                        list(filters),
                        group.audits,
                        [[theme.applicable, theme.below, theme.all_but_few] for theme in group.themes],
                    ]
                    for filters, group in cells.groups.items()
                ],
                "left_out": {why.value: release_count(number, rule) for why, number in self.left_out.items()},
            },
            separators=(",", ":"),
        )


def collect_counts(session: Session, audit_round: Round, *, with_overall: bool = True) -> SnapshotData:
    """The round's counted audits with their bands, and their overall judgements if wanted. Raises NotFound."""
    template = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    if template is None:
        raise NotFound("template version")
    of_round = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    of_audit = [each for each in SPLITS if not each.grouping.is_several]
    columns = (
        col(Audit.id),
        col(Audit.version),
        counted_answers(),
        counted_overall(),
        *(each.grouping.plain for each in of_audit),
    )
    rows = session.execute(select(*columns).where(*of_round, is_counted(Audit))).all()
    groups: dict[uuid.UUID, dict[str, tuple[str, ...]]] = {
        audit_id: {each.value: (each.grouping.key_of(own),) for each, own in zip(of_audit, plain, strict=True)}
        for audit_id, _, _, _, *plain in rows
    }
    for each in (split for split in SPLITS if split.grouping.is_several):
        audits = select(col(Audit.id), each.grouping.plain).where(*of_round, is_counted(Audit))
        several: dict[uuid.UUID, list[str]] = defaultdict(list)
        for audit_id, plain in session.execute(each.grouping.joined(audits)):
            several[audit_id].append(each.grouping.key_of(plain))
        for audit_id, of_this_audit in groups.items():
            of_this_audit[each.value] = tuple(several[audit_id])
    meets = {"": None, **{overall: meets_overall(template, overall) for overall in overall_choices(template)}}
    records = {row[0]: Record(row[2], groups[row[0]], meets[row[3]]) for row in rows}
    # Every value that a snapshot may be filtered by, present or not: what is absent must look like what is few.
    labels = {each.value: each.grouping.labels(session, audit_round.organisation_id, template) for each in SPLITS}
    reason = exclusion_reason()
    left_out = session.execute(select(reason, func.count()).where(*of_round, ~is_counted(Audit)).group_by(reason))
    return SnapshotData(
        audit_round,
        count_cells(
            template,
            list(records.values()),
            {name: list(values) for name, values in labels.items()},
            with_overall=with_overall,
        ),
        as_counted(template, records, with_overall=with_overall),
        labels,
        {ExclusionReason(why): number for why, number in left_out},
        _mark((row[0], row[1]) for row in rows),
    )


def mark_of_counted(session: Session, audit_round: Round) -> str:
    """The round's `SnapshotData.mark` now: another one when a counted audit came, went or changed."""
    return _mark(
        session.execute(
            select(col(Audit.id), col(Audit.version)).where(
                col(Audit.organisation_id) == audit_round.organisation_id,
                col(Audit.round_id) == audit_round.id,
                is_counted(Audit),
            )
        )
    )


def _mark(versions: Iterable[tuple[uuid.UUID, int] | Row[uuid.UUID, int]]) -> str:
    return hashlib.sha256(b"".join(sorted(b"%s %d " % (audit.bytes, number) for audit, number in versions))).hexdigest()


def read_released(session: Session, snapshot: Snapshot) -> ReleasedReport:
    """A snapshot's report, from its stored content alone. Raises NotFound when its template version is gone."""
    content: dict[str, Any] = json.loads(snapshot.content)
    template_id, number = content["template"]
    template = published_content(session, snapshot.organisation_id, uuid.UUID(template_id), number)
    if template is None:
        raise NotFound("template version")
    labels: dict[str, dict[str, str]] = content["labels"]
    groups = {
        tuple((name, value) for name, value in filters): ReleasedGroup(
            audits, tuple(Released(*theme) for theme in themes)
        )
        for filters, audits, themes in content["groups"]
    }
    begins, ends = content["period"]
    return ReleasedReport(
        organisation=name_of_organisation(session, snapshot.organisation_id),
        round_title=content["round"],
        period_from=date.fromisoformat(begins),
        period_to=date.fromisoformat(ends),
        target=Fraction(content["target_percent"], 100),
        rule=ReleaseRule(snapshot.smallest, snapshot.rounding, snapshot.small_gap),
        template=template,
        lattice=ReleaseTable({name: list(values) for name, values in labels.items()}, groups),
        labels=labels,
        left_out={ExclusionReason(why): number for why, number in content["left_out"].items()},
    )
