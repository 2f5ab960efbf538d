"""Replacements: the next case in the order of the draw replaces one that turns out unsuitable."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.access.blindness import check_is_not_reader
from api.audits import actions as audits
from api.audits.submission import actions as submissions
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Invalid, Stale, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.rounds import actions as rounds
from api.sampling import actions as samples
from checklists.samples.sampling import draw, next_reserve
from models import Audit, AuditState, RoundState, Sample, SampledCase, SampledState
from models.storage.database import rows_changed


@dataclass(frozen=True, slots=True)
class PreparedReplacement:
    """The replacement case, found by drawing again, and the version of the sample that this depends on."""

    sample_id: uuid.UUID
    version: int
    replaced: uuid.UUID
    reason: str
    keep_names: KeepReason | None
    replacement: dict[str, Any]
    reference: str
    names: NameCheck


def prepare_replacement(
    session: Session,
    *,
    sample_id: uuid.UUID,
    case_file_id: uuid.UUID,
    reason: str,
    version: int,
    keep_names: KeepReason | None = None,
    by: Actor,
) -> PreparedReplacement:
    """Find the next reserve case to replace this one; writes nothing.

    The reserve comes from the same stratum, with the probability that the plan gave it, and the limit for one worker
    still applies. Raises NotFound, Stale, Invalid, and Conflict when the round is closed, the case has been replaced
    already, or the reserve is empty.
    """
    sample = _open_sample(session, sample_id, version, by)
    case, _ = samples.case_of(session, sample, case_file_id)
    if case.state is SampledState.REPLACED:
        raise Conflict("This case has already been replaced.")
    reason = reason.strip()
    if not reason:
        raise Invalid.at("reason", "Enter why this case is not suitable")
    names = NameCheck.of(session, by)
    raise_if_any(names.check("reason", reason, keep=keep_names))
    reference, replacement = _next(session, sample, case)
    return PreparedReplacement(sample_id, version, case_file_id, reason, keep_names, replacement, reference, names)


def store_replacement(session: Session, prepared: PreparedReplacement, *, by: Actor) -> Sample:
    """Replace the case; both stay on record. An audit of it that has not been begun is withdrawn.

    Raises Stale when the sample has changed, and Conflict when its round is closed or the audit has been begun.
    """
    sample = _open_sample(session, prepared.sample_id, prepared.version, by, lock=True)
    case = session.get_one(SampledCase, (sample.organisation_id, sample.id, prepared.replaced))
    _withdraw_audits(session, sample, case, prepared.reason, prepared.keep_names, by)
    case.state, case.reason = SampledState.REPLACED, prepared.reason
    session.add(case)
    session.add(SampledCase(**prepared.replacement))
    _next_version(session, sample)
    session.flush()
    details = {"case": str(prepared.replaced), "instead": str(prepared.replacement["case_file_id"])}
    prepared.names.record(session, sample.id, by=by)
    events.record(session, "sample.case-replaced", sample.id, by=by, details=details)
    return samples.find_sample(session, sample_id=sample.id, by=by)


def replace_case(
    session: Session,
    *,
    sample_id: uuid.UUID,
    case_file_id: uuid.UUID,
    reason: str,
    version: int,
    keep_names: KeepReason | None = None,
    by: Actor,
) -> Sample:
    """Prepare and store in one transaction. Raises what the two parts raise."""
    prepared = prepare_replacement(
        session,
        sample_id=sample_id,
        case_file_id=case_file_id,
        reason=reason,
        version=version,
        keep_names=keep_names,
        by=by,
    )
    return store_replacement(session, prepared, by=by)


def _open_sample(session: Session, sample_id: uuid.UUID, version: int, by: Actor, *, lock: bool = False) -> Sample:
    sample = samples.find_sample(session, sample_id=sample_id, by=by, lock=lock)
    check_version(sample.version, version)
    if sample.round_id is None:
        raise Conflict("This sample is of a joint audit. Change its cases on the page of the joint audit.")
    if rounds.find_round(session, round_id=sample.round_id, by=by).state is RoundState.CLOSED:
        raise Conflict("This round is closed, so its samples cannot be changed.")
    return sample


def _withdraw_audits(
    session: Session, sample: Sample, case: SampledCase, reason: str, keep_names: KeepReason | None, by: Actor
) -> None:
    of_the_case = session.exec(
        select(Audit).where(
            col(Audit.organisation_id) == sample.organisation_id,
            col(Audit.round_id) == sample.round_id,
            col(Audit.case_file_id) == case.case_file_id,
            col(Audit.state) != AuditState.WITHDRAWN,
        )
    ).all()
    check_is_not_reader(by, [audit.auditor_id for audit in of_the_case])
    if any(audits.is_begun(session, audit) for audit in of_the_case):
        raise Conflict("An audit of this case has been started. Withdraw that audit before you replace the case.")
    for audit in of_the_case:
        submissions.withdraw(
            session, audit_id=audit.id, reason=reason, version=audit.version, keep_names=keep_names, by=by
        )


def _next(session: Session, sample: Sample, case: SampledCase) -> tuple[str, dict[str, Any]]:
    """The reference and the row of the replacement: drawn again, so that the reserve need not be stored."""
    frame, ids = samples.stored_frame(session, sample)
    references = {case_file_id: reference for reference, case_file_id in ids.items()}
    drawn = [each for each, _ in samples.cases_of(session, sample) if each.case_file_id != case.case_file_id]
    reserve = next_reserve(
        draw(frame, samples.draw_plan(sample)),
        case.stratum,
        in_sample={references[each.case_file_id] for each in drawn if each.state is SampledState.SELECTED},
        gone={references[each.case_file_id] for each in drawn if each.state is SampledState.REPLACED},
        cap=sample.most_of_a_worker,
    )
    if reserve is None:
        raise Conflict(
            "There are no reserve cases left for this part of the case list. Draw another sample for the round."
        )
    return reserve.reference, {
        "organisation_id": sample.organisation_id,
        "sample_id": sample.id,
        "case_file_id": ids[reserve.reference],
        "stratum": case.stratum,
        "place": reserve.place,
        "probability": reserve.probability,
        "state": SampledState.SELECTED,
        "reason": "",
        "stands_for_id": case.case_file_id,
    }


def _next_version(session: Session, sample: Sample) -> None:
    changed = rows_changed(
        session,
        update(Sample)
        .where(
            col(Sample.organisation_id) == sample.organisation_id,
            col(Sample.id) == sample.id,
            col(Sample.version) == sample.version,
        )
        .values(version=sample.version + 1),
    )
    if not changed:
        raise Stale
