"""The page on which an auditor writes down family views."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import save_section, show_section
from api.audits.family_views import actions
from api.audits.family_views.actions import NewView, version_of_views
from api.audits.family_views.parts import TITLE, family_section
from api.audits.parts import audit_path_of, can_score
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect
from api.foundation.permissions import Permission
from api.foundation.problems import Problem
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView, decode_family_answers

router = Router(include_in_schema=False)

ReadingScorer = Annotated[Transaction, reading(Permission.SCORE_AUDITS)]
WritingScorer = Annotated[Transaction, writing(Permission.SCORE_AUDITS)]


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

    def show_again(fresh: ReadAudit, problem: Problem) -> Response:
        return _page(request, acting, fresh, came_from=form.text("from"), problem=problem, form=form)

    return save_section(
        request,
        acting,
        found,
        form,
        write=lambda: actions.write_family_views(
            acting.session, audit_id=audit_id, new=new, version=form.version, by=acting.actor
        ),
        texts=[
            (FamilyMember(who).label_for(found.template.own_words.subject), view.words) for who, view in new.items()
        ],
        show_again=show_again,
        notice="Family views saved.",
    )


def _typed(found: ReadAudit, form: TypedForm) -> dict[str, NewView]:
    """The views as they were typed; of those with nothing chosen and nothing typed, none."""
    views = {who.value: _typed_view(found, form, who.value) for who in FamilyMember}
    return {who: view for who, view in views.items() if view != NewView(keep_names=view.keep_names)}


def _typed_view(found: ReadAudit, form: TypedForm, who: str) -> NewView:
    how = form.text(f"{who}/how")
    answers = {
        question.key: answer
        for question in found.template.family_questions
        if (answer := form.text(f"{who}/answers/{question.key}"))
    }
    was = found.family_views[who].words if who in found.family_views else ""
    has_no_view = how in set(WhyNoView)
    return NewView(
        "" if has_no_view else how,
        how if has_no_view else "",
        answers,
        form.text_or_stored(f"{who}/words", was),
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
    return show_section(
        request,
        acting,
        found,
        page="audits/family_views/family_views.html",
        called="The family views were",
        version=version_of_views(found.family_views),
        came_from=came_from,
        problem=problem,
        form=form,
        title=TITLE,
        section=family_section(found),
        family=list(FamilyMember),
        answers={who: decode_family_answers(found.template, view.answers) for who, view in found.family_views.items()},
        how_choices=[
            {"value": "", "text": "No entry for this person"},
            *choices_of(tuple(HowAsked)),
            {"divider": "or their views were not sought:"},
            *choices_of(tuple(WhyNoView)),
        ],
    )
