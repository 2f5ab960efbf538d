"""Consensus: the two readers of a case, or somebody who read neither, agree on the themes on which they differ."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from api.access.audits import check_can_read_audit, may_resolve_double_reading
from api.access.blindness import visible_under_blind_reading
from api.access.people import hindrances_of, words_of
from api.audits import actions as audits
from api.audits.actions import ReadAudit, get_audit, open_round_of
from api.audits.submission.hooks import AFTER_AGREEMENT
from api.blind_reading import notifying
from api.foundation import access_log, events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, NotAllowed, NotFound, Stale, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES, Step, state_after
from checklists.audits.scoring import overall_after_agreement
from checklists.reports.tallies import encode_answers
from checklists.templates.template import Theme
from models import Audit, Consensus, now


@dataclass(frozen=True, slots=True)
class ThemePair:
    """A theme of a case read twice: what each reading says, and what is proposed or settled."""

    theme: Theme
    first: str
    second: str
    consensus: Consensus | None

    @property
    def differs(self) -> bool:
        return self.first != self.second

    @property
    def is_settled(self) -> bool:
        return not self.differs or (self.consensus is not None and self.consensus.settled_by_id is not None)

    @property
    def agreed(self) -> str:
        """The agreed answer of the case; "" while the two differ and nothing is settled."""
        if not self.differs:
            return self.first
        return self.consensus.answer if self.consensus is not None and self.is_settled else ""


@dataclass(frozen=True, slots=True)
class DoubleReading:
    """Both readings of a case, when both are submitted, theme by theme."""

    first: ReadAudit
    second: ReadAudit
    themes: tuple[ThemePair, ...]

    @property
    def is_agreed(self) -> bool:
        """Whether the agreement has been recorded with the first reading."""
        return self.first.audit.state in AGREED_STATES

    @property
    def open(self) -> tuple[ThemePair, ...]:
        return tuple(each for each in self.themes if not each.is_settled)

    @property
    def readers(self) -> tuple[uuid.UUID, uuid.UUID]:
        return self.first.audit.auditor_id, self.second.audit.auditor_id

    def theme(self, key: str) -> ThemePair:
        """Raises NotFound for a theme that the round's template does not have."""
        found = next((each for each in self.themes if each.theme.key == key), None)
        if found is None:
            raise NotFound("theme")
        return found


def find_double_reading(session: Session, *, audit_id: uuid.UUID, by: Actor, lock: bool = False) -> DoubleReading:
    """Both readings of the case of this audit: for its two readers, and for people who may read both.

    Raises NotFound for an audit that the actor may not read, and until both are submitted: the same error as when
    nobody else reads the case.
    """
    found = check_can_read_audit(by, get_audit(session, audit_id, by))
    query = _readings_of(found, by)
    # Always in the same order, so that of two who settle at the same moment the second waits, and sees the first.
    held = session.exec(query.with_for_update(key_share=True) if lock else query).all()
    if len(held) < 2 or found.id not in {audit.id for audit in held}:
        raise NotFound("pair of readings")
    for audit in held:
        access_log.record_view(session, "audit.read", audit.id, by=by)
    first, second = (audits.read_audit(session, audit) for audit in held)
    return DoubleReading(first, second, _themes(first, second, _stored(session, first.audit)))


def hindered_readers(session: Session, pair: DoubleReading) -> list[str]:
    """The readers of a case who can no longer settle it, each with why: "Ben can no longer sign in"."""
    readings = (pair.first, pair.second)
    hindered = hindrances_of(
        session, set(pair.readers), Permission.SCORE_AUDITS, organisation_id=pair.first.audit.organisation_id
    )
    return [
        f"{each.auditor.name} {words_of(hindered[each.auditor.id], Permission.SCORE_AUDITS)}"
        for each in readings
        if each.auditor.id in hindered
    ]


def is_read_twice(session: Session, audit: Audit, *, by: Actor) -> bool:
    """Whether both readings of the audit's case are submitted: the audit's readers may know this, and nobody before."""
    return audit.state in SUBMITTED_STATES and len(session.exec(_readings_of(audit, by)).all()) > 1


def _readings_of(audit: Audit, by: Actor) -> SelectOfScalar[Audit]:
    return (
        select(Audit)
        .where(
            col(Audit.organisation_id) == audit.organisation_id,
            col(Audit.round_id) == audit.round_id,
            col(Audit.case_file_id) == audit.case_file_id,
            col(Audit.state).in_(SUBMITTED_STATES),
            visible_under_blind_reading(by.person_id),
        )
        .order_by(col(Audit.reading))
        .execution_options(populate_existing=True)
    )


def propose_answer(
    session: Session,
    *,
    audit_id: uuid.UUID,
    theme: str,
    answer: str,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> DoubleReading:
    """Propose an answer for a theme on which the readings differ, with a reason.

    The other reader confirms it or proposes another. For a moderator or lead who read neither, this settles it at once.
    `version` is that of the proposal that it replaces, 0 where there is none. Raises NotFound, Stale, Conflict and
    Invalid.
    """
    check_may(by, Permission.READ_AUDITS)
    pair = _to_settle(session, audit_id, by)
    found = pair.theme(theme)
    if not found.differs:
        raise Conflict("Both readings have the same answer for this theme, so there is nothing to agree.")
    if found.is_settled:
        raise Conflict("The answer to this theme is already agreed.")
    if version != (found.consensus.version if found.consensus else 0):
        raise Stale
    names = NameCheck.of(session, by)
    faults = []
    if not pair.first.template.is_answer(answer):
        faults.append(Fault("/answer", "Select an answer"))
    if not reason.strip():
        faults.append(Fault("/reason", "Enter a reason for this answer"))
    raise_if_any([*faults, *names.check("/reason", reason, keep=keep_names)])
    settles = by.person_id not in pair.readers
    row = Consensus(
        organisation_id=by.organisation_id,
        audit_id=pair.first.audit.id,
        theme=theme,
        first_answer=found.first,
        second_answer=found.second,
        answer=answer,
        reason=reason.strip(),
        proposed_by_id=by.id,
        settled_by_id=by.id if settles else None,
        version=version,
    )
    return _written(session, pair, row, "audit.consensus-settled" if settles else "audit.consensus-proposed", names, by)


def confirm_answer(session: Session, *, audit_id: uuid.UUID, theme: str, version: int, by: Actor) -> DoubleReading:
    """Confirm the proposal for a theme: by the other reader, or by a moderator or lead who read neither."""
    check_may(by, Permission.READ_AUDITS)
    pair = _to_settle(session, audit_id, by)
    found = pair.theme(theme).consensus
    if found is None:
        raise Conflict("No answer has been proposed for this theme yet.")
    if found.settled_by_id is not None:
        raise Conflict("The answer to this theme is already agreed.")
    check_version(found.version, version)
    if found.proposed_by_id == by.person_id:
        raise NotAllowed("You proposed this answer, so the other reader must confirm it.")
    found.settled_by_id = by.id
    return _written(session, pair, found, "audit.consensus-settled", None, by)


def agree_identical_readings(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> DoubleReading:
    """Record the agreement of two readings that differ in no theme. `version` is the first reading's."""
    check_may(by, Permission.READ_AUDITS)
    pair = _to_settle(session, audit_id, by)
    if pair.open:
        raise Conflict("Some themes with different answers have no agreed answer yet.")
    check_version(pair.first.audit.version, version)
    _finish(session, pair, by)
    session.flush()
    return find_double_reading(session, audit_id=audit_id, by=by)


def _to_settle(session: Session, audit_id: uuid.UUID, by: Actor) -> DoubleReading:
    pair = find_double_reading(session, audit_id=audit_id, by=by, lock=True)
    if not may_resolve_double_reading(by, pair.readers):
        raise NotAllowed("Only the 2 readers, a moderator or a quality lead can agree a case read twice.")
    open_round_of(session, pair.first.audit, until_done=True)
    if pair.is_agreed:
        raise Conflict("The readings of this case are already agreed.")
    return pair


def _written(
    session: Session, pair: DoubleReading, row: Consensus, kind: str, names: NameCheck | None, by: Actor
) -> DoubleReading:
    row.version += 1
    row.changed_at = now()
    # Replaces what was proposed before, also when that was about other answers.
    session.merge(row)
    session.flush()
    _record(session, pair, kind, by, themes=row.theme)
    if names is not None:
        names.record(session, pair.first.audit.id, by=by)
    fresh = find_double_reading(
        session, audit_id=pair.first.audit.id if by.person_id not in pair.readers else _own(pair, by), by=by
    )
    if row.settled_by_id is None:
        notifying.notify_of_proposal(session, pair.first.audit, pair.second.audit, by=by)
    if not fresh.open:
        _finish(session, fresh, by)
        session.flush()
    return fresh


def _own(pair: DoubleReading, by: Actor) -> uuid.UUID:
    return next(each.audit.id for each in (pair.first, pair.second) if each.audit.auditor_id == by.person_id)


def _finish(session: Session, pair: DoubleReading, by: Actor) -> None:
    audit, template = pair.first.audit, pair.first.template
    agreed = {each.theme.key: each.agreed for each in pair.themes}
    audit.agreed_answers = encode_answers(template, agreed)
    # What both readers judged of the same answers stays; else it is what the agreed answers give.
    judged = {pair.first.auditor_overall, pair.second.auditor_overall}
    own = judged.pop() or "" if len(judged) == 1 else ""
    audit.agreed_overall = overall_after_agreement(template, pair.first.answers, agreed, own)
    audit.state, audit.agreed_at = state_after(audit.state, Step.SETTLE), now()
    audit.version += 1
    session.add(audit)
    session.flush()
    _record(session, pair, "audit.consensus-reached", by)
    notifying.notify_of_settlement(session, audit, pair.second.audit, by=by)
    for work in AFTER_AGREEMENT:
        work(session, audit.id, by)


def _record(session: Session, pair: DoubleReading, kind: str, by: Actor, **details: str) -> None:
    # In the history of both: neither reader sees that of the other.
    rows = [events.row(kind, each.audit.id, by=by, details=details) for each in (pair.first, pair.second)]
    events.record_many(session, rows)


def _stored(session: Session, first: Audit) -> Sequence[Consensus]:
    return session.exec(
        select(Consensus)
        .where(col(Consensus.organisation_id) == first.organisation_id, col(Consensus.audit_id) == first.id)
        .execution_options(populate_existing=True)
    ).all()


def _themes(first: ReadAudit, second: ReadAudit, stored: Sequence[Consensus]) -> tuple[ThemePair, ...]:
    one, other = first.answers, second.answers
    by_theme: Mapping[str, Consensus] = {
        row.theme: row
        for row in stored
        if (row.first_answer, row.second_answer) == (one.get(row.theme), other.get(row.theme))
    }
    return tuple(
        ThemePair(theme, one[theme.key], other[theme.key], by_theme.get(theme.key)) for theme in first.template.themes
    )
