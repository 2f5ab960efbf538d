"""Moderation and sign-off over REST."""

import uuid
from typing import Annotated

from starlette.responses import Response

from api.audits import actions as audits
from api.audits.routes import Reason
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.moderation import actions, comments, sign_off
from api.moderation import rules as moderation_rules
from api.moderation.actions import AnswerReview
from api.moderation.bodies import (
    ChoiceIn,
    CommentIn,
    CommentOut,
    JudgementsIn,
    ModeratedOverallOut,
    ModeratedThemeOut,
    ModerationDecisionIn,
    ModerationOut,
    ModerationRuleIn,
    ModerationRuleOut,
    OverallIn,
    QueueItemOut,
    QueueOut,
    ReopeningOut,
)
from api.moderation.queries import moderation_status_of, queue, record_seen
from api.moderation.rules import RuleChange
from api.rounds import actions as rounds
from models import Audit

router = Router(tags=["Moderation"])

ReadingReader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
WritingReader = Annotated[Transaction, writing(Permission.READ_AUDITS)]
ReadingModerator = Annotated[Transaction, reading(Permission.MODERATE_AUDITS)]
WritingModerator = Annotated[Transaction, writing(Permission.MODERATE_AUDITS)]
Signer = Annotated[Transaction, writing(Permission.SIGN_AUDITS, recent=True)]
Lead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]


@router.get("/moderation-queue", response_model=QueueOut)
def list_moderation_queue(acting: ReadingModerator, page: Page) -> QueueOut:
    """The audits of open rounds that you may moderate or sign off, in the order in which they were made."""
    found = queue(acting.session, limit=page.limit, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.audit.id)
    record_seen(acting.session, acting.actor, shown)
    return QueueOut(
        items=[
            QueueItemOut(
                audit_id=item.audit.id,
                round_id=item.round.id,
                reference=item.reference,
                auditor_id=item.audit.auditor_id,
                state=item.audit.state,
                submitted_at=item.audit.submitted_at,
                moderator_id=item.moderator_id,
                causes=list(item.causes),
            )
            for item in shown
        ],
        after=after,
    )


@router.get("/audits/{audit_id}/moderation", response_model=ModerationOut, responses=refusals(404))
def read_moderation(acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    """The moderation status of an audit: who it waits for, all answers, comments, signature and reopenings."""
    return _shown(acting, audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor).audit)


@router.post("/audits/{audit_id}/moderation", response_model=ModerationOut, responses=refusals(404, 409, 412, 428))
def take_into_moderation(acting: WritingModerator, audit_id: uuid.UUID, version: IfMatch) -> Response:
    """Start moderating a submitted audit, or take it over from another moderator. Never your own."""
    return _shown(acting, actions.start_moderation(acting.session, audit_id=audit_id, version=version, by=acting.actor))


@router.put(
    "/audits/{audit_id}/moderation/scores", response_model=ModerationOut, responses=refusals(404, 409, 412, 428)
)
def moderate_scores(
    acting: WritingModerator, audit_id: uuid.UUID, version: IfMatch, judgements: JudgementsIn
) -> Response:
    """Confirm or change answers, all of those named or none. A changed answer needs a reason."""
    said = [AnswerReview(theme, each.answer, each.reason, each.keep_names) for theme, each in judgements.root.items()]
    done = actions.review_answers(acting.session, audit_id=audit_id, judgements=said, version=version, by=acting.actor)
    return _shown(acting, done)


@router.put(
    "/audits/{audit_id}/moderation/overall", response_model=ModerationOut, responses=refusals(404, 409, 412, 428)
)
def moderate_overall(acting: WritingModerator, audit_id: uuid.UUID, version: IfMatch, judged: OverallIn) -> Response:
    """Give the overall judgement, beside the answers as you have reviewed them. Review all of them first."""
    return _shown(
        acting,
        actions.review_overall(
            acting.session, audit_id=audit_id, review=judged.to_review(), version=version, by=acting.actor
        ),
    )


@router.post(
    "/audits/{audit_id}/moderation/agree", response_model=ModerationOut, responses=refusals(404, 409, 412, 428)
)
def agree_audit(acting: WritingModerator, audit_id: uuid.UUID, version: IfMatch) -> Response:
    """Agree the audit with your changes.

    Every answer and the overall judgement must be reviewed, and every comment thread resolved.
    """
    return _shown(acting, actions.agree_answers(acting.session, audit_id=audit_id, version=version, by=acting.actor))


@router.post(
    "/audits/{audit_id}/moderation/accept", response_model=ModerationOut, responses=refusals(404, 409, 412, 428)
)
def accept_audit(acting: WritingModerator, audit_id: uuid.UUID, version: IfMatch) -> Response:
    """Agree a submitted audit unchanged, where no rule of its round selected it for moderation."""
    return _shown(acting, actions.accept_answers(acting.session, audit_id=audit_id, version=version, by=acting.actor))


@router.put(
    "/audits/{audit_id}/moderation/chosen", response_model=ModerationOut, responses=refusals(404, 409, 412, 428)
)
def choose_for_moderation(acting: Lead, audit_id: uuid.UUID, version: IfMatch, choice: ChoiceIn) -> Response:
    """Select an audit for moderation whatever the rules of its round say, or undo that."""
    done = actions.select_manually(
        acting.session, audit_id=audit_id, chosen=choice.chosen, version=version, by=acting.actor
    )
    return _shown(acting, done)


@router.post(
    "/audits/{audit_id}/comments", status_code=201, response_model=CommentOut, responses=refusals(400, 404, 409)
)
def comment_on_audit(acting: WritingReader, audit_id: uuid.UUID, key: IdempotencyKey, new: CommentIn) -> Response:
    """Begin a thread on a theme or on the whole audit, or reply in one."""

    def make() -> Response:
        made = comments.add_comment(
            acting.session,
            audit_id=audit_id,
            words=new.words,
            theme=new.theme,
            thread_id=new.thread_id,
            by=acting.actor,
            keep_names=new.keep_names,
        )
        return json_reply(CommentOut.of(made), status=201)

    return run_once(acting, key, make)


@router.post("/audits/{audit_id}/comments/{thread_id}/resolve", response_model=CommentOut, responses=refusals(404, 409))
def resolve_thread(acting: WritingReader, audit_id: uuid.UUID, thread_id: uuid.UUID) -> Response:
    """Mark a comment thread as resolved."""
    return json_reply(
        CommentOut.of(comments.resolve_thread(acting.session, audit_id=audit_id, thread_id=thread_id, by=acting.actor))
    )


@router.post("/audits/{audit_id}/sign-off", response_model=ModerationOut, responses=refusals(404, 409, 412, 428))
def sign_audit_off(acting: Signer, audit_id: uuid.UUID, version: IfMatch, judged: OverallIn) -> Response:
    """Sign an agreed audit, with the agreed overall judgement, or with another and a reason.

    From then on its answers never change. Not by its auditor or its moderator.
    """
    return _shown(
        acting,
        sign_off.sign_off(
            acting.session, audit_id=audit_id, review=judged.to_review(), version=version, by=acting.actor
        ),
    )


@router.post("/audits/{audit_id}/reopenings", response_model=ModerationOut, responses=refusals(404, 409, 412, 428))
def ask_to_reopen(acting: Signer, audit_id: uuid.UUID, version: IfMatch, why: Reason) -> Response:
    """Ask to reopen an agreed audit, with a reason. Another person has to confirm it."""
    sign_off.ask_to_reopen(
        acting.session,
        audit_id=audit_id,
        reason=why.reason,
        version=version,
        by=acting.actor,
        keep_names=why.keep_names,
    )
    return _shown(acting, audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor).audit)


@router.post(
    "/audits/{audit_id}/reopenings/{reopening_id}/decide",
    response_model=ModerationOut,
    responses=refusals(404, 409, 412, 428),
)
def decide_on_reopening(
    acting: Signer, audit_id: uuid.UUID, reopening_id: uuid.UUID, version: IfMatch, decision: ModerationDecisionIn
) -> Response:
    """Confirm or refuse a reopening that somebody else asked for. Confirming voids the signature."""
    done = sign_off.decide_on_reopening(
        acting.session,
        audit_id=audit_id,
        reopening_id=reopening_id,
        confirmed=decision.confirmed,
        version=version,
        by=acting.actor,
    )
    return _shown(acting, done)


@router.get("/rounds/{round_id}/moderation-rule", response_model=ModerationRuleOut, responses=refusals(404))
def read_moderation_rule(
    acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)], round_id: uuid.UUID
) -> Response:
    """What is moderated in the round."""
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    rule = moderation_rules.rule_of(acting.session, audit_round)
    return json_reply(ModerationRuleOut.of(rule), version=rule.version)


@router.put(
    "/rounds/{round_id}/moderation-rule", response_model=ModerationRuleOut, responses=refusals(404, 409, 412, 428)
)
def set_moderation_rule(acting: Lead, round_id: uuid.UUID, version: IfMatch, new: ModerationRuleIn) -> Response:
    """Set what is moderated in the round. If-Match is the rule's own version: `"0"` until one is set."""
    rule = moderation_rules.set_rule(
        acting.session, round_id=round_id, change=RuleChange(**new.model_dump()), version=version, by=acting.actor
    )
    return json_reply(ModerationRuleOut.of(rule), version=rule.version)


def _shown(acting: Transaction, audit: Audit) -> Response:
    found = audits.read_audit(acting.session, audit)
    moderated = moderation_status_of(acting.session, found, by=acting.actor)
    shown = ModerationOut(
        audit_id=audit.id,
        state=audit.state,
        turn=moderated.turn,
        overall=ModeratedOverallOut.of(audit, moderated.overall),
        causes=list(moderated.causes),
        chosen_by_hand=moderated.moderation.by_hand,
        moderator_id=moderated.moderation.moderator_id,
        agreed_at=audit.agreed_at,
        signature=audit.signature,
        signed_at=audit.signed_at,
        signed_by_id=audit.signed_by_id,
        as_signed=moderated.is_as_signed,
        themes=[
            ModeratedThemeOut(
                theme=each.theme,
                auditor_answer=each.auditor,
                moderator_answer=each.review.answer if each.review else "",
                reason=each.review.reason if each.review else "",
                judged=each.is_reviewed,
                agreed_answer=each.agreed,
            )
            for each in moderated.themes
        ],
        comments=[CommentOut.of(each) for each in moderated.comments],
        reopenings=[ReopeningOut.of(each) for each in moderated.reopenings],
    )
    return json_reply(shown, version=audit.version)
