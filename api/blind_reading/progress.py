"""How far the readers of a case have settled it, for the people who are to settle it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.audits.actions import round_of, template_of
from api.audits.hooks import OwnStep
from api.foundation.permissions import Actor
from checklists.audits.audit_states import AGREED_STATES, SUBMITTED_STATES
from checklists.plurals import plural
from checklists.reports.tallies import decode_answers
from models import Audit, Consensus, RoundState
from models.storage.joins import linked, table_alias

_OTHER = table_alias(Audit)


@dataclass(frozen=True, slots=True)
class SettlementProgress:
    """The themes in which two readings differ, how many are settled, and who proposed answers for the others.

    `to_confirm`: proposed by the other reader. `proposed`: by the person themselves, waiting for the other reader.
    """

    differing: int
    settled: int
    to_confirm: int
    proposed: int
    is_agreed: bool

    @property
    def left(self) -> int:
        return self.differing - self.settled

    @property
    def waits_for_other(self) -> bool:
        """Whether everything that is left waits for the other reader to confirm it."""
        return not self.is_agreed and 0 < self.left == self.proposed


def progress_of_pairs(session: Session, audits: Sequence[Audit], *, by: Actor) -> dict[uuid.UUID, SettlementProgress]:
    """The progress of each of these audits whose case has two submitted readings, as this person sees it."""
    other = _OTHER
    rows = session.exec(
        select(Audit, other)
        .join(
            other,
            linked(other.round_id, Audit.round_id)
            & (col(other.case_file_id) == col(Audit.case_file_id))
            & (col(other.id) != col(Audit.id)),
        )
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.id).in_([audit.id for audit in audits]),
            col(Audit.state).in_(SUBMITTED_STATES),
            col(other.state).in_(SUBMITTED_STATES),
        )
    ).all()
    pairs = {audit.id: (audit, beside) if audit.reading == 1 else (beside, audit) for audit, beside in rows}
    stored = _stored(session, [first.id for first, _ in pairs.values()], by)
    return {
        audit_id: _progress(session, first, second, stored.get(first.id, ()), by)
        for audit_id, (first, second) in pairs.items()
    }


def steps_of_readers(session: Session, audits: Sequence[Audit], by: Actor) -> Mapping[uuid.UUID, OwnStep]:
    """What the person has to settle with the other readers of their cases."""
    by_id = {audit.id: audit for audit in audits}
    return {
        audit_id: step
        for audit_id, progress in progress_of_pairs(session, audits, by=by).items()
        if (step := _step(session, by_id[audit_id], progress)) is not None
    }


def _step(session: Session, audit: Audit, progress: SettlementProgress) -> OwnStep | None:
    path = f"/audits/{audit.id}/pair"
    if progress.is_agreed:
        return OwnStep("Agreed with the other reader", path, is_due=False)
    if round_of(session, audit).state is not RoundState.OPEN:
        return None
    if not progress.left:
        return OwnStep("Record matching readings as agreed", path)
    themes = plural(progress.left, "theme")
    if progress.waits_for_other:
        return OwnStep(f"Waiting for the other reader to confirm {themes}", path, is_due=False)
    confirm = f", {progress.to_confirm} to confirm" if progress.to_confirm else ""
    return OwnStep(f"Settle {themes} with the other reader{confirm}", path)


def _progress(
    session: Session, first: Audit, second: Audit, stored: Sequence[Consensus], by: Actor
) -> SettlementProgress:
    template = template_of(session, round_of(session, first))
    one, other = (decode_answers(template, reading.answers) for reading in (first, second))
    differing = [theme for theme in template.theme_keys if one[theme] != other[theme]]
    valid = [
        row
        for row in stored
        if row.theme in differing and (row.first_answer, row.second_answer) == (one[row.theme], other[row.theme])
    ]
    waiting = [row for row in valid if row.settled_by_id is None]
    own = sum(row.proposed_by_id == by.person_id for row in waiting)
    return SettlementProgress(
        len(differing), len(valid) - len(waiting), len(waiting) - own, own, first.state in AGREED_STATES
    )


def _stored(session: Session, first_ids: Sequence[uuid.UUID], by: Actor) -> dict[uuid.UUID, list[Consensus]]:
    query = select(Consensus).where(
        col(Consensus.organisation_id) == by.organisation_id, col(Consensus.audit_id).in_(first_ids)
    )
    found: dict[uuid.UUID, list[Consensus]] = {}
    for row in session.exec(query.execution_options(populate_existing=True)):
        found.setdefault(row.audit_id, []).append(row)
    return found
