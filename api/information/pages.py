"""The information pages, for everybody, and the pages on which an administrator writes them."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, database_of, public, reading, writing
from api.foundation.http.routing import Router
from api.foundation.http.security import actor_or_none
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, NotFound, Problem, Stale
from api.information import actions
from api.information.built_in import Page
from api.information.markup import LONGEST, blocks_of
from models.storage.database import Database

router = Router(include_in_schema=False)

Stored = Annotated[Database, Depends(database_of)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_INFORMATION)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_INFORMATION)]
WHY_PUBLIC = "Also needed before sign-in; holds no records."


@router.get("/help", dependencies=[public(WHY_PUBLIC)])
def show_help(request: Request, database: Stored) -> Response:
    return _show(request, database, Page.HELP)


@router.get("/accessibility", dependencies=[public(WHY_PUBLIC)])
def show_accessibility(request: Request, database: Stored) -> Response:
    return _show(request, database, Page.ACCESSIBILITY)


@router.get("/privacy", dependencies=[public(WHY_PUBLIC)])
def show_privacy(request: Request, database: Stored) -> Response:
    return _show(request, database, Page.PRIVACY)


@router.get("/cookies", dependencies=[public(WHY_PUBLIC)])
def show_cookies(request: Request, database: Stored) -> Response:
    return _show(request, database, Page.COOKIES)


def _show(request: Request, database: Database, page: Page) -> Response:
    actor = actor_or_none(request, database)
    organisation_id = None if actor is None else actor.organisation_id
    with database.reading() as session:
        request.state.organisation = actions.organisation_name(session, organisation_id=organisation_id)
        shown = actions.current_page(session, page=page, organisation_id=organisation_id)
    return render(request, "information/show.html", shown=shown, blocks=blocks_of(shown.text))


@router.get("/information-pages")
def list_pages(request: Request, acting: ReadingWriter) -> Response:
    found = actions.list_pages(acting.session, by=acting.actor)
    return render(request, "information/list.html", acting=acting, found=found)


@router.get("/information-pages/{page}")
def edit(request: Request, acting: ReadingWriter, page: str, number: int | None = None) -> Response:
    """The newest text, to be changed; with `number`, an earlier text, to be restored."""
    return _edit_page(request, acting, _page(page), number=number)


@router.post("/information-pages/{page}")
def write(request: Request, acting: WritingWriter, page: str, form: PostedForm) -> Response:
    which = _page(page)
    if form.has("preview"):
        return _edit_page(request, acting, which, form=form, preview=True)
    try:
        with acting.attempt():
            actions.write_page(
                acting.session, page=which, text=form.text("text"), version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        return _edit_page(request, acting, which, problem=problem, form=form)
    return redirect("/information-pages", notice=f"{which.heading} saved.")


def _page(name: str) -> Page:
    try:
        return Page(name)
    except ValueError:
        raise NotFound("page") from None


def _edit_page(
    request: Request,
    acting: Transaction,
    page: Page,
    *,
    number: int | None = None,
    problem: Problem | None = None,
    form: TypedForm | None = None,
    preview: bool = False,
) -> Response:
    session, by = acting.session, acting.actor
    current = actions.current_page(session, page=page, organisation_id=by.organisation_id)
    shown = current if number is None else actions.find_version(session, page=page, number=number, by=by)
    return render(
        request,
        "information/edit.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault("" if isinstance(problem, Stale) else "text", fault.detail),
        current=current,
        shown=shown,
        blocks=blocks_of(form.text("text")) if preview and form is not None else (),
        most=LONGEST,
    )
