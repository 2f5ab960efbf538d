"""Sign-off: an agreed audit is signed, and from then on the database refuses to change what was signed."""

import uuid
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit, check_not_own_work
from api.audits.actions import get_audit, open_round_of, share_round, template_of
from api.audits.submission.hooks import AFTER_AGREEMENT
from api.concerns.queries import open_concerns
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, NotAllowed, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.moderation import notifying
from api.moderation.actions import OverallReview, faults_of_overall, moderation_of
from checklists.audits.audit_states import TRANSITIONS, AuditState, Step, state_after
from checklists.audits.scoring import overall_after_agreement
from checklists.audits.signature import NEWEST_FORM, NOT_COVERED, Form, signature
from checklists.reports.beside import decode_beside
from checklists.reports.tallies import decode_answers, encode_answers
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditFact, AuditHarm, QuestionAnswer, Reopening, Round, Score, now

# What the newest form of the signature covers of an audit's own row: the name of the entry, and its column. The
# database freezes these columns of a signed audit, and reports count by no others.
SIGNED_COLUMNS: Final = {
    "organisation": "organisation_id",
    "audit": "id",
    "round": "round_id",
    "case_file": "case_file_id",
    "team": "team_id",
    "status": "status",
    "age_band": "age_band",
    "auditor": "auditor_id",
    "reading": "reading",
    "sampling_weight": "sampling_weight",
    "mode": "mode",
    "submitted_at": "submitted_at",
    "answers": "answers",
    "question_answers": "question_answers",
    "case_facts": "case_facts",
    "answer_sources": "answer_sources",
    "agreed_answers": "agreed_answers",
    "agreed_at": "agreed_at",
    "overall_calculated": "overall_calculated",
    "overall_override": "overall_override",
    "agreed_overall": "agreed_overall",
    "signed_by": "signed_by_id",
    "signed_at": "signed_at",
}


def check_can_sign_off(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot sign an audit off now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(session, by, audit)
    if moderation_of(session, audit).moderator_id == by.person_id:
        raise NotAllowed("You moderated this audit, so another person must sign it off.")
    check_version(audit.version, version)
    open_round_of(session, audit)
    if audit.state not in TRANSITIONS[Step.SIGN_OFF].origins:
        raise Conflict("You can only sign off an agreed audit.")
    if waiting_reopening(session, audit) is not None:
        raise Conflict("There is a request to reopen this audit. Confirm or refuse the request first.")
    if open_concerns(session, audit):
        raise Conflict("This audit has an open urgent concern. Record what was done and close the concern first.")


def sign_off(session: Session, *, audit_id: uuid.UUID, review: OverallReview, version: int, by: Actor) -> Audit:
    """Sign an agreed audit, with the overall judgement that was agreed, or with another and a reason.

    Not by its auditor, and not by its moderator. Raises NotFound, NotAllowed, Stale, Conflict, and Invalid with the
    place `/overall` or `/overall_reason`.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    audit_round = share_round(session, audit)
    check_can_sign_off(session, audit, by=by, version=version)
    names = NameCheck.of(session, by)
    if review.overall == audit.agreed_overall and review.reason.strip():
        words = "The agreed judgement already has a reason. Leave this reason empty, or select another judgement"
        raise Invalid.at("/overall_reason", words)
    if review.overall != audit.agreed_overall:
        template = template_of(session, audit_round)
        raise_if_any(_faults_of_change(template, audit, review, names))
        audit.agreed_overall, audit.agreed_overall_reason = review.overall, review.reason
        details = {"overall": review.overall}
        events.record(session, "audit.overall-changed-at-sign-off", audit.id, by=by, details=details)
        names.record(session, audit.id, by=by)
    audit.signed_by_id, audit.signed_at = by.id, now()
    audit.signature, audit.state = signature_of(session, audit), state_after(audit.state, Step.SIGN_OFF)
    _changed(session, audit)
    events.record(session, "audit.signed-off", audit.id, by=by, details={"signature": audit.signature})
    notifying.notify_of_sign_off(session, audit, by=by)
    for work in AFTER_AGREEMENT:
        work(session, audit.id, by)
    return audit


def _faults_of_change(template: TemplateContent, audit: Audit, review: OverallReview, names: NameCheck) -> list[Fault]:
    """What is wrong with a signer's overall judgement that is not the agreed one: it always needs a reason."""
    faults = faults_of_overall(template, audit, decode_answers(template, audit.agreed_answers), review, names)
    if not faults and not review.reason.strip():
        faults.append(Fault("/overall_reason", "Enter a reason for changing the agreed overall judgement"))
    return faults


def check_can_ask_to_reopen(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot ask to reopen an audit now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(session, by, audit)
    check_version(audit.version, version)
    open_round_of(session, audit)
    if audit.state not in TRANSITIONS[Step.REOPEN].origins:
        raise Conflict("You can only reopen an audit that is agreed or signed off.")
    if waiting_reopening(session, audit) is not None:
        raise AlreadyExists(
            "There is already a request to reopen this audit. Another person must confirm or refuse the request."
        )


def ask_to_reopen(
    session: Session,
    *,
    audit_id: uuid.UUID,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Reopening:
    """Ask to reopen an agreed or signed audit, with a reason. Another person decides.

    By a moderator or a lead, never its auditor. Raises NotFound, NotAllowed, Stale, Conflict, Invalid, AlreadyExists.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    check_can_ask_to_reopen(session, audit, by=by, version=version)
    names = NameCheck.of(session, by)
    faults = names.check("/reason", reason, keep=keep_names)
    if not reason.strip():
        faults.append(Fault("/reason", "Enter why the audit should be reopened"))
    raise_if_any(faults)
    asked = Reopening(organisation_id=audit.organisation_id, audit_id=audit.id, reason=reason, asked_by_id=by.id)
    session.add(asked)
    _changed(session, audit)
    events.record(session, "audit.reopening-asked", audit.id, by=by)
    names.record(session, audit.id, by=by)
    notifying.notify_of_request(session, audit, by=by)
    return asked


def check_can_decide(
    session: Session, audit: Audit, asked: Reopening, *, by: Actor, version: int | None = None
) -> None:
    """Raise the Problem for which this person cannot decide on a reopening now."""
    check_may(by, Permission.SIGN_AUDITS)
    check_not_own_work(session, by, audit)
    if asked.asked_by_id == by.person_id:
        raise NotAllowed("You made this request, so another person must confirm or refuse it.")
    check_version(audit.version, version)
    open_round_of(session, audit)
    if asked.decided_at is not None:
        raise Conflict("This request has already been confirmed or refused.")


def decide_on_reopening(
    session: Session, *, audit_id: uuid.UUID, reopening_id: uuid.UUID, confirmed: bool, version: int, by: Actor
) -> Audit:
    """Confirm or refuse reopening an audit. Not by its auditor, and not by the person who asked.

    Confirming voids the signature, which is kept with the reopening, and returns the audit to moderation. Raises
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
    notifying.notify_of_decision(session, audit, asked, by=by)
    if not confirmed:
        events.record(session, "audit.reopening-refused", audit.id, by=by)
        return audit
    events.record(session, "audit.reopened", audit.id, by=by, details={"signature": asked.voided_signature})
    return audit


def waiting_reopening(session: Session, audit: Audit) -> Reopening | None:
    """The reopening that is waiting for a decision."""
    return next((each for each in reopenings_of(session, audit) if each.decided_at is None), None)


def reopenings_of(session: Session, audit: Audit) -> list[Reopening]:
    """Every requested reopening, the newest first."""
    return list(
        session.execute(
            select(Reopening)
            .where(col(Reopening.organisation_id) == audit.organisation_id, col(Reopening.audit_id) == audit.id)
            .order_by(col(Reopening.asked_at).desc(), col(Reopening.id).desc())
        ).scalars()
    )


def signature_of(session: Session, audit: Audit, form: Form = NEWEST_FORM) -> str:
    """The signature that the audit should have in this form, computed from the database as it is now."""
    audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
    harms = session.execute(
        select(col(AuditHarm.form_of_harm)).where(
            col(AuditHarm.organisation_id) == audit.organisation_id, col(AuditHarm.audit_id) == audit.id
        )
    ).scalars()
    covered = {name: getattr(audit, column) for name, column in SIGNED_COLUMNS.items() if name not in NOT_COVERED[form]}
    if "sampling_weight" in covered and audit.sampling_weight is not None:
        # As a float also before the database has made it one: 2 and 2.0 are the same weight.
        covered["sampling_weight"] = float(audit.sampling_weight)
    return signature(
        {
            **covered,
            "template": audit_round.template_id,
            "template_version": audit_round.template_version,
            "forms_of_harm": " ".join(sorted(harms)),
        },
        form,
    )


def is_as_signed(session: Session, audit: Audit) -> bool:
    """Whether all that a signed audit's signature covers, and its answers row by row, are as they were signed."""
    audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
    template = audit_round.content(session)
    if template is None or not _rows_are_as_signed(session, audit, template):
        return False
    # An audit is not signed anew when the form changes: one signed before is held against the form of its day.
    form = next((each for each in Form if signature_of(session, audit, each) == audit.signature), None)
    if form is None:
        return False
    if "question_answers" in NOT_COVERED[form] and (audit.question_answers or audit.case_facts or audit.answer_sources):
        return False  # no audit that was signed then had any
    if "agreed_overall" not in NOT_COVERED[form]:
        return True
    answers, agreed = (decode_answers(template, line) for line in (audit.answers, audit.agreed_answers))
    judged = overall_after_agreement(template, answers, agreed, audit.overall_override)
    return audit.agreed_overall == judged


def _rows_are_as_signed(session: Session, audit: Audit, template: TemplateContent) -> bool:
    """Whether the rows of an audit agree with its lines. Rows for what is no longer asked are ignored."""
    rows = session.execute(
        select(col(Score.theme), col(Score.answer)).where(
            col(Score.organisation_id) == audit.organisation_id, col(Score.audit_id) == audit.id
        )
    )
    answers = {row.theme: row.answer for row in rows}
    try:
        left_out = [key for key, answer in decode_answers(template, audit.answers).items() if answer == NOT_ASKED]
        given = answers | dict.fromkeys(left_out, NOT_ASKED)
        if set(given) != set(template.theme_keys):
            return False
        if encode_answers(template, given) != audit.answers:
            return False
        return _lines_are_as_signed(session, audit, template)
    except (KeyError, ValueError):
        return False


def _lines_are_as_signed(session: Session, audit: Audit, template: TemplateContent) -> bool:
    beside = (
        ([each.key for each in template.questions], audit.question_answers, QuestionAnswer, "question", "answer"),
        ([each.key for each in template.case_facts], audit.case_facts, AuditFact, "fact", "choice"),
    )
    for keys, line, table, key_column, value_column in beside:
        said = {key: answer for key, answer in decode_beside(keys, line).items() if answer != NOT_ASKED}
        if not said:
            continue
        columns = (getattr(table, key_column), getattr(table, value_column))
        own = (col(table.organisation_id) == audit.organisation_id, col(table.audit_id) == audit.id)
        rows = session.execute(select(*(col(each) for each in columns)).where(*own)).all()
        stored = {row[0]: row[1] for row in rows}
        if any(stored.get(key, "") != answer for key, answer in said.items()):
            return False
    return True


def broken_signatures(session: Session) -> Iterator[Audit]:
    """Every signed audit, of every organisation, whose answers do not match its signature."""
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
