"""The frame of a sample: which cases of a list can be drawn, and why the others cannot."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.foundation.text.free_text import KeepReason
from api.sampling.drawn_for import DrawnFor
from checklists.audits.audit_states import EDITABLE_STATES
from checklists.audits.facts import months_open
from checklists.cases import CLOSED
from checklists.samples.sampling import FrameCase, SizeRule
from models import (
    Audit,
    AuditState,
    CaseFileHarm,
    CaseList,
    CaseListEntry,
    Exclusion,
    JointCase,
    JointRound,
    JointRoundState,
    Round,
    RoundState,
)
from models.storage.joins import linked


class Feature(StrEnum):
    """A feature of cases that strata can use."""

    TEAM = "team"
    STATUS = "status"
    AGE_BAND = "age-band"
    CATEGORY = "category"
    WORKER = "worker"

    @property
    def label(self) -> str:
        return "Practitioner" if self is Feature.WORKER else self.value.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class FrameRules:
    """Which cases of a list can be drawn. No statuses, teams, age bands, categories or tags: all of them."""

    with_closed: bool = False
    # Closed cases are left out if they closed before this month.
    closed_before: date | None = None
    # Cases audited within this many months before the draw are left out; 0 leaves none out.
    months_since_audit: int = 12
    only_statuses: tuple[str, ...] = ()
    only_teams: tuple[uuid.UUID, ...] = ()
    # References that the lead leaves out, each with the reason.
    named: Mapping[str, str] = field(default_factory=dict)
    # Why names in those reasons are allowed.
    keep_names: KeepReason | None = None
    only_age_bands: tuple[str, ...] = ()
    only_categories: tuple[str, ...] = ()
    # Only cases that are tagged with any of these.
    only_involving: tuple[str, ...] = ()
    # Whole months that a case had been open on the day of the list, or when it was closed before.
    least_months_open: int | None = None
    most_months_open: int | None = None
    # Only cases whose latest referral was a re-referral, or only those where the list says that it was none.
    re_referral: bool | None = None


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What is to be drawn: a number of cases, or a percentage of the frame, by strata."""

    case_list_id: uuid.UUID
    size: int | None = None
    share_percent: float | None = None
    strata: tuple[Feature, ...] = ()
    rule: SizeRule = SizeRule.PROPORTIONAL
    smallest_stratum: int = 0
    most_of_a_worker: int | None = None
    rules: FrameRules = FrameRules()


@dataclass(frozen=True, slots=True)
class Frame:
    """The cases that can be drawn, and the elimination log: for each of the others, why not."""

    cases: tuple[FrameCase, ...]
    ids: Mapping[str, uuid.UUID]
    excluded: Mapping[uuid.UUID, tuple[Exclusion, str]]

    @property
    def log(self) -> dict[Exclusion, int]:
        """How many cases each reason left out."""
        counts = Counter(reason for reason, _ in self.excluded.values())
        return {reason: counts[reason] for reason in Exclusion if counts[reason]}


def months_before(day: date, months: int) -> date:
    """The same day this many months earlier, or the last day of that month if it has no such day."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")  # pragma: no cover


@dataclass(frozen=True, slots=True)
class AuditedCases:
    """The cases of a list that are read in a round, and those audited lately or being read in another open round.
    Of a joint round: the cases that it has, and the ones that were or are in another joint round too.

    `involving`: the cases that are tagged with what the rules ask for. Case files are tagged at any time.
    """

    here: frozenset[uuid.UUID]
    lately: frozenset[uuid.UUID]
    involving: frozenset[uuid.UUID] = frozenset()


def frame_of(
    session: Session, case_list: CaseList, rules: FrameRules, strata: Sequence[Feature], audited: AuditedCases
) -> Frame:
    """The frame, given the audited cases. A case is left out for the first reason that applies, in the order of
    `Exclusion`.

    A list never changes: the same list, rules and audited cases give the same frame.
    """
    cases: list[FrameCase] = []
    ids: dict[str, uuid.UUID] = {}
    excluded: dict[uuid.UUID, tuple[Exclusion, str]] = {}
    for entry in entries_of(session, case_list):
        reason = _reason(entry, rules, audited, case_list.listed_on)
        if reason is None:
            cases.append(FrameCase(entry.reference, stratum_of(entry, strata), entry.worker))
            ids[entry.reference] = entry.case_file_id
        else:
            excluded[entry.case_file_id] = (reason, rules.named.get(entry.reference, ""))
    return Frame(tuple(cases), ids, excluded)


def entries_of(session: Session, case_list: CaseList) -> Sequence[Row[Any]]:
    """The cases of a list as they were on its day."""
    entry = CaseListEntry
    names = (
        "case_file_id",
        "reference",
        "team_id",
        "worker",
        "status",
        "age_band",
        "category",
        "started_in",
        "closed_in",
        "re_referral",
    )
    return session.execute(
        select_columns(*(col(getattr(entry, name)) for name in names)).where(
            col(entry.organisation_id) == case_list.organisation_id, col(entry.case_list_id) == case_list.id
        )
    ).all()


def stratum_of(entry: Row[Any], strata: Sequence[Feature]) -> str:
    """The stratum of a case, such as "status=child-in-need age-band=5-to-9"; empty when the frame is one stratum."""
    values = {
        Feature.TEAM: entry.team_id,
        Feature.STATUS: entry.status,
        Feature.AGE_BAND: entry.age_band,
        Feature.CATEGORY: entry.category or "",
        Feature.WORKER: entry.worker,
    }
    return " ".join(f"{feature}={values[feature]}" for feature in strata)


def _reason(entry: Row[Any], rules: FrameRules, audited: AuditedCases, listed_on: date) -> Exclusion | None:
    closed = entry.status == CLOSED
    tests = (
        (Exclusion.IN_THIS_ROUND, entry.case_file_id in audited.here),
        (Exclusion.NAMED, entry.reference in rules.named),
        (Exclusion.CLOSED, closed and not rules.with_closed),
        (Exclusion.CLOSED_BEFORE, closed and _is_before(entry.closed_in, rules.closed_before)),
        (
            Exclusion.OUTSIDE_THE_CHOICE,
            not _is_chosen(entry, rules, audited, listed_on),
        ),
        (Exclusion.AUDITED_LATELY, entry.case_file_id in audited.lately),
    )
    return next((reason for reason, holds in tests if holds), None)


def _is_chosen(entry: Row[Any], rules: FrameRules, audited: AuditedCases, listed_on: date) -> bool:
    """Whether a case is of the chosen kinds. A case about which the list does not say is not."""
    return (
        (not rules.only_statuses or entry.status in rules.only_statuses)
        and (not rules.only_teams or entry.team_id in rules.only_teams)
        and (not rules.only_age_bands or entry.age_band in rules.only_age_bands)
        and (not rules.only_categories or entry.category in rules.only_categories)
        and (not rules.only_involving or entry.case_file_id in audited.involving)
        and (rules.re_referral is None or entry.re_referral is rules.re_referral)
        and _is_open_for(entry, rules, listed_on)
    )


def _is_open_for(entry: Row[Any], rules: FrameRules, listed_on: date) -> bool:
    least, most = rules.least_months_open, rules.most_months_open
    if least is None and most is None:
        return True
    until = listed_on if entry.closed_in is None else min(listed_on, entry.closed_in)
    months = None if entry.started_in is None else months_open(entry.started_in, until)
    return months is not None and (least or 0) <= months and (most is None or months <= most)


def _is_before(closed_in: date | None, limit: date | None) -> bool:
    return closed_in is not None and limit is not None and closed_in < limit.replace(day=1)


def audited_cases(
    session: Session, case_list_id: uuid.UUID, rules: FrameRules, drawn_for: DrawnFor, on: date
) -> AuditedCases:
    """Which cases of a list are audited, as far as these rules ask, for a draw in this round on this day.

    Other cases are left out, so that a draw can go on while audits of them are recorded.
    """
    own = drawn_for.organisation_id
    since = months_before(on, rules.months_since_audit) if rules.months_since_audit else None
    listed = select_columns(col(CaseListEntry.case_file_id)).where(
        col(CaseListEntry.organisation_id) == own, col(CaseListEntry.case_list_id) == case_list_id
    )
    stands = (
        col(Audit.organisation_id) == own,
        col(Audit.state) != AuditState.WITHDRAWN,
        col(Audit.case_file_id).in_(listed),
    )
    here = (
        _in_joint_rounds(session, own, listed, col(JointCase.joint_round_id) == drawn_for.id)
        if drawn_for.is_joint
        else frozenset(
            session.execute(
                select_columns(col(Audit.case_file_id)).where(*stands, col(Audit.round_id) == drawn_for.id)
            ).scalars()
        )
    )
    involving = _involving(session, own, listed, rules.only_involving)
    if since is None:
        return AuditedCases(here, frozenset(), involving)
    being_read = col(Audit.state).in_(EDITABLE_STATES) & (col(Round.state) != RoundState.CLOSED)
    lately = session.execute(
        select_columns(col(Audit.case_file_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(*stands, or_(col(Audit.submitted_at) >= _midnight(since), being_read))
    )
    found = frozenset(lately.scalars())
    if drawn_for.is_joint:
        is_recent = or_(col(JointRound.opened_at) >= _midnight(since), col(JointRound.state) != JointRoundState.CLOSED)
        found |= _in_joint_rounds(session, own, listed, col(JointRound.id) != drawn_for.id, is_recent)
    return AuditedCases(here, found, involving)


def _in_joint_rounds(
    session: Session, own: int, listed: Select[uuid.UUID], *conditions: ColumnElement[bool]
) -> frozenset[uuid.UUID]:
    """The cases of a list that are in joint rounds of which this holds."""
    found = (
        select_columns(col(JointCase.case_file_id))
        .join(JointRound, linked(JointRound.id, JointCase.joint_round_id))
        .where(col(JointCase.organisation_id) == own, col(JointCase.case_file_id).in_(listed), *conditions)
    )
    return frozenset(session.execute(found).scalars())


def _involving(session: Session, own: int, listed: Select[uuid.UUID], tags: Sequence[str]) -> frozenset[uuid.UUID]:
    """The cases of a list that are tagged with any of these now."""
    if not tags:
        return frozenset()
    tagged = select_columns(col(CaseFileHarm.case_file_id)).where(
        col(CaseFileHarm.organisation_id) == own,
        col(CaseFileHarm.form_of_harm).in_(tags),
        col(CaseFileHarm.case_file_id).in_(listed),
    )
    return frozenset(session.execute(tagged).scalars())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
