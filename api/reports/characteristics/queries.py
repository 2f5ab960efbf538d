"""The themes of a round for each group of each characteristic of cases, and two groups compared."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from api.access.blindness import visible_in_round
from api.case_files.characteristics.queries import characteristics_in_use
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid
from api.reports.tallies import ExclusionReason, counted_answers, exclusion_reason, is_counted
from api.rounds.actions import find_round
from checklists.characteristics import Characteristic, decode_groups
from checklists.reports.gaps import Gap, theme_gaps
from checklists.reports.groups_compared import GroupsCompared, compare_groups, comparisons_possible
from checklists.reports.tallies import tally
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, Round, RoundState
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class GroupOfCases:
    """The counted audits of the cases in one group, and its themes in template order."""

    key: str
    label: str
    audits: int
    themes: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class ByCharacteristic:
    """A round by one characteristic. `not_known`: the counted audits of cases that are in none of its groups."""

    characteristic: Characteristic
    groups: tuple[GroupOfCases, ...]
    not_known: int


@dataclass(frozen=True, slots=True)
class CharacteristicsReport:
    """True counts, for people who may read every audit behind them.

    `chosen` is None where the organisation uses no characteristic; `pair` where it has fewer than two groups with
    audits. `comparisons`: how many comparisons of two groups can be made in this round.
    """

    round: Round
    template: TemplateContent
    every: tuple[ByCharacteristic, ...]
    chosen: ByCharacteristic | None
    pair: tuple[GroupOfCases, GroupOfCases] | None
    compared: tuple[GroupsCompared, ...]
    comparisons: int
    counted: int
    left_out: Mapping[ExclusionReason, int]


def characteristics_report(
    session: Session, *, round_id: uuid.UUID, key: str = "", one: str = "", other: str = "", by: Actor
) -> CharacteristicsReport:
    """The round by the groups of its cases today, with two groups of the characteristic `key` compared.

    Without `key`, the first characteristic; without `one` or `other`, its two largest groups. Raises NotFound, Invalid
    for a characteristic or group that does not exist, and Conflict for a round that is not open yet or has no ratings.
    """
    check_may(by, Permission.READ_REPORTS)
    audit_round = find_round(session, round_id=round_id, by=by)
    check_can_compare(audit_round)
    content = audit_round.content(session)
    if content is None or not content.graded:
        raise Conflict("This template has no ratings, so there are no shares to compare.")
    known = characteristics_in_use(session, by.organisation_id)
    if key and key not in {each.key for each in known}:
        raise Invalid.at("by", "Select a characteristic that is in use.")
    lines = _lines(session, audit_round, by)
    every = tuple(_by(each, lines, content, audit_round) for each in known)
    chosen = next((each for each in every if key in ("", each.characteristic.key)), None)
    pair = None if chosen is None else _pair(chosen, one, other)
    minimum = audit_round.minimum_applicable
    sizes = [[group.audits for group in each.groups] for each in every]
    comparisons = comparisons_possible(len(content.themes), sizes, minimum=minimum)
    compared: tuple[GroupsCompared, ...] = ()
    if pair is not None:
        compared = compare_groups(pair[0].themes, pair[1].themes, minimum=minimum, comparisons=comparisons)
    left_out = _left_out(session, audit_round, by)
    return CharacteristicsReport(audit_round, content, every, chosen, pair, compared, comparisons, len(lines), left_out)


def check_can_compare(audit_round: Round) -> None:
    """Raise the Problem that keeps a round from having a report by characteristics."""
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round is not open yet, so there is nothing to compare.")


def _lines(session: Session, audit_round: Round, by: Actor) -> list[tuple[str, dict[str, str]]]:
    """The encoded answers of every counted audit, with the groups that its case is in today."""
    query = (
        select(counted_answers(), col(CaseFile.characteristics))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(*_here(session, audit_round, by), is_counted())
    )
    groups: dict[str, dict[str, str]] = {}
    found = []
    for answers, said in session.execute(query):
        if said not in groups:
            groups[said] = decode_groups(said)
        found.append((answers, groups[said]))
    return found


def _here(session: Session, audit_round: Round, by: Actor) -> tuple[ColumnElement[bool], ...]:
    here = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    return (*here, visible_in_round(session, audit_round, by.person_id))


def _left_out(session: Session, audit_round: Round, by: Actor) -> dict[ExclusionReason, int]:
    reason = exclusion_reason()
    query = select(reason, func.count()).where(*_here(session, audit_round, by), ~is_counted()).group_by(reason)
    return {ExclusionReason(why): number for why, number in session.execute(query)}


def _by(
    characteristic: Characteristic,
    lines: Sequence[tuple[str, dict[str, str]]],
    content: TemplateContent,
    audit_round: Round,
) -> ByCharacteristic:
    of_groups: dict[str, list[str]] = {}
    for answers, groups in lines:
        of_groups.setdefault(groups.get(characteristic.key, ""), []).append(answers)
    target = None if audit_round.target_percent is None else Fraction(audit_round.target_percent, 100)
    minimum = audit_round.minimum_applicable
    found = tuple(
        GroupOfCases(
            key,
            label,
            len(of_groups[key]),
            theme_gaps(
                content, tally(content, of_groups[key]), audits=len(of_groups[key]), target=target, minimum=minimum
            ),
        )
        for key, label in characteristic.labels.items()
        if key in of_groups
    )
    return ByCharacteristic(characteristic, found, len(lines) - sum(group.audits for group in found))


def _pair(by: ByCharacteristic, one: str, other: str) -> tuple[GroupOfCases, GroupOfCases] | None:
    """The two groups to compare: the named ones, else the largest of the others."""
    groups = {group.key: group for group in by.groups}
    for name, key in (("one", one), ("other", other)):
        if key and key not in by.characteristic.labels:
            raise Invalid.at(name, "Select a group of the characteristic.")
    if one and one == other:
        raise Invalid.at("other", "Select two different groups.")
    by_size = sorted(by.groups, key=lambda group: -group.audits)
    largest = (group for group in by_size if group.key not in (one, other))
    first = groups.get(one) if one else next(largest, None)
    second = groups.get(other) if other else next(largest, None)
    return None if first is None or second is None else (first, second)
