"""Checking one's answers, setting how the audit was done and the overall judgement, and submitting it."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import show_not_saved
from api.audits.beside.sections import sections_of
from api.audits.case.actions import faults_of_missing_facts
from api.audits.conclusion import actions as conclusions
from api.audits.conclusion.actions import NewConclusion
from api.audits.conclusion.pages import typed_conclusion
from api.audits.consistency.parts import errors_to_fix
from api.audits.parts import audit_path_of, can_score, lines_of, next_step, overall_words
from api.audits.scoring import actions as scores
from api.audits.scoring.drafts import drafts_of
from api.audits.scoring.judgement import OwnJudgement
from api.audits.submission import actions
from api.audits.submission.actions import faults_of_submission
from api.audits.worklists import next_audit_of
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale, check_version
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.scoring import overall_choices, overall_label, overall_rule_in_words, reasons_wanted
from models import Audit, AuditMode

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
SUBMIT, SUBMIT_AND_NEXT = "submit", "submit-next"
OVERTAKEN = "The audit changed in another window after you opened this page. Check the audit again before you continue."


@router.get("/audits/{audit_id}/check")
def check_answers(request: Request, acting: ReadingScorer, audit_id: uuid.UUID) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not can_score(acting.actor, found):
        return redirect(audit_path_of(found))
    return _page(request, acting, found)


@router.post("/audits/{audit_id}/check")
def save_judgement(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    """Save how the audit was done and the overall judgement, without submitting it."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    try:
        with acting.attempt():
            found = _write_conclusion(acting, found, form)
            _change(acting, found.audit, form)
    except (Invalid, Stale, Conflict) as problem:
        return _asked_again(request, acting, audit_id, form, problem)
    return redirect(audit_path_of(found, "check"), notice="Saved.")


@router.post("/audits/{audit_id}/submit")
def submit(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    """Submit the audit. The form's other fields are saved even when answers are still missing."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if is_submitted_by(found, acting.actor):
        # The button was pressed twice.
        return after_submission(acting, found, form.text("do"), opens="next")
    try:
        _check_fresh(found.audit, form.version)
        with acting.attempt():
            found = _write_conclusion(acting, found, form)
            changed = _change(acting, found.audit, form)
        with acting.attempt():
            actions.submit_audit(acting.session, audit_id=audit_id, version=changed.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        return _asked_again(request, acting, audit_id, form, problem)
    return after_submission(acting, found, form.text("do"), opens="next")


def is_submitted_by(found: ReadAudit, actor: Actor) -> bool:
    """Whether this person has submitted the audit."""
    return found.audit.state in SUBMITTED_STATES and found.audit.auditor_id == actor.person_id


def after_submission(acting: Transaction, found: ReadAudit, pressed: str, *, opens: str) -> Response:
    """Open the auditor's next audit, at this page of it, if they asked for it and there is one; else say what happens
    next.
    """
    if pressed == SUBMIT_AND_NEXT:
        following = next_audit_of(acting.session, acting.actor, other_than=found.audit.id)
        if following is not None:
            notice = "Audit submitted. This is your next audit."
            return redirect(f"/audits/{following.audit.id}/{opens}", notice=notice)
    return redirect(audit_path_of(found, "submitted"))


def check_again(request: Request, acting: Transaction, audit_id: uuid.UUID, problem: Problem) -> Response:
    """The page of answers with why the audit was not submitted from another page, where everything typed was saved."""
    return _asked_again(request, acting, audit_id, None, problem)


@router.get("/audits/{audit_id}/submitted")
def show_submitted(request: Request, acting: ReadingScorer, audit_id: uuid.UUID) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not is_submitted_by(found, acting.actor):
        return redirect(audit_path_of(found))
    return render(
        request,
        "audits/submission/submitted.html",
        acting=acting,
        found=found,
        audit_path=audit_path_of(found),
        overall=overall_words(found),
        next_audit=next_audit_of(acting.session, acting.actor, other_than=audit_id),
    )


def _write_conclusion(acting: Transaction, found: ReadAudit, form: TypedForm) -> ReadAudit:
    """Write the conclusion that was typed on this page, which asks for one while there is none; the audit after that.

    Raises Stale and Invalid.
    """
    typed = typed_conclusion(found, form) if form.has("conclusion_version") else NewConclusion()
    form.check()
    if not any(typed.texts) and typed.minutes is None:
        return found
    version = form.text("conclusion_version")
    conclusions.write_conclusion(
        acting.session,
        audit_id=found.audit.id,
        new=typed,
        version=int(version) if version.isascii() and version.isdecimal() else -1,
        by=acting.actor,
    )
    return audits.find_audit(acting.session, audit_id=found.audit.id, by=acting.actor)


def _check_fresh(audit: Audit, version: int) -> None:
    check_version(audit.version, version)


def _change(acting: Transaction, audit: Audit, form: TypedForm) -> Audit:
    """Save the form's fields of the audit, if they differ from what is saved.

    Raises Stale when another window changed the same fields; a theme scored there does not conflict.
    """
    mode = _mode(form.text("mode"))
    own = OwnJudgement(form.text("overall_override"), form.text("override_reason"), form.text("cap_reason"))
    if _mark(mode, own) == _mark_of(audit):
        return audit
    if form.text("seen") != _mark_of(audit):
        raise Stale
    return scores.change_audit(
        acting.session,
        audit_id=audit.id,
        mode=mode,
        overall_override=own.overall,
        override_reason=own.reason,
        cap_reason=own.cap_reason,
        version=audit.version,
        by=acting.actor,
        keep_names=form.keep_names(),
    )


def _mode(value: str) -> AuditMode:
    try:
        return AuditMode(value)
    except ValueError:
        raise Invalid.at("mode", "Select how you did the audit") from None


def _mark_of(audit: Audit) -> str:
    return _mark(audit.mode, OwnJudgement.of(audit))


def _mark(mode: AuditMode, own: OwnJudgement) -> str:
    texts = (each.replace("\r\n", "\n").replace("\r", "\n").rstrip() for each in (own.reason, own.cap_reason))
    words = (mode.value, own.overall, *texts)
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]


def _overall_choices(found: ReadAudit) -> list[dict[str, str]]:
    meaning = {rating.key: rating.description for rating in found.template.scale.ratings}
    return [
        {"value": each, "text": overall_label(found.template, each), "hint": meaning.get(each, "")}
        for each in overall_choices(found.template)
    ]


def _asked_again(
    request: Request, acting: Transaction, audit_id: uuid.UUID, form: TypedForm | None, problem: Problem
) -> Response:
    """The page with the problem; `form`: what was typed on it, if it was this page."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not can_score(acting.actor, found):
        # Submitted, withdrawn or closed meanwhile.
        return show_not_saved(
            request,
            acting,
            found,
            problem,
            []
            if form is None
            else [
                ("Reason for your overall judgement", form.text("override_reason")),
                ("Reason the judgement is above the template’s limit", form.text("cap_reason")),
                *((part.label, form.text(part.value)) for part in ConclusionPart),
            ],
        )
    if isinstance(problem, Stale):
        return _page(request, acting, found, form=form, status=409, faults=[Fault("", OVERTAKEN)])
    missing = [fault for fault in problem.faults if fault.pointer.startswith(("/scores/", "/questions/", "/facts/"))]
    faults = [fault for fault in problem.faults if fault not in missing]
    if not problem.faults:
        faults = [Fault("", problem.detail)]
    return _page(
        request,
        acting,
        found,
        # Invalid fields are still as typed; if only answers are missing, the fields have been saved.
        form=form if faults else None,
        status=problem.status,
        faults=faults,
        refused=bool(missing),
    )


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    form: TypedForm | None = None,
    status: int = 200,
    faults: Sequence[Fault] = (),
    refused: bool = False,
) -> Response:
    audit = found.audit
    texts = {theme: audits.texts_of(score) for theme, score in found.scores.items()}
    missing = faults_of_missing_facts(found.template, found.case.facts)
    missing += faults_of_submission(found.asking, found.answers, texts)
    typed: Mapping[str, Sequence[str]] | None = form.typed if form is not None else None
    return render(
        request,
        "audits/submission/check.html",
        acting=acting,
        status=status,
        faults=faults,
        typed=typed,
        found=found,
        audit_path=audit_path_of(found),
        domains=lines_of(found),
        drafts=drafts_of(acting.session, found.audit, by=acting.actor),
        missing=[(fault.detail, _place_of(found, fault)) for fault in missing],
        refused=refused,
        findings=errors_to_fix(found),
        overall=overall_words(found),
        rule=overall_rule_in_words(found.template),
        sections=sections_of(found),
        asks_conclusion=_is_typed(form) or not (found.conclusion.texts or found.conclusion.minutes),
        modes=[{"value": mode.value, "text": mode.label} for mode in AuditMode],
        overalls=_overall_choices(found),
        cap_reasons=reasons_wanted(found.template, found.answers, audit.overall_override)
        if audit.overall_override
        else (),
        differs=bool(audit.overall_override) and audit.overall_override != found.auditor_calculated,
        seen=_mark_of(audit),
        is_overtaken=status == 409 and typed is not None,
        way_on=next_step(found),
        next_audit=next_audit_of(acting.session, acting.actor, other_than=found.audit.id),
    )


def _is_typed(form: TypedForm | None) -> bool:
    """Whether a form holds a conclusion that could not be saved."""
    return form is not None and any(form.text(name) for name in (*(part.value for part in ConclusionPart), "minutes"))


def _place_of(found: ReadAudit, fault: Fault) -> str:
    """The path of the field that is missing."""
    kind, key, *name = fault.pointer.removeprefix("/").split("/")
    if kind == "facts":
        return f"{audit_path_of(found, 'case')}?from=check#facts/{key}"
    theme = found.template.theme_of(key).key if kind == "questions" else key
    field = f"#questions/{key}" if kind == "questions" else f"#{name[0]}" if name else ""
    return f"{audit_path_of(found, 'themes', theme)}?from=check{field}"
