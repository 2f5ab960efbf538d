"""Storing the tallies of a round that is closed: from then on they never change."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from api.audits.actions import template_of
from api.foundation.problems import Moved
from api.reports.round_counts import RoundCounts, counted_afresh, counts_of, every_split
from models import Audit, AuditState, Round, RoundTally

# The most changed audits that are counted while others wait: it takes less than a tenth of a second.
MOST_COUNTED_AGAIN: Final = 4_000


class AuditsMark(NamedTuple):
    """The number of audits, of audits past their first draft, and the sum of their versions.

    None of the three ever falls, and every change that alters a count raises one of them.
    """

    audits: int
    begun: int
    versions: int


@dataclass(frozen=True, slots=True)
class PreparedTallies:
    """The counts of a round that is to be closed, and the mark of the audits that were counted.

    `kept_differ`: the kept tallies of the round are not what its audits say, so nothing may be counted from them.
    """

    counted: AuditsMark
    tallies: tuple[RoundTally, ...]
    kept_differ: bool


def prepare_on_closing(session: Session, audit_round: Round) -> PreparedTallies:
    """Count every audit of a round that is to be closed; writes nothing."""
    # Marked before it is counted: what is submitted between the two is found when it is stored.
    mark = mark_of_audits(session, audit_round)
    counted = tuple(_to_store(counted_afresh(session, audit_round)))
    kept = tallies_to_store(session, audit_round)
    differ = [each.counts for each in kept] != [each.counts for each in counted]
    # While people submit, the two may be of different moments.
    return PreparedTallies(mark, counted, differ and mark_of_audits(session, audit_round) == mark)


def store_on_closing(session: Session, audit_round: Round, prepared: PreparedTallies) -> None:
    """Store the counts of a round that is being closed.

    When its audits have changed since they were counted, as they do while people work, the change is counted while
    nobody can submit. Raises Moved where that would take long.
    """
    tallies, mark = prepared.tallies, mark_of_audits(session, audit_round)
    if mark != prepared.counted:
        counts = (
            counted_afresh(session, audit_round)
            if prepared.kept_differ
            else counts_of(session, audit_round, every_split(template_of(session, audit_round)))
        )
        if not counts.is_kept and mark.begun > MOST_COUNTED_AGAIN:
            raise Moved("Audits were submitted or changed while the figures were calculated. Close the round again.")
        tallies = tuple(_to_store(counts))
    session.add_all(tallies)


def tallies_to_store(session: Session, audit_round: Round) -> list[RoundTally]:
    """The counts of a round that is being closed, by every breakdown. Stores nothing."""
    return _to_store(counts_of(session, audit_round, every_split(template_of(session, audit_round))))


def mark_of_audits(session: Session, audit_round: Round) -> AuditsMark:
    """The mark of a round's audits; while it is the same, so are the counts."""
    begun = col(Audit.state) != AuditState.DRAFT
    row = session.execute(
        select(
            func.count(),
            func.count(case((begun, 1))),
            func.coalesce(func.sum(case((begun, col(Audit.version)), else_=0)), 0),
        ).where(col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id)
    ).one()
    return AuditsMark(*row)


def _to_store(counts: RoundCounts) -> list[RoundTally]:
    return [
        RoundTally(
            organisation_id=counts.round.organisation_id,
            round_id=counts.round.id,
            breakdown=each.value,
            counts=counts.by(each).to_json(),
        )
        for each in every_split(counts.content)
    ]
