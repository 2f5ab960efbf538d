"""What came of each case of a round. Programs read it: nobody who reads a case themselves, so never a person."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.audits.actions import overall_when_submitted, template_of
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.improvement.readable import has_been_live
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES
from checklists.audits.scoring import overall_label
from models import Action, ActionKind, ActionState, Audit, AuditState, CaseFile, Event, Round, RoundState
from models.storage.joins import linked, table_alias

_OTHER: Final = table_alias(Audit)
# How far an audit has come.
_PROGRESS: Final = (
    AuditState.DRAFT,
    AuditState.RETURNED,
    AuditState.SUBMITTED,
    AuditState.IN_MODERATION,
    AuditState.AGREED,
    AuditState.SIGNED_OFF,
)
# The events of an audit after which its result is another.
CHANGES: Final = (
    "audit.submitted",
    "audit.returned",
    "audit.withdrawn",
    "audit.taken-into-moderation",
    "audit.accepted",
    "audit.agreed",
    "audit.consensus-reached",
    "audit.overall-changed-at-sign-off",
    "audit.signed-off",
    "audit.reopened",
)


@dataclass(frozen=True, slots=True)
class ResultAction:
    """An action for the child of a case."""

    id: uuid.UUID
    words: str
    state: ActionState
    due_on: date


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case in a round, under its reference.

    While a reading of the case is with its reader, only the state: that of the reading that has come least far, so that
    nobody learns of a second one. `overall`: the key of the judgement in force and its label, both empty where there is
    none, or where two readings have not been settled. `key_id`: the council's key with which the reference was made.
    """

    id: uuid.UUID
    round_id: uuid.UUID
    round_title: str
    reference: str
    key_id: str
    state: AuditState
    submitted_at: datetime | None = None
    agreed_at: datetime | None = None
    signed_at: datetime | None = None
    overall: str = ""
    overall_label: str = ""
    actions: tuple[ResultAction, ...] = ()


def list_results(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    round_id: uuid.UUID | None = None,
    since: datetime | None = None,
) -> list[CaseResult]:
    """The results of cases, one for each case of a round, in the order in which their audits were made.

    `since`: only of cases of which something changed from this moment on. Of actions none, unless the program may read
    them. That it read the results of a round is recorded.
    """
    check_may(by, Permission.READ_RESULTS)
    query = (
        select_columns(
            *(col(Audit.id), col(Audit.round_id), col(Audit.case_file_id)),
            *(col(CaseFile.reference), col(CaseFile.key_id), Round),
        )
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(col(Audit.organisation_id) == by.organisation_id, _stands_for_its_case())
        .order_by(col(Audit.id))
        .limit(limit)
    )
    if round_id is not None:
        query = query.where(col(Audit.round_id) == round_id)
    if after is not None:
        query = query.where(col(Audit.id) > after)
    if since is not None:
        query = query.where(_changed_since(since))
    rows = session.execute(query).all()
    for listed in sorted({row.round_id for row in rows}):
        access_log.record_view(session, "round.results-read", listed, by=by)
    return _results(session, by, rows)


def _stands_for_its_case() -> ColumnElement[bool]:
    """That an audit is the one by which the result of its case is listed: the first reading that is not withdrawn; of
    withdrawn ones alone, the last.
    """
    comes_first = or_(
        and_(
            col(_OTHER.state) != AuditState.WITHDRAWN,
            or_(col(Audit.state) == AuditState.WITHDRAWN, col(_OTHER.reading) < col(Audit.reading)),
        ),
        and_(
            col(_OTHER.state) == AuditState.WITHDRAWN,
            col(Audit.state) == AuditState.WITHDRAWN,
            col(_OTHER.id) > col(Audit.id),
        ),
    )
    return ~exists().where(*_of_the_same_case(), comes_first).correlate(Audit)


def _of_the_same_case() -> tuple[ColumnElement[bool], ...]:
    return (linked(_OTHER.round_id, Audit.round_id), col(_OTHER.case_file_id) == col(Audit.case_file_id))


def _changed_since(moment: datetime) -> ColumnElement[bool]:
    """That an audit of the case was made, moved on or withdrawn, an action of it changed, or its round was closed."""
    audit_changed = exists().where(
        col(Event.organisation_id) == col(_OTHER.organisation_id),
        col(Event.subject_id) == col(_OTHER.id),
        col(Event.kind).in_(CHANGES),
        col(Event.at) >= moment,
    )
    action_changed = exists().where(
        linked(Action.audit_id, _OTHER.id),
        col(Event.organisation_id) == col(Action.organisation_id),
        col(Event.subject_id) == col(Action.id),
        col(Event.kind).startswith("action."),
        col(Event.at) >= moment,
    )
    changed = or_(col(_OTHER.created_at) >= moment, audit_changed.correlate(_OTHER), action_changed.correlate(_OTHER))
    return or_(col(Round.closed_at) >= moment, exists().where(*_of_the_same_case(), changed).correlate(Audit))


def _results(session: Session, by: Actor, rows: Sequence[Any]) -> list[CaseResult]:
    readings = _readings(session, by, rows)
    reported = {row.id: _reported(readings[row.round_id, row.case_file_id], row.Round) for row in rows}
    actions = _actions(session, by, [audit.id for audits in reported.values() for audit in audits])
    templates = {row.round_id: template_of(session, row.Round) for row in rows if reported[row.id]}
    results = []
    for row in rows:
        named = (row.id, row.round_id, row.Round.title, row.reference, row.key_id)
        audits = reported[row.id]
        if not audits:
            results.append(CaseResult(*named, _least_far(readings[row.round_id, row.case_file_id])))
            continue
        # Two readings are settled in the first of them.
        first, is_agreed = audits[0], audits[0].state in AGREED_STATES
        overall = (overall_when_submitted(first) or "") if len(audits) == 1 or is_agreed else ""
        results.append(
            CaseResult(
                *named,
                state=first.state,
                submitted_at=max(audit.submitted_at for audit in audits if audit.submitted_at is not None),
                agreed_at=first.agreed_at if is_agreed else None,
                signed_at=first.signed_at,
                overall=overall,
                overall_label=overall_label(templates[row.round_id], overall) if overall else "",
                actions=tuple(action for audit in audits for action in actions.get(audit.id, ())),
            )
        )
    return results


def _readings(
    session: Session, by: Actor, rows: Iterable[Any]
) -> Mapping[tuple[uuid.UUID, uuid.UUID], Sequence[Audit]]:
    """The readings of these cases that are not withdrawn, by round and case, the first reading first."""
    cases = {(row.round_id, row.case_file_id) for row in rows}
    found = session.exec(
        select(Audit)
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.case_file_id).in_({case for _, case in cases}),
            col(Audit.round_id).in_({round_id for round_id, _ in cases}),
            col(Audit.state) != AuditState.WITHDRAWN,
        )
        .order_by(col(Audit.reading))
    )
    by_case: dict[tuple[uuid.UUID, uuid.UUID], list[Audit]] = defaultdict(list)
    for audit in found:
        by_case[audit.round_id, audit.case_file_id].append(audit)
    return by_case


def _reported(readings: Sequence[Audit], audit_round: Round) -> Sequence[Audit]:
    """The readings of which more than the state is reported: none until all are submitted, or the round is closed.

    What is written into a child's record before could be read there by a second reader.
    """
    submitted = [audit for audit in readings if audit.state in SUBMITTED_STATES]
    is_over = audit_round.state is RoundState.CLOSED
    return submitted if is_over or len(submitted) == len(readings) else ()


def _least_far(readings: Sequence[Audit]) -> AuditState:
    if not readings:
        return AuditState.WITHDRAWN
    return min((audit.state for audit in readings), key=_PROGRESS.index)


def _actions(session: Session, by: Actor, audits: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[ResultAction]]:
    """The actions for the children of these audits that are or were live, by audit, the earliest due first.

    None without the scope.
    """
    if not by.may(Permission.READ_RESULT_ACTIONS):
        return {}
    found = session.execute(
        select_columns(col(Action.audit_id), col(Action.id), col(Action.words), col(Action.state), col(Action.due_on))
        .where(
            col(Action.organisation_id) == by.organisation_id,
            col(Action.audit_id).in_(audits),
            col(Action.kind) == ActionKind.CHILD_LEVEL,
            has_been_live(),
        )
        .order_by(col(Action.due_on), col(Action.id))
    )
    by_audit: dict[uuid.UUID, list[ResultAction]] = defaultdict(list)
    for audit_id, *values in found:
        by_audit[audit_id].append(ResultAction(*values))
    return by_audit
