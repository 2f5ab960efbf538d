"""Pages of moderation: the queue, an audit's answers side by side, comments, sign-off and reopening."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.access.audits import may_read_audit
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.sections import sections_of
from api.audits.consistency.parts import points_to_consider
from api.audits.hooks import AuditLink, ShownAudit
from api.audits.outcomes import waits_for
from api.audits.parts import STATE_COLOURS, audit_path_of, beside_scores, case_rows, lines_of, overall_words
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.menu import Fragment
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, Problem, Stale, is_allowed
from api.moderation import actions, comments, sign_off
from api.moderation import rules as moderation_rules
from api.moderation.actions import AnswerReview, OverallReview
from api.moderation.queries import ModeratedTheme, ModerationStatus, moderation_status_of, queue, record_seen
from api.moderation.rules import RuleChange
from api.people import actions as people
from api.rounds import actions as rounds
from api.rounds.hooks import ShownRound
from checklists.audits.scoring import overall_choices, overall_label, overall_rule_in_words
from models import Audit, Comment, RoundState

router = Router(include_in_schema=False)

ReadingReader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
WritingReader = Annotated[Transaction, writing(Permission.READ_AUDITS)]
ReadingModerator = Annotated[Transaction, reading(Permission.MODERATE_AUDITS)]
WritingModerator = Annotated[Transaction, writing(Permission.MODERATE_AUDITS)]
Signer = Annotated[Transaction, writing(Permission.SIGN_AUDITS, recent=True)]
Lead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
RoundReader = Annotated[Transaction, reading(Permission.READ_ROUNDS)]


@dataclass(frozen=True, slots=True)
class Offer:
    """The actions to offer this person on the audit now."""

    start: bool
    review: bool
    accept: bool
    sign: bool
    reopen: bool
    decide: bool
    comment: bool
    choose: bool


@router.get("/moderation")
def show_queue(request: Request, acting: ReadingModerator, page: Page) -> Response:
    """The audits to moderate and to sign off."""
    found = queue(acting.session, limit=page.limit, after=page.after_id, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.audit.id)
    record_seen(acting.session, acting.actor, shown)
    return render(
        request,
        "moderation/queue.html",
        acting=acting,
        items=sorted(shown, key=lambda item: (item.audit.submitted_at or item.audit.created_at, item.audit.id)),
        after=after,
        colours=STATE_COLOURS,
        me=acting.actor.person_id,
    )


@router.get("/audits/{audit_id}/moderation")
def show(request: Request, acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    return _page(request, acting, audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor))


@router.post("/audits/{audit_id}/moderation")
def start(request: Request, acting: WritingModerator, audit_id: uuid.UUID, form: PostedForm) -> Response:
    return _done(request, acting, audit_id, form, actions.start_moderation, "You are now moderating this audit.")


@router.post("/audits/{audit_id}/moderation/scores")
def review(request: Request, acting: WritingModerator, audit_id: uuid.UUID, form: PostedForm) -> Response:
    """Store the reviews of all answers, and agree the audit when that button was pressed."""

    def save(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
        found = audits.find_audit(session, audit_id=audit_id, by=by)
        said = [
            AnswerReview(
                theme,
                form.text(f"scores/{theme}/answer"),
                form.text(f"scores/{theme}/reason"),
                form.keep_names(f"scores/{theme}/"),
            )
            for theme in found.template.theme_keys
            # A reason without an answer is refused, so that it is not lost.
            if form.text(f"scores/{theme}/answer") or form.text(f"scores/{theme}/reason").strip()
        ]
        saved = actions.review_answers(session, audit_id=audit_id, judgements=said, version=version, by=by)
        if form.text("overall") or form.text("overall_reason").strip():
            saved = actions.review_overall(
                session, audit_id=audit_id, review=_overall_of(form), version=saved.version, by=by
            )
        if not form.has("agree"):
            return saved
        return actions.agree_answers(session, audit_id=audit_id, version=saved.version, by=by)

    notice = "Audit agreed." if form.has("agree") else "Saved."
    return _done(request, acting, audit_id, form, save, notice)


@router.post("/audits/{audit_id}/moderation/accept")
def accept(request: Request, acting: WritingModerator, audit_id: uuid.UUID, form: PostedForm) -> Response:
    return _done(request, acting, audit_id, form, actions.accept_answers, "Audit agreed with no changes.")


@router.post("/audits/{audit_id}/moderation/chosen")
def choose(request: Request, acting: Lead, audit_id: uuid.UUID, form: PostedForm) -> Response:
    chosen = form.text("chosen") == "yes"

    def save(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
        return actions.select_manually(session, audit_id=audit_id, chosen=chosen, version=version, by=by)

    said = "Audit selected for moderation." if chosen else "Audit removed from moderation selection."
    return _done(request, acting, audit_id, form, save, said)


@router.post("/audits/{audit_id}/comments")
def comment(request: Request, acting: WritingReader, audit_id: uuid.UUID, form: PostedForm) -> Response:
    """A new thread, or a reply."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)

    def make() -> Response:
        typed = form.text("thread")
        try:
            thread = uuid.UUID(typed) if typed else None
        except ValueError:
            raise NotFound("comment thread") from None
        comments.add_comment(
            acting.session,
            audit_id=audit_id,
            words=form.text("words"),
            theme=form.text("theme"),
            thread_id=thread,
            by=acting.actor,
            keep_names=form.keep_names(),
        )
        return redirect(audit_path_of(found, "moderation") + "#comments", notice="Comment added.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict) as problem:
        return _page(request, acting, found, problem=problem, form=form)


@router.post("/audits/{audit_id}/comments/{thread_id}/resolve")
def resolve(request: Request, acting: WritingReader, audit_id: uuid.UUID, thread_id: uuid.UUID) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    try:
        with acting.attempt():
            comments.resolve_thread(acting.session, audit_id=audit_id, thread_id=thread_id, by=acting.actor)
    except Conflict as problem:
        return _page(request, acting, found, problem=problem)
    return redirect(audit_path_of(found, "moderation") + "#comments", notice="Thread resolved.")


@router.post("/audits/{audit_id}/sign-off")
def sign(request: Request, acting: Signer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    def save(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
        return sign_off.sign_off(session, audit_id=audit_id, review=_overall_of(form), version=version, by=by)

    return _done(request, acting, audit_id, form, save, "Audit signed off.")


@router.post("/audits/{audit_id}/reopenings")
def ask_to_reopen(request: Request, acting: Signer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    def ask(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
        sign_off.ask_to_reopen(
            session,
            audit_id=audit_id,
            reason=form.text("reason"),
            version=version,
            by=by,
            keep_names=form.keep_names(),
        )

    return _done(request, acting, audit_id, form, ask, "Request sent. Another person must confirm it.")


@router.post("/audits/{audit_id}/reopenings/{reopening_id}")
def decide(
    request: Request, acting: Signer, audit_id: uuid.UUID, reopening_id: uuid.UUID, form: PostedForm
) -> Response:
    confirmed = form.text("decision") == "confirm"

    def save(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
        if form.text("decision") not in {"confirm", "refuse"}:
            raise Invalid.at("decision", "Select “Reopen audit” or “Refuse to reopen”")
        sign_off.decide_on_reopening(
            session, audit_id=audit_id, reopening_id=reopening_id, confirmed=confirmed, version=version, by=by
        )

    said = "Audit reopened. Its signature is void." if confirmed else "Request refused. The audit has not changed."
    return _done(request, acting, audit_id, form, save, said)


@router.get("/rounds/{round_id}/moderation-rule")
def show_rule(request: Request, acting: RoundReader, round_id: uuid.UUID) -> Response:
    return _rule_page(request, acting, round_id)


@router.post("/rounds/{round_id}/moderation-rule")
def set_rule(request: Request, acting: Lead, round_id: uuid.UUID, form: PostedForm) -> Response:
    share = form.whole_number("share_percent", "The percentage of audits", most=100)
    first = form.whole_number("first_audits", "The number of first audits", most=100)
    try:
        form.check()
        with acting.attempt():
            moderation_rules.set_rule(
                acting.session,
                round_id=round_id,
                change=RuleChange(share or 0, lowest=form.has("lowest"), first_audits=first or 0),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale, Conflict) as problem:
        return _rule_page(request, acting, round_id, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}", notice="Moderation rules saved.")


def _overall_of(form: TypedForm) -> OverallReview:
    return OverallReview(form.text("overall"), form.text("overall_reason"), form.keep_names("overall_"))


def _done(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    form: TypedForm,
    action: Callable[..., Any],
    notice: str,
) -> Response:
    """Run the action, and show the audit again: with what was typed when it was refused."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    try:
        with acting.attempt():
            action(acting.session, audit_id=audit_id, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, problem=problem, form=form)
    stays = may_read_audit(acting.actor, found.audit)
    return redirect(audit_path_of(found, "moderation") if stays else "/moderation", notice=notice)


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    moderated = moderation_status_of(acting.session, found, by=acting.actor)
    faults: Sequence[Fault] = ()
    if isinstance(problem, Stale):
        faults = (Fault("", "The audit changed after you opened this page. Check the audit again before you decide."),)
    elif problem is not None:
        faults = problem.faults or (Fault("", problem.detail),)
    scale = found.template.scale
    return render(
        request,
        "moderation/audit.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        found=found,
        audit_path=audit_path_of(found),
        case=case_rows(acting.session, found),
        findings=points_to_consider(found),
        overall=overall_words(found),
        rule=overall_rule_in_words(found.template),
        sections=sections_of(found),
        beside_scores=beside_scores(acting.session, found, acting.actor),
        domains=lines_of(found),
        moderated=moderated,
        themes={each.theme: each for each in moderated.themes},
        answers=[{"value": each, "text": scale.label(each)} for each in scale.answers],
        label=lambda answer: scale.label(answer) if answer else "",
        overalls=[(each, overall_label(found.template, each)) for each in overall_choices(found.template)],
        calculated=_overall_label(found, moderated.overall.calculated),
        auditor_calculated=_overall_label(found, moderated.overall.auditor_calculated),
        starts_with=_starts_with,
        threads=_threads(moderated.comments),
        resolvable=comments.resolvable(found.audit, found.round, moderated.comments, by=acting.actor),
        names=_names(acting, found.audit, moderated),
        offer=_offer(acting, found, moderated),
        waiting=waits_for(found.audit, found.round),
        colours=STATE_COLOURS,
        me=acting.actor.person_id,
        is_changed=lambda each: each.agreed and each.agreed != each.auditor,
        version=found.audit.version,
    )


def _starts_with(each: ModeratedTheme) -> tuple[str, str]:
    """The moderator's earlier answer and reason. No answer before that: each is looked at before it is agreed."""
    if each.review is not None and each.is_reviewed:
        return each.review.answer, each.review.reason
    return "", ""


def _threads(found: Sequence[Comment]) -> list[list[Comment]]:
    threads: dict[uuid.UUID, list[Comment]] = {}
    for each in found:
        threads.setdefault(each.thread_id, []).append(each)
    return list(threads.values())


def _names(acting: Transaction, audit: Audit, moderated: ModerationStatus) -> dict[uuid.UUID | None, str]:
    wanted: set[uuid.UUID | None] = {audit.signed_by_id, moderated.moderation.moderator_id}
    wanted |= {each.author_id for each in moderated.comments} | {each.resolved_by_id for each in moderated.comments}
    for each in moderated.reopenings:
        wanted |= {each.asked_by_id, each.decided_by_id, each.signed_by_id}
    names = people.names_of(acting.session, {each for each in wanted if each is not None}, by=acting.actor)
    return dict(names.items())


def _offer(acting: Transaction, found: ReadAudit, moderated: ModerationStatus) -> Offer:
    session, by, audit = acting.session, acting.actor, found.audit
    waiting = next((each for each in moderated.reopenings if each.decided_at is None), None)
    return Offer(
        start=is_allowed(actions.check_can_start, session, audit, by=by),
        review=is_allowed(actions.check_can_review, session, audit, by=by),
        accept=is_allowed(actions.check_can_accept, session, audit, by=by),
        sign=is_allowed(sign_off.check_can_sign_off, session, audit, by=by),
        reopen=is_allowed(sign_off.check_can_ask_to_reopen, session, audit, by=by),
        decide=waiting is not None and is_allowed(sign_off.check_can_decide, session, audit, waiting, by=by),
        comment=found.round.state is RoundState.OPEN and comments.may_comment(by, audit),
        choose=is_allowed(actions.check_can_select, session, audit, by=by),
    )


def _rule_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    rule = moderation_rules.rule_of(acting.session, audit_round)
    faults: Sequence[Fault] = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "moderation/rule.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        round=audit_round,
        rule=rule,
        may_set=acting.actor.may(Permission.WRITE_ROUNDS) and audit_round.state is not RoundState.CLOSED,
    )


def link_to_moderation(seen: ShownAudit) -> AuditLink | None:
    """The link to the moderation of an audit that has been submitted."""
    audit = seen.found.audit
    if not audit.answers:
        return None
    is_own = audit.auditor_id == seen.actor.person_id
    return AuditLink("Moderation and sign-off", f"/audits/{audit.id}/moderation", is_button=True, is_secondary=is_own)


def rule_of_round(seen: ShownRound) -> Fragment:
    """The link to what is moderated in a round."""
    return Fragment("moderation/_of_round.html", {"round_id": seen.round.id})


def _overall_label(found: ReadAudit, overall: str) -> str:
    return overall_label(found.template, overall) if overall else ""
