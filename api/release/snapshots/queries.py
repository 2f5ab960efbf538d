"""Snapshots: what of a round's report may leave the circle of those who read every audit, and reading it back.

The only gate: a snapshot's stored content is released cells, and every exit is written from that content alone.
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
from api.reports.tallies import Breakdown, ExclusionReason, counted_answers, exclusion_reason, is_counted
from checklists.disclosure import (
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
from checklists.gaps import Gap, domain_gaps, theme_gaps
from checklists.shown import AsCounted, as_counted
from checklists.template import Template as TemplateContent
from models import AgeBand, Audit, AuditHarm, AuditMode, CaseStatus, Round, Snapshot, Team
from models.joins import linked
from models.template import published_content

# Everything that a snapshot can be filtered by, in this order.
DIMENSIONS = (Breakdown.TEAM, Breakdown.STATUS, Breakdown.AGE_BAND, Breakdown.FORM_OF_HARM, Breakdown.MODE)


@dataclass(frozen=True, slots=True)
class ReleasedReport:
    """A round's report as it may be shared: no true count is in it, and none can be had from it."""

    round_title: str
    period_from: date
    period_to: date
    target: Fraction
    rule: ReleaseRule
    template: TemplateContent
    lattice: ReleaseTable
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[ExclusionReason, int | None]

    def group(self, filters: Mapping[str, Sequence[str]]) -> tuple[Filters, ReleasedGroup]:
        """The cell that a query asks for. Raises Invalid, saying what is allowed."""
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
        """Each theme's gap from its rounded numbers; one that is hidden has none."""
        return theme_gaps(
            self.template,
            self._rounded(group),
            audits=group.audits or 0,
            target=self.target,
            minimum=self.rule.smallest,
        )

    def domains(self, group: ReleasedGroup) -> tuple[Gap, ...]:
        """Each learning domain's gap, from the rounded numbers of those of its themes that are shown."""
        return domain_gaps(
            self.template,
            self._rounded(group),
            audits=group.audits or 0,
            target=self.target,
            minimum=self.rule.smallest,
        )

    def _rounded(self, group: ReleasedGroup) -> dict[tuple[str, str], int]:
        ratings = self.template.scale.ratings
        rounded = {}
        for key, cell in zip(self.template.theme_keys, group.themes, strict=True):
            if cell.applicable is not None and cell.below is not None:
                rounded[key, ratings[0].key] = cell.applicable - cell.below
                rounded[key, ratings[-1].key] = cell.below
        return rounded


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """A round's counted audits as they stand, before anything of them is released. Never leaves the action."""

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


def collect_counts(session: Session, audit_round: Round) -> SnapshotData:
    """The round's counted audits with their bands. Raises NotFound."""
    template = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    if template is None:
        raise NotFound("template version")
    of_round = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    rows = session.execute(
        select(
            col(Audit.id),
            col(Audit.version),
            counted_answers().label("answers"),
            col(Audit.team_id),
            col(Audit.status),
            col(Audit.age_band),
            col(Audit.mode),
        ).where(*of_round, is_counted(Audit))
    ).all()
    harms: dict[uuid.UUID, list[str]] = defaultdict(list)
    for audit_id, harm in session.execute(
        select(col(AuditHarm.audit_id), col(AuditHarm.form_of_harm))
        .join(Audit, linked(Audit.id, AuditHarm.audit_id))
        .where(*of_round, is_counted(Audit))
    ):
        harms[audit_id].append(harm)
    records = {
        row.id: Record(
            row.answers,
            {
                Breakdown.TEAM.value: (str(row.team_id),),
                Breakdown.STATUS.value: (row.status.value,),
                Breakdown.AGE_BAND.value: (row.age_band.value,),
                Breakdown.FORM_OF_HARM.value: tuple(harms[row.id]),
                Breakdown.MODE.value: (row.mode.value,),
            },
        )
        for row in rows
    }
    labels = _labels(session, audit_round, template)
    reason = exclusion_reason()
    left_out = session.execute(select(reason, func.count()).where(*of_round, ~is_counted(Audit)).group_by(reason))
    return SnapshotData(
        audit_round,
        count_cells(template, list(records.values()), {name: list(values) for name, values in labels.items()}),
        as_counted(template, records),
        labels,
        {ExclusionReason(why): number for why, number in left_out},
        _mark((row.id, row.version) for row in rows),
    )


def mark_of_counted(session: Session, audit_round: Round) -> str:
    """What `Frozen.mark` is of the round as it stands now: another one when a counted audit came, went or changed."""
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


def _labels(session: Session, audit_round: Round, template: TemplateContent) -> dict[str, dict[str, str]]:
    """Every value that a snapshot may be filtered by, present or not: what is absent must look like what is few."""
    teams = session.execute(
        select(col(Team.id), col(Team.name))
        .where(col(Team.organisation_id) == audit_round.organisation_id)
        .order_by(col(Team.name), col(Team.id))
    )
    return {
        Breakdown.TEAM.value: {str(team): name for team, name in teams},
        Breakdown.STATUS.value: {each.value: each.label for each in CaseStatus},
        Breakdown.AGE_BAND.value: {each.value: each.label for each in AgeBand},
        Breakdown.FORM_OF_HARM.value: {harm.key: harm.label for harm in template.forms_of_harm},
        Breakdown.MODE.value: {each.value: each.label for each in AuditMode},
    }
