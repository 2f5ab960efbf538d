"""Count the answers of rounds, in all or by a breakdown; the counts of a closed round are stored."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor
from api.foundation.problems import Moved
from api.reports.breakdowns import Breakdown
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.reports.tallies import tally
from models import Audit, AuditState, Round, RoundState, RoundTally
from models.audits.template import published_content

# Audits of a round that are counted while others wait: in less than a tenth of a second.
MOST_COUNTED_AGAIN: Final = 5_000


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
            "second-reading": "Second reading of a case whose first reading is counted",
        }[self.value]


@dataclass(slots=True)
class Tallies:
    """Counts of one round: audits, answers and overall judgements in each group, and audits left out, by reason.

    An overall judgement is a rating, or "" for nothing to judge by. The only group of the whole is "". A case with two
    forms of harm is in two groups; one with none is in none.
    """

    audits: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    overall: dict[str, dict[str, int]] = field(default_factory=dict)
    left_out: dict[ExclusionReason, int] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(
            {
                "audits": self.audits,
                "answers": {
                    group: [[theme, answer, n] for (theme, answer), n in sorted(counts.items())]
                    for group, counts in sorted(self.answers.items())
                },
                "overall": self.overall,
                "left_out": self.left_out,
            },
            separators=(",", ":"),
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> "Tallies":
        stored = json.loads(text)
        return cls(
            audits=stored["audits"],
            answers={
                group: {(theme, answer): n for theme, answer, n in counts}
                for group, counts in stored["answers"].items()
            },
            overall=stored.get("overall", {}),
            left_out={ExclusionReason(reason): n for reason, n in stored["left_out"].items()},
        )


def is_counted(audit: type[Audit] = Audit) -> ColumnElement[bool]:
    """SQL condition for counted audits: submitted, and only the first of two submitted readings of a case."""
    first = aliased(Audit)
    first_is_in = (
        select(literal(1))
        .where(
            col(first.organisation_id) == col(audit.organisation_id),
            col(first.round_id) == col(audit.round_id),
            col(first.case_file_id) == col(audit.case_file_id),
            col(first.reading) == 1,
            col(first.state).in_(SUBMITTED_STATES),
        )
        .exists()
    )
    return and_(col(audit.state).in_(SUBMITTED_STATES), or_(col(audit.reading) == 1, ~first_is_in))


def counted_answers() -> ColumnElement[str]:
    """SQL expression for the encoded answers that reports count: the agreed ones if any, else the auditor's."""
    return case((col(Audit.agreed_answers) != "", col(Audit.agreed_answers)), else_=col(Audit.answers))


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


def tallies_of(
    session: Session, audit_round: Round, breakdowns: Collection[Breakdown], *, by: Actor
) -> dict[Breakdown, Tallies]:
    """The round's tallies by each breakdown: stored ones for a closed round, fresh counts for an open one.

    Readings that are hidden from the actor by blind reading appear in neither the counts nor the exclusions.
    """
    if audit_round.state is RoundState.CLOSED:
        key = (audit_round.organisation_id, audit_round.id)
        stored = {each: session.get(RoundTally, (*key, each.value)) for each in breakdowns}
        found = {each: Tallies.from_json(row.counts) for each, row in stored.items() if row is not None}
        if len(found) == len(stored):
            # Rounds that an earlier version closed were stored without them.
            for each in (each for each, tallies in found.items() if tallies.audits and not tallies.overall):
                found[each].overall = _overall_of(session, audit_round, each, by)
            return found
    return count(session, audit_round, breakdowns, by=by)


def tallies_to_store(session: Session, audit_round: Round) -> list[RoundTally]:
    """Count a round that is being closed, by every breakdown. Stores nothing."""
    return [
        RoundTally(
            organisation_id=audit_round.organisation_id,
            round_id=audit_round.id,
            breakdown=breakdown.value,
            counts=tallies.to_json(),
        )
        for breakdown, tallies in count(session, audit_round, list(Breakdown)).items()
    ]


class AuditsMark(NamedTuple):
    """The number of audits, of audits past their first draft, and the sum of their versions.

    None of the three ever falls, and every change that alters a count raises one of them.
    """

    audits: int
    begun: int
    versions: int


def mark_of_audits(session: Session, audit_round: Round) -> AuditsMark:
    """The mark of a round's audits; while it is the same, so are the counts."""
    begun = col(Audit.state) != AuditState.DRAFT
    row = session.execute(
        select(
            func.count(),
            func.count(case((begun, 1))),
            func.coalesce(func.sum(case((begun, col(Audit.version)), else_=0)), 0),
        ).where(*_audits_of(audit_round, None))
    ).one()
    return AuditsMark(*row)


@dataclass(frozen=True, slots=True)
class PreparedTallies:
    """The counts of a round that is to be closed, and the mark of the audits that were counted."""

    counted: AuditsMark
    tallies: tuple[RoundTally, ...]


def prepare_on_closing(session: Session, audit_round: Round) -> PreparedTallies:
    """Count a round that is to be closed; writes nothing."""
    # Marked before it is counted: what is submitted between the two is found when it is stored.
    mark = mark_of_audits(session, audit_round)
    return PreparedTallies(mark, tuple(tallies_to_store(session, audit_round)))


def store_on_closing(session: Session, audit_round: Round, prepared: PreparedTallies) -> None:
    """Store the counts of a round that is being closed.

    When its audits have changed since they were counted, as they do while people work, a round that is counted quickly
    is counted again while nobody can submit. Raises Moved for a larger one.
    """
    tallies, mark = prepared.tallies, mark_of_audits(session, audit_round)
    if mark != prepared.counted:
        if mark.begun > MOST_COUNTED_AGAIN:
            raise Moved("Audits have been submitted or changed while the round was counted. Close it again.")
        tallies = tuple(tallies_to_store(session, audit_round))
    session.add_all(tallies)


def count(
    session: Session, audit_round: Round, breakdowns: Collection[Breakdown], *, by: Actor | None = None
) -> dict[Breakdown, Tallies]:
    """Count the answers of the round's audits as they are now, reading each audit once for all of `breakdowns`.

    With `by`, leaves out readings hidden from that person by blind reading; without, counts all.
    """
    content = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    assert content is not None  # noqa: S101 - a foreign key holds the round to its version, and it was published
    reason = exclusion_reason()
    rows = session.execute(
        select(reason, func.count()).where(*_audits_of(audit_round, by), ~is_counted()).group_by(reason)
    )
    left_out = {ExclusionReason(why): number for why, number in rows}
    found = {}
    for breakdown, lines in _grouped(session, audit_round, breakdowns, by).items():
        found[breakdown] = Tallies(
            audits={group: len(of_group) for group, of_group in lines.items()},
            answers={group: tally(content, [line for line, _ in of_group]) for group, of_group in lines.items()},
            overall={group: dict(Counter([judged for _, judged in of_group])) for group, of_group in lines.items()},
            left_out=dict(left_out),
        )
        if breakdown is Breakdown.WHOLE:
            found[breakdown].audits.setdefault("", 0)
    return found


# Of one audit: its encoded answers and its overall judgement.
_Counted = tuple[str, str]


def _grouped(
    session: Session, audit_round: Round, breakdowns: Collection[Breakdown], by: Actor | None
) -> dict[Breakdown, dict[str, list[_Counted]]]:
    """What every counted audit says, by breakdown and group."""
    where, said = (*_audits_of(audit_round, by), is_counted()), (counted_answers(), counted_overall())
    of_audit = [each for each in breakdowns if each is not Breakdown.WHOLE and not each.grouping.is_several]
    rows = session.execute(select(*said, *(each.grouping.plain for each in of_audit)).where(*where)).all()
    found: dict[Breakdown, dict[str, list[_Counted]]] = {
        each: _by_group(each, ((row[place], row[0], row[1]) for row in rows)) for place, each in enumerate(of_audit, 2)
    }
    if Breakdown.WHOLE in breakdowns:
        found[Breakdown.WHOLE] = {"": [(row[0], row[1]) for row in rows]} if rows else {}
    for each in breakdowns:
        if each.grouping.is_several:
            audits = select(each.grouping.plain, *said).select_from(Audit).where(*where)
            found[each] = _by_group(each, session.execute(each.grouping.joined(audits)))
    return found


def _overall_of(
    session: Session, audit_round: Round, breakdown: Breakdown, by: Actor | None
) -> dict[str, dict[str, int]]:
    """How many counted audits of each group were judged what, counted by the database."""
    grouping, judged = breakdown.grouping, counted_overall()
    group = literal("") if breakdown is Breakdown.WHOLE else grouping.plain
    audits = select(group, judged, func.count()).select_from(Audit).where(*_audits_of(audit_round, by), is_counted())
    rows = session.execute(grouping.joined(audits).group_by(group, judged)).all()
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for plain, overall, number in rows:
        found["" if breakdown is Breakdown.WHOLE else grouping.key_of(plain)][overall] = number
    return dict(found)


def _by_group(breakdown: Breakdown, rows: Iterable[Any]) -> dict[str, list[_Counted]]:
    """What audits say by group key, from rows of a group, an audit's answers and its overall judgement."""
    lines: dict[str, list[_Counted]] = defaultdict(list)
    for group, line, judged in rows:
        lines[group].append((line, judged))
    return {breakdown.grouping.key_of(group): of_group for group, of_group in lines.items()}


def _audits_of(audit_round: Round, by: Actor | None) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        visible_under_blind_reading(by.person_id if by is not None else None),
    )
