"""The practitioner's page: the feedback, and one field for their reflection. For the holder of a one-time link."""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from api.feedback.sheets.document import themes_in_words
from api.feedback.sheets.queries import ShownSheet
from api.feedback.sheets.reflections import NewReflection, open_link, record_refusal, reflect
from api.foundation.http.dependencies import Needs, database_of, public
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm
from api.foundation.pages.rendering import render
from api.foundation.problems import Conflict, Invalid, NotFound
from api.foundation.text.sensitive_terms import use_key_of
from models.storage.database import Database

router = Router(include_in_schema=False)

Stored = Annotated[Database, Depends(database_of)]
WHY: Final = "A practitioner without an account holds the link, and uses it once."


@router.get("/feedback/{secret}", dependencies=[public(WHY)], response_model=None)
def show_feedback(request: Request, database: Stored, secret: str) -> Response:
    # Only shows a form: previews and mail scanners open links too, and must not use them up.
    try:
        with database.reading() as session:
            return _page(request, open_link(session, secret=secret))
    except (NotFound, Conflict):
        return _spent(request)


@router.post("/feedback/{secret}", dependencies=[public(WHY, needs=Needs.PASSWORD)], response_model=None)
def save_reflection(request: Request, database: Stored, secret: str, form: PostedForm) -> Response:
    try:
        try:
            with database.writing() as session:
                use_key_of(session, lambda: request.app.state.settings.risky_terms_key_path)
                reflect(session, secret=secret, new=NewReflection(form.text("words"), form.keep_names()))
        except Invalid as problem:
            with database.writing() as session:
                shown = open_link(session, secret=secret)
                record_refusal(session, shown, problem)
                return _page(request, shown, problem=problem, form=form)
    except (NotFound, Conflict):
        return _spent(request)
    return render(request, "feedback/links/saved.html")


def _page(
    request: Request, shown: ShownSheet, *, problem: Invalid | None = None, form: PostedForm | None = None
) -> Response:
    return render(
        request,
        "feedback/links/feedback.html",
        refusal=problem,
        form=form,
        shown=shown,
        themes=themes_in_words(shown),
        headers={"Cache-Control": "no-store"},
    )


def _spent(request: Request) -> Response:
    return render(request, "feedback/links/spent.html", status=410)
