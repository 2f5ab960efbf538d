"""Tallies: how often a round's counted audits give each answer, in all or by a breakdown; and which are counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlmodel import col

from checklists.audits.audit_states import SUBMITTED_STATES
from models import Audit, AuditState
from models.storage.joins import table_alias


class ExclusionReason(StrEnum):
    """Why an audit is not counted."""

    NOT_SUBMITTED = "not-submitted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    SECOND_READING = "second-reading"

    @property
    def label(self) -> str:
        return {
            "not-submitted": "Not submitted",
            "returned": "Returned to the auditor",
            "withdrawn": "Withdrawn",
            "second-reading": "Second reading of a case (the first reading is counted)",
        }[self.value]


K = TypeVar("K")
# By group: how often each theme, question or fact, by its key, has each answer.
GroupCounts = dict[str, dict[tuple[str, str], int]]


def _rows(counts: GroupCounts) -> dict[str, list[list[str | int]]]:
    return {
        group: [[key, answer, n] for (key, answer), n in sorted(of_group.items())]
        for group, of_group in sorted(counts.items())
    }


def _counts(stored: dict[str, list[tuple[str, str, int]]]) -> GroupCounts:
    return {group: {(key, answer): n for key, answer, n in rows} for group, rows in stored.items()}


@dataclass(slots=True)
class Tallies:
    """Counts of one round in each group, and audits left out, by reason.

    Of each group: how many audits, answers to themes and to questions, facts about the case, and overall judgements
    (a rating, or "" for nothing to judge by). The only group of the whole is "". A case with two forms of harm is in
    two groups; one with none is in none. `beside`, only of the whole: numbers of what audits say beside their answers,
    see `api.reports.counting`; None in what an earlier version stored.
    """

    audits: dict[str, int] = field(default_factory=dict)
    answers: GroupCounts = field(default_factory=dict)
    overall: dict[str, dict[str, int]] = field(default_factory=dict)
    questions: GroupCounts = field(default_factory=dict)
    facts: GroupCounts = field(default_factory=dict)
    left_out: dict[ExclusionReason, int] = field(default_factory=dict)
    beside: dict[str, dict[str, int]] | None = None

    def plus(self, other: "Tallies", sign: int = 1) -> "Tallies":
        """These counts and the other's; with a sign of -1, without the other's."""
        audits = summed(self.audits, other.audits, sign)
        groups = {group for group, number in audits.items() if number}
        beside = self.beside
        if beside is not None and other.beside is not None:
            names = {*beside, *other.beside}
            beside = {
                name: found
                for name in names
                if (found := summed(beside.get(name, {}), other.beside.get(name, {}), sign))
            }
        return Tallies(
            # Of the whole there is always its one group, also without audits.
            audits=audits if beside is None else {"": 0} | audits,
            answers=_sums(self.answers, other.answers, sign, groups),
            overall=_sums(self.overall, other.overall, sign, groups),
            questions=_sums(self.questions, other.questions, sign, groups),
            facts=_sums(self.facts, other.facts, sign, groups),
            left_out=summed(self.left_out, other.left_out, sign),
            beside=beside,
        )

    def to_json(self) -> str:
        beside = {"questions": _rows(self.questions), "facts": _rows(self.facts)}
        return json.dumps(
            {
                "audits": self.audits,
                "answers": _rows(self.answers),
                "overall": self.overall,
                "left_out": self.left_out,
                **{name: rows for name, rows in beside.items() if rows},
                **({} if self.beside is None else {"beside": self.beside}),
            },
            separators=(",", ":"),
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> "Tallies":
        stored = json.loads(text)
        return cls(
            audits=stored["audits"],
            answers=_counts(stored["answers"]),
            overall=stored.get("overall", {}),
            questions=_counts(stored.get("questions", {})),
            facts=_counts(stored.get("facts", {})),
            left_out={ExclusionReason(reason): n for reason, n in stored["left_out"].items()},
            beside=stored.get("beside"),
        )

    @staticmethod
    def sizes_in(text: str) -> Mapping[str, int]:
        """Of tallies as JSON, only how many audits each group has."""
        sizes: dict[str, int] = json.loads(text)["audits"]
        return sizes


def summed(one: Mapping[K, int], other: Mapping[K, int], sign: int = 1) -> dict[K, int]:
    """The numbers added up, without any that comes to nothing."""
    found = dict(one)
    for key, number in other.items():
        found[key] = found.get(key, 0) + sign * number
        if not found[key]:
            del found[key]
    return found


def _sums(
    one: Mapping[str, dict[K, int]], other: Mapping[str, dict[K, int]], sign: int, groups: set[str]
) -> dict[str, dict[K, int]]:
    """The same for each of the groups; groups that no audit is in are left out."""
    return {
        group: summed(one.get(group, {}), other[group], sign) if group in other else one[group]
        for group in {*one, *other} & groups
    }


_FIRST: Final = table_alias(Audit)


def is_counted(audit: type[Audit] = Audit) -> ColumnElement[bool]:
    """SQL condition for counted audits: submitted, and only the first of two submitted readings of a case."""
    first_is_in = (
        select(literal(1))
        .where(
            col(_FIRST.organisation_id) == col(audit.organisation_id),
            col(_FIRST.round_id) == col(audit.round_id),
            col(_FIRST.case_file_id) == col(audit.case_file_id),
            col(_FIRST.reading) == 1,
            col(_FIRST.state).in_(SUBMITTED_STATES),
        )
        .exists()
    )
    return and_(col(audit.state).in_(SUBMITTED_STATES), or_(col(audit.reading) == 1, ~first_is_in))


def counted_answers(audit: type[Audit] = Audit) -> ColumnElement[str]:
    """SQL expression for the encoded answers that reports count: the agreed ones if any, else the auditor's."""
    return case((col(audit.agreed_answers) != "", col(audit.agreed_answers)), else_=col(audit.answers))


def counted_overall() -> ColumnElement[str]:
    """SQL expression for the overall judgement that reports count: `ReadAudit.overall`, with "" for None."""
    own = case((col(Audit.overall_override) != "", col(Audit.overall_override)), else_=col(Audit.overall_calculated))
    return case((col(Audit.agreed_answers) != "", col(Audit.agreed_overall)), else_=own)


def exclusion_reason() -> ColumnElement[str]:
    """SQL expression for why an audit is not counted; an ExclusionReason."""
    return case(
        (col(Audit.state) == AuditState.WITHDRAWN, ExclusionReason.WITHDRAWN.value),
        (col(Audit.state) == AuditState.RETURNED, ExclusionReason.RETURNED.value),
        (col(Audit.state).in_(SUBMITTED_STATES), ExclusionReason.SECOND_READING.value),
        else_=ExclusionReason.NOT_SUBMITTED.value,
    )
