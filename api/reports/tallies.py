"""Count the answers of rounds, in all or by a breakdown; the counts of a closed round are stored."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, String, and_, case, func, literal, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor
from api.foundation.problems import Moved
from api.reports.breakdowns import AnyBreakdown, Breakdown, FactBreakdown, splits_of
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.reports.coded_lines import CodedLines, code_lines
from checklists.reports.tallies import tally
from checklists.templates.template import Template as TemplateContent
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
            "second-reading": "Second reading of a case (the first reading is counted)",
        }[self.value]


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
    two groups; one with none is in none.
    """

    audits: dict[str, int] = field(default_factory=dict)
    answers: GroupCounts = field(default_factory=dict)
    overall: dict[str, dict[str, int]] = field(default_factory=dict)
    questions: GroupCounts = field(default_factory=dict)
    facts: GroupCounts = field(default_factory=dict)
    left_out: dict[ExclusionReason, int] = field(default_factory=dict)

    def to_json(self) -> str:
        beside = {"questions": _rows(self.questions), "facts": _rows(self.facts)}
        return json.dumps(
            {
                "audits": self.audits,
                "answers": _rows(self.answers),
                "overall": self.overall,
                "left_out": self.left_out,
                **{name: rows for name, rows in beside.items() if rows},
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
    session: Session, audit_round: Round, breakdowns: Collection[AnyBreakdown], *, by: Actor
) -> dict[AnyBreakdown, Tallies]:
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


def sizes_of(session: Session, audit_round: Round, breakdown: Breakdown, *, by: Actor) -> dict[str, int]:
    """How many counted audits each group has: stored for a closed round, counted by the database for an open one."""
    if audit_round.state is RoundState.CLOSED:
        stored = session.get(RoundTally, (audit_round.organisation_id, audit_round.id, breakdown.value))
        if stored is not None:
            return Tallies.from_json(stored.counts).audits
    judged = _overall_of(session, audit_round, breakdown, by)
    return {group: sum(of_group.values()) for group, of_group in judged.items()}


def tallies_to_store(session: Session, audit_round: Round) -> list[RoundTally]:
    """Count a round that is being closed, by every breakdown. Stores nothing."""
    breakdowns = (Breakdown.WHOLE, *splits_of(_content(session, audit_round)))
    return [
        RoundTally(
            organisation_id=audit_round.organisation_id,
            round_id=audit_round.id,
            breakdown=breakdown.value,
            counts=tallies.to_json(),
        )
        for breakdown, tallies in count(session, audit_round, breakdowns).items()
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
            raise Moved("Audits were submitted or changed while the figures were calculated. Close the round again.")
        tallies = tuple(tallies_to_store(session, audit_round))
    session.add_all(tallies)


def count(
    session: Session, audit_round: Round, breakdowns: Collection[AnyBreakdown], *, by: Actor | None = None
) -> dict[AnyBreakdown, Tallies]:
    """Count what the round's audits say as they are now, reading each audit once for all of `breakdowns`.

    With `by`, leaves out readings hidden from that person by blind reading; without, counts all.
    """
    content = _content(session, audit_round)
    reason = exclusion_reason()
    rows = session.execute(
        select(reason, func.count()).where(*_audits_of(audit_round, by), ~is_counted()).group_by(reason)
    )
    left_out = {ExclusionReason(why): number for why, number in rows}
    read = _Read.of(session, content, breakdowns, (*_audits_of(audit_round, by), is_counted()))
    found = {}
    for breakdown in breakdowns:
        groups = read.groups(session, breakdown)
        found[breakdown] = Tallies(
            audits={group: len(places) for group, places in groups.items()},
            answers={group: tally(content, [read.answers[each] for each in of]) for group, of in groups.items()},
            overall={group: dict(Counter([read.judged[each] for each in of])) for group, of in groups.items()},
            questions=_tallied(read.questions, groups),
            facts=_tallied(read.facts, groups),
            left_out=dict(left_out),
        )
        if breakdown is Breakdown.WHOLE:
            found[breakdown].audits.setdefault("", 0)
    return found


def _tallied(lines: CodedLines, groups: Mapping[str, Sequence[int]]) -> GroupCounts:
    if not lines.keys:
        return {}
    return {group: lines.tally([lines.texts[each] for each in places]) for group, places in groups.items()}


@dataclass(frozen=True, slots=True)
class _Read:
    """What every counted audit says, column by column: the same place is the same audit."""

    ids: Sequence[object]
    answers: Sequence[str]
    judged: Sequence[str]
    questions: CodedLines
    facts: CodedLines
    # The groups that audits are in by breakdowns of one group each, as the database stores them.
    plain: Mapping[AnyBreakdown, Sequence[object]]
    where: tuple[ColumnElement[bool], ...]

    @classmethod
    def of(
        cls,
        session: Session,
        content: TemplateContent,
        breakdowns: Collection[AnyBreakdown],
        where: tuple[ColumnElement[bool], ...],
    ) -> "_Read":
        of_audit = [each for each in breakdowns if each is not Breakdown.WHOLE and not each.grouping.is_several]
        # Rounds whose template asks nothing beside the themes are read as quickly as before there was anything.
        questions, facts = [question.key for question in content.questions], [fact.key for fact in content.case_facts]
        columns = [
            type_coerce(col(Audit.id), String),
            counted_answers(),
            counted_overall(),
            col(Audit.question_answers) if questions else literal(""),
            col(Audit.case_facts) if facts else literal(""),
            *(each.grouping.plain for each in of_audit),
        ]
        rows = session.execute(select(*columns).where(*where)).all()
        read: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        ids, answers, judged, of_questions, of_facts, *plain = read
        return cls(
            ids,
            answers,
            judged,
            code_lines(questions, of_questions),
            code_lines(facts, of_facts),
            dict(zip(of_audit, plain, strict=True)),
            where,
        )

    def groups(self, session: Session, breakdown: AnyBreakdown) -> dict[str, list[int]]:
        """The places of the audits of each group that has any, by the group's key."""
        if breakdown is Breakdown.WHOLE:
            return {"": list(range(len(self.ids)))} if self.ids else {}
        grouping = breakdown.grouping
        if isinstance(breakdown, FactBreakdown):
            known = {choice.key for choice in breakdown.fact.offered}
            choices = enumerate(self.facts.column(breakdown.fact.key))
            return _by_group((choice, place) for place, choice in choices if choice in known)
        if not grouping.is_several:
            found = _by_group((group, place) for place, group in enumerate(self.plain[breakdown]))
        else:
            place_of = {audit: place for place, audit in enumerate(self.ids)}
            audits = select(grouping.plain, type_coerce(col(Audit.id), String)).select_from(Audit).where(*self.where)
            rows = session.execute(grouping.joined(audits))
            found = _by_group((group, place_of[audit]) for group, audit in rows if audit in place_of)
        return {grouping.key_of(group): places for group, places in found.items()}


def _by_group(rows: Iterable[tuple[Any, int]]) -> dict[Any, list[int]]:
    places: dict[Any, list[int]] = defaultdict(list)
    for group, place in rows:
        places[group].append(place)
    return dict(places)


def _overall_of(
    session: Session, audit_round: Round, breakdown: AnyBreakdown, by: Actor | None
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


def _content(session: Session, audit_round: Round) -> TemplateContent:
    content = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    assert content is not None  # noqa: S101 - a foreign key holds the round to its version, and it was published
    return content


def _audits_of(audit_round: Round, by: Actor | None) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        visible_under_blind_reading(by.person_id if by is not None else None),
    )
