"""The page on which a moderator or a quality lead removes text from another person's audit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request
from sqlmodel import Session
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.access.audits import check_not_own_audit, may_read_audit
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of
from api.audits.redaction import actions
from api.audits.redaction.actions import (
    OF_A_FOLLOW_UP,
    OF_A_NOTE,
    OF_A_REPRESENTATION,
    OF_A_SCORE,
    OF_A_THEME,
    RedactionReason,
)
from api.audits.redaction.forms import choices_of_texts, read_form
from api.foundation.http.dependencies import Transaction, database_of, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale

router = Router(include_in_schema=False)

ReadingRedactor = Annotated[Transaction, reading(Permission.REDACT_AUDITS)]
WritingRedactor = Annotated[Transaction, writing(Permission.REDACT_AUDITS)]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the audit. `place` names it, as `synopsis` or `voice.rationale`."""

    place: str
    called: str
    text: str


@router.get("/audits/{audit_id}/redact")
def ask_what_to_redact(request: Request, acting: ReadingRedactor, audit_id: uuid.UUID) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    check_not_own_audit(acting.actor, found.audit)
    return _page(request, acting, found)


@router.post("/audits/{audit_id}/redact")
def redact(request: Request, acting: WritingRedactor, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    check_not_own_audit(acting.actor, found.audit)
    try:
        with acting.attempt():
            text, places, reason = read_form(form, _texts(acting.session, found))
            theme, _, field = text.place.rpartition(".")
            actions.redact_audit(
                acting.session,
                audit_id=audit_id,
                field=actions.Field(field),
                theme=theme,
                places=places,
                reason=reason,
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale, Conflict) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, problem=problem, form=form)
    stays = may_read_audit(acting.actor, found.audit)
    response = redirect(audit_path_of(found) if stays else "/audits", notice="The text is permanently redacted.")
    response.background = BackgroundTask(database_of(request).empty_log)
    return response


def _texts(session: Session, found: ReadAudit) -> list[Text]:
    """Every text that was written in the audit, in the order of its page."""
    own = [
        Text(
            field.value,
            _label_of(found, field),
            getattr(actions.redaction_row(session, found.audit, field=field, theme=""), field.column),
        )
        for field in actions.Field
        if field not in OF_A_THEME
    ]
    of_themes = [
        Text(
            f"{theme.key}.{field.value}",
            f"{theme.label}: {_label_of(found, field).lower()}",
            getattr(score, field.value),
        )
        for theme in found.template.themes
        if (score := found.scores.get(theme.key) or found.unasked_scores.get(theme.key)) is not None
        for field in OF_A_SCORE
    ]
    of_themes += [
        Text(f"{theme.key}.{field.value}", f"{theme.label}: {field.label.lower()}", getattr(note, field.value))
        for theme in found.template.themes
        if (note := found.theme_notes.get(theme.key)) is not None
        for field in OF_A_NOTE
    ]
    of_themes += [
        Text(f"{theme.key}.{field.value}", f"{theme.label}: {field.label.lower()}", getattr(made, field.column))
        for theme in found.template.themes
        if (made := actions.representation_of(session, found.audit, theme.key)) is not None
        for field in OF_A_REPRESENTATION
    ]
    of_themes += [
        Text(f"{theme.key}.{field.value}", f"{theme.label}: {field.label.lower()}", getattr(found_now, field.column))
        for theme in found.template.themes
        if (found_now := actions.follow_up_of(session, found.audit, theme.key)) is not None
        for field in OF_A_FOLLOW_UP
    ]
    return [text for text in (*own, *of_themes) if text.text]


def _label_of(found: ReadAudit, field: actions.Field) -> str:
    """The label of a text, in the words of the audit's template."""
    subject = found.template.own_words.subject
    if field is actions.Field.IMPACT:
        return found.template.own_words.impact
    if field in actions.OF_THE_FAMILY:
        return f"Family views: {actions.OF_THE_FAMILY[field].label_for(subject).lower()}"
    return field.label


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    faults: Sequence[Fault] = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "audits/redaction/redact.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        found=found,
        audit_path=audit_path_of(found),
        texts=choices_of_texts(_texts(acting.session, found)),
        reasons=choices_of(tuple(RedactionReason)),
        version=found.audit.version,
    )
