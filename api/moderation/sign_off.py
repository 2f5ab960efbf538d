"""Sign-off: an agreed audit is signed, and from then on the database refuses to change its answers."""

import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit, check_not_own_work
from api.audits.actions import get_audit, open_round_of, share_round
from api.concerns.queries import open_concerns
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Fault, NotAllowed, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.moderation.actions import moderation_of
from checklists.audit_states import TRANSITIONS, AuditState, Step, state_after
from checklists.signature import signature
from checklists.tallies import encode_answers
from models import Audit, AuditHarm, Reopening, Round, Score, now
from models.template import published_content


def check_can_sign_off(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot sign an audit off now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(by, audit)
    if moderation_of(session, audit).moderator_id == by.person_id:
        raise NotAllowed("You moderated this audit: somebody else has to sign it off.")
    check_version(audit.version, version)
    open_round_of(session, audit)
    if audit.state not in TRANSITIONS[Step.SIGN_OFF].origins:
        raise Conflict("Only an agreed audit is signed off.")
    if waiting_reopening(session, audit) is not None:
        raise Conflict("Somebody asked to reopen this audit. Decide on that first.")
    if open_concerns(session, audit):
        raise Conflict("An urgent concern of this audit is still open. Close it first, with what was done.")


def sign_off(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Sign an agreed audit. Not by its auditor, and not by whoever moderated it.

    Raises NotFound, NotAllowed, Stale, Conflict.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    check_can_sign_off(session, audit, by=by, version=version)
    audit.signed_by_id, audit.signed_at = by.id, now()
    audit.signature, audit.state = signature_of(session, audit), state_after(audit.state, Step.SIGN_OFF)
    _changed(session, audit)
    events.record(session, "audit.signed-off", audit.id, by=by, details={"signature": audit.signature})
    return audit


def check_can_ask_to_reopen(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot ask to reopen an audit now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(by, audit)
    check_version(audit.version, version)
    open_round_of(session, audit)
    if audit.state not in TRANSITIONS[Step.REOPEN].origins:
        raise Conflict("Only an audit that is agreed or signed off is reopened.")
    if waiting_reopening(session, audit) is not None:
        raise AlreadyExists("Somebody has asked to reopen this audit already. Another person has to decide.")


def ask_to_reopen(
    session: Session,
    *,
    audit_id: uuid.UUID,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Reopening:
    """Ask that an agreed or signed audit be opened again, with a reason. Another person decides.

    By a moderator or a lead, never its auditor. Raises NotFound, NotAllowed, Stale, Conflict, Invalid, AlreadyExists.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    check_can_ask_to_reopen(session, audit, by=by, version=version)
    names = NameCheck.of(session, by)
    faults = names.check("/reason", reason, keep=keep_names)
    if not reason.strip():
        faults.append(Fault("/reason", "Say why the audit should be opened again."))
    raise_if_any(faults)
    asked = Reopening(organisation_id=audit.organisation_id, audit_id=audit.id, reason=reason, asked_by_id=by.id)
    session.add(asked)
    _changed(session, audit)
    events.record(session, "audit.reopening-asked", audit.id, by=by)
    names.record(session, audit.id, by=by)
    return asked


def check_can_decide(
    session: Session, audit: Audit, asked: Reopening, *, by: Actor, version: int | None = None
) -> None:
    """Raise the Problem for which this person cannot decide on a reopening now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(by, audit)
    if asked.asked_by_id == by.person_id:
        raise NotAllowed("You asked for this yourself: somebody else has to decide.")
    check_version(audit.version, version)
    open_round_of(session, audit)
    if asked.decided_at is not None:
        raise Conflict("Somebody has decided on this already.")


def decide_on_reopening(
    session: Session, *, audit_id: uuid.UUID, reopening_id: uuid.UUID, confirmed: bool, version: int, by: Actor
) -> Audit:
    """Confirm or refuse that an audit is opened again. Not by its auditor, and not by whoever asked.

    Confirming voids the signature, which is kept with the reopening, and takes the audit back into moderation. Raises
    NotFound, NotAllowed, Stale, Conflict.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    asked = session.get(Reopening, (audit.organisation_id, reopening_id))
    if asked is None or asked.audit_id != audit.id:
        raise NotFound("reopening")
    check_can_decide(session, audit, asked, by=by, version=version)
    asked.decided_by_id, asked.decided_at, asked.confirmed = by.id, now(), confirmed
    if confirmed:
        asked.voided_signature, asked.signed_by_id, asked.signed_at = (
            audit.signature,
            audit.signed_by_id,
            audit.signed_at,
        )
    session.add(asked)
    session.flush()
    if confirmed:
        audit.state = state_after(audit.state, Step.REOPEN)
        audit.signature, audit.signed_by_id, audit.signed_at = "", None, None
    _changed(session, audit)
    if not confirmed:
        events.record(session, "audit.reopening-refused", audit.id, by=by)
        return audit
    events.record(session, "audit.reopened", audit.id, by=by, details={"signature": asked.voided_signature})
    return audit


def waiting_reopening(session: Session, audit: Audit) -> Reopening | None:
    """The reopening that somebody asked for and nobody has decided on."""
    return next((each for each in reopenings_of(session, audit) if each.decided_at is None), None)


def reopenings_of(session: Session, audit: Audit) -> list[Reopening]:
    """Every reopening that was asked for, the newest first."""
    return list(
        session.execute(
            select(Reopening)
            .where(col(Reopening.organisation_id) == audit.organisation_id, col(Reopening.audit_id) == audit.id)
            .order_by(col(Reopening.asked_at).desc(), col(Reopening.id).desc())
        ).scalars()
    )


def signature_of(session: Session, audit: Audit) -> str:
    """The signature that the audit ought to carry, from what stands in the database now."""
    audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
    harms = session.execute(
        select(col(AuditHarm.form_of_harm)).where(
            col(AuditHarm.organisation_id) == audit.organisation_id, col(AuditHarm.audit_id) == audit.id
        )
    ).scalars()
    return signature(
        {
            "organisation": audit.organisation_id,
            "audit": str(audit.id),
            "round": str(audit.round_id),
            "template": str(audit_round.template_id),
            "template_version": audit_round.template_version,
            "case_file": str(audit.case_file_id),
            "team": str(audit.team_id),
            "status": audit.status,
            "age_band": audit.age_band,
            "forms_of_harm": " ".join(sorted(harms)),
            "auditor": str(audit.auditor_id),
            "reading": audit.reading,
            "mode": audit.mode,
            "submitted_at": audit.submitted_at,
            "answers": audit.answers,
            "agreed_answers": audit.agreed_answers,
            "agreed_at": audit.agreed_at,
            "overall_calculated": audit.overall_calculated,
            "overall_override": audit.overall_override,
            "signed_by": str(audit.signed_by_id),
            "signed_at": audit.signed_at,
        }
    )


def is_as_signed(session: Session, audit: Audit) -> bool:
    """Whether a signed audit's answers, in its own row and score by score, are those that were signed."""
    audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
    template = published_content(session, audit.organisation_id, audit_round.template_id, audit_round.template_version)
    rows = session.execute(
        select(col(Score.theme), col(Score.answer)).where(
            col(Score.organisation_id) == audit.organisation_id, col(Score.audit_id) == audit.id
        )
    )
    answers = {row.theme: row.answer for row in rows}
    if template is None or set(answers) != set(template.theme_keys):
        return False
    try:
        return encode_answers(template, answers) == audit.answers and signature_of(session, audit) == audit.signature
    except KeyError:
        return False


def broken_signatures(session: Session) -> Iterator[Audit]:
    """Every signed audit, of every organisation, whose answers are not those that were signed."""
    signed = (
        select(Audit)
        .where(col(Audit.state) == AuditState.SIGNED_OFF)
        .order_by(col(Audit.organisation_id), col(Audit.id))
    )
    for audit in session.execute(signed.execution_options(yield_per=500)).scalars():
        if not is_as_signed(session, audit):
            yield audit


def _changed(session: Session, audit: Audit) -> None:
    audit.version += 1
    session.add(audit)
    session.flush()
