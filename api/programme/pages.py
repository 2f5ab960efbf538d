"""Pages of audit programmes: the list, one programme with its lines, and its form."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale
from api.foundation.text.names import check_title
from api.programme import actions, queries
from api.programme.actions import LONGEST_TITLE, NewProgramme
from api.programme.queries import Standing
from models import LineState, Programme

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
LINE_COLOURS = {LineState.ACTIVE: "green", LineState.PAUSED: "yellow", LineState.ENDED: "grey"}
STANDING_COLOURS = {
    Standing.TO_COME: "grey",
    Standing.MADE: "blue",
    Standing.EXEMPTION_ASKED: "yellow",
    Standing.EXEMPT: "purple",
    Standing.PASSED_OVER: "grey",
    Standing.PAUSED: "yellow",
    Standing.NOT_PLANNED: "red",
}


@router.get("/programmes")
def list_programmes(request: Request, acting: ReadingLead, page: Page) -> Response:
    found = queries.list_programmes(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request, "programme/list.html", acting=acting, programmes=shown, after=after, first=page.after is None
    )


@router.get("/programmes/new")
def ask_for_programme(request: Request, acting: ReadingLead) -> Response:
    return _form_page(request, acting, None)


@router.post("/programmes/new")
def create_programme(request: Request, acting: WritingLead, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.create_programme(acting.session, new=_new_of(form), by=acting.actor)
        return redirect(f"/programmes/{made.id}", notice="Audit programme created. Add its lines.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _form_page(request, acting, None, problem=problem, form=form)


@router.get("/programmes/{programme_id}")
def show_programme(request: Request, acting: ReadingLead, programme_id: uuid.UUID) -> Response:
    found = queries.show_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return render(
        request,
        "programme/programme.html",
        acting=acting,
        found=found,
        line_colours=LINE_COLOURS,
        colours=STANDING_COLOURS,
    )


@router.get("/programmes/{programme_id}/edit")
def ask_what_changes(request: Request, acting: ReadingLead, programme_id: uuid.UUID) -> Response:
    found = actions.find_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return _form_page(request, acting, found)


@router.post("/programmes/{programme_id}/edit")
def change_programme(request: Request, acting: WritingLead, programme_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_programme(
                acting.session, programme_id=programme_id, new=_new_of(form), version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        found = actions.find_programme(acting.session, programme_id=programme_id, by=acting.actor)
        return _form_page(request, acting, found, problem=problem, form=form)
    return redirect(f"/programmes/{programme_id}", notice="Audit programme saved.")


def _new_of(form: TypedForm) -> NewProgramme:
    title = form.text("title").strip()
    form.faults.extend(check_title("title", title, called="the programme", longest=LONGEST_TITLE))
    first_day, last_day = form.date("first_day", "The first day"), form.date("last_day", "The last day")
    lead_id = form.identifier("lead_id", "Select a quality lead.")
    return NewProgramme(title, form.given(first_day), form.given(last_day), form.given(lead_id))


def _form_page(
    request: Request,
    acting: Transaction,
    found: Programme | None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    leads = actions.possible_leads(acting.session, acting.actor)
    return render(
        request,
        "programme/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
        leads=[{"value": str(person_id), "text": name} for person_id, name in leads.items()],
        own=str(acting.actor.person_id),
    )
