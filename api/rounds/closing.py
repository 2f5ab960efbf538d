"""Closing rounds for good: what is unfinished is counted and needs a reason, or prevents it."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import check_reads_no_longer, visible_under_blind_reading
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.rounds.actions import find_round
from api.rounds.hooks import CLOSING_WORK, Candidates, OneByOne, UnfinishedKind
from api.rounds.stages import check_may_be_closed
from api.rounds.unfinished import encode_counts, kinds
from models import Audit, AuditState, Round, RoundState, now
from models.storage.portions import in_portions

# More audits than these are not looked at again while the round is locked.
MOST_COUNTED_AGAIN: Final = 1_000
REASON_NEEDED: Final = "Enter a reason for closing the round with unfinished work"


@dataclass(frozen=True, slots=True)
class _Counted:
    """How much of one kind is unfinished: in all, and as far as the actor may know of it."""

    in_all: int
    known: int
    # Of a kind that is decided audit by audit: what was looked at, and what was found.
    candidates: Candidates | None = None
    found: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class PreparedClosing:
    """What closing a round stores: the reason, the counts of unfinished work, and what other rooms prepared."""

    version: int
    reason: str
    names: NameCheck
    counted: Mapping[str, _Counted]
    work: tuple[Any, ...]


def prepare_closing(
    session: Session,
    *,
    round_id: uuid.UUID,
    version: int,
    by: Actor,
    reason: str = "",
    keep_names: KeepReason | None = None,
) -> PreparedClosing:
    """Prepare what closing an open round stores; writes nothing. Raises as `store_closing` does."""
    check_may(by, Permission.WRITE_ROUNDS)
    audit_round = find_round(session, round_id=round_id, by=by)
    _check_is_open(audit_round, version)
    check_reads_no_longer(session, by, round_id, what="close it")
    reason = reason.strip()
    names = NameCheck.of(session, by)
    faults = names.check("/reason", reason, keep=keep_names)
    blind = is_blind_in(session, audit_round, by=by)
    counted = {kind.key: _count(session, audit_round, kind, by if blind else None) for kind in kinds()}
    _check_finished(counted)
    _check_reason(counted, reason)
    raise_if_any(faults)
    return PreparedClosing(
        version, reason, names, counted, tuple(work.prepare(session, audit_round) for work in CLOSING_WORK)
    )


def store_closing(session: Session, prepared: PreparedClosing, *, round_id: uuid.UUID, by: Actor) -> Round:
    """Close an open round for good, and store what was prepared, the reason, and how much was unfinished.

    Audits that are not submitted are left out of its report. Submitting holds a share of the round's lock, so every
    audit is either counted or refused. Raises Moved when the prepared data is no longer valid, Stale, Conflict with
    each reason not to close it, and Invalid when work is unfinished and no reason was given.
    """
    check_may(by, Permission.WRITE_ROUNDS)
    audit_round = find_round(session, round_id=round_id, by=by, lock=True)
    _check_is_open(audit_round, prepared.version)
    check_reads_no_longer(session, by, round_id, what="close it")
    blind = is_blind_in(session, audit_round, by=by)
    counted = {
        kind.key: _count(session, audit_round, kind, by if blind else None, before=prepared.counted.get(kind.key))
        for kind in kinds()
    }
    _check_finished(counted)
    _check_reason(counted, prepared.reason)
    for work, ready in zip(CLOSING_WORK, prepared.work, strict=True):
        work.store(session, audit_round, ready)
    audit_round.unfinished = encode_counts({key: each.in_all for key, each in counted.items()})
    audit_round.closing_reason = prepared.reason if audit_round.unfinished else ""
    audit_round.state, audit_round.closed_at = RoundState.CLOSED, now()
    audit_round.version += 1
    session.add(audit_round)
    session.flush()
    unfinished = " ".join(f"{key}:{each.in_all}" for key, each in counted.items() if each.in_all)
    events.record(
        session, "round.closed", audit_round.id, by=by, details={"unfinished": unfinished} if unfinished else {}
    )
    if audit_round.closing_reason:
        prepared.names.record(session, audit_round.id, by=by)
    return audit_round


def close_round(
    session: Session,
    *,
    round_id: uuid.UUID,
    version: int,
    by: Actor,
    reason: str = "",
    keep_names: KeepReason | None = None,
) -> Round:
    """Prepare and store in one transaction, with the round locked.

    For rounds that nobody else works on meanwhile. Raises what the two parts raise.
    """
    find_round(session, round_id=round_id, by=by, lock=True)
    prepared = prepare_closing(session, round_id=round_id, version=version, by=by, reason=reason, keep_names=keep_names)
    return store_closing(session, prepared, round_id=round_id, by=by)


def is_blind_in(session: Session, audit_round: Round, *, by: Actor) -> bool:
    """Whether blind reading may hide unfinished work of this round from a person: they read a case of it."""
    query = select(col(Audit.id)).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        col(Audit.auditor_id) == by.person_id,
        col(Audit.state) != AuditState.WITHDRAWN,
    )
    return session.execute(query.limit(1)).first() is not None


def _check_is_open(audit_round: Round, version: int) -> None:
    check_version(audit_round.version, version)
    check_may_be_closed(audit_round)


def _count(
    session: Session, audit_round: Round, kind: UnfinishedKind, blind: Actor | None, *, before: _Counted | None = None
) -> _Counted:
    if kind.one_by_one is not None:
        return _count_one_by_one(session, audit_round, kind.one_by_one, blind, before)
    in_all = kind.find(session, audit_round, None, 0).number
    known = kind.find(session, audit_round, blind.person_id, 0).number if blind is not None and in_all else in_all
    return _Counted(in_all, known)


def _count_one_by_one(
    session: Session, audit_round: Round, kind: OneByOne, blind: Actor | None, before: _Counted | None
) -> _Counted:
    candidates = kind.candidates(session, audit_round)
    undecided = candidates.to_decide(before.candidates if before is not None else None)
    if before is not None and len(undecided) > MOST_COUNTED_AGAIN:
        raise Moved("Audits were submitted or changed while the figures were calculated. Close the round again.")
    still = (before.found & candidates.versions.keys()) - set(undecided) if before is not None else frozenset()
    found = still | frozenset(kind.unfinished(session, audit_round, undecided))
    known = len(found) if blind is None else _number_visible(session, found, blind)
    return _Counted(len(found), known, candidates, found)


def _number_visible(session: Session, audits: Collection[uuid.UUID], by: Actor) -> int:
    of_organisation = select(func.count()).where(col(Audit.organisation_id) == by.organisation_id)
    visible = of_organisation.where(visible_under_blind_reading(by.person_id))
    return sum(session.scalar(visible.where(col(Audit.id).in_(some))) or 0 for some in in_portions(audits))


def _check_finished(counted: Mapping[str, _Counted]) -> None:
    refusals = [kind.refusal for kind in kinds() if kind.refusal and counted[kind.key].in_all]
    if refusals:
        raise Conflict(" ".join(refusals), faults=tuple(Fault("", refusal) for refusal in refusals))


def _check_reason(counted: Mapping[str, _Counted], reason: str) -> None:
    """Ask for a reason only for unfinished work that the actor may know of: asking would tell them of other work."""
    if not reason and any(counted[kind.key].known for kind in kinds() if not kind.refusal):
        raise Invalid.at("/reason", REASON_NEEDED)
