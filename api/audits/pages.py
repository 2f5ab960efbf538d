"""One audit: its themes and their state, its texts for readers, and returning, withdrawing and printing it."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.access.audits import may_read_audit, may_read_every_audit, may_score
from api.audits import actions
from api.audits.actions import ReadAudit
from api.audits.beside.sections import sections_of
from api.audits.consistency.parts import points_to_consider
from api.audits.hooks import LINKS, PARTS, ShownAudit
from api.audits.parts import (
    STATE_COLOURS,
    audit_path_of,
    beside_scores,
    can_score,
    case_rows,
    lines_of,
    next_step,
    overall_words,
    progress_of,
)
from api.audits.redaction.actions import check_can_redact
from api.audits.scoring.drafts import drafts_of
from api.audits.submission import actions as submissions
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import fragment, redirect, render
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale, is_allowed
from checklists.audits.audit_states import EDITABLE_STATES
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.scoring import overall_choices, overall_label, overall_rule_in_words
from checklists.audits.sources import AnswerSource
from models import RoundState

router = Router(include_in_schema=False)

ReadingReader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
WritingReader = Annotated[Transaction, writing(Permission.READ_AUDITS)]
ReadingReturner = Annotated[Transaction, reading(Permission.RETURN_AUDITS)]
WritingReturner = Annotated[Transaction, writing(Permission.RETURN_AUDITS)]


@router.get("/audits/{audit_id}/next")
def show_next(acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    """Lead its auditor to the first page that is not complete, and anybody else to the audit."""
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return redirect(_first_step(found) if can_score(acting.actor, found) else audit_path_of(found))


@router.get("/audits/{audit_id}")
def show(request: Request, acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    to_score = can_score(acting.actor, found)
    seen = ShownAudit(acting.session, found, acting.actor)
    return render(
        request,
        "audits/show.html" if to_score else "audits/read.html",
        acting=acting,
        found=found,
        audit_path=audit_path_of(found),
        back=_back(acting.actor, found),
        is_own=found.audit.auditor_id == acting.actor.person_id,
        domains=lines_of(found),
        drafts=drafts_of(acting.session, found.audit, by=acting.actor),
        case=case_rows(acting.session, found),
        overall=overall_words(found),
        progress=progress_of(found),
        rule=overall_rule_in_words(found.template),
        sections=sections_of(found),
        way_on=_first_step(found) if to_score else "",
        waits=may_score(acting.actor, found.audit) and found.round.state is RoundState.PLANNED,
        is_too_late=found.audit.state in EDITABLE_STATES and found.round.state is RoundState.CLOSED,
        may_withdraw=is_allowed(submissions.check_can_withdraw, acting.session, found.audit, by=acting.actor),
        may_redact=is_allowed(check_can_redact, found.audit, by=acting.actor),
        may_return=is_allowed(submissions.check_can_return, acting.session, found.audit, by=acting.actor),
        beside_scores={} if to_score else beside_scores(acting.session, found, acting.actor),
        findings=points_to_consider(found) if found.audit.auditor_id != acting.actor.person_id else [],
        parts_of_others=[fragment(part) for show_part in PARTS if (part := show_part(seen))],
        colours=STATE_COLOURS,
        links=[link for find_link in LINKS if (link := find_link(seen))],
    )


@router.get("/audits/{audit_id}/print")
def show_checklist(
    request: Request,
    acting: ReadingReader,
    audit_id: uuid.UUID,
    blank: Annotated[bool, Query(description="Without the answers.")] = False,
) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return render(
        request,
        "audits/print.html",
        acting=acting,
        found=found,
        audit_path=audit_path_of(found),
        case=case_rows(acting.session, found),
        overall=overall_words(found),
        rule=overall_rule_in_words(found.template),
        overalls=[overall_label(found.template, each) for each in overall_choices(found.template)],
        sections=sections_of(found),
        source_choices=choices_of(tuple(AnswerSource)),
        scores={} if blank else found.scores,
        lines={} if blank else {line.theme.key: line for group in lines_of(found) for line in group.lines},
        beside_scores={} if blank else beside_scores(acting.session, found, acting.actor),
        conclusion=[(part, "" if blank else found.conclusion.texts.get(part, "")) for part in ConclusionPart],
        # What an auditor can still write has a line to write on.
        has_no_lines=not blank and found.audit.state not in EDITABLE_STATES,
        blank=blank,
    )


@router.get("/audits/{audit_id}/return")
def ask_why_return(request: Request, acting: ReadingReturner, audit_id: uuid.UUID) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    submissions.check_can_return(acting.session, found.audit, by=acting.actor)
    return _ask_why(request, acting, found, page="audits/submission/return.html")


@router.post("/audits/{audit_id}/return")
def return_to_auditor(request: Request, acting: WritingReturner, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    try:
        with acting.attempt():
            submissions.return_to_auditor(
                acting.session,
                audit_id=audit_id,
                reason=form.text("reason"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale, Conflict) as problem:
        return _asked_again(request, acting, found, form, problem, page="audits/submission/return.html")
    # A moderator reads submitted audits, and no longer one that was returned.
    stays = may_read_audit(acting.actor, found.audit)
    return redirect(audit_path_of(found) if stays else "/audits", notice="Audit returned to the auditor.")


@router.get("/audits/{audit_id}/withdraw")
def ask_why_withdraw(request: Request, acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    submissions.check_can_withdraw(acting.session, found.audit, by=acting.actor)
    return _ask_why(request, acting, found, page="audits/submission/withdraw.html")


@router.post("/audits/{audit_id}/withdraw")
def withdraw(request: Request, acting: WritingReader, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = actions.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    try:
        with acting.attempt():
            submissions.withdraw(
                acting.session,
                audit_id=audit_id,
                reason=form.text("reason"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale, Conflict) as problem:
        return _asked_again(request, acting, found, form, problem, page="audits/submission/withdraw.html")
    own = found.audit.auditor_id == acting.actor.person_id
    return redirect("/audits" if own else audit_path_of(found), notice="Audit withdrawn. It is kept but not counted.")


def _first_step(found: ReadAudit) -> str:
    """Where its auditor begins or goes on: theme by theme, and first with facts on which it depends what is asked."""
    decides = found.template.facts_of_conditions
    if not found.scores and any(fact.key in decides for fact in found.case.missing):
        return audit_path_of(found, "case")
    return next_step(found)


def _back(actor: Actor, found: ReadAudit) -> tuple[str, str]:
    """The page that a reader came from: its path, and what the link calls it."""
    if found.audit.auditor_id == actor.person_id:
        return "/audits", "my audits"
    if may_read_every_audit(actor):
        return f"/rounds/{found.round.id}", "round"
    return "/audits/of-others", "other auditors’ submitted audits"


def _ask_why(request: Request, acting: Transaction, found: ReadAudit, *, page: str) -> Response:
    return render(
        request, page, acting=acting, found=found, audit_path=audit_path_of(found), version=found.audit.version
    )


def _asked_again(
    request: Request, acting: Transaction, found: ReadAudit, form: TypedForm, problem: Problem, *, page: str
) -> Response:
    """The same question again with the reason as it was typed, and the current version."""
    faults = problem.faults
    if isinstance(problem, Stale):
        faults = (Fault("", "The audit changed after you opened this page. Read the audit again before you decide."),)
    elif not faults:
        faults = (Fault("", problem.detail),)
    audit = actions.get_audit(acting.session, found.audit.id, acting.actor) or found.audit
    return render(
        request,
        page,
        acting=acting,
        status=409 if isinstance(problem, Stale) else problem.status,
        refusal=problem,
        faults=faults,
        form=form,
        found=found,
        audit_path=audit_path_of(found),
        version=audit.version,
    )
