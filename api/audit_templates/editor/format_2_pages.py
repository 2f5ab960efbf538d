"""The pages of the editor for what only format 2 has, and the one that begins to use it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Path, Request
from starlette.responses import Response

from api.audit_templates import conversion
from api.audit_templates import drafts as template_drafts
from api.audit_templates.actions import FoundVersion
from api.audit_templates.editor.case_words import AgeBands, Categories, Statuses
from api.audit_templates.editor.conditions import KINDS, ConditionPart
from api.audit_templates.editor.contradictions import ContradictionsPart
from api.audit_templates.editor.facts import FactPart, fact_in
from api.audit_templates.editor.judging import CompliancePart, OverallPart
from api.audit_templates.editor.part_pages import (
    add_form,
    confirm_removing,
    draft_in_format_2,
    draft_of,
    rearrange,
    steps_of,
)
from api.audit_templates.editor.parts import Part
from api.audit_templates.editor.questions import QuestionPart, question_in
from api.audit_templates.editor.rows import FamilyQuestions, FurtherSources, Obstacles
from api.audit_templates.editor.whole import AsksPart, TargetsPart, TextsPart, WordsPart
from api.audit_templates.pages import ADDRESS, Number, ReadingWriter, WritingWriter, address_of, context_of
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import Fault, NotFound, Stale
from checklists.templates.versions.converting import changes_on_converting

router = Router(include_in_schema=False, prefix=ADDRESS + "/edit")

Key = Annotated[str, Path(max_length=60)]
# The parts that hold for the whole template, by the last step of their address.
WHOLE_PARTS: Final[Mapping[str, Callable[[], Part]]] = {
    "words": WordsPart,
    "overall": OverallPart,
    "contradictions": ContradictionsPart,
    "texts": TextsPart,
    "targets": TargetsPart,
    "compliance": CompliancePart,
    "asks": AsksPart,
    "obstacles": Obstacles,
    "family-questions": FamilyQuestions,
    "further-sources": FurtherSources,
    "statuses": Statuses,
    "age-bands": AgeBands,
    "categories": Categories,
}


def _whole_part(name: str) -> Part:
    part = WHOLE_PARTS.get(name)
    if part is None:
        raise NotFound("part of a template")
    return part()


add_form(router, "/parts/{part}", lambda at: _whole_part(at["part"]))
add_form(router, "/themes/{key}/new-question", lambda at: QuestionPart(None, theme_key=at["key"]))
add_form(router, "/questions/{key}", lambda at: QuestionPart(at["key"]))
add_form(router, "/new-fact", lambda _: FactPart(None))
add_form(router, "/facts/{key}", lambda at: FactPart(at["key"]))


@router.get("/use-format-2")
def ask_use_format_2(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _use_format_2_page(request, acting, draft_of(acting, template_id, number))


@router.post("/use-format-2")
def use_format_2(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            found = conversion.use_format_2(
                acting.session, template_id=template_id, number=number, version=form.version, by=acting.actor
            )
    except Stale:
        found = draft_of(acting, template_id, number)
        words = "This draft changed after you opened the page. Check the saved version, then decide again."
        return _use_format_2_page(request, acting, found, status=Stale.status, faults=(Fault("", words),))
    return redirect(f"{address_of(found)}/edit", notice="The draft is now in format 2. You can add questions.")


def _use_format_2_page(
    request: Request, acting: Transaction, found: FoundVersion, *, status: int = 200, faults: Sequence[Fault] = ()
) -> Response:
    return render(
        request,
        "audit_templates/editor/use_format_2.html",
        acting=acting,
        status=status,
        faults=faults,
        changes=changes_on_converting(found.content),
        **context_of(found),
    )


@router.get("/themes/{key}/questions")
def list_questions(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: Key
) -> Response:
    return _questions_page(request, acting, draft_in_format_2(acting, template_id, number), key)


def _questions_page(
    request: Request,
    acting: Transaction,
    found: FoundVersion,
    key: str,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
) -> Response:
    if not found.content.has_theme(key):
        raise NotFound("theme")
    return render(
        request,
        "audit_templates/editor/questions.html",
        acting=acting,
        status=status,
        faults=faults,
        theme=found.content.theme(key),
        **context_of(found),
    )


@router.post("/questions/{key}/move")
def move_question(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: Key, form: PostedForm
) -> Response:
    steps = steps_of(form)
    theme_key = question_in(draft_in_format_2(acting, template_id, number).content, key)[1]
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_question_moved(document, key, by=steps),
        notice="Question moved.",
        back=f"/themes/{theme_key}/questions",
        show=lambda found, status, faults: _questions_page(
            request, acting, found, theme_key, status=status, faults=faults
        ),
    )


@router.get("/questions/{key}/remove")
def confirm_removing_question(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: Key
) -> Response:
    found = draft_in_format_2(acting, template_id, number)
    question, theme_key = question_in(found.content, key)
    return confirm_removing(
        request,
        acting,
        found,
        kind="question",
        title=question.text,
        change=lambda document: template_drafts.without_question(document, key),
        back=f"/themes/{theme_key}/questions",
    )


@router.post("/questions/{key}/remove")
def remove_question(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: Key, form: PostedForm
) -> Response:
    theme_key = question_in(draft_in_format_2(acting, template_id, number).content, key)[1]
    return rearrange(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_question(document, key),
        notice="Question removed.",
        back=f"/themes/{theme_key}/questions",
        show=lambda found, status, faults: _questions_page(
            request, acting, found, theme_key, status=status, faults=faults
        ),
    )


@router.get("/facts")
def list_facts(request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number) -> Response:
    return _facts_page(request, acting, draft_in_format_2(acting, template_id, number))


def _facts_page(
    request: Request, acting: Transaction, found: FoundVersion, status: int = 200, faults: Sequence[Fault] = ()
) -> Response:
    return render(
        request,
        "audit_templates/editor/facts.html",
        acting=acting,
        status=status,
        faults=faults,
        **context_of(found),
    )


@router.post("/facts/{key}/move")
def move_fact(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: Key, form: PostedForm
) -> Response:
    steps = steps_of(form)
    return _rearrange_facts(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.with_fact_moved(document, key, by=steps),
        notice="Case fact moved.",
    )


@router.get("/facts/{key}/remove")
def confirm_removing_fact(
    request: Request, acting: ReadingWriter, template_id: uuid.UUID, number: Number, key: Key
) -> Response:
    found = draft_in_format_2(acting, template_id, number)
    return confirm_removing(
        request,
        acting,
        found,
        kind="fact",
        title=fact_in(found.content, key).title,
        change=lambda document: template_drafts.without_fact(document, key),
        back="/facts",
    )


@router.post("/facts/{key}/remove")
def remove_fact(
    request: Request, acting: WritingWriter, template_id: uuid.UUID, number: Number, key: Key, form: PostedForm
) -> Response:
    return _rearrange_facts(
        request,
        acting,
        (template_id, number),
        form,
        change=lambda document: template_drafts.without_fact(document, key),
        notice="Case fact removed.",
    )


def _rearrange_facts(
    request: Request, acting: Transaction, place: tuple[uuid.UUID, int], form: PostedForm, **change: Any
) -> Response:
    draft_in_format_2(acting, *place)
    return rearrange(
        request,
        acting,
        place,
        form,
        back="/facts",
        show=lambda found, status, faults: _facts_page(request, acting, found, status, faults),
        **change,
    )


def _condition_of(kind: str, key: str) -> ConditionPart:
    if kind not in KINDS:
        raise NotFound("part of a template")
    return ConditionPart(kind, key)


add_form(router, "/{kind}/{key}/applies-when", lambda at: _condition_of(at["kind"], at["key"]))
