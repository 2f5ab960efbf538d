"""Moderation: a second person checks an audit, confirms or changes each answer, and agrees the audit."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import check_can_read_audit, check_not_own_work
from api.access.seen import has_read_the_case
from api.audits.actions import get_audit, open_round_of, round_of, share_round, template_of
from api.audits.submission.hooks import AFTER_AGREEMENT
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.moderation import notifying
from api.moderation.comments import unresolved
from api.moderation.limits import LIMITS
from api.moderation.rules import causes_of
from checklists.audits.audit_states import TRANSITIONS, AuditState, Step, state_after
from checklists.audits.scoring import (
    best_with_reason,
    exceeds_every_reason,
    needs_overall_reason,
    overall_after_agreement,
    overall_choices,
    overall_judgement,
    overall_label,
)
from checklists.reports.tallies import decode_answers, encode_answers
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template as TemplateContent
from models import Audit, ModeratedScore, Moderation, RoundState, now


@dataclass(frozen=True, slots=True)
class AnswerReview:
    """A moderator's review of one theme's answer: the same, or another with a reason."""

    theme: str
    answer: str
    reason: str = ""
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class OverallReview:
    """A moderator's or a signer's overall judgement: a rating, with a reason where it needs one of its own."""

    overall: str
    reason: str = ""
    keep_names: KeepReason | None = None


def check_can_moderate(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot moderate an audit now, regardless of its moderator."""
    check_may(by, Permission.MODERATE_AUDITS)
    check_not_own_work(session, by, audit)
    if has_read_the_case(session, by, audit):
        raise NotAllowed("You read this case in this round, so another person must moderate this audit.")
    for limit in LIMITS:
        limit.check(session, audit, by)
    check_version(audit.version, version)
    open_round_of(session, audit)


def check_can_start(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot start moderating an audit, or take it over from another, now."""
    check_can_moderate(session, audit, by=by, version=version)
    if audit.state is not AuditState.IN_MODERATION:
        _step(audit, Step.TAKE_INTO_MODERATION, "You can only start moderating a submitted audit.")
    elif moderation_of(session, audit).moderator_id == by.person_id:
        raise Conflict("You are already moderating this audit.")


def check_can_review(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot review the answers of an audit now."""
    check_can_moderate(session, audit, by=by, version=version)
    if audit.state is not AuditState.IN_MODERATION:
        raise Conflict("Start moderating the audit before you do this.")
    if moderation_of(session, audit).moderator_id != by.person_id:
        raise Conflict("Another moderator is moderating this audit. Take over moderation before you do this.")


def check_can_accept(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot agree an audit unchanged now."""
    check_can_moderate(session, audit, by=by, version=version)
    _step(audit, Step.ACCEPT, "You can only agree a submitted audit without moderation.")
    audit_round = round_of(session, audit)
    if causes_of(session, audit_round, template_of(session, audit_round), [audit])[audit.id]:
        raise Conflict("The rules for this round selected this audit for moderation. Start moderating it.")
    if unresolved(session, audit):
        raise Conflict("This audit has an open comment thread. Resolve the thread or start moderating the audit.")


def check_can_select(session: Session, audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot select an audit for moderation manually now."""
    check_may(by, Permission.WRITE_ROUNDS)
    check_not_own_work(session, by, audit)
    check_version(audit.version, version)
    if audit.state in {AuditState.AGREED, AuditState.SIGNED_OFF, AuditState.WITHDRAWN}:
        raise Conflict("This audit no longer needs moderation.")
    if round_of(session, audit).state is RoundState.CLOSED:
        raise Conflict("This round is closed and cannot be changed.")


def start_moderation(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Start moderating a submitted audit, or take it over from another moderator.

    Raises NotFound, NotAllowed for one's own work or case, Stale, Conflict.
    """
    audit = _locked(session, audit_id, by)
    check_can_start(session, audit, by=by, version=version)
    if audit.state is not AuditState.IN_MODERATION:
        audit.state = state_after(audit.state, Step.TAKE_INTO_MODERATION)
    moderation = moderation_of(session, audit)
    moderation.moderator_id, moderation.taken_at = by.person_id, now()
    session.add(moderation)
    _changed(session, audit)
    events.record(session, "audit.taken-into-moderation", audit.id, by=by)
    return audit


def review_answers(
    session: Session, *, audit_id: uuid.UUID, judgements: Sequence[AnswerReview], version: int, by: Actor
) -> Audit:
    """Store reviews of some answers, all or nothing. Only for the moderator who has the audit.

    An answer other than the auditor's needs a reason. Raises Stale, Invalid with the place `/scores/<theme>/...`.
    """
    audit = _locked(session, audit_id, by)
    check_can_review(session, audit, by=by, version=version)
    template = template_of(session, round_of(session, audit))
    auditors, reviews = decode_answers(template, audit.answers), reviews_of(session, audit)
    names = NameCheck.of(session, by)
    raise_if_any([fault for each in judgements for fault in _faults(each, template, auditors, names, reviews)])
    for each in judgements:
        session.merge(
            ModeratedScore(
                organisation_id=audit.organisation_id,
                audit_id=audit.id,
                theme=each.theme,
                answer=each.answer,
                auditor_answer=auditors[each.theme],
                reason=each.reason,
                moderator_id=by.id,
            )
        )
    _changed(session, audit)
    themes = " ".join(each.theme for each in judgements)
    events.record(session, "audit.moderated", audit.id, by=by, details={"themes": themes})
    names.record(session, audit.id, by=by)
    return audit


def review_overall(session: Session, *, audit_id: uuid.UUID, review: OverallReview, version: int, by: Actor) -> Audit:
    """Store the moderator's overall judgement beside the answers as they are reviewed now.

    Only for the moderator who has the audit. Raises Stale, Invalid with the place `/overall` or `/overall_reason`.
    """
    audit = _locked(session, audit_id, by)
    check_can_review(session, audit, by=by, version=version)
    template = template_of(session, round_of(session, audit))
    reviewed = answers_after_review(template, audit, reviews_of(session, audit))
    moderation, names = moderation_of(session, audit), NameCheck.of(session, by)
    raise_if_any(faults_of_overall(template, audit, reviewed, review, names, was=moderation.overall_reason))
    moderation.overall, moderation.overall_reason = review.overall, review.reason
    moderation.overall_calculated = overall_judgement(template, reviewed) or ""
    session.add(moderation)
    _changed(session, audit)
    # Without the rating: its auditor reads the history, and learns the moderator's judgement once it is agreed.
    events.record(session, "audit.overall-moderated", audit.id, by=by)
    names.record(session, audit.id, by=by)
    return audit


def answers_after_review(
    template: TemplateContent, audit: Audit, reviews: Mapping[str, ModeratedScore]
) -> dict[str, str]:
    """The answers of a submitted audit by theme: the moderator's where they reviewed the current one."""
    auditors = decode_answers(template, audit.answers)
    return {
        theme: reviews[theme].answer if is_reviewed(reviews.get(theme), answer) else answer
        for theme, answer in auditors.items()
    }


def faults_of_overall(
    template: TemplateContent,
    audit: Audit,
    agreed: Mapping[str, str],
    review: OverallReview,
    names: NameCheck,
    *,
    was: str = "",
) -> list[Fault]:
    """What is wrong with an overall judgement beside the answers that are to be agreed, or are."""
    calculated = overall_judgement(template, agreed) or ""
    if review.overall and review.overall not in overall_choices(template):
        return [Fault("/overall", "Select one of the template’s overall judgements")]
    if not review.overall and (calculated or review.reason.strip()):
        return [Fault("/overall", "Select an overall judgement")]
    if review.overall and exceeds_every_reason(template, agreed, review.overall):
        best = overall_label(template, best_with_reason(template, agreed))
        return [
            Fault(
                "/overall",
                (
                    f"These answers do not allow an overall judgement better than {best}, even "
                    "with a reason. Select another judgement."
                ),
            )
        ]
    faults = names.check("/overall_reason", review.reason, keep=review.keep_names, was=was)
    auditors = decode_answers(template, audit.answers)
    needs_reason = needs_overall_reason(
        template, auditors, agreed, override=audit.overall_override, overall=review.overall
    )
    if needs_reason and not review.reason.strip():
        said = f"give {overall_label(template, calculated)}" if calculated else "give no rating"
        chosen = overall_label(template, review.overall)
        faults.append(
            Fault(
                "/overall_reason",
                (f"Enter a reason for the overall judgement {chosen}. By the template’s rule, the answers {said}."),
            )
        )
    return faults


def is_overall_reviewed(moderation: Moderation, calculated: str) -> bool:
    """Whether the moderator has given an overall judgement beside this calculated one."""
    return (moderation.overall != "" or calculated == "") and moderation.overall_calculated == calculated


def agree_answers(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Agree the audit, with the moderator's changes: from now on reports count what was agreed.

    Every theme's current answer and the overall judgement must have been reviewed, and every comment thread resolved;
    else Invalid.
    """
    audit = _locked(session, audit_id, by)
    check_can_review(session, audit, by=by, version=version)
    template = template_of(session, round_of(session, audit))
    auditors, judged = decode_answers(template, audit.answers), reviews_of(session, audit)
    faults = [
        Fault(f"/scores/{theme.key}", f"{theme.label}: agree or change the answer")
        for theme in template.themes
        if auditors[theme.key] != NOT_ASKED and not is_reviewed(judged.get(theme.key), auditors[theme.key])
    ]
    faults += [
        Fault(f"/comments/{thread.id}", "Resolve this comment thread first.") for thread in unresolved(session, audit)
    ]
    agreed, moderation = answers_after_review(template, audit, judged), moderation_of(session, audit)
    calculated = overall_judgement(template, agreed) or ""
    if not is_overall_reviewed(moderation, calculated):
        label = f", {overall_label(template, calculated)}," if calculated else ""
        words = f"Agree the calculated overall judgement{label} or select another and enter a reason"
        faults.append(Fault("/overall", words))
    if faults:
        raise Invalid("The audit cannot be agreed yet. No changes were made.", faults=tuple(faults))
    audit.state = _step(audit, Step.AGREE, "You can only agree an audit that is in moderation.")
    _agree(session, audit, template, agreed, overall=moderation.overall, reason=moderation.overall_reason)
    changed = " ".join(theme for theme, answer in agreed.items() if answer != auditors[theme])
    details = {"themes": changed, "overall": moderation.overall}
    events.record(session, "audit.agreed", audit.id, by=by, details=details)
    _after_agreement(session, audit, by)
    return audit


def accept_answers(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Agree a submitted audit unchanged; allowed only where no rule of its round selected it for moderation."""
    audit = _locked(session, audit_id, by)
    check_can_accept(session, audit, by=by, version=version)
    template = template_of(session, round_of(session, audit))
    answers = decode_answers(template, audit.answers)
    audit.state = state_after(audit.state, Step.ACCEPT)
    overall = overall_after_agreement(template, answers, answers, audit.overall_override)
    _agree(session, audit, template, answers, overall=overall)
    events.record(session, "audit.accepted", audit.id, by=by)
    _after_agreement(session, audit, by)
    return audit


def select_manually(session: Session, *, audit_id: uuid.UUID, chosen: bool, version: int, by: Actor) -> Audit:
    """Select an audit for moderation whatever the rules say, or undo that, until it is agreed. By a lead."""
    audit = _locked(session, audit_id, by)
    check_can_select(session, audit, by=by, version=version)
    moderation = moderation_of(session, audit)
    moderation.by_hand = chosen
    session.add(moderation)
    _changed(session, audit)
    if chosen:
        events.record(session, "audit.chosen-for-moderation", audit.id, by=by)
    else:
        events.record(session, "audit.no-longer-chosen-for-moderation", audit.id, by=by)
    return audit


def moderation_of(session: Session, audit: Audit) -> Moderation:
    """The audit's moderation; a new one that is not stored when nobody has had it."""
    found = session.get(Moderation, (audit.organisation_id, audit.id))
    return found or Moderation(organisation_id=audit.organisation_id, audit_id=audit.id)


def reviews_of(session: Session, audit: Audit) -> dict[str, ModeratedScore]:
    """The reviews of each theme's answer."""
    rows = session.execute(
        select(ModeratedScore)
        .where(col(ModeratedScore.organisation_id) == audit.organisation_id, col(ModeratedScore.audit_id) == audit.id)
        .execution_options(populate_existing=True)
    ).scalars()
    return {row.theme: row for row in rows}


def is_reviewed(judged: ModeratedScore | None, answer: str) -> bool:
    """Whether a moderator has reviewed the current answer: a changed answer is reviewed again."""
    return judged is not None and judged.auditor_answer == answer


def _faults(
    judgement: AnswerReview,
    template: TemplateContent,
    auditors: Mapping[str, str],
    names: NameCheck,
    reviews: Mapping[str, ModeratedScore],
) -> list[Fault]:
    prefix = f"/scores/{judgement.theme}"
    if judgement.theme not in auditors:
        return [Fault(f"{prefix}/theme", "This theme is not in the audit's template.")]
    if auditors[judgement.theme] == NOT_ASKED:
        return [Fault(f"{prefix}/theme", "This theme does not apply to this case, so there is no answer to review.")]
    faults = []
    if not template.is_answer(judgement.answer):
        faults.append(Fault(f"{prefix}/answer", "Select a rating, not evidenced or not applicable"))
    elif judgement.answer != auditors[judgement.theme] and not judgement.reason.strip():
        label = template.theme(judgement.theme).label
        faults.append(Fault(f"{prefix}/reason", f"{label}: enter a reason for changing the answer"))
    was = reviews[judgement.theme].reason if judgement.theme in reviews else ""
    return [*faults, *names.check(f"{prefix}/reason", judgement.reason, keep=judgement.keep_names, was=was)]


def _agree(
    session: Session,
    audit: Audit,
    template: TemplateContent,
    agreed: Mapping[str, str],
    *,
    overall: str,
    reason: str = "",
) -> None:
    audit.agreed_answers, audit.agreed_at = encode_answers(template, agreed), now()
    audit.agreed_overall, audit.agreed_overall_reason = overall, reason
    _changed(session, audit)


def _after_agreement(session: Session, audit: Audit, by: Actor) -> None:
    notifying.notify_of_agreement(session, audit, by=by)
    for work in AFTER_AGREEMENT:
        work(session, audit.id, by)


def _changed(session: Session, audit: Audit) -> None:
    audit.version += 1
    session.add(audit)
    session.flush()


def _step(audit: Audit, step: Step, otherwise: str) -> AuditState:
    if audit.state not in TRANSITIONS[step].origins:
        raise Conflict(otherwise)
    return state_after(audit.state, step)


def _locked(session: Session, audit_id: uuid.UUID, by: Actor) -> Audit:
    """The audit, locked until this transaction ends, as is the closing of its round."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    share_round(session, audit)
    return audit
