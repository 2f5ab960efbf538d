"""Submitting audits, returning them, and withdrawing them from their round."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit, check_not_own_audit, may_read_every_audit
from api.access.people import hindrance_of, words_of
from api.access.seen import record_readings
from api.audits.actions import (
    get_audit,
    lock_to_score,
    open_round_of,
    round_of,
    scores_of,
    share_round,
    template_of,
    texts_of,
)
from api.audits.asked import AskedNow, asked_now
from api.audits.case.actions import faults_of_missing_facts, keep_facts
from api.audits.case.queries import described_case
from api.audits.scoring.drafts import discard_drafts
from api.audits.scoring.judgement import OwnJudgement, faults_of_judgement
from api.audits.submission.hooks import AFTER_SUBMISSION, AFTER_TAKING_BACK
from api.case_files.actions import harms_of
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.notices import actions as notices
from checklists.audits.audit_states import SUBMITTED_STATES, TRANSITIONS, Step, state_after
from checklists.audits.scoring import lacking_texts, missing_questions, missing_themes, overall_judgement
from checklists.audits.sources import encode_sources
from checklists.reports.beside import encode_beside
from checklists.reports.tallies import encode_answers
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import TextName
from models import Audit, AuditHarm, AuditState, CaseFile, NoticeKind, RoundState, now


def submit_audit(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Submit the actor's own audit: its scores can no longer be changed.

    Every theme that is asked needs an answer with the texts that it must have, every question that is asked an answer,
    and every fact about the case must be known; else Invalid, with a fault for each at `/scores/<theme>`,
    `/questions/<key>` or `/facts/<fact>`. So does an overall judgement that the template leaves to the auditor, or that
    a cap does not allow: at `/overall_override` or `/cap_reason`. The case's bands are stored as they are now.
    """
    audit = lock_to_score(session, audit_id, by)
    check_version(audit.version, version)
    audit_round = open_round_of(session, audit, until_done=True)
    template = template_of(session, audit_round)
    case_file = session.get_one(CaseFile, (audit.organisation_id, audit.case_file_id))
    asking = asked_now(session, audit, case_file, template)
    scores = scores_of(session, audit)
    case = described_case(session, audit, template=template, case_file=case_file, audit_round=audit_round)
    given = {theme: score.answer for theme, score in scores.items()}
    answers = asking.asked.answers_to(template.theme_keys, given)
    unfit = template.case_fault(case_file.status, case_file.age_band)
    faults = [Fault("", unfit)] if unfit else []
    faults += faults_of_missing_facts(template, case.facts)
    faults += faults_of_submission(asking, given, {theme: texts_of(score) for theme, score in scores.items()})
    # The whole is judged only when no answer is missing.
    faults = faults or faults_of_judgement(template, answers, OwnJudgement.of(audit))
    if faults:
        raise Invalid("The audit is not complete, so it was not submitted.", faults=tuple(faults))
    keep_facts(session, audit, case)
    # Before the state: what a submitted audit says of its case is frozen.
    keep_harms(session, audit, harms_of(session, [case_file])[case_file.id])
    audit.state, audit.submitted_at = state_after(audit.state, Step.SUBMIT), now()
    audit.answers, audit.question_answers = encode_answers(template, answers), question_line(asking)
    if template.further.sources:
        audit.answer_sources = encode_sources(template, {theme: score.sources for theme, score in scores.items()})
    audit.overall_calculated = overall_judgement(template, answers) or ""
    audit.return_reason = ""
    audit.team_id, audit.status, audit.age_band = case_file.team_id, case_file.status, case_file.age_band
    audit.version += 1
    session.add(audit)
    session.flush()
    discard_drafts(session, audit)
    record_readings(session, audit.organisation_id, [audit.id])
    events.record(session, "audit.submitted", audit.id, by=by)
    notices.withdraw_notices(session, NoticeKind.RETURNED, subject_ids=[audit.id], by=by)
    for work in AFTER_SUBMISSION:
        work(session, [audit.id], by)
    return audit


def keep_harms(session: Session, audit: Audit, harms: Sequence[str]) -> None:
    """Store with a submitted audit the forms of harm that its case is tagged with now."""
    session.execute(
        delete(AuditHarm).where(
            col(AuditHarm.organisation_id) == audit.organisation_id, col(AuditHarm.audit_id) == audit.id
        )
    )
    if harms:
        session.execute(
            insert(AuditHarm),
            [{"organisation_id": audit.organisation_id, "audit_id": audit.id, "form_of_harm": harm} for harm in harms],
        )


def check_can_return(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot return an audit to its auditor now."""
    check_may(by, Permission.RETURN_AUDITS)
    # The person who recorded it may: returning approves nothing.
    check_not_own_audit(by, audit)
    check_version(audit.version, version)
    open_round_of(session, audit)
    if audit.state not in TRANSITIONS[Step.RETURN].origins:
        raise Conflict("You can only return an audit that is submitted and not yet agreed.")
    hindrance = hindrance_of(session, audit.auditor_id, Permission.SCORE_AUDITS, organisation_id=audit.organisation_id)
    if hindrance is not None:
        words = words_of(hindrance, Permission.SCORE_AUDITS)
        raise Conflict(f"The auditor {words}. A quality lead can reallocate the audit to another auditor.")
    _check_no_consensus(session, audit)


def return_to_auditor(
    session: Session,
    *,
    audit_id: uuid.UUID,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Audit:
    """Return a submitted audit to its auditor with a reason. Never one's own; never in a closed round."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    check_can_return(session, audit, by=by, version=version)
    names = _check_reason(session, reason, "Enter what the auditor should review", keep_names, by)
    audit.state, audit.return_reason = state_after(audit.state, Step.RETURN), reason
    audit.agreed_answers, audit.agreed_at = "", None
    audit.agreed_overall = audit.agreed_overall_reason = ""
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.returned", audit.id, by=by)
    names.record(session, audit.id, by=by)
    notices.give_notice(session, NoticeKind.RETURNED, subject_id=audit.id, to=[audit.auditor_id], by=by)
    for work in AFTER_TAKING_BACK:
        work(session, audit.id, by)
    return audit


def check_can_withdraw(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot withdraw an audit now."""
    if not (may_read_every_audit(by) and by.may(Permission.ALLOCATE_AUDITS)):
        if audit.auditor_id != by.person_id or not by.may(Permission.SCORE_AUDITS):
            raise NotAllowed("Only the auditor or a quality lead can withdraw an audit.")
        if audit.state in SUBMITTED_STATES:
            raise Conflict("This audit is submitted. Only a quality lead can withdraw it.")
    check_version(audit.version, version)
    if audit.state is AuditState.WITHDRAWN:
        raise Conflict("This audit is already withdrawn.")
    if audit.state not in TRANSITIONS[Step.WITHDRAW].origins:
        raise Conflict("This audit is agreed. Reopen the audit before you withdraw it.")
    if round_of(session, audit).state is RoundState.CLOSED:
        raise Conflict("This round is closed and cannot be changed.")
    _check_no_consensus(session, audit)


def withdraw(
    session: Session,
    *,
    audit_id: uuid.UUID,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Audit:
    """Withdraw an audit from its round for good, with a reason; it is kept, and counted nowhere.

    The auditor may withdraw their own until it is submitted; a quality lead any, until the round closes.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    check_can_withdraw(session, audit, by=by, version=version)
    names = _check_reason(session, reason, "Enter why you are withdrawing the audit", keep_names, by)
    audit.state, audit.withdrawn_at, audit.withdrawal_reason = state_after(audit.state, Step.WITHDRAW), now(), reason
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.withdrawn", audit.id, by=by)
    names.record(session, audit.id, by=by)
    notices.withdraw_notices(session, NoticeKind.RETURNED, subject_ids=[audit.id], by=by)
    notices.give_notice(session, NoticeKind.TAKEN_AWAY, subject_id=audit.round_id, to=[audit.auditor_id], by=by)
    for work in AFTER_TAKING_BACK:
        work(session, audit.id, by)
    return audit


def _check_no_consensus(session: Session, audit: Audit) -> None:
    """Raise Conflict for a second reading that is part of a recorded agreement."""
    if audit.reading == 1 or audit.state not in SUBMITTED_STATES:
        return
    agreed = session.exec(
        select(Audit.id).where(
            col(Audit.organisation_id) == audit.organisation_id,
            col(Audit.round_id) == audit.round_id,
            col(Audit.case_file_id) == audit.case_file_id,
            col(Audit.reading) == 1,
            col(Audit.state).in_([AuditState.AGREED, AuditState.SIGNED_OFF]),
        )
    ).first()
    if agreed is not None:
        raise Conflict("The 2 readings of this case are agreed. Reopen the first reading before you do this.")


def question_line(asking: AskedNow) -> str:
    """The answers to questions of a complete audit, encoded; "" where the template has none."""
    keys = [question.key for question in asking.template.questions]
    return encode_beside(keys, asking.asked.answers_to(keys, asking.answers))


def faults_of_submission(
    asking: AskedNow, given: Mapping[str, str], texts: Mapping[str, Mapping[TextName, str]]
) -> list[Fault]:
    """What an audit lacks before it can be submitted: answers and texts theme by theme, and answers to questions."""
    template, faults = asking.template, []
    answers = asking.asked.answers_to(template.theme_keys, given)
    missing, unanswered = missing_themes(template, answers), missing_questions(asking.asked, asking.answers)
    for theme in template.themes:
        if theme.key in missing:
            faults.append(Fault(f"/scores/{theme.key}", f"{theme.label}: select an answer"))
        else:
            lacking = lacking_texts(template, answers[theme.key], texts.get(theme.key, {}))
            faults += [_fault_of_text(template, theme.key, name, answers[theme.key]) for name in lacking]
        faults += [
            Fault(f"/questions/{question.key}", f"{theme.label}: answer “{question.text}”")
            for question in theme.questions
            if question.key in unanswered
        ]
    return faults


def _fault_of_text(template: TemplateContent, theme: str, name: TextName, answer: str) -> Fault:
    label = template.theme(theme).label
    if template.is_format_1:
        words = f"{label}: enter a rationale for an answer below the standard or not applicable"
        return Fault(f"/scores/{theme}", words)
    called = {"rationale": "rationale", "impact": f"“{template.own_words.impact}”", "evidence": "evidence"}[name]
    verb = {"rationale": "enter a", "impact": "complete", "evidence": "enter"}[name]
    return Fault(f"/scores/{theme}/{name}", f"{label}: {verb} {called} for the answer {template.scale.label(answer)}")


def _check_reason(session: Session, reason: str, words: str, keep: KeepReason | None, by: Actor) -> NameCheck:
    if not reason.strip():
        raise Invalid.at("/reason", words)
    names = NameCheck.of(session, by)
    raise_if_any(names.check("/reason", reason, keep=keep))
    return names
