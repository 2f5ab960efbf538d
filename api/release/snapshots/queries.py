"""Read a stored snapshot back.

A snapshot stores released cells only, and every output of it is written from that content alone.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from api.foundation.problems import Fault, Invalid, NotFound
from api.release.snapshots.splits import ReleasedSplit, splits_named
from api.reports.origins import name_of_organisation
from api.reports.tallies import ExclusionReason
from checklists.release.beside import BesideColumn, ReleasedBeside, columns_beside, columns_of_work
from checklists.release.certain import CertainGap, Theme, certain_gaps, cut_to
from checklists.release.counting import themes_not_released
from checklists.release.disclosure import (
    Filters,
    FormerRule,
    Possible,
    Released,
    ReleasedGroup,
    ReleaseRule,
    ReleaseTable,
    Span,
    add_up,
)
from checklists.templates.template import Template as TemplateContent
from models import Round, Snapshot
from models.audits.template import content_in_scope


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
    # The title of each characteristic of cases that it is split by, by the name of the split.
    characteristics: Mapping[str, str] = field(default_factory=dict)

    @property
    def splits(self) -> tuple[ReleasedSplit, ...]:
        """The splits of this snapshot that have a value."""
        return tuple(split for split in splits_named(self.labels, self.characteristics) if self.labels[split.value])

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
        themes, possible = self.themes(group), self._possible(group)
        return self._certain(
            [Theme(each.key, each.label, themes[each.key], possible[each.key]) for each in self.template.themes]
        )

    def domains(self) -> tuple[CertainGap, ...]:
        """What is certain of each learning domain's gap, over all audits. Use only their shares: the state of a domain
        depends on the numbers of its themes.
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
                of_themes = self._possible(whole)
                possible = add_up([of_themes[key] for key in keys])
            found.append(Theme(domain.key, domain.title, shown, possible))
        return self._certain(found)

    def possible(self, group: ReleasedGroup, shown: Released) -> Possible:
        """The true numbers that may be behind what is shown of a theme in a cell."""
        is_true = isinstance(self.rule, ReleaseRule)
        return cut_to(self.rule.possible(shown), group.audits if is_true else None)

    def _possible(self, group: ReleasedGroup) -> dict[str, Possible]:
        never = self.never_released
        any_number = Span(0, self.lattice.groups[()].audits or 0)  # hidden, although it may not be small
        return {
            key: Possible(any_number, any_number, any_number) if key in never else self.possible(group, shown)
            for key, shown in self.themes(group).items()
        }

    def _certain(self, themes: Sequence[Theme]) -> tuple[CertainGap, ...]:
        return certain_gaps(themes, target=self.target, minimum=self.minimum)

    def themes(self, group: ReleasedGroup) -> dict[str, Released]:
        """What is shown of each of the template's themes."""
        return dict(zip(self.template.theme_keys, group.themes, strict=False))

    @property
    def never_released(self) -> frozenset[str]:
        """The keys of the themes that are hidden in every cell, however many answers they have. A snapshot of an
        earlier version released them.
        """
        keys = themes_not_released(self.template)
        has_shown = any(
            self.themes(group)[key].applicable is not None for group in self.lattice.groups.values() for key in keys
        )
        return frozenset() if has_shown else keys

    def overall(self, group: ReleasedGroup) -> Released | None:
        """What is shown of the overall judgements; None in a snapshot that was made without them."""
        own = len(self.template.theme_keys)
        return group.themes[own] if len(group.themes) > own else None


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
        characteristics=content.get("characteristics", {}),
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
