"""A case read twice: both readings side by side, starting with the themes that differ, and agreeing on them."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.access.audits import may_resolve_double_reading
from api.audits.actions import ReadAudit
from api.audits.hooks import AuditLink, ShownAudit
from api.audits.parts import QuestionLine, question_lines
from api.blind_reading import actions
from api.blind_reading.actions import DoubleReading
from api.blind_reading.progress import progress_of_pairs
from api.blind_reading.queries import list_double_readings
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.menu import Fragment
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from api.rounds import actions as rounds
from models import RoundState

router = Router(include_in_schema=False)

ReadingReader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
WritingReader = Annotated[Transaction, writing(Permission.READ_AUDITS)]
Lead = Annotated[Transaction, reading(Permission.READ_REPORTS)]
SEEN = Fault("", "An answer was proposed or agreed after you opened this page. Check the answer before you continue.")


@router.get("/audits/{audit_id}/pair")
def show(request: Request, acting: ReadingReader, audit_id: uuid.UUID) -> Response:
    return _pair_page(request, acting, audit_id)


@router.post("/audits/{audit_id}/pair")
def record_agreement(request: Request, acting: WritingReader, audit_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.agree_identical_readings(acting.session, audit_id=audit_id, version=form.version, by=acting.actor)
    except (Stale, Conflict) as problem:
        return _pair_page(request, acting, audit_id, problem=problem)
    return redirect(f"/audits/{audit_id}/pair", notice="Readings recorded as agreed.")


@router.get("/audits/{audit_id}/pair/{theme_key}")
def ask(request: Request, acting: ReadingReader, audit_id: uuid.UUID, theme_key: str) -> Response:
    return _theme_page(request, acting, audit_id, theme_key)


@router.post("/audits/{audit_id}/pair/{theme_key}")
def propose(request: Request, acting: WritingReader, audit_id: uuid.UUID, theme_key: str, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            pair = actions.propose_answer(
                acting.session,
                audit_id=audit_id,
                theme=theme_key,
                answer=form.text("answer"),
                reason=form.text("reason"),
                version=form.version,
                by=acting.actor,
                keep_names=form.keep_names(),
            )
    except (Invalid, Stale, Conflict) as problem:
        return _theme_page(request, acting, audit_id, theme_key, problem=problem, form=form)
    settled = pair.theme(theme_key).is_settled
    waits_for = "The other reader must confirm it."
    if actions.hindered_readers(acting.session, pair):
        waits_for = "A moderator or quality lead who has not read the case must confirm it."
    notice = "Answer agreed." if settled else f"Answer proposed. {waits_for}"
    return redirect(f"/audits/{audit_id}/pair", notice=notice)


@router.post("/audits/{audit_id}/pair/{theme_key}/confirm")
def confirm(request: Request, acting: WritingReader, audit_id: uuid.UUID, theme_key: str, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.confirm_answer(
                acting.session, audit_id=audit_id, theme=theme_key, version=form.version, by=acting.actor
            )
    except (Stale, Conflict) as problem:
        return _pair_page(request, acting, audit_id, problem=problem)
    return redirect(f"/audits/{audit_id}/pair", notice="Answer agreed.")


@router.get("/rounds/{round_id}/pairs")
def list_of_round(
    request: Request,
    acting: Lead,
    round_id: uuid.UUID,
    all_of_them: Annotated[bool, Query(alias="all", description="Include agreed cases.")] = False,
) -> Response:
    """The cases of a round with both readings submitted, starting with those not agreed yet."""
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    found = list_double_readings(acting.session, audit_round, by=acting.actor)
    return render(
        request,
        "blind_reading/pairs.html",
        acting=acting,
        audit_round=audit_round,
        pairs=found if all_of_them else [pair for pair in found if not pair.is_agreed],
        agreed=sum(pair.is_agreed for pair in found),
        all_of_them=all_of_them,
    )


def _pair_page(
    request: Request, acting: Transaction, audit_id: uuid.UUID, *, problem: Problem | None = None
) -> Response:
    pair = actions.find_double_reading(acting.session, audit_id=audit_id, by=acting.actor)
    return render(
        request,
        "blind_reading/pair.html",
        acting=acting,
        refusal=problem,
        faults=() if problem is None else (SEEN if isinstance(problem, Stale) else Fault("", problem.detail),),
        pair=pair,
        lines_of_first=_questions(pair.first),
        lines_of_second=_questions(pair.second),
        base=f"/audits/{audit_id}",
        differing=[each for each in pair.themes if each.differs],
        alike=[each for each in pair.themes if not each.differs],
        names=_names(pair),
        may_settle=_may_settle(acting, pair),
        is_reader=acting.actor.person_id in pair.readers,
        hindered=actions.hindered_readers(acting.session, pair),
    )


def _theme_page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    theme_key: str,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    pair = actions.find_double_reading(acting.session, audit_id=audit_id, by=acting.actor)
    found = pair.theme(theme_key)
    if problem is None and (not found.differs or found.is_settled or not _may_settle(acting, pair)):
        raise Conflict("There is nothing to agree for this theme.")
    faults: tuple[Fault, ...] = ()
    if problem is not None:
        faults = (SEEN,) if isinstance(problem, Stale) else problem.faults or (Fault("", problem.detail),)
    version = found.consensus.version if found.consensus else 0
    return render(
        request,
        "blind_reading/theme.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        pair=pair,
        lines_of_first=_questions(pair.first),
        lines_of_second=_questions(pair.second),
        found=found,
        base=f"/audits/{audit_id}",
        version=version,
        names=_names(pair),
        is_reader=acting.actor.person_id in pair.readers,
    )


def _questions(found: ReadAudit) -> dict[str, tuple[QuestionLine, ...]]:
    """The questions of each theme with the answers of one reading."""
    return {theme.key: question_lines(found, theme) for theme in found.template.themes}


def _may_settle(acting: Transaction, pair: DoubleReading) -> bool:
    """Whether to offer agreeing. The action checks what is sent."""
    is_open = pair.first.round.state is RoundState.OPEN and not pair.is_agreed
    return is_open and may_resolve_double_reading(acting.actor, pair.readers)


def _names(pair: DoubleReading) -> dict[uuid.UUID, str]:
    return {each.auditor.id: each.auditor.name for each in (pair.first, pair.second)}


def link_to_pair(seen: ShownAudit) -> AuditLink | None:
    """The link to both readings of a case, for people who may know that there are two."""
    if not actions.is_read_twice(seen.session, seen.found.audit, by=seen.actor):
        return None
    return AuditLink("Compare the 2 readings", f"/audits/{seen.found.audit.id}/pair", is_button=True)


def of_audit(seen: ShownAudit) -> Fragment | None:
    """How far the two readings of the audit's case are settled, for people who may know that there are two."""
    audit = seen.found.audit
    if not actions.is_read_twice(seen.session, audit, by=seen.actor):
        return None
    progress = progress_of_pairs(seen.session, [audit], by=seen.actor).get(audit.id)
    if progress is None:
        return None
    return Fragment(
        "blind_reading/_of_audit.html",
        {
            "settlement": progress,
            "audit_path": f"/audits/{audit.id}",
            "may_settle": seen.found.round.state is RoundState.OPEN
            and may_resolve_double_reading(seen.actor, (audit.auditor_id,)),
        },
    )
