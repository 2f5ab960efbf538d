"""Counting answers, by the database: tallies of a round, whole or by one breakdown, stored once they are counted."""

import json
import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models import Audit, AuditHarm, AuditState, Round, RoundState, RoundTally, Score


class Breakdown(StrEnum):
    """What a report can be split by: one at a time."""

    WHOLE = "whole"
    TEAM = "team"
    STATUS = "status"
    AGE_BAND = "age-band"
    FORM_OF_HARM = "form-of-harm"
    MODE = "mode"

    @property
    def label(self) -> str:
        return {"mode": "Audit mode"}.get(self.value, self.value.replace("-", " ").capitalize())


class LeftOut(StrEnum):
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
    """Counts of one round: audits and answers in each group of a breakdown, and audits left out, by reason.

    The only group of the whole is "". A case with two forms of harm is in two groups; one with none is in none.
    """

    audits: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    left_out: dict[LeftOut, int] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(
            {
                "audits": self.audits,
                "answers": {
                    group: [[theme, answer, n] for (theme, answer), n in sorted(counts.items())]
                    for group, counts in sorted(self.answers.items())
                },
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
            left_out={LeftOut(reason): n for reason, n in stored["left_out"].items()},
        )


def counted(audit: type[Audit] = Audit) -> ColumnElement[bool]:
    """The condition under which an audit is counted: submitted, and of two submitted readings the first."""
    first = aliased(Audit)
    first_is_in = (
        select(literal(1))
        .where(
            col(first.organisation_id) == col(audit.organisation_id),
            col(first.round_id) == col(audit.round_id),
            col(first.case_file_id) == col(audit.case_file_id),
            col(first.reading) == 1,
            col(first.state) == AuditState.SUBMITTED,
        )
        .exists()
    )
    return and_(col(audit.state) == AuditState.SUBMITTED, or_(col(audit.reading) == 1, ~first_is_in))


def why_left_out() -> ColumnElement[str]:
    """For an audit that is not counted, the reason."""
    return case(
        (col(Audit.state) == AuditState.WITHDRAWN, LeftOut.WITHDRAWN.value),
        (col(Audit.state) == AuditState.RETURNED, LeftOut.RETURNED.value),
        (col(Audit.state) == AuditState.SUBMITTED, LeftOut.SECOND_READING.value),
        else_=LeftOut.NOT_SUBMITTED.value,
    )


def tallies_of(session: Session, standing: Round, breakdown: Breakdown) -> Tallies:
    """The round's tallies: those of a closed round as they were stored, an open one's as they are now.

    What was counted once is kept in memory for as long as the round's stamp says that nothing has changed.
    """
    key = (standing.organisation_id, standing.id, breakdown)
    is_closed = standing.state is RoundState.CLOSED
    stamp = CLOSED if is_closed else stamp_of(session, standing)
    kept = _kept.get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    stored = session.get(RoundTally, (standing.organisation_id, standing.id, breakdown.value)) if is_closed else None
    tallies = Tallies.from_json(stored.counts) if stored is not None else count(session, standing, breakdown)
    with _keeping:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = (stamp, tallies)
    return tallies


CLOSED = "closed"
MOST_KEPT = 256
_kept: dict[tuple[int, uuid.UUID, Breakdown], tuple[str, Tallies]] = {}
_keeping = threading.Lock()


def store_tallies(session: Session, standing: Round) -> None:
    """Count the round by every breakdown and keep the counts. For a round that is being closed."""
    stamp = stamp_of(session, standing)
    for breakdown in Breakdown:
        keep(session, standing, breakdown, count(session, standing, breakdown), stamp)


def keep(session: Session, standing: Round, breakdown: Breakdown, tallies: Tallies, stamp: str) -> None:
    """Store counts as they stood at a stamp."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(RoundTally).values(
        organisation_id=standing.organisation_id,
        round_id=standing.id,
        breakdown=breakdown.value,
        stamp=stamp,
        counts=tallies.to_json(),
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["organisation_id", "round_id", "breakdown"],
            set_={"stamp": new.excluded.stamp, "counts": new.excluded.counts},
        )
    )


def stamp_of(session: Session, standing: Round) -> str:
    """The number of the round's audits and the sum of their versions: equal only while nothing has changed."""
    number, versions = session.exec(
        select(func.count(), func.coalesce(func.sum(col(Audit.version)), 0)).where(*_audits_of(standing))
    ).one()
    return f"{number} {versions}"


def count(session: Session, standing: Round, breakdown: Breakdown) -> Tallies:
    """Count the round's answers in the database."""
    tallies = Tallies()
    groups = _counted_audits(standing, breakdown)
    for group, number in session.execute(select(groups.c.grouped_by, func.count()).group_by(groups.c.grouped_by)):
        tallies.audits[_text(group)] = number
    answers: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    pair = (col(Score.theme), col(Score.answer))
    # SQLite sorts the scores by all that they are grouped by, and takes its time over a column that is always "".
    whole = breakdown is Breakdown.WHOLE
    rows = session.execute(
        select(literal("") if whole else groups.c.grouped_by, *pair, func.count())
        .join(
            groups,
            (groups.c.organisation_id == col(Score.organisation_id)) & (groups.c.id == col(Score.audit_id)),
        )
        .where(col(Score.organisation_id) == standing.organisation_id)
        .group_by(*(pair if whole else (groups.c.grouped_by, *pair)))
    )
    for group, theme, answer, number in rows:
        answers[_text(group)][theme, answer] = number
    tallies.answers = dict(answers)
    reason = why_left_out()
    left_out = session.execute(select(reason, func.count()).where(*_audits_of(standing), ~counted()).group_by(reason))
    tallies.left_out = {LeftOut(why): number for why, number in left_out}
    if whole:
        tallies.audits.setdefault("", 0)
    return tallies


def _audits_of(standing: Round) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (col(Audit.organisation_id) == standing.organisation_id, col(Audit.round_id) == standing.id)


def _counted_audits(standing: Round, breakdown: Breakdown) -> Subquery:
    grouped_by: Any = {
        Breakdown.WHOLE: literal(""),
        Breakdown.TEAM: col(Audit.team_id),
        Breakdown.STATUS: col(Audit.status),
        Breakdown.AGE_BAND: col(Audit.age_band),
        Breakdown.FORM_OF_HARM: col(AuditHarm.form_of_harm),
        Breakdown.MODE: col(Audit.mode),
    }[breakdown]
    query = select(col(Audit.organisation_id), col(Audit.id), grouped_by.label("grouped_by")).where(
        *_audits_of(standing), counted()
    )
    if breakdown is Breakdown.FORM_OF_HARM:
        return query.join(
            AuditHarm,
            (col(AuditHarm.organisation_id) == col(Audit.organisation_id)) & (col(AuditHarm.audit_id) == col(Audit.id)),
        ).subquery()
    return query.subquery()


def _text(group: object) -> str:
    return str(getattr(group, "value", group))
