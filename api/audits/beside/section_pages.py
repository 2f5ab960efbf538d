"""The pages of an audit's sections: each shows a form and saves it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale

# What the button asks for that leads back to the list of themes; the other one leads on.
LIST: Final = "list"

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


@dataclass(frozen=True, slots=True)
class TypedSection:
    """What was typed: how it is saved, and its texts, each with a label, for when nothing can be saved any more."""

    write: Callable[[Transaction], object]
    texts: Sequence[tuple[str, str]]


def _check_page(found: ReadAudit, _form: TypedForm) -> str:
    return audit_path_of(found, "check")


@dataclass(frozen=True, slots=True)
class SectionForm:
    """The form of a section of an audit.

    `path`: the end of its address below the audit. `anchor`: the place on the audit's page that shows what is saved.
    `changed`: what the form changes, as the first words of a sentence in the past tense. `saved`: the notice after
    saving. `shown`: the values that the template `page` needs beside the audit. `next_page`: where "Save and continue"
    leads.
    """

    path: str
    anchor: str
    page: str
    changed: str
    saved: str
    is_asked: Callable[[ReadAudit], bool]
    version: Callable[[ReadAudit], int]
    shown: Callable[[ReadAudit], Mapping[str, Any]]
    typed: Callable[[ReadAudit, TypedForm], TypedSection]
    next_page: Callable[[ReadAudit, TypedForm], str] = _check_page


def add_section(router: Router, section: SectionForm) -> None:
    """Add the two routes of a section: its form, and saving it."""

    @router.get(f"/audits/{{audit_id}}/{section.path}")
    def show_form(
        request: Request,
        acting: ReadingScorer,
        audit_id: uuid.UUID,
        came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
    ) -> Response:
        found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        if not (can_score(acting.actor, found) and section.is_asked(found)):
            return redirect(f"{audit_path_of(found)}#{section.anchor}")
        return _show(request, acting, section, found, came_from=came_from)

    @router.post(f"/audits/{{audit_id}}/{section.path}")
    def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
        found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        typed = section.typed(found, form)
        try:
            with acting.attempt():
                typed.write(acting)
        except (Conflict, NotAllowed) as problem:
            return show_not_saved(request, acting, found, problem, typed.texts)
        except (Invalid, Stale) as problem:
            fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
            return _show(request, acting, section, fresh, came_from=form.text("from"), problem=problem, form=form)
        onward = audit_path_of(found) if form.text("do") == LIST else section.next_page(found, form)
        return redirect(onward, notice=section.saved)


def _show(
    request: Request,
    acting: Transaction,
    section: SectionForm,
    found: ReadAudit,
    *,
    came_from: str,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    """The form; after a refusal with what was typed, and after a change in another window with what is saved now."""
    is_overtaken = isinstance(problem, Stale)
    overtaken = (
        f"{section.changed} changed in another window after you opened this page. "
        "Your own changes are still in the form."
    )
    version = str(section.version(found))
    return render(
        request,
        section.page,
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", overtaken)] if is_overtaken else None,
        form=form,
        found=found,
        audit_path=audit_path_of(found),
        form_path=audit_path_of(found, section.path),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=version,
        **section.shown(found),
    )


def show_not_saved(
    request: Request, acting: Transaction, found: ReadAudit, problem: Problem, texts: Sequence[tuple[str, str]]
) -> Response:
    """Why nothing can be saved any more, with the typed texts (each its label and the words) to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=409 if isinstance(problem, Stale) else problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        unsaved=[(label, words) for label, words in texts if words],
    )
