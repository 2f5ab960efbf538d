"""The page of risky terms: what the organisation wants to be warned of, by labels."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, PageQuery, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid
from api.sensitive_terms import actions

router = Router(include_in_schema=False)

ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_RISKY_TERMS)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_RISKY_TERMS)]


@router.get("/risky-terms")
def list_risky_terms(request: Request, acting: ReadingWriter, page: Page) -> Response:
    return _page(request, acting, page)


@router.post("/risky-terms")
def add_risky_terms(request: Request, acting: WritingWriter, page: Page, form: PostedForm) -> Response:
    """Add what was typed, a term a line. A term added twice is stored once, so the form needs no key."""
    terms = [line.strip() for line in form.text("terms").split("\n") if line.strip()]
    try:
        with acting.attempt():
            if not 1 <= len(terms) <= actions.MOST_IN_ONE_CALL:
                raise Invalid.at("terms", f"Enter 1 to {actions.MOST_IN_ONE_CALL:,} terms, each on a separate line.")
            actions.add_terms(acting.session, terms=terms, label=form.text("label"), by=acting.actor)
    except (Invalid, Conflict) as problem:
        # The terms must be typed again: a page that showed them could be saved or left open.
        faults = [_on_its_line(fault) for fault in problem.faults] or [Fault("", problem.detail)]
        return _page(request, acting, page, status=problem.status, faults=faults, label=form.text("label"))
    return redirect("/risky-terms", notice="Terms added. Text is now checked for these terms.")


@router.post("/risky-terms/{term_id}/remove")
def remove_risky_term(acting: WritingWriter, term_id: uuid.UUID) -> Response:
    actions.remove_term(acting.session, term_id=term_id, by=acting.actor)
    return redirect("/risky-terms", notice="Term removed.")


def _on_its_line(fault: Fault) -> Fault:
    if not fault.pointer.startswith("/terms/"):
        return fault
    return Fault("terms", f"Line {int(fault.pointer.removeprefix('/terms/')) + 1}: {fault.detail}")


def _page(
    request: Request,
    acting: Transaction,
    page: PageQuery,
    *,
    status: int = 200,
    faults: list[Fault] | None = None,
    label: str = "",
) -> Response:
    found = actions.list_terms(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "sensitive_terms/list.html",
        acting=acting,
        status=status,
        faults=faults or (),
        terms=shown,
        mark=actions.mark_of_key(acting.session, by=acting.actor),
        after=after,
        first=page.after is None,
        label=label,
    )
