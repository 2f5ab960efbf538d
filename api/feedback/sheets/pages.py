"""Pages of the feedback on an audit: giving it, the sheet for supervision, sharing it, and typing in a reflection."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.parts import audit_path_of
from api.documents.files import FileKind, render_file
from api.feedback import rules
from api.feedback.sheets import actions
from api.feedback.sheets.actions import LINK_DAYS, MOST_ON_SHEET, NewSheet
from api.feedback.sheets.document import SheetKind, sheet_document, themes_in_words
from api.feedback.sheets.queries import changed_themes, due_date, sheet_of, shown_sheet
from api.feedback.sheets.reflections import NewReflection, type_reflection
from api.foundation.http.dependencies import Transaction, heavy_reading, reading, writing
from api.foundation.http.replies import SecretReply, file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale, is_allowed
from api.foundation.settings import Settings
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.feedback import fell_short
from models import AuditState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_AUDITS)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_FEEDBACK)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_FEEDBACK)]


@router.get("/audits/{audit_id}/feedback")
def show_feedback(request: Request, acting: Reader, audit_id: uuid.UUID) -> Response:
    """The feedback on an audit, or what its auditor wrote for the practitioner while none is given."""
    return _page(request, acting, audit_id)


@router.get("/audits/{audit_id}/feedback/sheet")
def show_sheet(request: Request, acting: Reader, audit_id: uuid.UUID) -> Response:
    """The sheet for supervision, without anything that identifies."""
    shown = actions.find_sheet(acting.session, audit_id=audit_id, by=acting.actor)
    return render(
        request,
        "feedback/sheets/sheet.html",
        acting=acting,
        path=f"/audits/{audit_id}/feedback",
        document=sheet_document(shown),
    )


@router.get("/audits/{audit_id}/feedback/sheet.{kind}")
def show_sheet_as_file(acting: FileReader, audit_id: uuid.UUID, kind: SheetKind) -> Response:
    shown = actions.find_sheet(acting.session, audit_id=audit_id, by=acting.actor)
    file = render_file(sheet_document(shown), FileKind(kind.value))
    return file_answer(acting, file, "audit.feedback-fetched", audit_id)


@router.get("/audits/{audit_id}/feedback/edit")
def ask_what_to_say(request: Request, acting: ReadingWriter, audit_id: uuid.UUID) -> Response:
    return _form_page(request, acting, audit_id)


@router.post("/audits/{audit_id}/feedback/edit")
def write_sheet(request: Request, acting: WritingWriter, audit_id: uuid.UUID, form: PostedForm) -> Response:
    given_on = form.date("given_on", "The day on which the feedback was given", needed=False)
    new = NewSheet(form.text("works_well"), form.text("think_about"), given_on, form.keep_names())
    try:
        form.check()
        with acting.attempt():
            actions.write_sheet(acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor)
    except (Invalid, Stale) as problem:
        return _form_page(request, acting, audit_id, problem=problem, form=form)
    return redirect(f"/audits/{audit_id}/feedback", notice="Feedback saved.")


@router.post("/audits/{audit_id}/feedback/share")
def share_sheet(request: Request, acting: WritingWriter, audit_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.share_sheet(acting.session, audit_id=audit_id, version=form.version, by=acting.actor)
    except (Conflict, Stale) as problem:
        return _page(request, acting, audit_id, problem=problem)
    return redirect(f"/audits/{audit_id}/feedback", notice="Feedback shared with the team of the case.")


@router.post("/audits/{audit_id}/feedback/link")
def make_link(request: Request, acting: WritingWriter, audit_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> SecretReply:
        made = actions.make_link(acting.session, audit_id=audit_id, by=acting.actor)
        page = render(
            request,
            "feedback/sheets/link.html",
            acting=acting,
            path=f"/audits/{audit_id}/feedback",
            link=link_to_give(request, acting.settings, made.secret),
            expires_at=made.expires_at,
        )
        return SecretReply(page, again=redirect(f"/audits/{audit_id}/feedback"))

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Conflict as problem:
        return _page(request, acting, audit_id, problem=problem)


@router.get("/reflections")
def ask_for_reflection(request: Request, acting: ReadingWriter) -> Response:
    return render(request, "feedback/sheets/reflection.html", acting=acting)


@router.post("/reflections")
def type_in(request: Request, acting: WritingWriter, form: PostedForm) -> Response:
    new = NewReflection(form.text("words"), form.keep_names())
    try:
        with acting.attempt():
            sheet = type_reflection(acting.session, code=form.text("code"), new=new, by=acting.actor)
    except (Invalid, Conflict) as problem:
        return render(request, "feedback/sheets/reflection.html", acting=acting, refusal=problem, form=form)
    return redirect(f"/audits/{sheet.audit_id}/feedback", notice="Reflection saved.")


def link_to_give(request: Request, settings: Settings, secret: str) -> str:
    """A practitioner's link as a person gives it: at the public address, or at the address of this request."""
    own = f"{'https' if settings.behind_https else request.url.scheme}://{request.url.netloc}"
    return f"{settings.public_address.rstrip('/') or own}/feedback/{secret}"


def _page(request: Request, acting: Transaction, audit_id: uuid.UUID, *, problem: Problem | None = None) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    audit, sheet = found.audit, sheet_of(acting.session, found.audit)
    shown = shown_sheet(acting.session, audit, sheet) if sheet is not None else None
    return render(
        request,
        "feedback/sheets/show.html",
        acting=acting,
        refusal=problem,
        found=found,
        audit_path=audit_path_of(found),
        shown=shown,
        themes=themes_in_words(shown) if shown is not None else "",
        texts=found.conclusion.for_practitioner,
        changed=changed_themes(found, sheet),
        due=due_date(audit),
        may_write=is_allowed(rules.check_can_write, acting.actor, audit, sheet),
        may_share=sheet is not None and is_allowed(rules.check_can_share, acting.actor, audit, sheet),
        may_link=sheet is not None
        and acting.actor.may(Permission.WRITE_FEEDBACK)
        and is_allowed(rules.check_can_reflect, audit, sheet),
        link_days=LINK_DAYS,
    )


def _form_page(
    request: Request,
    acting: Transaction,
    audit_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    sheet = sheet_of(acting.session, found.audit)
    rules.check_can_write(acting.actor, found.audit, sheet)
    version = sheet.version if sheet else 0
    short = fell_short(found.template, found.answers_in_force)
    concluded = found.conclusion.texts
    return render(
        request,
        "feedback/sheets/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        back=f"/audits/{audit_id}/feedback",
        version=version,
        works_well=sheet.works_well if sheet else concluded.get(ConclusionPart.WORKS_WELL, ""),
        think_about=sheet.think_about if sheet else concluded.get(ConclusionPart.FEEDBACK, ""),
        given_on=sheet.given_on if sheet else None,
        themes=[found.template.theme(key).label for key in short],
        most=MOST_ON_SHEET,
        may_change=found.audit.state in (AuditState.SUBMITTED, AuditState.IN_MODERATION),
        is_stale=isinstance(problem, Stale),
    )
