"""Breakdowns: what a report can be split by, each described once for tallies, reports, answers and snapshots.

To add a breakdown, add a member of `Breakdown` and its `Grouping`. Each fact about the case that a template has is a
breakdown of its rounds.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, String, and_, func, select, type_coerce
from sqlmodel import Session, col

from api.foundation.problems import Invalid
from checklists.templates.asks import CaseFact
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditFact, AuditHarm, AuditMode, Team
from models.storage.joins import linked

# Of an organisation and a template: the key of every group that there may be, with its label, in the order to show.
Labels = Callable[[Session, int, TemplateContent], dict[str, str]]


# Before the key of a fact about the case, in the name of the breakdown by it.
FACT_PREFIX: Final = "fact:"
WHAT_IT_INVOLVES: Final = "What the case involves"


class Breakdown(StrEnum):
    """What a report of any template can be split by: one at a time."""

    WHOLE = "whole"
    TEAM = "team"
    STATUS = "status"
    AGE_BAND = "age-band"
    FORM_OF_HARM = "form-of-harm"
    MODE = "mode"

    @property
    def grouping(self) -> "Grouping":
        return _GROUPINGS[self]

    @property
    def label(self) -> str:
        return self.grouping.label

    def label_in(self, template: TemplateContent) -> str:
        """The label in reports of this template: not everything that a case may involve is a form of harm."""
        if self is Breakdown.FORM_OF_HARM and not template.is_format_1:
            return WHAT_IT_INVOLVES
        return self.label


@dataclass(frozen=True, slots=True)
class FactBreakdown:
    """A fact about the case, as something that reports of its template can be split by."""

    fact: CaseFact

    @property
    def value(self) -> str:
        return f"{FACT_PREFIX}{self.fact.key}"

    @property
    def label(self) -> str:
        return self.fact.title

    def label_in(self, _: TemplateContent) -> str:
        """The title of the fact."""
        return self.label

    @property
    def grouping(self) -> "Grouping":
        labels = {choice.key: choice.label for choice in self.fact.offered}
        return Grouping(
            self.label, lambda *_: labels, col(AuditFact.choice), rows=AuditFact, fact=self.fact.key, note=FACT_NOTE
        )


class SamplingWeight(StrEnum):
    """The weight with which a sample's case counts: tallies are split by it, but no report shows that split."""

    WEIGHT = "weight"


WEIGHT: Final = SamplingWeight.WEIGHT
FACT_NOTE: Final = "Cases where this is not known are not counted in any group."
AnyBreakdown = Breakdown | FactBreakdown


class NamedSplit(Protocol):
    """What a table of groups is split by, as far as the table shows it."""

    @property
    def value(self) -> str: ...

    def label_in(self, template: TemplateContent, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a breakdown sorts audits into groups: the column whose value decides, and the labels of its values."""

    label: str
    labels: Labels
    # Of the audit as it was submitted, or of `rows`; none for the whole.
    column: Any = None
    # The stored value for the key of a group. ValueError for a key that cannot be one.
    value_of: Callable[[str], Any] = str
    # If an audit may be in several groups or in none: the table that has `column`, with a row for each group.
    rows: type[AuditHarm | AuditFact] | None = None
    # The fact whose rows these are; "" for any other.
    fact: str = ""
    note: str = ""

    @property
    def plain(self) -> ColumnElement[str]:
        """The column as plain text: turning the values of 20,000 rows into their types takes longer than counting."""
        return type_coerce(self.column, String)

    def key_of(self, plain: object) -> str:
        """The key of the group for what `plain` reads from the database."""
        return str(self.value_of(str(plain)))

    def keys_of(self, together: object) -> tuple[str, ...]:
        """The keys of the groups for what `together` reads from the database."""
        if self.rows is None:
            return (self.key_of(together),)
        return tuple(map(self.key_of, str(together).split())) if together is not None else ()

    @property
    def together(self) -> ColumnElement[Any]:
        """The values of all groups that an audit is in, separated by spaces; None when it is in no group."""
        if self.rows is None:
            return self.plain
        values = select(func.aggregate_strings(self.plain, " ")).where(self._of_audit(self.rows))
        return values.correlate(Audit).scalar_subquery()

    def joined(self, audits: Any) -> Any:
        """The query of audits with what `column` needs; a row for each group that an audit is in."""
        return audits if self.rows is None else audits.join(self.rows, self._of_audit(self.rows))

    def _of_audit(self, rows: type[AuditHarm | AuditFact]) -> ColumnElement[bool]:
        of_audit = linked(rows.audit_id, Audit.id)
        return and_(of_audit, col(AuditFact.fact) == self.fact) if self.fact else of_audit

    def of_group(self, audits: Any, key: str) -> Any:
        """Those audits of a query that are in a group. ValueError for a key that cannot be one."""
        if self.column is None:
            return audits
        return self.joined(audits).where(self.column == self.value_of(key))


def _statuses(_: Session, __: int, template: TemplateContent) -> dict[str, str]:
    return dict(template.case_words.statuses)


def _age_bands(_: Session, __: int, template: TemplateContent) -> dict[str, str]:
    return dict(template.case_words.age_bands)


def _modes(*_: object) -> dict[str, str]:
    return {mode.value: mode.label for mode in AuditMode}


def _teams(session: Session, organisation_id: int, _: TemplateContent) -> dict[str, str]:
    teams = session.execute(
        select(col(Team.id), col(Team.name))
        .where(col(Team.organisation_id) == organisation_id)
        .order_by(col(Team.name), col(Team.id))
    )
    return {str(team): name for team, name in teams}


def _forms_of_harm(_: Session, __: int, template: TemplateContent) -> dict[str, str]:
    return {harm.key: harm.label for harm in template.forms_of_harm}


_GROUPINGS: Final[Mapping[Breakdown, Grouping]] = {
    Breakdown.WHOLE: Grouping("All audits together", lambda *_: {"": "All audits"}),
    Breakdown.TEAM: Grouping("Team", _teams, col(Audit.team_id), uuid.UUID),
    Breakdown.STATUS: Grouping("Status", _statuses, col(Audit.status)),
    Breakdown.AGE_BAND: Grouping("Age band", _age_bands, col(Audit.age_band)),
    Breakdown.FORM_OF_HARM: Grouping(
        "Form of harm",
        _forms_of_harm,
        col(AuditHarm.form_of_harm),
        rows=AuditHarm,
        note=(
            "A case with several forms of harm is counted under each. A case with no form of harm is not "
            "counted in any group."
        ),
    ),
    Breakdown.MODE: Grouping("Audit method", _modes, col(Audit.mode), AuditMode),
}

# Every breakdown of any template but the whole.
SPLITS: Final = tuple(breakdown for breakdown in Breakdown if breakdown is not Breakdown.WHOLE)


def splits_of(template: TemplateContent) -> tuple[AnyBreakdown, ...]:
    """Everything that reports of this template can be split by, its facts about the case last."""
    return (*SPLITS, *map(FactBreakdown, template.case_facts))


def breakdown_named(template: TemplateContent, name: str) -> AnyBreakdown:
    """The breakdown of that name: a value of `Breakdown`, or "fact:" and the key of a fact. Raises Invalid."""
    if name in set(Breakdown):
        return Breakdown(name)
    key = name.removeprefix(FACT_PREFIX)
    if key != name and template.has_fact(key):
        return FactBreakdown(template.fact(key))
    raise Invalid.at("by", "Select 1 option from the list to split by.")
