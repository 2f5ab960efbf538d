"""The page on which an auditor writes down the views of the family."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.family_views import actions
from api.audits.family_views.actions import NewView, version_of_views
from api.audits.family_views.parts import TITLE, family_section
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView, decode_family_answers

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]
OVERTAKEN = "The views were changed in another window since you opened this page. Nothing you typed is lost."
# Where a person came from, or is to go next.
LIST = "list"


@router.get("/audits/{audit_id}/family-views")
def show_form(
    request: Request,
    acting: ReadingScorer,
    audit_id: uuid.UUID,
    came_from: Annotated[str, Query(alias="from", max_length=20)] = "",
) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    if not (can_score(acting.actor, found) and found.template.further.family_views):
        return redirect(f"{audit_path_of(found)}#family-views")
    return _page(request, acting, found, came_from=came_from)


@router.post("/audits/{audit_id}/family-views")
def save(request: Request, acting: WritingScorer, audit_id: uuid.UUID, form: PostedForm) -> Response:
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    new = _typed(found, form)
    try:
        with acting.attempt():
            actions.write_family_views(
                acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor
            )
    except (Conflict, NotAllowed) as problem:
        return _not_saved(request, acting, found, new, problem)
    except (Invalid, Stale) as problem:
        fresh = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)
    onward = () if form.text("do") == LIST else ("check",)
    return redirect(audit_path_of(found, *onward), notice="The views of the family are saved.")


def _typed(found: ReadAudit, form: TypedForm) -> dict[str, NewView]:
    """The views as they were typed; of those with nothing chosen and nothing typed, none."""
    views = {who.value: _typed_view(found, form, who.value) for who in FamilyMember}
    return {who: view for who, view in views.items() if view != NewView(keep_names=view.keep_names)}


def _typed_view(found: ReadAudit, form: TypedForm, who: str) -> NewView:
    how, typed = form.text(f"{who}/how"), form.text(f"{who}/words")
    answers = {
        question.key: answer
        for question in found.template.family_questions
        if (answer := form.text(f"{who}/answers/{question.key}"))
    }
    was = found.family_views[who].words if who in found.family_views else ""
    # What a browser only returns is the stored text, whatever its line ends are.
    is_same = typed == was.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    has_no_view = how in set(WhyNoView)
    return NewView(
        "" if has_no_view else how,
        how if has_no_view else "",
        answers,
        was if is_same else typed,
        form.keep_names(f"{who}/"),
    )


def _page(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    """The form; after a refusal with what was typed, and after a change in another window with what is saved now."""
    is_overtaken = isinstance(problem, Stale)
    version = str(version_of_views(found.family_views))
    return render(
        request,
        "audits/family_views/family_views.html",
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", OVERTAKEN)] if is_overtaken else None,
        # Saving again replaces what this page shows as saved.
        typed=None if form is None else {**form.typed, "version": [version]} if is_overtaken else form.typed,
        found=found,
        title=TITLE,
        section=family_section(found),
        audit_path=audit_path_of(found),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=version,
        family=list(FamilyMember),
        answers={who: decode_family_answers(found.template, view.answers) for who, view in found.family_views.items()},
        how_choices=[
            {"value": "", "text": "Nothing to say of them"},
            *choices_of(tuple(HowAsked)),
            {"divider": "or they were not heard:"},
            *choices_of(tuple(WhyNoView)),
        ],
    )


def _not_saved(
    request: Request, acting: Transaction, found: ReadAudit, new: dict[str, NewView], problem: Problem
) -> Response:
    """Why nothing can be saved any more, with the words as they were typed, to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        typed_texts=[(FamilyMember(who).label, view.words) for who, view in new.items() if view.words],
    )
