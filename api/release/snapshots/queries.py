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
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Invalid, NotFound
from api.release.snapshots.said_beside import letters_beside
from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.origins import name_of_organisation
from api.reports.tallies import ExclusionReason, counted_answers, counted_overall, exclusion_reason, is_counted
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.scoring import meets_overall, overall_choices
from checklists.release.altered_copy import EarlierCopy
from checklists.release.beside import BesideColumn, ReleasedBeside, columns_beside, columns_of_work
from checklists.release.certain import CertainGap, Theme, certain_gaps, cut_to
from checklists.release.counting import AsCounted, ReleasedRound, as_counted, release_round
from checklists.release.disclosure import (
    SMALLEST,
    Filters,
    FormerRule,
    Possible,
    Record,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    add_up,
)
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round, Snapshot
from models.audits.template import content_in_scope
from models.storage.joins import linked

ROUGHLY: Final = 5


@dataclass(frozen=True, slots=True)
class ReleasedReport:
    """A round's report as it may be shared. It holds no true count of answers, and none can be derived from it."""

    organisation: str
    round_title: str
    period_from: date
    period_to: date
    # None for a round without a target.
    target: Fraction | None
    minimum: int
    rule: ReleaseRule | FormerRule
    template: TemplateContent
    lattice: ReleaseTable
    pooled: Mapping[str, Released]
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[ExclusionReason, int | None]
    # Over all audits; nothing in a snapshot that was made without it.
    beside: Sequence[ReleasedBeside] = ()

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

    def gaps(self, group: ReleasedGroup) -> tuple[CertainGap, ...]:
        """What is certain of each theme's gap, in template order."""
        themes = self.themes(group)
        return self._certain(
            [
                Theme(each.key, each.label, themes[each.key], self._possible(group, each.key))
                for each in self.template.themes
            ]
        )

    def domains(self) -> tuple[CertainGap, ...]:
        """What is certain of each learning domain's gap, over all audits. Of these only the share is of use: the state
        of a domain depends on the numbers of its themes.
        """
        whole = self.lattice.groups[()]
        themes, found = self.themes(whole), []
        for domain in self.template.learning_domains:
            keys = [theme.key for theme in domain.themes]
            if domain.key in self.pooled:
                shown = self.pooled[domain.key]
                possible = self.rule.possible(shown)
            else:
                known = [themes[key] for key in keys]
                shown = Released(None)
                if all(each.applicable is not None and each.below is not None for each in known):
                    shown = Released(
                        sum(each.applicable or 0 for each in known), sum(each.below or 0 for each in known)
                    )
                possible = add_up([self._possible(whole, key) for key in keys])
            found.append(Theme(domain.key, domain.title, shown, possible))
        return self._certain(found)

    def possible(self, group: ReleasedGroup, shown: Released) -> Possible:
        """The true numbers that may be behind what is shown of a theme in a cell."""
        is_true = isinstance(self.rule, ReleaseRule)
        return cut_to(self.rule.possible(shown), group.audits if is_true else None)

    def _possible(self, group: ReleasedGroup, key: str) -> Possible:
        return self.possible(group, self.themes(group)[key])

    def _certain(self, themes: Sequence[Theme]) -> tuple[CertainGap, ...]:
        return certain_gaps(themes, target=self.target, minimum=self.minimum)

    def themes(self, group: ReleasedGroup) -> dict[str, Released]:
        """What is shown of each of the template's themes."""
        return dict(zip(self.template.theme_keys, group.themes, strict=False))

    def overall(self, group: ReleasedGroup) -> Released | None:
        """What is shown of the overall judgements; None in a snapshot that was made without them."""
        own = len(self.template.theme_keys)
        return group.themes[own] if len(group.themes) > own else None


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

    def release(self, *, key: bytes, smallest: int, earlier: Sequence[EarlierCopy]) -> ReleasedRound:
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


def collect_counts(session: Session, audit_round: Round) -> SnapshotData:
    """The round's counted audits with their bands and overall judgements. Raises NotFound."""
    template = audit_round.content(session)
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
        template,
        records,
        as_counted(template, records, with_overall=True, beside=letters_beside(session, audit_round, template)),
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
    scope: str = content.get("scope", "")
    template = content_in_scope(session, snapshot.organisation_id, uuid.UUID(template_id), number, scope)
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
    rule = (
        FormerRule(snapshot.smallest, snapshot.rounding, snapshot.small_gap)
        if snapshot.within is None
        else ReleaseRule(snapshot.smallest, snapshot.within)
    )
    left_out = content["left_out"]
    return ReleasedReport(
        organisation=name_of_organisation(session, snapshot.organisation_id),
        round_title=content["round"],
        period_from=date.fromisoformat(begins),
        period_to=date.fromisoformat(ends),
        target=None if content["target_percent"] is None else Fraction(content["target_percent"], 100),
        minimum=content.get("minimum") or _minimum_of(session, snapshot),
        rule=rule,
        template=template,
        lattice=ReleaseTable({name: list(values) for name, values in labels.items()}, groups),
        pooled={key: Released(*numbers) for key, numbers in content.get("domains", {}).items()},
        labels=labels,
        # Every reason is named, also where the snapshot stored fewer.
        left_out={why: left_out.get(why.value) for why in ExclusionReason},
        beside=_read_beside(content.get("beside", ()), template, snapshot, groups[()].audits),
    )


def _read_beside(
    stored: Sequence[tuple[str, str, Mapping[str, int] | None]],
    template: TemplateContent,
    snapshot: Snapshot,
    audits: int | None,
) -> list[ReleasedBeside]:
    columns: dict[tuple[str, str], BesideColumn] = {
        (each.kind, each.key): each for each in (*columns_beside(template), *columns_of_work(template))
    }
    return [
        ReleasedBeside(columns[kind, key], audits or 0, snapshot.within or 0, counts) for kind, key, counts in stored
    ]


def _minimum_of(session: Session, snapshot: Snapshot) -> int:
    """The round's smallest number of applicable answers, which does not change once it is open."""
    return session.get_one(Round, (snapshot.organisation_id, snapshot.round_id)).minimum_applicable


def known_of_counted(
    session: Session, audit_round: Round, counted: frozenset[uuid.UUID], *, by: Actor
) -> frozenset[uuid.UUID]:
    """The counted audits of a round, as a person may know of them: their own for a hidden reading."""
    hidden, own = aliased(Audit), aliased(Audit)
    of_round = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    visible = select(col(Audit.id)).where(*of_round, visible_under_blind_reading(by.person_id))
    known = counted & set(session.execute(visible).scalars())
    if len(known) == len(counted):
        return counted
    beside = (
        select(col(own.id))
        .join(hidden, linked(hidden.round_id, own.round_id) & (col(hidden.case_file_id) == col(own.case_file_id)))
        .where(
            col(own.organisation_id) == audit_round.organisation_id,
            col(own.round_id) == audit_round.id,
            col(own.auditor_id) == by.person_id,
            col(own.state).in_(SUBMITTED_STATES),
            col(hidden.id).in_(counted - known),
        )
    )
    return known | set(session.execute(beside).scalars())
